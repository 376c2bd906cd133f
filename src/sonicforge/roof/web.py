"""`python -m sonicforge.roof.web --data DIR --fd N`: the web server on a socket that the roof holds open."""

import argparse
import logging
import socket
import sys
from pathlib import Path
from typing import Final

import uvicorn

from sonicforge.api.app import make_app
from sonicforge.errors import SonicForgeError

LAST_WORDS_S: Final = 3
"""How long open streams may go on when the server is asked to end."""
KEPT_OPEN_S: Final = 30
"""Longer than HLS players wait between two segments."""


def main() -> int:
    """Serve until SIGTERM; exit code 2 with the reason where the library cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m sonicforge.roof.web", description="page, API and streams")
    parser.add_argument("--data", type=Path, required=True, help="data directory")
    parser.add_argument("--fd", type=int, required=True, help="file descriptor of a listening socket")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s web %(levelname)s %(message)s", stream=sys.stderr)
    try:
        app = make_app(wanted.data)
    except SonicForgeError as error:
        logging.getLogger(__name__).error("%s", error)
        return 2
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEPT_OPEN_S,
        timeout_graceful_shutdown=LAST_WORDS_S,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=wanted.fd)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
