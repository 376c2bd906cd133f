"""A track of the library as the tower's `Item`: its file and the gain that brings it to the station's loudness."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sonicforge.library.values import Track
from sonicforge.music.barlines import Barlines
from sonicforge.playout.item import Item

STATION_LUFS: Final = -16.0
"""Streaming guidance: music not above -16 LUFS when every track is brought to one loudness."""
CEILING_DB: Final = -1.0
"""True peak that no gain may lift a track above."""
CALM_LU: Final = {"ambient": -2.0, "cinematic": -1.5, "jazz_lounge": -1.0, "lofi_hiphop": -0.5}
"""Genres that stay a little softer than the others, so that calm stays calm."""


def gain_db(genre: str, lufs: float, true_peak_db: float) -> float:
    """Decibels that bring a track to the station's loudness for its genre; lifted no further than the peaks allow."""
    wished = STATION_LUFS + CALM_LU.get(genre, 0.0) - lufs
    return round(min(wished, max(CEILING_DB - true_peak_db, 0.0)), 3)


def item_of(
    track: Track,
    path: Path,
    *,
    barlines: Barlines | None = None,
    ticket: int | None = None,
    tags: Mapping[str, str] | None = None,
) -> Item:
    """The item of a track whose sound lies at `path`."""
    return Item(
        id=track.id,
        title=track.title,
        artist=track.artist,
        genre=track.genre,
        path=path,
        duration_s=track.duration_s,
        lufs=track.lufs,
        gain_db=gain_db(track.genre, track.lufs, track.true_peak_db),
        bpm=track.bpm,
        key=track.key,
        energy=track.energy,
        barlines=barlines,
        ticket=ticket,
        tags=dict(tags or {}),
    )
