"""`relay`: two steps over one stretch of sound after the other, on two threads, never both on the same stretch."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

Step = Callable[[int, int], None]
"""Works on the samples from a first to an end position."""


def relay(ahead: Step, behind: Step, length: int, *, stride: int, late: int = 0) -> None:
    """Run `ahead` over 0..length + late in strides; `behind` follows over 0..length while `ahead` is one stride on.

    `late` is how many samples `ahead` lags: after it has worked up to a position, what lies `late` before it is ready.
    Each step meets its stretches in order, so the result does not depend on how fast either is.
    """
    ready = 0
    with ThreadPoolExecutor(1) as beside:
        running: Future[None] | None = None
        for first in range(0, length + late, stride):
            last = min(first + stride, length + late)
            ahead(first, last)
            if running is not None:
                running.result()
            end = min(max(last - late, 0), length)
            if end > ready:
                running = beside.submit(behind, ready, end)
                ready = end
        if running is not None:
            running.result()
