"""De-esser: linear-phase split -> share of the high band in the whole, in dB -> gain of the high band.

An "s" is recognised by how much of the sound lies in the high band, not by how loud it is, so a whisper and a shout are
treated alike. The low band is never touched, and with nothing to reduce the sound passes bit for bit, `latency` late.
"""

import math

import numpy as np
from numba import njit

from sonicforge.effects.control import ride
from sonicforge.effects.crossover import LinearSplit
from sonicforge.effects.grid import Ear, GainLine, LookAhead, by_chunks, share
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

BAND_MS, WHOLE_MS = 2.0, 12.0
SILENT = 1e-14
"""Mean power below which nothing is judged."""


class DeEsser:
    """Turns the band above `split_hz` down by as many dB as its share exceeds `threshold_db`, at most `most_db`.

    The share is the band's power over that of the whole sound: near 0 dB in an "s", below -20 dB in a vowel. `slope` 1
    holds the share at the threshold, less does less. Channels are linked.
    """

    def __init__(
        self,
        *,
        split_hz: float = 5000.0,
        threshold_db: float = -8.0,
        slope: float = 1.0,
        most_db: float = 8.0,
        attack_ms: float = 0.7,
        release_ms: float = 40.0,
        look_ahead_ms: float = 1.5,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._split = LinearSplit(split_hz, sample_rate=sample_rate)
        ahead = round(look_ahead_ms * sample_rate / 1000)
        self._waiting, self._waiting_high = LookAhead(ahead), LookAhead(ahead)
        self._whole, self._band, self._line = Ear(power=True), Ear(power=True), GainLine()
        self._numbers = np.array(
            [
                threshold_db,
                slope,
                most_db,
                share(attack_ms, sample_rate),
                share(release_ms, sample_rate),
                share(BAND_MS, sample_rate),
                share(WHOLE_MS, sample_rate),
            ]
        )
        self.latency = self._split.latency + ahead
        self.reset()

    def reset(self) -> None:
        for part in (self._split, self._waiting, self._waiting_high, self._whole, self._band, self._line):
            part.reset()
        self._state = np.zeros(3)

    @property
    def reduction_db(self) -> float:
        """Reduction of the high band at this moment, >= 0."""
        return float(self._state[0])

    def process(self, block: Samples) -> Samples:
        return by_chunks(self._chunk, block)

    def _chunk(self, block: Samples) -> Samples:
        delayed, high = self._split.split(block)
        heard, band = self._whole.process(delayed), self._band.process(high)
        taken = np.empty_like(heard)
        _judge(heard, band, self._numbers, self._state, taken)
        out, high = self._waiting.process(delayed), self._waiting_high.process(high)
        curve, at = self._line.curve(1.0 - taken), self._line.phase
        if (curve != 1.0).any():
            ride(high, np.float32(1.0) - curve, at=at)
            out -= high
        self._line.advance(curve, block.shape[1])
        return out


@njit(cache=True, nogil=True)
def _judge(whole, band, numbers, state, taken):  # type: ignore[no-untyped-def]
    threshold, slope, most, attack, release, band_step, whole_step = numbers
    reduction, band_mean, whole_mean = state
    for k in range(whole.size):
        band_mean += band_step * (band[k] - band_mean)
        whole_mean += whole_step * (whole[k] - whole_mean)
        wanted = 0.0
        if band_mean > SILENT:
            portion = 10.0 * math.log10(band_mean / max(whole_mean, band_mean))
            wanted = min(max(slope * (portion - threshold), 0.0), most)
        reduction += (attack if wanted > reduction else release) * (wanted - reduction)
        if wanted == 0.0 and reduction < 1e-3:
            reduction = 0.0
        taken[k] = 1.0 - 10.0 ** (-reduction / 20.0)
    state[0] = reduction
    state[1] = band_mean if band_mean > 1e-30 else 0.0
    state[2] = whole_mean if whole_mean > 1e-30 else 0.0


EFFECT = Effect(
    "deesser",
    "softens sharp s sounds, and nothing else, however loud or soft the voice is",
    DeEsser,
    (
        Parameter("split_hz", 2000, 12_000, 5000, "Hz", "consonants and bite", "only the sharpest hiss"),
        Parameter("threshold_db", -30, 0, -8, "dB of the whole", "all treble is reduced", "hardly anything is"),
        Parameter("slope", 0, 1, 1, "", "nothing happens", "never more treble than the threshold says"),
        Parameter("most_db", 0, 24, 8, "dB", "nothing happens", "lisping"),
        Parameter("attack_ms", 0.1, 20, 0.7, "ms", "from the first moment", "the edge stays"),
        Parameter("release_ms", 5, 500, 40, "ms", "back for the vowel", "dull after every s"),
        Parameter("look_ahead_ms", 0, 5, 1.5, "ms", "the edge slips through", "ready before it comes"),
    ),
    source="power of the band over power of the whole; Kaiser, Nonrecursive digital filter design (1974)",
)
