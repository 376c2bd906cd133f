"""Equaliser: a cascade of second-order sections in double precision, four recursions at a time."""

from collections.abc import Iterable

import numpy as np

from sonicforge.effects._lanes import LANES, Doubles, lane_numbers, run_lanes
from sonicforge.effects.biquad import Sections
from sonicforge.sound.audio import Samples

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0, 0.0])


class Equaliser:
    """Static filters in series. `sections` come from `effects.biquad`; none of them passes the sound through."""

    latency = 0

    def __init__(self, sections: Iterable[Sections] = ()) -> None:
        rows = [np.atleast_2d(part) for part in sections if len(part)]
        self.sections: Sections = np.concatenate(rows) if rows else np.zeros((0, 5))
        self._numbers = {channels: _grouped(self.sections, channels) for channels in (1, 2)}
        self.reset()

    def reset(self) -> None:
        self._state = {channels: np.zeros((len(groups), 4, LANES)) for channels, groups in self._numbers.items()}
        self._pairs: list[Equaliser] = []

    @property
    def quiet(self) -> bool:
        """True when nothing of what was heard rings on above -160 dBFS."""
        own = all(float(np.abs(state[:, :2]).max(initial=0.0)) < 1e-8 for state in self._state.values())
        return own and all(pair.quiet for pair in self._pairs)

    def process(self, block: Samples) -> Samples:
        out = np.empty_like(block, order="C")
        self.run(np.ascontiguousarray(block), out, 0, block.shape[1])
        return out

    def run(self, source: Samples, target: Samples, start: int, stop: int) -> None:
        """Filter source[:, start:stop] into the same place of `target` (which may be `source`)."""
        if len(self.sections) == 0:
            if target is not source:
                target[:, start:stop] = source[:, start:stop]
            return
        channels = source.shape[0]
        if channels > 2:
            self._run_pairs(source, target, start, stop)
            return
        for numbers, state in zip(self._numbers[channels], self._state[channels], strict=True):
            run_lanes(source, target, start, stop, numbers, state)
            source = target

    def _run_pairs(self, source: Samples, target: Samples, start: int, stop: int) -> None:
        if not self._pairs:
            self._pairs = [Equaliser([self.sections]) for _ in range(0, source.shape[0], 2)]
        for k, pair in enumerate(self._pairs):
            pair.run(source[2 * k : 2 * k + 2], target[2 * k : 2 * k + 2], start, stop)


def _grouped(sections: Sections, channels: int) -> list[Doubles]:
    """Sections by as many as four lanes hold, the last group filled up with sections that pass everything."""
    size = LANES // channels
    full = np.concatenate([sections, np.tile(IDENTITY, (-len(sections) % size, 1))])
    return [lane_numbers(full[at : at + size], channels) for at in range(0, len(full), size)]
