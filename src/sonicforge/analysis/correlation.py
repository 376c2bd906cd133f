"""Stereo: phase correlation in bands, what mono loses, balance and width.

r = <LR> / sqrt(<L^2> <R^2>), in each band from the cross spectra of 43 ms frames, followed with the 400 ms of a
correlation meter. The loss in mono compares the K-weighted power of both channels with that of their sum in both.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.frames import Frames, hann
from sonicforge.analysis.silence import spans
from sonicforge.sound.audio import Samples
from sonicforge.sound.k_curve import coefficients
from sonicforge.sound.spectrum import OCTAVES_HZ

Floats = NDArray[np.float64]

BANDS_HZ = {"full": (0.0, 1e6), "low": (0.0, 200.0), "mid": (200.0, 4000.0), "high": (4000.0, 1e6)}
"""The curves that are followed over time."""
CURVE_HZ = 10.0
"""Values a second."""
TROUBLE_S = 1.0
"""A correlation below zero for this long is heard as a hole in the middle."""

_METER_S = 0.4
_QUIET = 1e-9
_NOTHING = 1e-9
"""Share of a power that is no more than rounding in single precision."""
_HEARD = 1e-4
"""Power against the loudest moment below which nobody hears where a sound comes from."""
_FRAME_S = 0.043


@dataclass(frozen=True, slots=True)
class StereoImage:
    """`correlation` per band and `octaves` (31 Hz .. 16 kHz) of the whole sound, -1 .. 1; silence and mono read 1.

    `curves` (4, n) follow the bands of `BANDS_HZ` at `CURVE_HZ`. `mono_loss_lu` is what the K-weighted level loses when
    the channels are summed (inf when nothing is left), `balance_db` above 0 leans left, `side_db` is side against mid
    (-inf for mono). `trouble_s` are stretches (start, end) with a correlation below zero.
    """

    correlation: dict[str, float]
    octaves: tuple[float, ...]
    curves: Floats
    mono_loss_lu: float
    balance_db: float
    side_db: float
    trouble_s: tuple[tuple[float, float], ...]
    channels: int

    @property
    def mono(self) -> bool:
        """Whether both channels are the same."""
        return self.side_db == -np.inf


class StereoStream:
    """Hears blocks (channels, n), of which the first two channels count; `finish` gives the image of all of them."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._size = 1 << max(6, round(np.log2(_FRAME_S * sample_rate)))
        self._hop = self._size // 2
        self._ears = [Frames(self._size, self._hop) for _ in range(2)]
        self._rows: list[Floats] = []
        self._octaves = np.zeros((3, len(OCTAVES_HZ)))
        self._weighted = np.zeros(4)
        self._channels = 0

    def process(self, block: Samples) -> None:
        """Hear the next samples."""
        self._channels = len(block)
        if self._channels > 1:
            self._hear([ear.push(row) for ear, row in zip(self._ears, block, strict=False)])

    def finish(self) -> StereoImage:
        """The image of everything heard."""
        if self._channels < 2:
            return _mono(self._channels)
        self._hear([ear.finish() for ear in self._ears])
        sums = np.concatenate(self._rows) if self._rows else np.zeros((0, 3, len(BANDS_HZ)))
        self._rows.clear()
        total = sums.sum(axis=0)
        curves, level = _followed(sums, self._rate / self._hop)
        left, right, mid, side = self._weighted
        below = (curves[0] < 0) & (level > _HEARD * level.max(initial=0.0))
        return StereoImage(
            correlation=dict(zip(BANDS_HZ, (round(float(r), 4) for r in _correlation(total)), strict=True)),
            octaves=tuple(round(float(r), 4) for r in _correlation(self._octaves)),
            curves=curves,
            mono_loss_lu=_ratio_db(mid + side, mid),
            balance_db=_ratio_db(left, right),
            side_db=_ratio_db(side, mid) if side > _NOTHING * mid else -np.inf,
            trouble_s=spans(below, CURVE_HZ, TROUBLE_S),
            channels=self._channels,
        )

    def _hear(self, frames: list[Samples]) -> None:
        import scipy.fft

        bands, octaves, weight = _tables(self._rate, self._size)
        for first in range(0, len(frames[0]), 64):
            left, right = (scipy.fft.rfft(row[first : first + 64] * hann(self._size)) for row in frames)
            power = np.stack([(left * right.conj()).real, np.abs(left) ** 2, np.abs(right) ** 2]).astype(np.float64)
            self._rows.append(np.moveaxis(power @ bands, 0, 1))
            mean = power.sum(axis=1)
            self._octaves += mean @ octaves
            cross, l_power, r_power = mean @ weight
            both = l_power + r_power
            self._weighted += [l_power, r_power, max(both / 4 + cross / 2, 0.0), max(both / 4 - cross / 2, 0.0)]


def _mono(channels: int) -> StereoImage:
    flat = dict.fromkeys(BANDS_HZ, 1.0)
    return StereoImage(flat, (1.0,) * len(OCTAVES_HZ), np.ones((4, 0)), 0.0, 0.0, -np.inf, (), channels)


def _correlation(sums: Floats) -> Floats:
    """From <LR>, <L^2> and <R^2> along the first axis; 1 where there is nothing to compare."""
    cross, left, right = sums
    scale = np.sqrt(left * right)
    return np.where(scale > _QUIET, np.clip(cross / np.maximum(scale, _QUIET), -1, 1), 1.0)


def _followed(sums: Floats, frame_hz: float) -> tuple[Floats, Floats]:
    """The meter's needle (bands, n) at `CURVE_HZ`: sums smoothed by a 400 ms one-pole, then divided; and the power."""
    from scipy.signal import lfilter

    if not len(sums):
        return np.ones((sums.shape[2], 0)), np.zeros(0)
    share = 1 - np.exp(-1 / (_METER_S * frame_hz))
    smooth = lfilter([share], [1, share - 1], sums, axis=0)
    at = np.arange(0, len(sums) / frame_hz, 1 / CURVE_HZ) * frame_hz
    picked = smooth[np.minimum(np.round(at).astype(np.int64), len(sums) - 1)]
    return _correlation(np.moveaxis(picked, 1, 0)).T, picked[:, 1:, 0].sum(axis=1)


def _ratio_db(above: float, below: float) -> float:
    if above <= _QUIET and below <= _QUIET:
        return 0.0
    if below <= _NOTHING * above:
        return float(np.inf)
    return float(10 * np.log10(above / below)) if above > _NOTHING * below else float(-np.inf)


@lru_cache(maxsize=8)
def _tables(sample_rate: int, size: int) -> tuple[Floats, Floats, Floats]:
    """Which bins belong to each band (bins, 4) and octave (bins, 10), and the power of the K-weighting at each bin."""
    hz = np.arange(size // 2 + 1) * sample_rate / size
    bands = np.stack([(hz >= low) & (hz < high) for low, high in BANDS_HZ.values()], axis=1)
    octaves = np.stack([(hz >= mid / np.sqrt(2)) & (hz < mid * np.sqrt(2)) for mid in OCTAVES_HZ], axis=1)
    b0, b1, b2, a1, a2, c1, c2 = coefficients(sample_rate)
    z = np.exp(-2j * np.pi * hz / sample_rate)
    shelf = (b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)
    cut = (1 - 2 * z + z * z) / (1 + c1 * z + c2 * z * z)
    return bands.astype(np.float64), octaves.astype(np.float64), np.abs(shelf * cut) ** 2
