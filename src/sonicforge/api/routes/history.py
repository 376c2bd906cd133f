"""The history: what was on air, as run, by the page or as a file."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from sonicforge.api.allowance import SEARCH
from sonicforge.api.front import After, Asked, Limit, Paced, StationId, spend
from sonicforge.api.routes.now import LATEST
from sonicforge.api.who import address
from sonicforge.library import plays, stations
from sonicforge.library.values import Page, Play

router = APIRouter(prefix="/history", tags=["history"], dependencies=[Paced])

_ROWS_AT_ONCE: Final = 500
_PART: Final = 64 * 1024
_TYPES: Final = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

Since = Annotated[float | None, Query(ge=0, le=LATEST, description="Begun at or after this moment (UTC seconds).")]
Until = Annotated[float | None, Query(ge=0, le=LATEST, description="Begun before this moment (UTC seconds).")]
Kinds = Annotated[list[Literal["track", "bridge", "jingle", "reserve"]], Query(description="Only these kinds.")]


@router.get("", operation_id="list_history")
async def list_history(
    front: Asked,
    station: StationId = "main",
    kinds: Kinds = [],  # noqa: B006
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[Play]:
    """What was on air, the newest first."""

    return await front.desk.read(
        lambda session: plays.listing(
            session, station, kinds=tuple(kinds), since=since, until=until, after=after, limit=limit
        )
    )


@router.get(
    "/export",
    operation_id="export_history",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}, "text/csv": {}}, "description": "One row for each play."}},
)
async def export_history(
    request: Request,
    front: Asked,
    station: StationId = "main",
    form: Annotated[Literal["jsonl", "csv"], Query(alias="format")] = "jsonl",
    since: Since = 0.0,
    until: Until = LATEST,
) -> StreamingResponse:
    """The log as run in the order of air, for licences and proofs; times also as ISO 8601 in UTC."""
    spend(request, SEARCH, address(request))
    end = LATEST if until is None else until
    file = await front.desk.read(lambda session: _written(session, station, form, since or 0.0, end))
    headers = {"content-disposition": f'attachment; filename="{station}-as-run.{form}"'}
    return StreamingResponse(_parts(file), media_type=_TYPES[form], headers=headers)


def _written(session: Session, station: str, form: str, since: float, until: float) -> IO[bytes]:
    """A nameless file on the disk, so that a slow client holds neither memory nor the library."""
    stations.get(session, station)
    file = TemporaryFile()  # noqa: SIM115
    file.writelines(_lines(_rows(session, station, since, until), form))
    file.seek(0)
    return file


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(_PART):
            yield part


def _rows(session: Session, station: str, since: float, until: float) -> Iterator[dict[str, Any]]:
    for row in plays.export(session, station, since=since, until=until):
        told = dict(zip(plays.COLUMNS, row, strict=True))
        yield told | {"started": _iso(told["started_at"]), "ended": _iso(told["ended_at"])}


def _lines(rows: Iterator[dict[str, Any]], form: str) -> Iterator[bytes]:
    if form == "jsonl":
        yield from (orjson.dumps(row) + b"\n" for row in rows)
        return
    page = io.StringIO()
    table = csv.DictWriter(page, [*plays.COLUMNS, "started", "ended"])
    table.writeheader()
    for number, row in enumerate(rows):
        table.writerow({name: _inert(value) for name, value in row.items()})
        if number % _ROWS_AT_ONCE == _ROWS_AT_ONCE - 1:
            yield _taken(page)
    yield _taken(page)


def _taken(page: io.StringIO) -> bytes:
    text = page.getvalue().encode()
    page.seek(0)
    page.truncate()
    return text


def _inert(value: object) -> object:
    """A title that a spreadsheet would take for a formula is told as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
