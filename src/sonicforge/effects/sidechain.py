"""Side chain: one sound makes room for another. Music under a voice, bass under a kick.

Where the moments are known beforehand, `ducker` draws the gain; here they are heard. Key -> hysteresis -> raised cosine
in dB, applied to everything or only to what lies below a corner. For a compressor that listens to another sound, hand
that sound to `Compressor.process` as its key.
"""

from sonicforge.effects.crossover import Crossover
from sonicforge.effects.gate import Hysteresis
from sonicforge.effects.grid import Ear, GainLine, LookAhead
from sonicforge.sound.audio import SAMPLE_RATE, Samples


class Talkover:
    """Lowers what it is given by `depth_db` for as long as the key sounds.

    Both `look_ahead_ms` late: the key, too, has to be delayed by `latency` where the two are added. With `below_hz`
    only the low end makes room; the split turns the phase around that corner, but the magnitude is flat at rest.
    """

    def __init__(
        self,
        *,
        threshold_db: float = -40.0,
        depth_db: float = 12.0,
        attack_ms: float = 15.0,
        hold_ms: float = 300.0,
        release_ms: float = 350.0,
        look_ahead_ms: float = 15.0,
        below_hz: float | None = None,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._hysteresis = Hysteresis(
            open_db=threshold_db,
            close_db=threshold_db - 6.0,
            attack_ms=attack_ms,
            hold_ms=hold_ms,
            release_ms=release_ms,
            sample_rate=sample_rate,
        )
        self._depth_db = depth_db
        self._ear, self._ahead = Ear(), LookAhead(round(look_ahead_ms * sample_rate / 1000))
        self._split = None if below_hz is None else Crossover((below_hz,), sample_rate=sample_rate)
        self._line = GainLine()
        self.latency = self._ahead.samples

    def reset(self) -> None:
        for part in (self._hysteresis, self._ear, self._ahead, self._split, self._line):
            if part is not None:
                part.reset()

    @property
    def is_ducking(self) -> bool:
        return self._hysteresis.is_open

    def process(self, block: Samples, key: Samples) -> Samples:
        """`block` (channels, n) out of the way of `key` (any channels, n)."""
        openness = self._hysteresis.process(self._ear.process(key))
        gains = 10 ** (openness * (-self._depth_db / 20))
        out = self._ahead.process(block)
        if self._split is None:
            self._line.ride(out, gains)
            return out
        low, high = self._split.split(out)
        self._line.ride(low, gains)
        return low + high
