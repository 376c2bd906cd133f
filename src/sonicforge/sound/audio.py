"""`Audio`: samples with their rate, the one form in which sound crosses a door."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SAMPLE_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound as float32 of shape (channels, samples), full scale 1.0."""

    samples: Samples
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise TypeError(
                f"samples are {self.samples.dtype} {self.samples.shape}, must be float32 (channels, samples)"
            )

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def length(self) -> int:
        """Samples per channel."""
        return self.samples.shape[1]

    @property
    def duration_s(self) -> float:
        return self.length / self.sample_rate


def silence(channels: int, length: int, sample_rate: int = SAMPLE_RATE) -> Audio:
    """`length` samples of nothing."""
    return Audio(np.zeros((channels, length), np.float32), sample_rate)
