"""Tracks with small files, so that a library of many is there at once."""

from dataclasses import replace

from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.library.stored import StoredTake
from sonicforge.library.tracks import add_stored
from sonicforge.library.values import Track, TrackFile
from sonicforge.music.barlines import Barlines, Span

BARS = Barlines(4, (0.0, 2.0, 4.0), (Span("A", 0.0, 4.0, 0.5, drums=True, bass=True, lead=False),))
SOUND = bytes(range(256)) * 64
FILES = {
    "track.flac": (SOUND, "audio/flac"),
    "cover.png": (b"\x89PNG cover", "image/png"),
    "waveform.png": (b"\x89PNG waveform", "image/png"),
    "score.mid": (b"MThd", "audio/midi"),
    "score.json": (b"{}", "application/json"),
    "stems/bass.flac": (b"bass", "audio/flac"),
}


def taken(number: int, objects: Objects) -> StoredTake:
    """What is known of a take, with its files."""
    files = tuple(TrackFile(name, objects.put(body), len(body), kind) for name, (body, kind) in FILES.items())
    return StoredTake(
        id=f"{number:012x}",
        title=f"Song {number}",
        genre="lofi_hiphop" if number % 2 else "jazz_lounge",
        moods=("calm",),
        key="F minor",
        bpm=70.0 + number,
        energy=0.4,
        seed=number,
        concept={"genre": "lofi_hiphop", "seed": number},
        words="",
        score=9.0,
        passed=True,
        measures={"integrated": -14.0, "true_peak": -1.0, "duration_s": 180.0},
        verdict={"score": 9.0, "passed": True},
        barlines=BARS,
        files=files,
    )


def tracks_on_a_shelf(database: Database, objects: Objects, count: int, *, title: str = "") -> list[Track]:
    """Add approved tracks, one a second."""
    takes = [taken(number, objects) for number in range(1, count + 1)]
    if title:
        takes = [replace(take, title=title) for take in takes]
    with database.write() as session:
        return [add_stored(session, take, approved=True, now=1000.0 + n) for n, take in enumerate(takes)]
