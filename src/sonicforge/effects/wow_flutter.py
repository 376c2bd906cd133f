"""Wow and flutter: a delay that wanders as a transport does; both channels move together."""

import math

import numpy as np

from sonicforge import chance
from sonicforge.effects.control import CONTROL
from sonicforge.effects.moving_delay import read_gliding
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.transport import Wander, flutter, wow
from sonicforge.effects.varispeed import TAPS, YOUNG, read_delayed
from sonicforge.sound.audio import SAMPLE_RATE, Samples

GLIDE_S = 0.25
"""Time that a change of depth takes."""


class WowFlutter:
    """Speed deviation in weighted percent (IEC 60386), `wow` below about 4 Hz and `flutter` above, each on its own.

    `wow_hz` is the rotation: 0.556 for 33 1/3 rpm, 0.75 for 45, 1.3 for 78, 0.5 to 2 for tape. `flutter_hz` is the
    capstan's. The delay moves around `latency`. `most` times the depth is the farthest that `move` may go later.
    `quick` reads with six points instead of sixteen (treble above 12 kHz shimmers a little), at half the cost.
    """

    def __init__(
        self,
        *,
        wow_percent: float = 0.1,
        flutter_percent: float = 0.08,
        wow_hz: float = 0.556,
        flutter_hz: float = 6.3,
        most: float = 1.0,
        quick: bool = False,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._rate, self._quick = sample_rate, quick
        motions = ((wow(wow_hz), wow_percent, "wow"), (flutter(flutter_hz), flutter_percent, "flutter"))
        self._wanders = [
            Wander(motion, percent, grid_hz=sample_rate / CONTROL, seed=chance.subseed(seed, "effects", name))
            for motion, percent, name in motions
        ]
        reach = sum(wander.reach_s for wander in self._wanders) * most * sample_rate
        self._most = most
        self.latency = math.ceil(reach) + YOUNG if reach > 0 else 0
        self.reset()

    def reset(self) -> None:
        for wander in self._wanders:
            wander.reset()
        self._depth, self._wanted = 1.0, 1.0
        self._past: Samples | None = None
        self._points = np.zeros(0)
        self._first = 0
        self._at = 0

    def move(self, depth: float) -> None:
        """Glide to `depth` times the percentages (0 stands still, at most `most`) from the next sample on."""
        self._wanted = min(max(depth, 0.0), self._most)

    def process(self, block: Samples) -> Samples:
        if self.latency == 0 or block.shape[1] == 0:
            return block.copy()
        length, behind = block.shape[1], 2 * self.latency + TAPS
        past = np.zeros((block.shape[0], behind), np.float32) if self._past is None else self._past
        line = np.concatenate([past, block], axis=1)
        self._past = line[:, length:].copy()
        self._provide((self._at + length) // CONTROL + 2)
        out = np.empty_like(block, order="C")
        point = self._at // CONTROL
        delays, phase = self._points[point - self._first :], self._at - point * CONTROL
        if self._quick:
            for channel in range(block.shape[0]):
                read_gliding(line[channel], out[channel], behind, delays, phase)
        else:
            read_delayed(line, out, behind, delays, phase)
        self._at += length
        keep = self._at // CONTROL
        self._points, self._first = self._points[keep - self._first :], keep
        return out

    def _provide(self, last: int) -> None:
        """Delays in samples up to grid point `last`."""
        count = last - self._first - self._points.size
        if count <= 0:
            return
        moved = sum(wander.points(count) for wander in self._wanders) * (self._rate * self._depths(count))
        self._points = np.concatenate([self._points, self.latency + moved])

    def _depths(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        step = CONTROL / (GLIDE_S * self._rate)
        path = self._wanted - self._depth
        along = np.minimum(np.arange(1, count + 1) * step, abs(path)) * math.copysign(1.0, path)
        depths = self._depth + along
        self._depth = float(depths[-1])
        return depths


EFFECT = Effect(
    name="wow_flutter",
    summary="the speed of a tape or a record that is never quite steady",
    make=WowFlutter,
    parameters=(
        Parameter("wow_percent", 0, 5, 0.1, "% weighted", "steady", "seasick"),
        Parameter("flutter_percent", 0, 5, 0.08, "% weighted", "steady", "gargling"),
        Parameter("wow_hz", 0.3, 4, 0.556, "Hz", "a slow drift", "a vibrato"),
        Parameter("flutter_hz", 4, 30, 6.3, "Hz", "a tremble", "roughness"),
    ),
    source="IEC 60386; AES6-2008",
)
