"""Sound in equal steps with a view to both sides, mended in place: the same however the stream is cut."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sonicforge.sound.audio import Samples

_WORTH_A_THREAD = 1 << 15


class Steps:
    """Feeds a mender. For every step it may change anything in a view of `lead + step + trail` samples.

    What it has to judge lies in the middle `step` samples; what is left of the view's first `step` samples afterwards
    leaves, `latency` samples late. Before the first sample there is silence.
    """

    def __init__(self, *, channels: int, lead: int, step: int, trail: int) -> None:
        self.step, self.around = step, lead + trail
        self.latency = lead + step + trail
        self._lead, self._channels = lead, channels
        self.reset()

    def reset(self) -> None:
        self._tail = np.zeros((self._channels, self._lead), np.float32)
        self._ready = np.zeros((self._channels, self.latency - self._lead), np.float32)

    def process(self, block: Samples, mend: Callable[[Samples, int], None]) -> Samples:
        """The next samples, `latency` late. `mend(sound, count)` gets `count` steps: view i is sound[:, i * step :]."""
        sound = np.concatenate([self._tail, block], axis=1)
        count = max((sound.shape[1] - self.around) // self.step, 0)
        if count:
            mend(sound, count)
        done = count * self.step
        ready = np.concatenate([self._ready, sound[:, :done]], axis=1)
        self._tail = sound[:, done:].copy()
        self._ready = ready[:, block.shape[1] :].copy()
        return np.ascontiguousarray(ready[:, : block.shape[1]])


def each_channel(work: Callable[[int], None], channels: int, samples: int) -> None:
    """Runs `work(channel)` for all channels, on threads when there are `samples` enough to pay for them."""
    if channels == 1 or samples < _WORTH_A_THREAD:
        for channel in range(channels):
            work(channel)
        return
    with ThreadPoolExecutor(channels) as pool:
        list(pool.map(work, range(channels)))
