"""What a medium or a small loudspeaker lets through: edges, resonances, one or two channels, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sonicforge.effects.biquad import Sections, bell, highpass, lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

QUALITIES: Mapping[int, tuple[float, ...]] = {
    6: (),
    12: (0.70710678,),
    18: (1.0,),
    24: (0.54119610, 1.30656296),
    48: (0.50979558, 0.60134489, 0.89997622, 2.56291545),
}
"""Butterworth sections for a slope in dB per octave; 6 and 18 have one of first order beside them."""


@dataclass(frozen=True, slots=True)
class Curve:
    """High-pass and low-pass as (Hz, dB per octave); bells as (Hz, dB, Q); `mono` media carry one channel."""

    highpass: tuple[float, int]
    lowpass: tuple[float, int]
    bells: tuple[tuple[float, float, float], ...] = ()
    mono: bool = False


CURVES: Mapping[str, Curve] = {
    "telephone": Curve((300, 24), (3400, 48), ((1200, 4, 0.9),), mono=True),
    "am_radio": Curve((100, 12), (4500, 24), ((2200, 2, 0.8),), mono=True),
    "fm_radio": Curve((40, 12), (15_000, 48), ((3200, 1, 0.7),)),
    "shortwave": Curve((220, 24), (3600, 48), ((900, 3, 1.0),), mono=True),
    "walkie_talkie": Curve((400, 24), (3000, 24), ((1600, 6, 1.2),), mono=True),
    "megaphone": Curve((500, 24), (4000, 24), ((1100, 6, 1.6), (2600, 5, 2.0)), mono=True),
    "intercom": Curve((350, 18), (4200, 24), ((800, 3, 2.0), (2100, 4, 2.5)), mono=True),
    "pocket_radio": Curve((280, 12), (5000, 18), ((650, 3, 1.5), (2400, 4, 1.2)), mono=True),
    "gramophone": Curve((250, 18), (4000, 18), ((480, 4, 2.5), (1050, 5, 3.0), (2300, 4, 3.0)), mono=True),
    "rpm78": Curve((150, 12), (5000, 24), ((700, 4, 2.0), (1500, 4, 2.0), (2800, 4, 2.0)), mono=True),
    "rpm45": Curve((45, 12), (13_500, 12), ((110, 1, 0.8), (3000, 0.8, 0.8))),
    "rpm33": Curve((30, 12), (16_000, 12), ((90, 0.8, 0.8),)),
    "console60s": Curve((40, 12), (14_000, 12), ((100, 1.5, 0.7), (3000, 1, 0.8))),
    "cassette": Curve((45, 12), (12_000, 18), ((90, 2, 0.9),)),
    "portable": Curve((90, 12), (8000, 18), ((160, 3, 1.0), (2500, 2, 0.9))),
    "dictaphone": Curve((220, 18), (4800, 24), ((1400, 4, 1.1),), mono=True),
    "vhs": Curve((60, 12), (9500, 24), ((120, 1.5, 0.9),)),
    "lofi": Curve((75, 12), (7500, 12), ((300, -2, 0.8),)),
    "sampler": Curve((35, 12), (11_500, 24), ((140, 1.5, 0.7),)),
    "television": Curve((140, 12), (9000, 24), ((400, 2, 0.9), (2800, 2, 1.0)), mono=True),
}


class Medium:
    """One of `CURVES`. `amount` 0..1 opens the edges and flattens the resonances towards nothing at 0.

    Mono media give the mean of all channels on each, as much of it as `amount` says.
    """

    latency = 0

    def __init__(self, *, curve: str = "telephone", amount: float = 1.0, sample_rate: int = SAMPLE_RATE) -> None:
        if curve not in CURVES:
            raise UnknownName("medium", curve, CURVES)
        chosen = CURVES[curve]
        self._mono = np.float32(amount if chosen.mono else 0.0)
        self._equaliser = Equaliser(_sections(chosen, amount, sample_rate))
        self.reset()

    def reset(self) -> None:
        self._equaliser.reset()

    def process(self, block: Samples) -> Samples:
        out = self._equaliser.process(block)
        if self._mono > 0 and out.shape[0] > 1:
            # Summed one by one: a mean over an axis may add in another order for another length.
            middle = out[0].copy()
            for channel in out[1:]:
                middle += channel
            middle *= self._mono / np.float32(out.shape[0])
            out *= 1 - self._mono
            out += middle
        return out


def _sections(curve: Curve, amount: float, sample_rate: int) -> list[Sections]:
    if amount <= 0:
        return []
    low = 10.0 * (curve.highpass[0] / 10.0) ** amount
    top = 0.45 * sample_rate
    high = top * (min(curve.lowpass[0], top) / top) ** amount
    rows = _edge(low, curve.highpass[1], sample_rate, high=True)
    if curve.lowpass[0] < top:
        rows += _edge(high, curve.lowpass[1], sample_rate, high=False)
    return rows + [
        bell(hz, gain_db * amount, q=q, sample_rate=sample_rate) for hz, gain_db, q in curve.bells if hz < top
    ]


def _edge(hz: float, slope: int, sample_rate: int, *, high: bool) -> list[Sections]:
    shape = highpass if high else lowpass
    first = [shape(hz, slope=6, sample_rate=sample_rate)] if slope in (6, 18) else []
    return first + [shape(hz, q=quality, sample_rate=sample_rate) for quality in QUALITIES[slope]]


EFFECT = Effect(
    name="medium",
    summary="the band that a medium or a small loudspeaker lets through",
    make=Medium,
    parameters=(Choice("curve", tuple(CURVES), "telephone"), Parameter("amount", 0, 1, 1, "", "open", "the medium")),
    source="own choice of corners; telephone after ITU-T G.712",
)
