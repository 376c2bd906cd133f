"""Plans and scores for the tests of composition, made once."""

from dataclasses import replace
from functools import lru_cache

from sonicforge.compose.compose import compose
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import load, names
from sonicforge.genres.plan import Plan
from sonicforge.genres.settle import settle
from sonicforge.music.score import Score

GENRES = names()


@lru_cache(maxsize=128)
def plan_of(genre: str, seed: int = 1) -> Plan:
    return settle(Concept(genre=genre, seed=seed), load(genre))


@lru_cache(maxsize=128)
def score_of(genre: str, seed: int = 1) -> Score:
    return compose(plan_of(genre, seed))


def in_key(plan: Plan, semitones: int) -> Plan:
    return replace(plan, key=plan.key.transposed(semitones))
