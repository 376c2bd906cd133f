"""A finished take's folder, read, checked and kept as objects: everything but the rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from sonicforge.errors import BadDataFile, BadInput
from sonicforge.genres.concept import Concept
from sonicforge.library.objects import Objects
from sonicforge.library.values import TrackFile
from sonicforge.music.barlines import Barlines, barlines_of
from sonicforge.music.json import score_from_json
from sonicforge.music.score import Score
from sonicforge.sound.audio import SAMPLE_RATE
from sonicforge.studio.take import take_id

MEDIA_TYPES: Final = {
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".mid": "audio/midi",
    ".json": "application/json",
    ".png": "image/png",
}
NEEDED: Final = ("track.flac", "concept.json", "score.json", "verdict.json", "master.json")


@dataclass(frozen=True, slots=True)
class StoredTake:
    """A take whose files are safe among the objects, and what the library will know of it."""

    id: str
    title: str
    genre: str
    moods: tuple[str, ...]
    key: str
    bpm: float
    energy: float
    seed: int
    concept: Mapping[str, Any]
    words: str
    score: float
    passed: bool
    measures: Mapping[str, float]
    verdict: Mapping[str, Any]
    barlines: Barlines
    files: tuple[TrackFile, ...]


def store(objects: Objects, folder: Path) -> StoredTake:
    """Keep all files of a take's folder and read what is known of it; touches no row, so it may take its time.

    Raises `BadDataFile` for a folder that is no whole take, `CannotWrite` where the disk refuses.
    """
    for name in NEEDED:
        if not (folder / name).is_file():
            raise BadDataFile(folder, name, "is missing")
    concept = _concept(folder)
    score = score_from_json((folder / "score.json").read_bytes())
    master, verdict = _document(folder, "master.json"), _document(folder, "verdict.json")
    measures = _measures(folder, master)
    shift = _number(folder, "decision.start", master.get("decision", {}).get("start"))
    return StoredTake(
        id=take_id(concept, score),
        title=score.title,
        genre=score.genre,
        moods=concept.mood,
        key=score.key,
        bpm=round(float(score.tempo[0][1]), 3),
        energy=_energy(score),
        seed=concept.seed,
        concept=concept.to_json(),
        words=concept.text,
        score=_number(folder, "score", verdict.get("score"), file="verdict.json"),
        passed=verdict.get("passed") is True,
        measures=measures,
        verdict=verdict,
        barlines=barlines_of(score, shift_s=shift / SAMPLE_RATE),
        files=tuple(_kept(objects, folder)),
    )


def _concept(folder: Path) -> Concept:
    try:
        return Concept.from_json(_document(folder, "concept.json"))
    except BadInput as error:
        raise BadDataFile(folder / "concept.json", "document", str(error)) from error


def _kept(objects: Objects, folder: Path) -> list[TrackFile]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES and path.is_file())
    return [
        TrackFile(path.relative_to(folder).as_posix(), objects.put(path), path.stat().st_size, MEDIA_TYPES[path.suffix])
        for path in paths
    ]


def _energy(score: Score) -> float:
    """Mean energy of the sections by their length."""
    length = sum(section.length for section in score.sections)
    return round(sum(section.mean_energy * section.length for section in score.sections) / max(length, 1), 3)


def _measures(folder: Path, master: Mapping[str, Any]) -> dict[str, float]:
    told = master.get("measures")
    if not isinstance(told, Mapping):
        raise BadDataFile(folder / "master.json", "measures", "is missing")
    for name in ("integrated", "true_peak", "duration_s"):
        _number(folder, name, told.get(name))
    return {str(name): float(value) for name, value in told.items() if isinstance(value, (int, float))}


def _number(folder: Path, name: str, value: object, *, file: str = "master.json") -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadDataFile(folder / file, name, f"is {value!r}, but must be a number")
    return float(value)


def _document(folder: Path, name: str) -> dict[str, Any]:
    try:
        told = orjson.loads((folder / name).read_bytes())
    except ValueError as error:
        raise BadDataFile(folder / name, "document", f"not JSON: {error}") from error
    if not isinstance(told, dict):
        raise BadDataFile(folder / name, "document", "is no object")
    return told
