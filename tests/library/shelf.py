"""Tracks for tests of the library, without the sound."""

from collections.abc import Iterable

from sonicforge.library.database import Database
from sonicforge.library.stored import StoredTake
from sonicforge.library.tracks import add_stored
from sonicforge.library.values import Track, TrackFile
from sonicforge.music.barlines import Barlines, Span

BARS = Barlines(4, (0.0, 2.0, 4.0), (Span("A", 0.0, 4.0, 0.5, drums=True, bass=True, lead=False),))


def take(
    number: int,
    *,
    genre: str = "lofi_hiphop",
    title: str = "",
    moods: tuple[str, ...] = (),
    key: str = "F minor",
    bpm: float = 80.0,
    energy: float = 0.4,
    duration_s: float = 180.0,
    score: float = 9.0,
    words: str = "",
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
        concept={"genre": genre, "seed": number},
        words=words,
        score=score,
        passed=True,
        measures={"integrated": -14.0, "true_peak": -1.0, "duration_s": duration_s},
        verdict={"score": score, "passed": True},
        barlines=BARS,
        files=(TrackFile("track.flac", f"{number:064x}", 1000 + number, "audio/flac"),),
    )


def shelve(
    database: Database, takes: Iterable[StoredTake], *, approved: bool = True, now: float = 1000.0
) -> list[Track]:
    """Add takes, one a second from `now` on."""
    with database.write() as session:
        return [add_stored(session, one, approved=approved, now=now + i) for i, one in enumerate(takes)]
