"""Ticks to seconds: the one place where musical time becomes clock time."""

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonicforge.music.score import TICKS, Score


class Clock:
    """Converts ticks to seconds along a tempo curve that is linear between its points.

    Ramps are integrated exactly at the points and on a 16th grid in between; the error of a 20 % ritard over
    one bar is below 0.1 ms.
    """

    def __init__(self, tempo: tuple[tuple[int, float], ...], length: int) -> None:
        self._tempo = tempo
        self._length = length

    @classmethod
    def of(cls, score: Score) -> "Clock":
        return cls(score.tempo, score.length)

    @cached_property
    def _grid(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        points = np.array([tick for tick, _ in self._tempo], np.float64)
        bpm = np.array([value for _, value in self._tempo], np.float64)
        end = max(self._length, int(points[-1]) + 1)
        if len(points) == 1:
            ticks = np.array([0.0, end])
        else:
            ticks = np.unique(np.concatenate([points, np.arange(0, end + 1, TICKS // 4, dtype=np.float64), [end]]))
        seconds_per_tick = 60.0 / (TICKS * np.interp(ticks, points, bpm))
        steps = np.diff(ticks) * (seconds_per_tick[1:] + seconds_per_tick[:-1]) / 2
        return ticks, np.concatenate([[0.0], np.cumsum(steps)])

    def seconds(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """Seconds from the start for one tick or an array of them; beyond the end the last tempo goes on."""
        grid, at = self._grid
        wanted = np.asarray(ticks, np.float64)
        slope = 60.0 / (TICKS * self._tempo[-1][1])
        return np.interp(wanted, grid, at) + np.maximum(wanted - grid[-1], 0.0) * slope

    def second(self, tick: float) -> float:
        """Seconds from the start for one tick."""
        return float(self.seconds(tick))

    def bpm(self, tick: float) -> float:
        """Tempo at a tick in quarter notes per minute."""
        points = [point for point, _ in self._tempo]
        return float(np.interp(tick, points, [value for _, value in self._tempo]))

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last tick of the score, without the ring-out."""
        return self.second(self._length)
