"""Thompson sampling: what listeners said of a thing is a belief about it, and every choice draws from the beliefs.

A belief is a Beta distribution of the chance that a listener likes the thing. It begins as `PRIOR`, Beta(2, 2): one
half, as firm as four opinions. A like counts 1 for it, a wish to skip 1 against it, a vote of s stars (s - 1) / 4 for
it and the rest against it. To have been played counts nothing, because nobody said anything. What is liked is chosen
more and more often, what is hardly known is still tried, and a station without votes follows its owner's weights alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sonicforge.chance import choices
from sonicforge.library.values import Liking

PRIOR: Final = (2.0, 2.0)
MOST_OPINIONS: Final = 400.0
"""Beyond this many, older opinions fade: a belief never gets so firm that tastes cannot turn it."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is known of a genre or a style: opinions `liked` for and `disliked` against it."""

    name: str
    liked: float = 0.0
    disliked: float = 0.0

    @property
    def alpha(self) -> float:
        return PRIOR[0] + self.liked

    @property
    def beta(self) -> float:
        return PRIOR[1] + self.disliked

    @property
    def mean(self) -> float:
        """The expected chance of being liked."""
        return self.alpha / (self.alpha + self.beta)


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw from a belief: `drawn` 0..1 times the owner's `share`, and what `part` of all that was."""

    belief: Belief
    share: float
    drawn: float
    part: float

    @property
    def name(self) -> str:
        return self.belief.name

    def to_json(self) -> dict[str, Any]:
        """Plain values, with which the draw can be checked."""
        told: dict[str, Any] = {"share": self.share, "liked": self.belief.liked, "disliked": self.belief.disliked}
        told |= {"alpha": self.belief.alpha, "beta": self.belief.beta, "mean": self.belief.mean}
        rounded = {name: round(value, 4) for name, value in (told | {"drawn": self.drawn, "part": self.part}).items()}
        return {"name": self.name} | rounded


def belief_of(name: str, liking: Liking | None) -> Belief:
    """The belief that votes and skips of the library add up to; none at all is the prior."""
    if liking is None:
        return Belief(name)
    stars = (liking.stars or 0.0) * liking.stars_count
    good = liking.likes + (stars - liking.stars_count) / 4.0
    bad = liking.skips + (5.0 * liking.stars_count - stars) / 4.0
    fade = min(1.0, MOST_OPINIONS / max(good + bad, 1.0))
    return Belief(name, good * fade, bad * fade)


def draws(shares: Mapping[str, float], likings: Mapping[str, Liking], seed: int, *names: object) -> tuple[Draw, ...]:
    """A draw for every name of `shares` (positive, any sum), by name in alphabetical order.

    `seed` and `names` say what is chosen: the same choice from the same beliefs comes out the same, and a name more or
    less leaves the draws of the others as they were.
    """
    told = []
    for name in sorted(shares):
        belief = belief_of(name, likings.get(name))
        drawn = choices(seed, *names, "belief", name).betavariate(belief.alpha, belief.beta)
        told.append((belief, shares[name], drawn))
    total = sum(share * drawn for _, share, drawn in told) or 1.0
    return tuple(Draw(belief, share, drawn, share * drawn / total) for belief, share, drawn in told)


def lottery(drawn: Iterable[Draw], seed: int, *names: object) -> list[Draw]:
    """All of them in the order of a lottery in which each has as many tickets as its part."""
    rng = choices(seed, *names, "lottery")
    left, order = sorted(drawn, key=lambda draw: draw.name), []
    while left:
        chosen = rng.choices(left, [max(draw.part, 1e-12) for draw in left])[0]
        left.remove(chosen)
        order.append(chosen)
    return order


def best(drawn: Iterable[Draw]) -> Draw:
    """The one whose draw, times its share, came out highest: plain Thompson sampling."""
    return max(drawn, key=lambda draw: (draw.part, draw.name))
