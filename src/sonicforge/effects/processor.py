"""The face every effect wears: `reset`, `process`, `latency`."""

from typing import Protocol

from sonicforge.sound.audio import Samples


class Processor(Protocol):
    """A sound block with state. Any split of a signal into blocks gives the same samples."""

    @property
    def latency(self) -> int:
        """Samples by which the output lags behind the input."""
        ...

    def reset(self) -> None:
        """Forget everything heard so far."""
        ...

    def process(self, block: Samples) -> Samples:
        """A new block of the same shape; `block` (channels, samples) is left untouched."""
        ...
