"""Station leveller: short-term loudness -> dead zone and gate -> slow gain. A safety net behind stored loudness values.

It hears the last three seconds that count, K-weighted as in ITU-R BS.1770. Fades, pauses and soft passages are left
alone: below the gate it waits. What it does stays slow enough not to be heard as pumping, and bounded.
"""

from math import inf, log10

import numpy as np

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.sound.k_weighting import weigh
from sonicforge.sound.loudness import channel_weights

STEPS_PER_SECOND = 10
MOMENTARY, SHORT_TERM = 4, 30
"""Steps of momentary and short-term loudness."""
SETTLED = 1 / 3
"""Once it moves, it moves on until it is this share of the dead zone away from the target."""


class Leveller:
    """Brings the short-term loudness towards `target_lufs`, by at most `range_lu` up or down.

    It rests within `dead_zone_lu`, and where the momentary loudness lies below `floor_lufs` or more than `gate_lu`
    under the target. It can go above full scale: put a limiter behind it.
    """

    latency = 0

    def __init__(
        self,
        *,
        target_lufs: float = -16.0,
        range_lu: float = 6.0,
        dead_zone_lu: float = 1.5,
        up_db_per_s: float = 0.5,
        down_db_per_s: float = 1.5,
        gate_lu: float = 10.0,
        floor_lufs: float = -45.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._target, self._range, self._dead = target_lufs, range_lu, dead_zone_lu
        self._up, self._down = up_db_per_s / STEPS_PER_SECOND, down_db_per_s / STEPS_PER_SECOND
        self._gate = max(floor_lufs, target_lufs - gate_lu)
        self._rate, self._step = sample_rate, max(sample_rate // STEPS_PER_SECOND, 1)
        self.reset()

    def reset(self) -> None:
        self._state: np.ndarray[tuple[int, int], np.dtype[np.float64]] | None = None
        self._rest: Samples | None = None
        self._phase = 0
        self._recent: list[float] = []
        self._counted: list[float] = []
        self._gain_db, self._moves = 0.0, False
        self._gains = (1.0, 1.0)

    @property
    def gain_db(self) -> float:
        """Gain at this moment."""
        return self._gain_db

    @property
    def short_term_lufs(self) -> float:
        """Loudness of the last three seconds that counted; -inf before anything did."""
        return _lufs(self._counted)

    def process(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        done = 0
        while done < out.shape[1]:
            stop = min(out.shape[1], done + self._step - self._phase)
            self._apply(out[:, done:stop])
            self._hear(block[:, done:stop])
            done = stop
        return out

    def _apply(self, x: Samples) -> None:
        before, after = self._gains
        if before == after == 1.0:
            return
        at = np.arange(self._phase, self._phase + x.shape[1])
        x *= (before + (after - before) / self._step * at).astype(np.float32)

    def _hear(self, piece: Samples) -> None:
        """Collect a step of 100 ms; at its end, decide."""
        if self._state is None or self._rest is None:
            self._state = np.zeros((piece.shape[0], 4))
            self._rest = np.zeros((piece.shape[0], self._step), np.float32)
        self._rest[:, self._phase : self._phase + piece.shape[1]] = piece
        self._phase += piece.shape[1]
        if self._phase < self._step:
            return
        self._phase = 0
        energy = weigh(self._rest, self._rate, self._state, np.array([0, self._step], np.int64))
        self._decide(float(np.asarray(channel_weights(len(piece))) @ energy[:, 0]) / self._step)

    def _decide(self, power: float) -> None:
        self._recent = [*self._recent[-MOMENTARY + 1 :], power]
        if _lufs(self._recent) >= self._gate:
            self._counted = [*self._counted[-SHORT_TERM + 1 :], power]
            self._move(_lufs(self._counted))
        self._gains = (self._gains[1], 10 ** (self._gain_db / 20))

    def _move(self, loudness: float) -> None:
        wanted = min(max(self._target - loudness, -self._range), self._range)
        missing = wanted - self._gain_db
        self._moves = abs(missing) > self._dead * (SETTLED if self._moves else 1.0)
        if self._moves:
            self._gain_db += min(max(missing, -self._down), self._up)


def _lufs(powers: list[float]) -> float:
    power = sum(powers) / len(powers) if powers else 0.0
    return -0.691 + 10 * log10(power) if power > 1e-20 else -inf


EFFECT = Effect(
    "leveller",
    "keeps a programme at one loudness, slowly and within bounds, and waits through pauses",
    Leveller,
    (
        Parameter("target_lufs", -40, -6, -16, "LUFS", "soft station", "loud station"),
        Parameter("range_lu", 0, 20, 6, "LU", "nothing happens", "everything becomes equally loud"),
        Parameter("dead_zone_lu", 0, 3, 1.5, "LU", "never at rest", "only coarse differences"),
        Parameter("up_db_per_s", 0.05, 10, 0.5, "dB/s", "hardly noticed", "pumps up pauses"),
        Parameter("down_db_per_s", 0.05, 20, 1.5, "dB/s", "loud for a while", "ducks at once"),
        Parameter("gate_lu", 1, 40, 10, "LU", "soft passages stay soft", "soft passages are lifted"),
        Parameter("floor_lufs", -70, -10, -45, "LUFS", "hears down to the noise", "waits through soft music"),
    ),
    source="ITU-R BS.1770-5 short-term loudness; EBU R 128",
)
