"""The difference between a grid and a player: correlated timing, kept order, accents with a little noise."""

import random
from collections.abc import Sequence

RHO = 0.6
"""Correlation of one onset's deviation with the next: people drift, they do not jitter."""
CLIP = 2.0
"""Deviations end at this many sigmas."""


class Drift:
    """Timing of one player: AR(1) noise around a mean, in milliseconds, clipped to two sigmas.

    The first draw already has the stationary spread. A sigma of 0 gives the mean every time.
    """

    __slots__ = ("_gauss", "_innovation", "_rho", "_state", "mean", "sigma")

    def __init__(self, rng: random.Random, mean: float, sigma: float, rho: float = RHO) -> None:
        self.mean, self.sigma = mean, sigma
        self._gauss, self._rho = rng.gauss, rho
        self._innovation = sigma * (1.0 - rho * rho) ** 0.5
        self._state = rng.gauss(0.0, sigma) if sigma else 0.0

    def next_ms(self) -> float:
        if not self.sigma:
            return self.mean
        self._state = self._rho * self._state + self._gauss(0.0, self._innovation)
        limit = CLIP * self.sigma
        return round(self.mean + max(-limit, min(limit, self._state)), 2)


def keep_order(players: Sequence[tuple[float, float, float]]) -> list[float]:
    """Shifts of players who strike together, so that whoever is meant to be earlier is.

    `players` are (mean, sigma, shift) in ms. The steadiest keep their shift, the others yield to them.
    """
    shifts = [shift for _, _, shift in players]
    placed: list[int] = []
    for index in sorted(range(len(players)), key=lambda i: players[i][1]):
        mean = players[index][0]
        for other in placed:
            if players[other][0] < mean:
                shifts[index] = max(shifts[index], shifts[other])
            elif players[other][0] > mean:
                shifts[index] = min(shifts[index], shifts[other])
        placed.append(index)
    return shifts


def accent_mask(rng: random.Random, steps: int, spread: float) -> tuple[int, ...]:
    """Fixed small accents of one player for each step of a bar, mean about 0, `spread` in velocity units."""
    return tuple(round(rng.gauss(0.0, spread)) for _ in range(steps))


def velocity(value: float) -> int:
    """A velocity inside 1..127."""
    return 1 if value < 1 else 127 if value > 127 else round(value)
