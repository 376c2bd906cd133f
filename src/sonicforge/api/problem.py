"""Errors as `application/problem+json` (RFC 9457): one table from error class to status."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import isfinite
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from sonicforge.errors import (
    Abandoned,
    BadDataFile,
    BadInput,
    Busy,
    CannotWrite,
    Conflict,
    LostLease,
    NewerData,
    NotFound,
    OutOfRange,
    SonicForgeError,
    UnknownName,
    UnreadableAudio,
)
from sonicforge.library.idempotency import OtherQuestion

MEDIA_TYPE: Final = "application/problem+json"
LOG: Final = logging.getLogger("sonicforge.api")
_LONGEST_VALUE: Final = 80
_MOST_ERRORS: Final = 20


class Refused(SonicForgeError):
    """A call that the door itself turns away, with a status of its own."""

    def __init__(self, status: int, told: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(told)
        self.status, self.headers = status, dict(headers or {})


@dataclass(frozen=True, slots=True)
class Kind:
    """What an error class becomes. `instead` stands for texts that name files of the machine; those go to the log."""

    status: int
    name: str
    instead: str = ""
    retry_s: int = 0


KINDS: Final[tuple[tuple[type[SonicForgeError], Kind], ...]] = (
    (OutOfRange, Kind(422, "out-of-range")),
    (UnknownName, Kind(422, "unknown-name")),
    (OtherQuestion, Kind(422, "key-used-otherwise")),
    (Conflict, Kind(409, "conflict")),
    (NotFound, Kind(404, "not-found")),
    (BadInput, Kind(422, "bad-input")),
    (UnreadableAudio, Kind(422, "unreadable-audio")),
    (LostLease, Kind(409, "lost-lease")),
    (Abandoned, Kind(409, "abandoned")),
    (Busy, Kind(503, "busy", "the library is busy; try again in a moment", 2)),
    (CannotWrite, Kind(507, "cannot-write", "the disk of the station refuses to write; nothing was changed", 30)),
    (NewerData, Kind(503, "newer-data", "the data was written by a newer version of SonicForge", 60)),
    (BadDataFile, Kind(500, "bad-data", "a file of the station is damaged; the log says which")),
    (SonicForgeError, Kind(500, "error", "something went wrong; the log says what")),
)
"""The first class that fits counts, so special ones stand before general ones."""


def kind_of(error: SonicForgeError) -> Kind:
    """The row of an error."""
    if isinstance(error, Refused):
        return Kind(error.status, HTTPStatus(error.status).phrase.lower().replace(" ", "-"))
    return next(kind for family, kind in KINDS if isinstance(error, family))


def problem(
    status: int,
    kind: str,
    detail: str,
    /,
    *,
    request_id: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem document as a response; `more` are further members."""
    told = {
        "type": f"urn:sonicforge:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **({"request_id": request_id} if request_id else {}),
        **more,
    }
    return Response(orjson.dumps(told), status, dict(headers or {}) | {"cache-control": "no-store"}, MEDIA_TYPE)


def problem_of(error: SonicForgeError, request_id: str) -> Response:
    """An error of the family as a response."""
    kind = kind_of(error)
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if kind.retry_s:
        headers["retry-after"] = str(kind.retry_s)
    if kind.instead:
        LOG.error("%s: %s", request_id, error)
    detail = kind.instead or str(error)
    return problem(kind.status, kind.name, detail, request_id=request_id, headers=headers, **_members(error))


def install(app: FastAPI) -> None:
    """Let the app answer every error as a problem document."""
    app.add_exception_handler(SonicForgeError, _family)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


async def _family(request: Request, error: Exception) -> Response:
    assert isinstance(error, SonicForgeError)
    return problem_of(error, request_id(request))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(fault) for fault in error.errors()[:_MOST_ERRORS]]
    detail = "; ".join(f"{fault['where']} is {fault['value']}: {fault['problem']}" for fault in faults[:3])
    return problem(422, "invalid", detail, request_id=request_id(request), errors=faults)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = f"there is nothing at {request.url.path[:_LONGEST_VALUE]}" if error.status_code == 404 else error.detail
    return problem(error.status_code, name, detail, request_id=request_id(request), headers=error.headers)


async def _bug(request: Request, _error: Exception) -> Response:
    told = "this is a fault of SonicForge; the log has it under this request's id"
    return problem(500, "fault", told, request_id=request_id(request))


def request_id(request: Request) -> str:
    """The id under which the log speaks of a request."""
    return str(request.scope.get("request_id", ""))


def _fault(fault: Mapping[str, Any]) -> dict[str, Any]:
    where: Sequence[object] = fault.get("loc", ())
    return {
        "where": ".".join(map(str, where)) or "request",
        "value": shortened(fault.get("input")),
        "problem": str(fault.get("msg", "")),
    }


def shortened(value: object) -> str:
    """A value from outside, short enough to be told back."""
    told = repr(value)
    return told if len(told) <= _LONGEST_VALUE else told[:_LONGEST_VALUE] + "..."


def _members(error: SonicForgeError) -> dict[str, Any]:
    match error:
        case OutOfRange():
            limits = {"low": _plain(error.low), "high": _plain(error.high)}
            return {"name": error.name, "value": _plain(error.value), **limits}
        case UnknownName():
            return {"name": error.kind, "value": str(error.value)[:_LONGEST_VALUE], "known": list(error.known)}
        case NotFound():
            return {"name": error.kind, "value": str(error.name)[:_LONGEST_VALUE]}
    return {}


def _plain(value: object) -> object:
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)[:_LONGEST_VALUE]
