"""The tone half of mastering: cut -> curves -> de-esser -> four bands -> exciter -> mid/side enhancer."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from sonicforge.effects.biquad import Sections, highpass, lowpass
from sonicforge.effects.chain import Chain
from sonicforge.effects.deesser import DeEsser
from sonicforge.effects.enhancer import Enhancer
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.exciter import Exciter
from sonicforge.effects.match import CurveEqualiser
from sonicforge.effects.multiband import Multiband
from sonicforge.effects.processor import Processor
from sonicforge.master.reference import BANDS_HZ
from sonicforge.sound.audio import Samples
from sonicforge.workshop.ahead import ahead
from sonicforge.workshop.flow import through
from sonicforge.workshop.mastering.decision import Cut, Decision, DeEss, Dynamics, Excite, Image, Tone

LOOK_AHEAD_MS = 3.0
PHASE = "linear"


class CutAway:
    """Takes a known DC away, so that it does not thump, then what lies below and above the music."""

    latency = 0

    def __init__(self, cut: Cut, sample_rate: int) -> None:
        self._dc = np.array(cut.dc, np.float32)[:, None]
        sections: list[Sections] = [highpass(cut.low_hz, sample_rate=sample_rate)]
        if 0 < cut.high_hz < 0.45 * sample_rate:
            sections.append(lowpass(cut.high_hz, sample_rate=sample_rate))
        self._filters = Equaliser(sections)

    def reset(self) -> None:
        self._filters.reset()

    def process(self, block: Samples) -> Samples:
        out = np.subtract(block, self._dc[: len(block)], order="C") if self._dc.any() else block
        return self._filters.process(out)


def cut_away(cut: Cut, sample_rate: int) -> list[Processor]:
    return [CutAway(cut, sample_rate)]


def toned(tone: Tone, sample_rate: int) -> list[Processor]:
    if not any(tone.middle_db) and not any(tone.side_db):
        return []
    return [CurveEqualiser(BANDS_HZ, tone.middle_db, tone.side_db, sample_rate=sample_rate)]


def de_essed(deess: DeEss, sample_rate: int) -> list[Processor]:
    if not deess.on:
        return []
    settings = {"split_hz": deess.split_hz, "threshold_db": deess.threshold_db, "most_db": deess.most_db}
    return [DeEsser(**settings, sample_rate=sample_rate)]


def compressed(dynamics: Dynamics, sample_rate: int) -> list[Processor]:
    if not dynamics.on:
        return []
    return [
        Multiband(
            dynamics.bands,
            splits_hz=dynamics.splits_hz,
            phase=PHASE,
            look_ahead_ms=LOOK_AHEAD_MS,
            sample_rate=sample_rate,
        )
    ]


def excited(excite: Excite, sample_rate: int) -> list[Processor]:
    if not excite.on:
        return []
    return [Exciter(hz=excite.hz, drive_db=excite.drive_db, mix_db=excite.mix_db, sample_rate=sample_rate)]


def placed(image: Image, sample_rate: int, channels: int) -> list[Processor]:
    if not image.on or channels != 2:
        return []
    return [
        Enhancer(
            width=image.width,
            mono_below_hz=image.mono_below_hz,
            air_db=image.air_db,
            spread=image.spread,
            sample_rate=sample_rate,
        )
    ]


def coloured(blocks: Iterable[Samples], decision: Decision, sample_rate: int, channels: int) -> Iterator[Samples]:
    """The stream through the whole tone half, in time and as long as it was; two threads share the work."""
    first = [*cut_away(decision.cut, sample_rate), *toned(decision.tone, sample_rate)]
    first += de_essed(decision.deess, sample_rate)
    second = [*compressed(decision.dynamics, sample_rate), *excited(decision.excite, sample_rate)]
    second += placed(decision.image, sample_rate, channels)
    halfway = through(blocks, Chain(first))
    return through(ahead(halfway), Chain(second)) if second else halfway


def rehearsed(excerpts: Sequence[Samples], processors: Sequence[Processor]) -> list[Samples]:
    """Every excerpt through the processors from a fresh start."""
    return [_whole(excerpt, Chain(processors)) for excerpt in excerpts] if processors else list(excerpts)


def _whole(excerpt: Samples, chain: Chain) -> Samples:
    chain.reset()
    flushed = np.pad(excerpt, ((0, 0), (0, chain.latency)))
    return np.ascontiguousarray(chain.process(flushed)[:, chain.latency :])
