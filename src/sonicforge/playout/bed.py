"""Soft bed: four slow chords of sines, each drifting a little between the ears. The last thing before silence.

It is made as it is played, needs no file and no memory, and never ends.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonicforge.playout.block import RATE
from sonicforge.playout.item import Item
from sonicforge.sound.audio import Samples

BED: Final = Item(
    id="bed",
    title="A quiet moment",
    artist="SonicForge",
    genre="ambient",
    path=Path("bed"),
    duration_s=86_400.0,
    lufs=-22.0,
    gain_db=0.0,
    bpm=60.0,
    key="F major",
    energy=0.1,
)

_CHORDS: Final = ((41, 48, 57, 60, 64), (40, 47, 55, 59, 62), (38, 45, 53, 57, 60), (36, 43, 52, 55, 62))
"""Fmaj7, Em7, Dm7, Cadd9 as MIDI notes."""

_CHORD_S: Final = 8.0
_LEVEL: Final = 0.075
_FADE_IN_S: Final = 0.25
_HERTZ: Final = tuple(440 * 2 ** ((np.array(chord) - 69) / 12) for chord in _CHORDS)
_WEIGHTS: Final = tuple(np.minimum(1.0, (160 / hertz) ** 0.5) for hertz in _HERTZ)


class Bed:
    """The bed from its beginning; it fades in."""

    def __init__(self) -> None:
        self.place = 0

    def read(self, count: int) -> Samples:
        """The next `count` samples, in stereo."""
        seconds = np.arange(self.place, self.place + count) / RATE
        self.place += count
        turn = int(seconds[0] // _CHORD_S) if count else 0
        sound = np.zeros((2, count))
        for chord in (turn - 1, turn, turn + 1, turn + 2):
            swell = np.maximum(0.0, np.cos((seconds / _CHORD_S - chord - 0.5) * np.pi / 2))
            if chord >= 0 and swell.max(initial=0.0) > 0:
                sound += swell * _voices(chord % len(_CHORDS), seconds)
        fade = np.minimum(1.0, seconds / _FADE_IN_S)
        return (sound * fade * _LEVEL).astype(np.float32)


def _voices(chord: int, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    sound = np.zeros((2, len(seconds)))
    for voice, (hertz, weight) in enumerate(zip(_HERTZ[chord], _WEIGHTS[chord], strict=True)):
        for side, drift in enumerate((-0.11, 0.13)):
            phase = 2 * np.pi * (hertz + drift * (1 + voice / 3)) * seconds
            sound[side] += weight * (np.sin(phase) + 0.18 * np.sin(2 * phase))
    return sound
