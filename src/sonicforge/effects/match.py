"""Curve equaliser: any smooth gain curve for the middle and another for the side, as minimum-phase filters.

A curve becomes the shortest causal filter with that magnitude: the folded cepstrum gives its phase (Oppenheim, Schafer,
"Discrete-time signal processing", section 12). Nothing rings before the beat, as it would with linear phase. Filtering
is by overlap-save on a fixed grid, so the cut into blocks does not show.
"""

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

TAP_S = 0.085
"""Length of the filters: fine enough for curves that turn within a sixth of an octave at 40 Hz."""

_FLOOR_DB = -60.0

Taps = NDArray[np.float64]


class CurveEqualiser:
    """Filters by `middle_db` and `side_db`, gains at the frequencies `hz`, joined by lines over log frequency.

    Outside `hz` the outermost gains go on. Mono is filtered by `middle_db`, more than two channels each by it. Sound
    leaves `latency` samples late, of which the filters themselves cause none.
    """

    def __init__(
        self, hz: ArrayLike, middle_db: ArrayLike, side_db: ArrayLike | None = None, *, sample_rate: int = SAMPLE_RATE
    ) -> None:
        size = 1 << round(np.log2(TAP_S * sample_rate))
        curves = [middle_db] if side_db is None or np.array_equal(middle_db, side_db) else [middle_db, side_db]
        self.taps = np.array([minimum_phase(hz, curve, size, sample_rate=sample_rate) for curve in curves])
        self._past_length = size - 1
        self._frame = 4 * size
        self._hop = self._frame - self._past_length
        self._spectra = scipy.fft.rfft(self.taps, self._frame, axis=1).astype(np.complex64)
        self.latency = self._hop
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._heard: Samples | None = None
        self._ready = np.zeros((0, 0), np.float32)

    def process(self, block: Samples) -> Samples:
        channels, n = block.shape
        if self._heard is None:
            self._heard = np.zeros((channels, self._past_length), np.float32)
            self._ready = np.zeros((channels, self._hop), np.float32)
        heard = np.concatenate([self._heard, block], axis=1)
        frames = (heard.shape[1] - self._past_length) // self._hop
        made = [self._filtered(heard[:, at : at + self._frame]) for at in range(0, frames * self._hop, self._hop)]
        ready = np.concatenate([self._ready, *made], axis=1)
        self._heard = heard[:, frames * self._hop :].copy()
        self._ready = ready[:, n:].copy()
        return np.ascontiguousarray(ready[:, :n])

    def _filtered(self, frame: Samples) -> Samples:
        """The samples of a frame that have all of their past in it."""
        spectrum = scipy.fft.rfft(frame, axis=1)
        if len(self._spectra) == 1 or len(frame) != 2:
            spectrum *= self._spectra[0]
        else:
            middle = (spectrum[0] + spectrum[1]) * (self._spectra[0] * np.float32(0.5))
            side = (spectrum[0] - spectrum[1]) * (self._spectra[1] * np.float32(0.5))
            spectrum[0], spectrum[1] = middle + side, middle - side
        return np.asarray(scipy.fft.irfft(spectrum, self._frame, axis=1)[:, self._past_length :], np.float32)


def minimum_phase(hz: ArrayLike, gain_db: ArrayLike, size: int, *, sample_rate: int = SAMPLE_RATE) -> Taps:
    """`size` taps of the minimum-phase filter with gains `gain_db` at the rising frequencies `hz`."""
    points = 8 * size
    at = np.maximum(np.arange(points // 2 + 1) * (sample_rate / points), 1e-3)
    known = np.log(np.asarray(hz, np.float64))
    curve = np.maximum(np.interp(np.log(at), known, np.asarray(gain_db, np.float64)), _FLOOR_DB)
    cepstrum = scipy.fft.irfft(curve * (np.log(10) / 20), points)
    cepstrum[1 : points // 2] *= 2
    cepstrum[points // 2 + 1 :] = 0
    taps = scipy.fft.irfft(np.exp(scipy.fft.rfft(cepstrum)), points)[:size]
    fade = size // 4
    taps[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 1) / fade)
    return np.asarray(taps, np.float64)


def curve_gain_db(taps: Taps, hz: ArrayLike, *, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float64]:
    """What a filter does to each frequency, in dB."""
    turns = np.exp(-2j * np.pi * np.outer(np.asarray(hz, np.float64) / sample_rate, np.arange(len(taps))))
    return np.asarray(20 * np.log10(np.maximum(np.abs(turns @ taps), 1e-6)))


POINTS_HZ = (60.0, 250.0, 1000.0, 4000.0, 12_000.0)


def five_points(
    *,
    bass_db: float = 0.0,
    warmth_db: float = 0.0,
    middle_db: float = 0.0,
    presence_db: float = 0.0,
    air_db: float = 0.0,
    side_db: float = 0.0,
    sample_rate: int = SAMPLE_RATE,
) -> CurveEqualiser:
    """A curve through gains at `POINTS_HZ`; the side gets `side_db` on top."""
    gains = np.array([bass_db, warmth_db, middle_db, presence_db, air_db])
    return CurveEqualiser(POINTS_HZ, gains, gains + side_db, sample_rate=sample_rate)


EFFECT = Effect(
    "curve",
    "bends the whole spectrum along one smooth line through five points, without ringing ahead of the beat",
    five_points,
    (
        Parameter("bass_db", -12, 12, 0, "dB at 60 Hz", "lean", "heavy"),
        Parameter("warmth_db", -12, 12, 0, "dB at 250 Hz", "thin", "thick"),
        Parameter("middle_db", -12, 12, 0, "dB at 1 kHz", "scooped", "honky"),
        Parameter("presence_db", -12, 12, 0, "dB at 4 kHz", "distant", "in the face"),
        Parameter("air_db", -12, 12, 0, "dB at 12 kHz", "dull", "airy"),
        Parameter("side_db", -12, 6, 0, "dB", "narrow", "wide"),
    ),
    source="Oppenheim, Schafer, Discrete-time signal processing, section 12",
)
