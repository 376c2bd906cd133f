"""An old converter: filter -> sample and hold with a shaky clock -> few bits, straight or companded -> filter."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge import chance
from sonicforge.effects.biquad import Sections, lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.effects.white import hashed
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

LAWS = ("linear", "mu", "a")
MU, A = 255.0, 87.6
"""Of North American and of European telephony (ITU-T G.711)."""
FILTERS = ("both", "front", "behind", "none")
EDGE = 0.45
"""Corner of the filters as a share of the converter's rate."""
INAUDIBLE = 1e-20
"""What rings on below this would depend on where the filters forget it."""
BUTTERWORTH_8 = (0.50979558, 0.60134489, 0.89997622, 2.56291545)


class Converter:
    """Sampler, telephone exchange, toy. `bits` 1..16 may be a fraction; `rate_hz` is the converter's clock.

    `law` "mu" or "a" spends the bits on quiet sounds (companding as in G.711). `jitter` 0..0.2 shakes each tick of
    the clock by that share of a period. `filters` says where a 48 dB/oct low-pass sits: without one in front the
    treble folds down, without one behind its mirror images stay. `dither` 0..1 adds triangular noise of up to one step
    wherever there is sound. Full scale clips.
    """

    def __init__(
        self,
        *,
        bits: float = 12.0,
        rate_hz: float = 26_040.0,
        law: str = "linear",
        jitter: float = 0.0,
        filters: str = "both",
        dither: float = 0.0,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        for kind, value, known in (("companding law", law, LAWS), ("place of the filters", filters, FILTERS)):
            if value not in known:
                raise UnknownName(kind, value, known)
        step = min(rate_hz / sample_rate, 1.0)
        steep = _steep(EDGE * rate_hz, sample_rate) if step < 1 else []
        self._front = Equaliser(steep if filters in ("both", "front") else [])
        self._behind = Equaliser(steep if filters in ("both", "behind") else [])
        # The hold lags by half a period, each filter by its delay at low frequencies, the sum of 1 / Q over 2 pi f.
        passes = (2 if filters == "both" else int(filters != "none")) if step < 1 else 0
        slow = sum(1 / quality for quality in BUTTERWORTH_8) / (2 * math.pi * EDGE * step)
        self.latency = round(0.5 * (1 / step - 1) + passes * slow)
        self._numbers = np.array([step, 2.0 ** (bits - 1), jitter, dither])
        self._law = LAWS.index(law)
        self._seed = chance.subseed(seed, "effects", "converter") & 0xFFFFFFFF
        self.reset()

    def reset(self) -> None:
        self._front.reset()
        self._behind.reset()
        self._states: NDArray[np.float64] | None = None

    def process(self, block: Samples) -> Samples:
        out = self._front.process(block)
        if self._states is None:
            # per channel: phase of the clock, last sample, held value, ticks
            self._states = np.tile([1.0, 0.0, 0.0, 0.0], (block.shape[0], 1))
        for channel in range(block.shape[0]):
            seed = np.uint32((self._seed + 40503 * channel) & 0xFFFFFFFF)
            _convert(out[channel], self._numbers, self._law, seed, np.uint32(self._seed), self._states[channel])
        self._behind.run(out, out, 0, out.shape[1])
        out[np.abs(out) < INAUDIBLE] = 0
        return out


def _steep(hz: float, sample_rate: int) -> list[Sections]:
    """Butterworth of order 8."""
    return [lowpass(hz, q=quality, sample_rate=sample_rate) for quality in BUTTERWORTH_8]


@njit(cache=True, nogil=True)
def _convert(x, numbers, law, seed, clock, state):  # type: ignore[no-untyped-def]
    step, levels, jitter, dither = numbers
    phase, before, held, ticks = state
    for i in range(x.size):
        now = np.float64(x[i])
        out = held
        if phase >= 1.0:
            # The tick fell `late` samples ago: read there, and give the old value up to there, the new one after.
            late = min((phase - 1.0) / step, 1.0)
            held = _quantised(now + late * (before - now), levels, law, dither, np.uint32(ticks), seed)
            out = held if step >= 1.0 else out + late * (held - out)
            ticks += 1.0
            phase -= 1.0
            if jitter > 0.0:
                # The same shake for all channels; it is taken back with the next tick, so that the pitch stays.
                phase += jitter * (_uniform(np.uint32(ticks), clock) - _uniform(np.uint32(ticks - 1.0), clock))
        phase += step
        before = now
        x[i] = np.float32(out)
    state[0], state[1], state[2], state[3] = phase, before, held, ticks


@njit(cache=True, nogil=True)
def _uniform(n, seed):  # type: ignore[no-untyped-def]
    return np.float64(np.int32(hashed(n, seed))) / 4294967296.0


@njit(cache=True, nogil=True)
def _quantised(value, levels, law, dither, tick, seed):  # type: ignore[no-untyped-def]
    value = min(max(value, -1.0), 1.0)
    sign = 1.0 if value >= 0.0 else -1.0
    if law == 1:
        value = sign * math.log1p(MU * abs(value)) / math.log1p(MU)
    elif law == 2:
        scale = 1.0 + math.log(A)
        size = A * abs(value)
        value = sign * (size if size < 1.0 else 1.0 + math.log(size)) / scale
    if dither > 0.0 and value != 0.0:
        value += dither * (_uniform(tick, seed) + _uniform(tick, seed + np.uint32(99991))) / levels
    value = math.floor(value * levels + 0.5) / levels
    sign = 1.0 if value >= 0.0 else -1.0
    if law == 1:
        value = sign * math.expm1(abs(value) * math.log1p(MU)) / MU
    elif law == 2:
        size = abs(value) * (1.0 + math.log(A))
        value = sign * (size if size < 1.0 else math.exp(size - 1.0)) / A
    return value


EFFECT = Effect(
    name="converter",
    summary="an old sampler or telephone line: few bits, a slow clock",
    make=Converter,
    parameters=(
        Parameter("bits", 1, 16, 12, "bit", "a buzzing square", "clean"),
        Parameter("rate_hz", 1000, 48_000, 26_040, "Hz", "a whisper of the bass", "clean"),
        Choice("law", LAWS, "linear"),
        Parameter("jitter", 0, 0.2, 0, "periods", "a steady clock", "a gritty veil"),
        Choice("filters", FILTERS, "both"),
        Parameter("dither", 0, 1, 0, "steps", "grainy tails", "smooth tails in noise"),
    ),
    source="ITU-T G.711; own design",
)
