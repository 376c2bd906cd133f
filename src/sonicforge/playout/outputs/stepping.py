"""`Stepper`: which quality a far end can take, judged by how much waits in front of it."""

from math import inf

_LATE_MS = 2_000
_PROMPT_MS = 500
_BETWEEN_S = 4.0
_CALM_S, _MOST_CALM_S = 60.0, 1800.0


class Stepper:
    """Steps down as soon as two seconds wait, one rung each four seconds; steps up after a minute without delay.

    Each time a step up turns out too bold, the next one waits twice as long, up to half an hour.
    """

    def __init__(self, best: int, worst: int) -> None:
        self.rung = best
        self._best, self._worst = best, worst
        self._changed_s = self._prompt_since_s = self._rose_s = -inf
        self._calm_s = _CALM_S

    def look(self, waiting_ms: float, now_s: float) -> bool:
        """Judge `waiting_ms` at a moment of a steady clock; whether `rung` changed."""
        if waiting_ms > _PROMPT_MS or self._prompt_since_s == -inf:
            self._prompt_since_s = now_s
        if waiting_ms > _LATE_MS and self.rung < self._worst and now_s - self._changed_s >= _BETWEEN_S:
            if now_s - self._rose_s < self._calm_s:
                self._calm_s = min(2 * self._calm_s, _MOST_CALM_S)
            return self._change(self.rung + 1, now_s)
        if self.rung > self._best and now_s - max(self._prompt_since_s, self._changed_s) >= self._calm_s:
            self._rose_s = now_s
            return self._change(self.rung - 1, now_s)
        return False

    def _change(self, rung: int, now_s: float) -> bool:
        self.rung, self._changed_s = rung, now_s
        return True
