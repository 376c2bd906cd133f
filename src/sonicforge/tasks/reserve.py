"""The reserve: a few short pieces in the data folder that play when queue and library have nothing.

`reserve/NAME/` holds a `track.flac` and its `item.json`, whole or not at all. The first pieces are made at set-up;
later excerpts of the station's best music take their places one by one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import orjson

from sonicforge.chance import subseed
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import names
from sonicforge.library import tracks
from sonicforge.library.database import Database
from sonicforge.library.folder import put_in_place, unfinished
from sonicforge.library.objects import Objects
from sonicforge.library.values import ARTIST, Track
from sonicforge.music.barlines import barlines_of
from sonicforge.playout.item import Item
from sonicforge.sound.audio import SAMPLE_RATE
from sonicforge.sound.files import write
from sonicforge.studio.progress import Report, unheard
from sonicforge.tasks.compose import WORK
from sonicforge.tasks.excerpt import excerpt
from sonicforge.tasks.items import gain_db

FOLDER: Final = "reserve"
WANTED: Final = 4
FIRST_S: Final = 60.0
LENGTH_S: Final = 80.0
QUICK: Final = ("lofi_hiphop", "ambient", "downtempo", "jazz_lounge", "house_deep", "synthwave")
"""Genres for a station that names none; the first is also among the quickest to make."""
DOCUMENT, SOUND = "item.json", "track.flac"

log = logging.getLogger(__name__)


def reserve_names(data: Path) -> tuple[str, ...]:
    """Names of the pieces that are there."""
    return tuple(sorted(path.parent.name for path in (data / FOLDER).glob(f"*/{DOCUMENT}")))


def fill_reserve(
    data: Path,
    *,
    genres: Sequence[str] = (),
    least: int = 1,
    threads: int = 2,
    report: Report = unheard,
    told: Callable[[str], None] = lambda _: None,
) -> int:
    """Make pieces until the reserve holds `least`; returns how many were made.

    The first one is short and made at once, so that a new station can play. `told` hears the title of each. Raises
    `CannotWrite`, `UnknownName` for a genre that is not there.
    """
    made = 0
    kinds = tuple(genres) or tuple(name for name in QUICK if name in names(data / "genres"))
    while len(there := reserve_names(data)) < least:
        number = next(free for free in count() if _made_name(free) not in there)
        first = not there
        concept = Concept(
            genre=kinds[number % len(kinds)],
            length_s=FIRST_S if first else LENGTH_S,
            seed=subseed(0, "reserve", number) >> 1,
        )
        title = _make(data, concept, _made_name(number), threads, report, candidates=2 if first else 3)
        told(title)
        made += 1
    return made


def renew_reserve(data: Path, database: Database, objects: Objects, *, wanted: int = WANTED) -> str:
    """Let an excerpt of one of the best tracks into the reserve; returns its title, "" when there is none that is new.

    Each call changes one piece at most: missing ones first, then those made at set-up, then what is no longer among the
    best. Tracks of different genres are preferred.
    """
    there = reserve_names(data)
    best = _best(database, wanted)
    fresh = [track for track in best if _name(track) not in there]
    stale = [name for name in there if name not in {_name(track) for track in best}]
    if not fresh or (len(there) >= wanted and not stale):
        return ""
    track = fresh[0]
    with database.read() as session:
        sound = objects.path(tracks.file(session, track.id, SOUND).hash)
        bars = tracks.barlines(session, track.id)
    piece, lines = excerpt(sound, bars, wanted_s=LENGTH_S)
    item = _item(track, piece.duration_s)
    with unfinished(data / WORK) as folder:
        write(folder / SOUND, piece, format="flac")
        _put(data, folder, _name(track), replace(item, barlines=lines))
    if len(there) >= wanted:
        _drop(data, stale[0])
    log.info("%r is in the reserve now", track.title)
    return track.title


def _make(data: Path, concept: Concept, name: str, threads: int, report: Report, *, candidates: int) -> str:
    from sonicforge.studio.produce import produce

    take = produce(concept, candidates=candidates, threads=threads, genre_folder=data / "genres", report=report)
    measures, score = take.master.measures, take.score
    shift_s = float(take.master.decision.get("start", 0)) / SAMPLE_RATE
    item = Item(
        id=f"reserve-{take.id}",
        title=score.title,
        artist=ARTIST,
        genre=score.genre,
        path=Path(SOUND),
        duration_s=take.audio.duration_s,
        lufs=float(measures["integrated"]),
        gain_db=gain_db(score.genre, float(measures["integrated"]), float(measures["true_peak"])),
        bpm=float(score.tempo[0][1]),
        key=score.key,
        energy=max(section.mean_energy for section in score.sections),
        barlines=barlines_of(score, shift_s=shift_s),
    )
    with unfinished(data / WORK) as folder:
        write(folder / SOUND, take.audio, format="flac")
        _put(data, folder, name, item)
    return item.title


def _best(database: Database, wanted: int) -> list[Track]:
    """The most worthy tracks, one of a genre before two of it."""
    with database.read() as session:
        found = tracks.best_of(session, limit=50)
    seen: dict[str, int] = {}
    ranked: list[tuple[int, int, Track]] = []
    for place, track in enumerate(track for track in found if track.duration_s >= FIRST_S):
        ranked.append((seen.get(track.genre, 0), place, track))
        seen[track.genre] = seen.get(track.genre, 0) + 1
    return [track for *_, track in sorted(ranked, key=lambda entry: entry[:2])[:wanted]]


def _item(track: Track, duration_s: float) -> Item:
    return Item(
        id=f"reserve-{track.id}",
        title=track.title,
        artist=track.artist,
        genre=track.genre,
        path=Path(SOUND),
        duration_s=duration_s,
        lufs=track.lufs,
        gain_db=gain_db(track.genre, track.lufs, track.true_peak_db),
        bpm=track.bpm,
        key=track.key,
        energy=track.energy,
    )


def _made_name(number: int) -> str:
    return f"made-{number:03d}"


def _name(track: Track) -> str:
    return f"best-{track.id}"


def _put(data: Path, folder: Path, name: str, item: Item) -> None:
    """Give a finished work folder its place; the document tells where its sound lies from there."""
    told: dict[str, Any] = item.to_json()
    (folder / DOCUMENT).write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    (data / FOLDER).mkdir(parents=True, exist_ok=True)
    put_in_place(folder, data / FOLDER / name)


def _drop(data: Path, name: str) -> None:
    """Take a piece out: the document first, so that nobody finds one without its sound."""
    folder = data / FOLDER / name
    for part in (DOCUMENT, SOUND):
        (folder / part).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
