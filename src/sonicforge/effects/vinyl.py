"""A record being played: worn groove (tracing, treble) -> warp and eccentric hole -> surface noise."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge import chance
from sonicforge.effects.biquad import high_shelf, lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.groove import SILENT_DB, Groove, Surface
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.wow_flutter import WowFlutter
from sonicforge.sound.audio import SAMPLE_RATE, Samples

WORN_DB = -6.0
WORN_HZ = 6000.0
TRACED_HZ = 8000.0
TRACING = 0.02
"""Second harmonic of a full-scale tone of 1 kHz from a ruined groove; it rises with level and frequency."""
CRACKLE_RATE, POP_RATE, SCRATCHES = (0.5, 120.0), (0.02, 3.0), (0.1, 40.0)
"""Events a second, pops a second, scratches a minute, from the first trace of wear to a ruin."""
CRACKLE_DB, POP_DB, SCRATCH_DB = (-40.0, -22.0), (-38.0, -20.0), (-36.0, -20.0)


class Vinyl:
    """`wear` 0..1 dulls (up to 6 dB) and distorts the inner detail; `crackle`, `pops`, `scratches` 0..1 set rate and
    level of the surface's events; `hiss_db`, `rumble_db`, `hum_db` are RMS in dBFS (-120 for none).

    `warp_percent` is weighted wow at one swing per turn, `rpm` the turns a minute. `surface_db` moves all noise of the
    surface up or down. Mono hears both walls of the groove at once.
    """

    def __init__(
        self,
        *,
        wear: float = 0.3,
        crackle: float = 0.4,
        pops: float = 0.3,
        scratches: float = 0.2,
        hiss_db: float = -60.0,
        rumble_db: float = -52.0,
        hum_db: float = SILENT_DB,
        warp_percent: float = 0.1,
        rpm: float = 100.0 / 3.0,
        surface_db: float = 0.0,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        groove = Groove(
            rpm=rpm,
            crackle_rate=_between(CRACKLE_RATE, crackle),
            crackle_db=_level(CRACKLE_DB, crackle, surface_db),
            pop_rate=_between(POP_RATE, pops),
            pop_db=_level(POP_DB, pops, surface_db),
            scratches=_between(SCRATCHES, scratches),
            scratch_db=_level(SCRATCH_DB, scratches, surface_db),
            hiss_db=max(hiss_db + surface_db, SILENT_DB) if hiss_db > SILENT_DB else SILENT_DB,
            rumble_db=rumble_db,
            hum_db=hum_db,
        )
        self._surface = Surface(groove, seed=seed, sample_rate=sample_rate)
        self._worn = Equaliser([high_shelf(WORN_HZ, WORN_DB * wear, sample_rate=sample_rate)] if wear else [])
        self._traced = Equaliser([lowpass(min(TRACED_HZ, 0.2 * sample_rate), slope=24, sample_rate=sample_rate)])
        self._tracing = TRACING * wear * sample_rate / (2 * math.pi * 1000.0)
        self._warp = WowFlutter(
            wow_percent=warp_percent,
            flutter_percent=0.0,
            wow_hz=rpm / 60.0,
            seed=chance.subseed(seed, "effects", "vinyl"),
            sample_rate=sample_rate,
        )
        self.latency = self._warp.latency
        self.reset()

    def reset(self) -> None:
        self._surface.reset()
        self._worn.reset()
        self._traced.reset()
        self._warp.reset()
        self._before: NDArray[np.float64] | None = None

    def process(self, block: Samples) -> Samples:
        out = self._worn.process(block)
        if self._tracing > 0:
            self._trace(block, out)
        out = self._warp.process(out)
        noise = self._surface.take(block.shape[1])
        if out.shape[0] == 1:
            out += (noise[:1] + noise[1:]) * np.float32(0.5)
        else:
            out[:2] += noise
        return out

    def _trace(self, block: Samples, out: Samples) -> None:
        if self._before is None:
            self._before = np.zeros(block.shape[0])
        heard = self._traced.process(block)
        for channel in range(block.shape[0]):
            _add_tracing(heard[channel], out[channel], self._tracing, self._before[channel : channel + 1])


def _between(span: tuple[float, float], share: float) -> float:
    """Geometrically from none (0) over the first trace to the end of the span."""
    return span[0] * (span[1] / span[0]) ** share if share > 0 else 0.0


def _level(span: tuple[float, float], share: float, more_db: float) -> float:
    return span[0] + (span[1] - span[0]) * share + more_db


@njit(cache=True, nogil=True)
def _add_tracing(heard, out, strength, before):  # type: ignore[no-untyped-def]
    # A round stylus in a groove cut by an edge runs ahead on one slope and behind on the other.
    last = before[0]
    for i in range(heard.size):
        x = np.float64(heard[i])
        square = x * x / (1.0 + x * x)
        out[i] += np.float32(strength * (square - last))
        last = square
    before[0] = last


EFFECT = Effect(
    name="vinyl",
    summary="a record: crackle, pops, scratches that return with every turn, rumble, wear, warp",
    make=Vinyl,
    parameters=(
        Parameter("wear", 0, 1, 0.3, "", "new", "dull and torn"),
        Parameter("crackle", 0, 1, 0.4, "", "none", "a frying pan"),
        Parameter("pops", 0, 1, 0.3, "", "none", "three a second"),
        Parameter("scratches", 0, 1, 0.2, "", "none", "a comb of ticks in every turn"),
        Parameter("hiss_db", -120, -30, -60, "dBFS", "none", "a rush"),
        Parameter("rumble_db", -120, -24, -52, "dBFS", "none", "a shaking motor"),
        Parameter("hum_db", -120, -24, -120, "dBFS", "none", "a bad earth"),
        Parameter("warp_percent", 0, 3, 0.1, "% weighted", "flat", "seasick"),
        Parameter("rpm", 16, 80, 100 / 3, "1/min", "slow turns", "fast turns"),
        Parameter("surface_db", -40, 20, 0, "dB", "noise far away", "noise in front"),
    ),
    source="Gonzalez, TKK 2007; Moliner and Valimaki, arXiv 2206.06259; IEC 60098",
    noisy=True,
)
