"""True-peak limiter: interpolated peak -> gain computer with look-ahead -> delayed sound.

The gain is worked out from peaks between the samples but applied at the base rate: limiting an oversampled signal
and decimating it would make new overs. What still slips through (the gain moves between samples, detectors
differ) is found by measuring again and lowered on the spot, until all three detectors agree that the ceiling holds.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.limiter_gain import (
    DEFAULT,
    GROUP,
    REPAIR,
    Ballistics,
    GainComputer,
    Steps,
    apply_reduction,
    group_peaks,
    needed_reduction,
    refine_peaks,
)
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples
from sonicforge.sound.true_peak import chosen

MARGIN = 10 ** (-0.005 / 20)
"""What is kept free below the ceiling for rounding and 16-bit dither."""

_STREAM_MARGIN = 10 ** (-0.1 / 20)
_ROUNDS = 6
_CONTEXT = 32
"""Samples around a group on which its reading depends."""
_BLOCK = 32
"""Samples that a stream measures at a time."""


@dataclass(frozen=True, slots=True)
class GainReduction:
    """What a limiter did: `curve_db` >= 0, the largest reduction in each of `rate` pieces a second."""

    curve_db: NDArray[np.float32] = field(repr=False)
    rate: float
    trim_db: float

    @property
    def p50_db(self) -> float:
        """Half of the time the reduction is at most this."""
        return self.percentile(50)

    @property
    def p95_db(self) -> float:
        """95 % of the time the reduction is at most this."""
        return self.percentile(95)

    @property
    def max_db(self) -> float:
        return float(self.curve_db.max(initial=0.0))

    def resampled(self, rate: float) -> list[float]:
        """The curve at a lower rate, largest reduction of each piece, rounded to 0.01 dB: small enough to store."""
        edges = np.arange(0, len(self.curve_db), self.rate / rate).astype(np.int64)
        return [round(float(worst), 2) for worst in np.maximum.reduceat(self.curve_db, edges)] if len(edges) else []

    def percentile(self, percent: float) -> float:
        return float(np.percentile(self.curve_db, percent)) if len(self.curve_db) else 0.0


def limit(audio: Audio, ceiling_db: float, *, ballistics: Ballistics = DEFAULT) -> tuple[Audio, GainReduction]:
    """`audio` with no true peak above `ceiling_db` (dBTP) by any detector of `sound.true_peak`, and what it took.

    Length and timing stay; sound that never exceeds the ceiling comes back bit for bit.
    """
    samples = np.array(audio.samples, np.float32, order="C")
    reduction = limit_in_place(samples, ceiling_db, audio.sample_rate, ballistics=ballistics)
    return Audio(samples, audio.sample_rate), reduction


def limit_in_place(
    samples: Samples, ceiling_db: float, sample_rate: int, *, ballistics: Ballistics = DEFAULT
) -> GainReduction:
    """`limit` for a contiguous array that may be overwritten."""
    reduction = reduce_peaks(samples, ceiling_db, sample_rate, ballistics=ballistics)
    return reduction_facts(reduction, sample_rate, hold_ceiling(samples, ceiling_db, sample_rate))


def reduce_peaks(samples: Samples, ceiling_db: float, sample_rate: int, *, ballistics: Ballistics = DEFAULT) -> Steps:
    """The first pass in place: one detector, one smooth gain (returned); overs of some tenths of a dB may be left."""
    ceiling = 10 ** (ceiling_db / 20) * MARGIN
    peaks = group_peaks(samples, chosen("display"), ceiling)
    reduction = GainComputer(ballistics, sample_rate).whole(needed_reduction(peaks, ceiling))
    apply_reduction(samples, reduction)
    return reduction


def hold_ceiling(samples: Samples, ceiling_db: float, sample_rate: int) -> float:
    """Lowers in place the peaks that any of the three detectors still finds above the ceiling.

    Each round repairs only the overs and measures only what it touched; a last common trim (dB, returned, almost
    always 0) makes the promise absolute.
    """
    ceiling = 10 ** (ceiling_db / 20) * MARGIN
    filters = chosen("certified")
    computer = GainComputer(REPAIR, sample_rate)
    peaks = group_peaks(samples, filters, ceiling)
    for _ in range(_ROUNDS):
        if float(peaks.max(initial=0.0)) <= ceiling:
            return 0.0
        reduction = computer.whole(needed_reduction(peaks, ceiling * 0.9999))
        apply_reduction(samples, reduction)
        refine_peaks(samples, filters, ceiling, _touched(reduction), peaks)
    over = float(peaks.max(initial=0.0)) / ceiling
    if over > 1:
        samples *= np.float32(1 / over)
    return 20 * float(np.log10(max(over, 1.0)))


def reduction_facts(reduction: Steps, sample_rate: int, trim_db: float = 0.0, rate: float = 1000.0) -> GainReduction:
    """The gain curve as largest reductions a piece of about 1 / `rate` seconds."""
    size = max(1, round(sample_rate / GROUP / rate))
    padded = np.pad(reduction, (0, -len(reduction) % size))
    worst = padded.reshape(-1, size).max(axis=1)
    return GainReduction(-20 * np.log10(1 - worst, dtype=np.float32), sample_rate / GROUP / size, trim_db)


def _touched(reduction: Steps) -> NDArray[np.bool_]:
    """Groups that a gain change reached, and those around them that a detector would notice it in."""
    moved = np.maximum(reduction[:-1], reduction[1:]) > 0
    wanted: NDArray[np.bool_] = moved.copy()
    for distance in range(1, _CONTEXT // GROUP):
        wanted[distance:] |= moved[:-distance]
        wanted[:-distance] |= moved[distance:]
    return wanted


class Limiter:
    """The same limiter for endless sound: `process` block by block, `latency` samples later.

    All three detectors run at once and the gain aims 0.1 dB below the promise, because a stream cannot be measured
    again. Sound below that passes bit for bit. `drive_db` is gain in front: how loud it gets.
    """

    def __init__(
        self,
        ceiling_db: float,
        *,
        channels: int = 2,
        sample_rate: int = SAMPLE_RATE,
        ballistics: Ballistics = DEFAULT,
        drive_db: float = 0.0,
    ) -> None:
        self._drive = np.float32(10 ** (drive_db / 20))
        self._ceiling = 10 ** (ceiling_db / 20) * _STREAM_MARGIN
        self._channels = channels
        self._computer = GainComputer(ballistics, sample_rate)
        self._filters = chosen("certified")
        self.latency = (self._computer.delay + 1) * GROUP + _BLOCK + _CONTEXT
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._computer.reset()
        # Input not yet measured, with the context before it; sound waiting for its gain; sound ready to leave.
        self._heard = np.zeros((self._channels, _CONTEXT), np.float32)
        self._waiting = np.zeros((self._channels, 0), np.float32)
        self._reduction = np.zeros(0, np.float32)
        self._skip = self._computer.delay
        self._ready = np.zeros((self._channels, self.latency), np.float32)
        self._decided = np.zeros(0, np.float32)

    @property
    def decided(self) -> Steps:
        """Reductions (1 - gain), one for every 8 samples, that the last call of `process` found, oldest first."""
        return self._decided

    @property
    def reduction_db(self) -> float:
        """Gain reduction at this moment, >= 0."""
        return float(-20 * np.log10(1 - self._reduction[-1])) if len(self._reduction) else 0.0

    def process(self, block: Samples) -> Samples:
        """The next samples (channels, n), delayed by `latency`; the input is left untouched."""
        if self._drive != 1:
            block = block * self._drive
        self._heard = np.concatenate([self._heard, block], axis=1)
        self._waiting = np.concatenate([self._waiting, block], axis=1)
        self._decide()
        self._release()
        n = block.shape[1]
        out = np.ascontiguousarray(self._ready[:, :n])
        self._ready = self._ready[:, n:]
        return out

    def _decide(self) -> None:
        """Measure all whole blocks whose right context has arrived, and move the gain."""
        blocks = (self._heard.shape[1] - 2 * _CONTEXT) // _BLOCK
        if blocks <= 0:
            return
        span = np.ascontiguousarray(self._heard[:, : blocks * _BLOCK + 2 * _CONTEXT])
        peaks = group_peaks(span, self._filters, self._ceiling)
        first = _CONTEXT // GROUP
        needed = needed_reduction(peaks[first : first + blocks * _BLOCK // GROUP], self._ceiling)
        self._decided = self._computer.process(needed)
        self._reduction = np.concatenate([self._reduction, self._decided])
        self._heard = self._heard[:, blocks * _BLOCK :]

    def _release(self) -> None:
        """Apply every gain that is known at both ends of its group."""
        skipped = min(self._skip, len(self._reduction))
        self._skip -= skipped
        self._reduction = self._reduction[skipped:]
        groups = len(self._reduction) - 1
        if groups <= 0:
            return
        done = np.ascontiguousarray(self._waiting[:, : groups * GROUP])
        apply_reduction(done, self._reduction)
        self._ready = np.concatenate([self._ready, done], axis=1)
        self._waiting = self._waiting[:, groups * GROUP :]
        self._reduction = self._reduction[groups:]


def maximiser(
    *,
    drive_db: float,
    ceiling_db: float,
    look_ahead_ms: float,
    hold_ms: float,
    fast_ms: float,
    slow_ms: float,
    channels: int = 2,
    sample_rate: int = SAMPLE_RATE,
) -> Limiter:
    """A streaming `Limiter` with its ballistics spelt out."""
    ballistics = Ballistics(look_ahead_ms=look_ahead_ms, hold_ms=hold_ms, fast_ms=fast_ms, slow_ms=slow_ms)
    return Limiter(ceiling_db, channels=channels, sample_rate=sample_rate, ballistics=ballistics, drive_db=drive_db)


EFFECT = Effect(
    "limiter",
    "lets nothing above the ceiling, between the samples neither",
    maximiser,
    (
        Parameter("drive_db", -12, 24, 0, "dB", "softer", "loud and dense"),
        Parameter("ceiling_db", -24, 0, -1, "dBTP", "much headroom", "full scale"),
        Parameter("look_ahead_ms", 1, 20, 5, "ms", "edgy, loud", "bass stays clean"),
        Parameter("hold_ms", 0, 50, 8, "ms", "bass is modulated", "steady"),
        Parameter("fast_ms", 10, 500, 80, "ms", "back at once after a peak", "soft"),
        Parameter("slow_ms", 100, 3000, 700, "ms", "follows the bars", "no pumping"),
    ),
    source="ITU-R BS.1770-5 Annex 2; moving averages of a running minimum",
)
