"""How energetic a genre's pieces come out: mean energies that it can reach, and the concept that asks for one.

A concept's energy is a place inside the genre's own range, 0 calm to 1 full. Over all sixteen genres the mean energy of
a whole piece then lies between a tenth and a half of the way from the lower to the upper end of that range, because
intros, breaks and endings count along (measured on their forms, within 0.1).
"""

from typing import Final

from sonicforge.genres.genre import Genre

LOWEST, HIGHEST = 0.1, 0.5
_HALF_AT: Final = 0.2
"""A genre that misses the wished energy by this much is half as likely."""


def reach(genre: Genre) -> tuple[float, float]:
    """Lowest and highest mean energy, 0..1, of a genre's pieces."""
    low, high = genre.energy
    return low + LOWEST * (high - low), low + HIGHEST * (high - low)


def suits(genre: Genre, energy: float) -> float:
    """How well a genre suits a wished mean energy: 1 within its reach, falling off on both sides."""
    low, high = reach(genre)
    missed = max(low - energy, energy - high, 0.0)
    return 1.0 / (1.0 + (missed / _HALF_AT) ** 2)


def concept_energy(genre: Genre, energy: float) -> float:
    """The concept's energy that comes nearest to a wished mean energy."""
    low, high = reach(genre)
    place = (energy - low) / (high - low) if high > low else 0.5
    return round(min(max(place, 0.0), 1.0), 3)
