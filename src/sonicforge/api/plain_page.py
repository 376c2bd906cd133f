"""The plain page at `/`: one document, one style, one script, read once from `page/`."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sonicforge.api.problem import problem

FOLDER: Final = Path(__file__).parent / "page"
TYPES: Final = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "manifest.json": "application/manifest+json",
}


def routes() -> list[Route]:
    """`/` and `/page/<file>`."""
    return [Route("/", _page, methods=["GET"]), Route("/page/{name}", _page, methods=["GET"])]


async def _page(request: Request) -> Response:
    name = request.path_params.get("name", "index.html")
    if name not in TYPES:
        return problem(404, "not-found", f"there is no page {name[:80]!r}")
    body, etag = _file(name)
    headers = {"etag": etag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(None, 304, headers)
    return Response(body, 200, headers, TYPES[name])


@lru_cache
def _file(name: str) -> tuple[bytes, str]:
    body = (FOLDER / name).read_bytes()
    return body, f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
