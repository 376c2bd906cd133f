"""The OpenAPI document: what the routes say, plus the form of every error and examples of answers."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sonicforge.api.examples import EXAMPLES
from sonicforge.api.front import front_of
from sonicforge.api.problem import MEDIA_TYPE

DESCRIPTION: Final = """A radio station that composes what it plays.

Times are UTC seconds since 1970, positions samples (48 kHz) since the station's epoch. Lists come by the page: `next`
of one page is `after` of the following. Every error is a problem document (RFC 9457) whose `detail` names what was met
and what may be. A listener is known by a cookie, or by the token of `/listeners/me` as `X-Listener`.
"""
PROBLEM: Final = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Further members name the value and its range.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "name": {"type": "string"},
        "value": {},
        "low": {},
        "high": {},
        "known": {"type": "array", "items": {"type": "string"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "value", "problem"],
                "properties": {name: {"type": "string"} for name in ("where", "value", "problem")},
            },
        },
    },
    "example": {
        "type": "urn:sonicforge:problem:out-of-range",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "bpm is 900.0, but must be between 30.0 and 300.0 bpm",
        "request_id": "5f2a6cde01b3a4f7",
        "name": "bpm",
        "value": 900.0,
        "low": 30.0,
        "high": 300.0,
    },
}
ADDRESS: Final = "/api/v1/openapi.json"
_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete"})


def describe(app: FastAPI) -> None:
    """Let the app tell this document at its address. It is drawn up once, in a thread, because that takes a while."""

    @lru_cache
    def written() -> bytes:
        return orjson.dumps(document(app))

    async def tell(request: Request) -> Response:
        told = await front_of(request).desk.think(written)
        return Response(told, media_type="application/json", headers={"cache-control": "no-cache"})

    app.router.routes.append(Route(ADDRESS, tell, methods=["GET"]))


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an app."""
    told = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    schemas = told.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in _operations(told):
        responses = operation["responses"]
        responses.pop("422", None)
        problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
        responses["default"] = {"description": "A problem.", "content": {MEDIA_TYPE: problem}}
        example = EXAMPLES.get(operation["operationId"])
        if example is not None:
            success = next(responses[code] for code in sorted(responses) if code.startswith("2"))
            success["content"]["application/json"]["example"] = example
    return told


def _operations(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in told["paths"].values():
        yield from (operation for method, operation in path.items() if method in _METHODS)
