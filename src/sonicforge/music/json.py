"""`Score` to JSON and back, exactly.

A document carries `format` (1) and the fields of `Score` by name. A note is a row
`[start, length, pitch, velocity, shift_ms, marks, lfo_beats]` whose trailing defaults are left out; `marks` holds one
letter for each flag that is set: s slide, a accent, g ghost, o open. So a plain note reads `[0, 240, 60, 90]`, and
twelve thousand of them are 300 kB.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import orjson

from sonicforge.errors import BadDataFile
from sonicforge.music.score import ChordSpan, Cue, Curve, Note, Part, Score, Section

FORMAT = 1

_MARKS = (("s", "slide"), ("a", "accent"), ("g", "ghost"), ("o", "open"))


def score_to_json(score: Score, *, indent: bool = False) -> bytes:
    """UTF-8 JSON of a score; `score_from_json` gives back an equal value."""
    document: dict[str, object] = {"format": FORMAT}
    document |= {field.name: getattr(score, field.name) for field in fields(Score)}
    document["parts"] = [_part_document(part) for part in score.parts]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 if indent else 0)


def score_from_json(data: bytes | str) -> Score:
    """The score a JSON document describes.

    Raises `BadDataFile` when it is not JSON, of another format, or lacks or misshapes a field.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadDataFile("score", "document", f"not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise BadDataFile("score", "format", f"is {found!r}, expected {FORMAT}")
    return Score(**{field.name: _field(document, field.name) for field in fields(Score)})


def _field(document: Mapping[str, Any], name: str) -> Any:
    if name not in document:
        raise BadDataFile("score", name, "is missing")
    try:
        return _READERS.get(name, _same)(document[name])
    except (TypeError, ValueError, AttributeError, KeyError, IndexError) as error:
        raise BadDataFile("score", name, str(error)) from error


def _part_document(part: Part) -> dict[str, object]:
    document = {field.name: getattr(part, field.name) for field in fields(Part)}
    document["notes"] = [_row(note) for note in part.notes]
    return document


def _row(note: Note) -> list[object]:
    row: list[object] = [note.start, note.length, note.pitch, note.velocity]
    if note.shift_ms or note.slide or note.accent or note.ghost or note.open or note.lfo_beats:
        marks = "".join(letter for letter, flag in _MARKS if getattr(note, flag))
        row += [note.shift_ms, marks, note.lfo_beats] if note.lfo_beats else [note.shift_ms, marks]
    return row


def _note(row: list[Any]) -> Note:
    if len(row) == 4:
        return Note(*row)
    start, length, pitch, velocity, shift_ms, marks, *lfo = row
    return Note(
        start, length, pitch, velocity, shift_ms, "s" in marks, "a" in marks, "g" in marks, "o" in marks, *lfo
    )  # fmt: skip


def _same(value: object) -> object:
    return value


def _tuples(value: object) -> Any:
    """Lists, however deep, as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _records(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    return lambda rows: tuple(kind(**{key: _tuples(value) for key, value in row.items()}) for row in rows)


def _parts(rows: list[dict[str, Any]]) -> tuple[Part, ...]:
    return tuple(Part(**{**row, "notes": tuple(map(_note, row["notes"]))}) for row in rows)


_READERS: dict[str, Callable[[Any], object]] = {
    "tempo": _tuples,
    "hook": _tuples,
    "sections": _records(Section),
    "chords": _records(ChordSpan),
    "curves": _records(Curve),
    "cues": _records(Cue),
    "parts": _parts,
}
