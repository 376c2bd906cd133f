"""`python -m sonicforge.tasks --data DIR`: the worker as a process of its own, at low priority."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Final

from sonicforge.errors import SonicForgeError
from sonicforge.library.database import open_database
from sonicforge.library.upgrade import upgrade
from sonicforge.settings import load_settings
from sonicforge.tasks.understand import model_of
from sonicforge.tasks.worker import Duties, Worker

NICE: Final = 15


def main() -> int:
    """Work on a data directory until SIGTERM or SIGINT; a job in work is handed back then."""
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="python -m sonicforge.tasks", description="plans, composes, keeps order")
    parser.add_argument("--data", type=Path, default=settings.data, help="data directory")
    parser.add_argument("--no-generate", action="store_true", help="play what there is; compose only what people order")
    parser.add_argument("--threads", type=int, default=settings.threads, help="stems rendered at the same time")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(message)s", stream=sys.stderr)
    os.nice(max(0, NICE - os.nice(0)))
    try:
        model = model_of(settings)
        database = open_database(wanted.data)
        upgrade(database)
    except SonicForgeError as error:
        logging.getLogger(__name__).error("%s", error)
        return 2
    duties = Duties(
        composing=not wanted.no_generate,
        threads=max(1, wanted.threads),
        genre_folder=wanted.data / "genres",
        model=model,
    )
    worker = Worker(database, duties)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop.set())
    worker.run()
    database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
