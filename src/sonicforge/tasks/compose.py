"""A piece of music as a job: the order that is written down, the music that is made of it, the rows it becomes.

`make` may be done twice and may be killed anywhere: it only puts files among the objects. `keep` writes all rows, in
the transaction in which the job is finished.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from sonicforge.errors import BadInput, OutOfRange
from sonicforge.genres.concept import Concept
from sonicforge.library import jobs, tracks
from sonicforge.library.folder import unfinished
from sonicforge.library.objects import Objects
from sonicforge.library.stored import StoredTake, store
from sonicforge.library.values import Job, JobClass
from sonicforge.studio.progress import Report, unheard

KIND: Final = "compose"
CANDIDATES: Final = 3
MOST_CANDIDATES: Final = 16
WORK: Final = "work"
"""Folder in the data directory in which takes come to be; what a killed worker leaves there is deleted."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a job of this kind is to do: its payload.

    `station` is for whom, `source` who wanted it: programme, request, person or jingle. `request` is a listener's wish,
    `slot` and `reason` explain the programme's choice. `keep` keeps a take that the critic did not approve too, so that
    whoever asked can hear it; it never goes on air. `stems` and `pictures` are kept on demand.
    """

    concept: Concept
    candidates: int = CANDIDATES
    station: str | None = None
    source: str = "programme"
    request: int | None = None
    day: str = ""
    slot: int = 0
    reason: Mapping[str, Any] | None = None
    keep: bool = False
    stems: bool = False
    pictures: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.candidates <= MOST_CANDIDATES:
            raise OutOfRange("candidates", self.candidates, 1, MOST_CANDIDATES)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = asdict(replace(self, concept=Concept())) | {"concept": self.concept.to_json()}
        return {name: value for name, value in told.items() if value not in (None, "", False)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Order":
        """`to_json` backwards; raises `BadInput` for anything else."""
        try:
            return cls(**{**told, "concept": Concept.from_json(told["concept"])})
        except (KeyError, TypeError) as error:
            raise BadInput(f"this is no order for music: {error}") from error


@dataclass(frozen=True, slots=True)
class Made:
    """A take whose files are safe; `reasons` are the critic's words, `compromises` where a wish was only nearly met."""

    stored: StoredTake
    reasons: tuple[str, ...]
    compromises: tuple[str, ...]
    seconds: Mapping[str, float]


def order(
    session: Session, wanted: Order, *, now: float, job_class: JobClass = "default", key: str | None = None
) -> Job:
    """Write an order down as a job. Class `low` is the programme's own, which keeps to the worker's pace.

    Raises `BadInput` for a concept that cannot be.
    """
    checked = replace(wanted, concept=wanted.concept.validated())
    return jobs.enqueue(session, KIND, checked.to_json(), now=now, job_class=job_class, key=key)


def make(
    wanted: Order,
    data: Path,
    objects: Objects,
    *,
    threads: int = 2,
    genre_folder: Path | None = None,
    report: Report = unheard,
) -> Made:
    """Produce the music of an order and keep its files; touches no row.

    Whatever `report` raises stops the work. Raises `BadInput` for a concept that cannot be, `CannotWrite`.
    """
    # These bring the compilers along, which a process that only writes orders down should not carry.
    from sonicforge.library.files import TakeFiles
    from sonicforge.studio.produce import produce

    with unfinished(data / WORK) as folder, TakeFiles(folder, pictures=wanted.pictures) as files:
        take = produce(
            wanted.concept,
            candidates=wanted.candidates,
            threads=threads,
            genre_folder=genre_folder,
            report=report,
            on_stem=files.stem if wanted.stems else None,
            on_master=files.master,
        )
        files.keep(take)
        stored = store(objects, folder)
    return Made(stored, tuple(take.verdict.reasons), tuple(take.compromises), dict(take.seconds))


def keep(session: Session, wanted: Order, made: Made, *, now: float) -> dict[str, Any]:
    """The rows of a take; returns the job's result. Only what the critic approved may go on air."""
    take = made.stored
    told: dict[str, Any] = {"approved": take.passed, "score": take.score, "title": take.title, "genre": take.genre}
    told |= {"reasons": list(made.reasons), "compromises": list(made.compromises), "seconds": dict(made.seconds)}
    if not (take.passed or wanted.keep):
        return told | {"track": None}
    track = tracks.add_stored(session, take, approved=take.passed, now=now)
    return told | {"track": track.id}
