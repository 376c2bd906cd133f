"""Effects in a row."""

from collections.abc import Sequence
from typing import overload

import numpy as np

from sonicforge.effects.processor import Processor
from sonicforge.sound.audio import Audio, Samples


class Chain:
    """Processors one after the other; `latency` is the sum of theirs."""

    def __init__(self, processors: Sequence[Processor]) -> None:
        self.processors = tuple(processors)

    @property
    def latency(self) -> int:
        return sum(processor.latency for processor in self.processors)

    def reset(self) -> None:
        for processor in self.processors:
            processor.reset()

    @overload
    def process(self, block: Samples) -> Samples: ...

    @overload
    def process(self, block: Audio) -> Audio: ...

    def process(self, block: Samples | Audio) -> Samples | Audio:
        """The next block, `latency` late; or, given `Audio`, a whole recording from a fresh start and in time.

        A recording keeps its length: the latency is taken off its front and flushed out at its end.
        """
        if isinstance(block, Audio):
            return self._whole(block)
        for processor in self.processors:
            block = processor.process(block)
        return block

    def _whole(self, audio: Audio) -> Audio:
        self.reset()
        flushed = np.pad(audio.samples, ((0, 0), (0, self.latency)))
        return Audio(np.ascontiguousarray(self.process(flushed)[:, self.latency :]), audio.sample_rate)
