"""Multiband compressor: crossover -> a look-ahead compressor in each band -> sum.

`phase` "live" splits with a Linkwitz-Riley tree (no latency of its own, the phase turns at the splits), "linear" with
long FIRs (no phase shift at all, about 0.2 s late) for work on files. With every ratio at 1 the live magnitude is flat
and the linear sum is the delayed input.
"""

from dataclasses import dataclass, replace

from sonicforge.effects.compressor import Compressor
from sonicforge.effects.crossover import Crossover, LinearCrossover
from sonicforge.effects.grid import by_chunks
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.errors import Conflict, UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

PHASES = ("live", "linear")
SPLITS_HZ = (120.0, 700.0, 4500.0)


@dataclass(frozen=True, slots=True)
class Band:
    """How one band is compressed; `most_db` bounds the reduction, `gain_db` is added behind it."""

    threshold_db: float = -20.0
    ratio: float = 2.0
    attack_ms: float = 20.0
    release_ms: float = 150.0
    knee_db: float = 8.0
    most_db: float = 4.0
    gain_db: float = 0.0


BANDS = (
    Band(-20.0, 2.5, 30.0, 250.0),
    Band(-20.0, 2.0, 20.0, 180.0),
    Band(-22.0, 1.8, 10.0, 120.0),
    Band(-26.0, 1.5, 5.0, 80.0),
)
"""Gentle four-band settings for finished mixes; the numbers were set by ear within the usual ranges."""


class Multiband:
    """Any number of bands, one more than `splits_hz`. Raises `Conflict` if the numbers do not fit each other."""

    def __init__(
        self,
        bands: tuple[Band, ...] = BANDS,
        *,
        splits_hz: tuple[float, ...] = SPLITS_HZ,
        phase: str = "live",
        look_ahead_ms: float = 3.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        if phase not in PHASES:
            raise UnknownName("crossover phase", phase, PHASES)
        if len(bands) != len(splits_hz) + 1:
            raise Conflict(f"{len(bands)} bands need {len(bands) - 1} splits, not {len(splits_hz)}")
        kind = Crossover if phase == "live" else LinearCrossover
        self._crossover: Crossover | LinearCrossover = kind(splits_hz, sample_rate=sample_rate)
        self._compressors = [
            Compressor(
                threshold_db=band.threshold_db,
                ratio=band.ratio,
                attack_ms=band.attack_ms,
                release_ms=band.release_ms,
                knee_db=band.knee_db,
                makeup_db=band.gain_db,
                most_db=band.most_db,
                look_ahead_ms=look_ahead_ms,
                sample_rate=sample_rate,
            )
            for band in bands
        ]
        self.latency = self._crossover.latency + self._compressors[0].latency

    def reset(self) -> None:
        self._crossover.reset()
        for compressor in self._compressors:
            compressor.reset()

    @property
    def reductions_db(self) -> tuple[float, ...]:
        """Gain reduction of each band at this moment, >= 0, lowest band first."""
        return tuple(compressor.reduction_db for compressor in self._compressors)

    def process(self, block: Samples) -> Samples:
        return by_chunks(self._chunk, block)

    def _chunk(self, block: Samples) -> Samples:
        bands = zip(self._compressors, self._crossover.split(block), strict=True)
        first, *rest = (compressor.process(band) for compressor, band in bands)
        for band in rest:
            first += band
        return first


def four_bands(
    *,
    low_hz: float = SPLITS_HZ[0],
    mid_hz: float = SPLITS_HZ[1],
    high_hz: float = SPLITS_HZ[2],
    threshold_db: float = 0.0,
    amount: float = 1.0,
    low_gain_db: float = 0.0,
    low_mid_gain_db: float = 0.0,
    high_mid_gain_db: float = 0.0,
    high_gain_db: float = 0.0,
    most_db: float = 4.0,
    look_ahead_ms: float = 3.0,
    phase: str = "live",
    sample_rate: int = SAMPLE_RATE,
) -> Multiband:
    """`BANDS` with all thresholds moved by `threshold_db` and all ratios scaled by `amount` (0: no compression)."""
    gains = (low_gain_db, low_mid_gain_db, high_mid_gain_db, high_gain_db)
    bands = tuple(
        replace(
            band,
            threshold_db=band.threshold_db + threshold_db,
            ratio=1 + (band.ratio - 1) * amount,
            most_db=most_db,
            gain_db=gain,
        )
        for band, gain in zip(BANDS, gains, strict=True)
    )
    splits = (low_hz, mid_hz, high_hz)
    return Multiband(bands, splits_hz=splits, phase=phase, look_ahead_ms=look_ahead_ms, sample_rate=sample_rate)


EFFECT = Effect(
    "multiband",
    "compresses four bands each for itself, so that the bass does not duck the voice",
    four_bands,
    (
        Parameter("low_hz", 40, 250, SPLITS_HZ[0], "Hz", "only sub bass is low", "kick and bass are low"),
        Parameter("mid_hz", 300, 1800, SPLITS_HZ[1], "Hz", "warmth belongs to the upper middle", "voices are low-mid"),
        Parameter("high_hz", 2000, 12_000, SPLITS_HZ[2], "Hz", "presence counts as treble", "only air is treble"),
        Parameter("threshold_db", -24, 24, 0, "dB", "works all the time", "only on the loudest"),
        Parameter("amount", 0, 4, 1, "", "no compression", "dense and flat"),
        Parameter("low_gain_db", -12, 12, 0, "dB", "lean", "heavy"),
        Parameter("low_mid_gain_db", -12, 12, 0, "dB", "hollow", "thick"),
        Parameter("high_mid_gain_db", -12, 12, 0, "dB", "distant", "in the face"),
        Parameter("high_gain_db", -12, 12, 0, "dB", "dull", "bright"),
        Parameter("most_db", 0, 24, 4, "dB", "nothing is taken away", "no bound to speak of"),
        Parameter("look_ahead_ms", 0, 10, 3, "ms", "transients slip through", "transients are met"),
        Choice("phase", PHASES, "live"),
    ),
    source="Linkwitz, JAES 24 (1976); Giannoulis, Massberg, Reiss, JAES 60 (2012)",
)
