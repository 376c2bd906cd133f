"""Pieces for tests of the programme, without their sound, and a station's day on a clock that does not wait."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sonicforge.library import plays, queue, tracks
from sonicforge.library.database import Database
from sonicforge.library.stored import StoredTake
from sonicforge.library.values import QueueItem, Track, TrackFile
from sonicforge.music.barlines import Barlines, Span

BARS = Barlines(4, (0.0, 2.0, 4.0), (Span("A", 0.0, 4.0, 0.5, drums=True, bass=True, lead=False),))
DAY = 1_800_000_000.0 - 1_800_000_000.0 % 86_400.0
"""A midnight in UTC."""
RATE = 48_000


def piece(
    number: int,
    *,
    genre: str = "lofi_hiphop",
    title: str = "",
    moods: tuple[str, ...] = (),
    key: str = "F minor",
    bpm: float = 80.0,
    energy: float = 0.4,
    duration_s: float = 200.0,
    score: float = 9.0,
    text: str = "",
    bytes_: int = 1000,
    passed: bool = True,
) -> StoredTake:
    """What is known of a take whose files are stored already."""
    return StoredTake(
        id=f"{number:012x}",
        title=title or f"Song {number}",
        genre=genre,
        moods=moods,
        key=key,
        bpm=bpm,
        energy=energy,
        seed=number,
        concept={"genre": genre, "seed": number, "text": text},
        words=text,
        score=score,
        passed=passed,
        measures={"integrated": -14.0, "true_peak": -1.0, "duration_s": duration_s},
        verdict={"score": score, "passed": passed},
        barlines=BARS,
        files=(TrackFile("track.flac", f"{number:064x}", bytes_, "audio/flac"),),
    )


def shelve(database: Database, takes: Iterable[StoredTake], *, now: float = DAY - 1000.0) -> list[Track]:
    """Add approved takes."""
    with database.write() as session:
        return [tracks.add_stored(session, one, approved=True, now=now) for one in takes]


@dataclass(slots=True)
class Airing:
    """A tower that plays what it is given, in no time: `now` is the station's clock, `heard` what was played."""

    database: Database
    now: float = DAY
    station: str = "main"
    heard: list[QueueItem] = field(default_factory=list)
    gaps: int = 0

    def play(self) -> QueueItem | None:
        """Fetch the next piece and play it to its end; a gap is counted where there was none."""
        with self.database.write() as session:
            item = queue.take_next(session, self.station, now=self.now)
            if item is None:
                self.gaps += 1
                self.now += 30.0
                return None
            queue.begun(session, item.id, now=self.now)
            plays.started(
                session,
                self.station,
                round(self.now * RATE),
                kind="jingle" if item.source == "jingle" else "track",
                title=item.track.title,
                genre=item.track.genre,
                track_id=item.track.id,
                at=self.now,
                source=item.source,
                request_id=item.request_id,
                reason=item.reason,
            )
        self.now += item.track.duration_s
        self.heard.append(item)
        return item
