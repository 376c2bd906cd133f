"""Saturation: bias -> curve -> DC block, without the aliasing of a bare waveshaper.

First-order antiderivative anti-aliasing (Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear
waveshaping using continuous-time convolution", DAFx 2016): the output is the mean of the curve between two
neighbouring samples, which also delays by half a sample. Of the two curves "root", x / sqrt(1 + x^2), has the closed
mean (a + b) / (sqrt(1 + a^2) + sqrt(1 + b^2)): no division of small differences, so it runs in single precision
and in vectors. "tanh" bends later and harder. Of a tone driven by 12 dB, antialiasing and twice the rate leave no
alias above -55 dB below 19.5 kHz, four times the rate none above -85 dB.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.adaa import ln_cosh, mean_tanh
from sonicforge.effects.grid import by_chunks
from sonicforge.effects.oversampling import Oversampler
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

SHAPES = ("root", "tanh")
QUALITIES = {"draft": 1, "good": 2, "best": 4}
"""Times the rate."""
MOST = 512


class Saturation:
    """Soft saturation with unit gain for quiet sounds; the output never exceeds 1 / drive.

    `drive_db` is the gain in front of a curve whose limit is 1 (taken back behind it); `bias` 0..0.5 bends the
    positive half more (even harmonics). `oversample` 1, 2 or 4 times the rate.
    """

    def __init__(
        self,
        *,
        drive_db: float,
        shape: str = "root",
        bias: float = 0.0,
        oversample: int = 1,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        if shape not in SHAPES:
            raise UnknownName("saturation shape", shape, SHAPES)
        self._drive, self._bias = 10 ** (drive_db / 20), bias
        self._root = shape == "root"
        self._pole = math.exp(-2 * math.pi * 8.0 / (sample_rate * oversample))
        self._rate = Oversampler(oversample)
        self.latency = self._rate.latency
        self.reset()

    def reset(self) -> None:
        self._rate.reset()
        self._state = self._fresh(2)

    def _fresh(self, channels: int) -> NDArray[np.float64]:
        # per channel: last driven sample, DC block input, DC block output
        return np.tile([self._bias, 0.0, 0.0], (channels, 1))

    def process(self, block: Samples) -> Samples:
        if self._rate.factor == 1:
            out = np.array(block, np.float32, order="C")
            self.run(out, 0, out.shape[1])
            return out
        return by_chunks(self._at_high_rate, block)

    def _at_high_rate(self, block: Samples) -> Samples:
        high = self._rate.up(block)
        self.run(high, 0, high.shape[1])
        return self._rate.down(high)

    def run(self, x: Samples, start: int, stop: int) -> None:
        """Saturate x[:, start:stop] in place, at the rate it has."""
        kernel = _root if self._root else _tanh
        if len(self._state) < x.shape[0]:
            self._state = self._fresh(x.shape[0])
        for channel in range(x.shape[0]):
            row, state = x[channel], self._state[channel]
            state[0] = kernel(row, start, stop, self._drive, self._bias, state[0])
            if self._bias != 0.0:
                _block_dc(row, start, stop, self._pole, state)


def saturator(*, drive_db: float, shape: str, bias: float, quality: str, sample_rate: int = SAMPLE_RATE) -> Saturation:
    """A saturation by the name of its quality: "draft" 1, "good" 2, "best" 4 times the rate."""
    return Saturation(drive_db=drive_db, shape=shape, bias=bias, oversample=QUALITIES[quality], sample_rate=sample_rate)


def drive_for(peak: float, reduction_db: float) -> float:
    """`drive_db` at which the root curve lowers a peak of height `peak` by `reduction_db`."""
    ratio = 10 ** (max(reduction_db, 1e-3) / 20)
    return 20 * math.log10(math.sqrt(ratio * ratio - 1) / max(peak, 1e-6))


@njit(cache=True, nogil=True)
def _root(x, start, stop, drive, bias, last):  # type: ignore[no-untyped-def]
    # Strict arithmetic, so that silence cancels the bias exactly.
    one, d, b = np.float32(1.0), np.float32(drive), np.float32(bias)
    rest = (b + b) / (np.sqrt(one + b * b) + np.sqrt(one + b * b))
    back = np.float32(1.0 / drive)
    before = np.float32(last)
    part = x[start:stop]
    driven = np.empty(MOST + 1, np.float32)
    lengths = np.empty(MOST + 1, np.float32)
    for first in range(0, part.size, MOST):
        piece = part[first : first + MOST]
        n = piece.size
        driven[0] = before
        for i in range(n):
            driven[i + 1] = d * piece[i] + b
        for i in range(n + 1):
            lengths[i] = np.sqrt(one + driven[i] * driven[i])
        for i in range(n):
            piece[i] = ((driven[i + 1] + driven[i]) / (lengths[i + 1] + lengths[i]) - rest) * back
        before = driven[n]
    return np.float64(before)


@njit(cache=True, nogil=True)
def _tanh(x, start, stop, drive, bias, last):  # type: ignore[no-untyped-def]
    rest, back = math.tanh(bias), 1.0 / drive
    before, area = last, ln_cosh(last)
    for i in range(start, stop):
        now = drive * x[i] + bias
        area_now = ln_cosh(now)
        x[i] = (mean_tanh(before, area, now, area_now) - rest) * back
        before, area = now, area_now
    return before


@njit(cache=True, nogil=True, fastmath=True)
def _block_dc(x, start, stop, pole, state):  # type: ignore[no-untyped-def]
    heard, gave = state[1], state[2]
    for i in range(start, stop):
        now = np.float64(x[i])
        gave = now - heard + pole * gave
        heard = now
        x[i] = gave
    state[1], state[2] = heard, gave if abs(gave) > 1e-30 else 0.0


EFFECT = Effect(
    "saturation",
    "rounds off peaks and adds harmonics: warmth, then drive, then fuzz",
    saturator,
    (
        Parameter("drive_db", -12, 36, 6, "dB", "clean", "fuzz"),
        Choice("shape", SHAPES, "tanh"),
        Parameter(
            "bias", 0, 0.5, 0, "", "odd harmonics only, as from a push-pull stage", "even ones too, as from a tube"
        ),
        Choice("quality", tuple(QUALITIES), "good"),
    ),
    source="Parker, Zavalishin, Le Bivic, DAFx 2016",
)
