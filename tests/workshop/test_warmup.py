"""Warming up reaches every effect, so that nobody waits for a compiler later."""

from sonicforge.effects.catalogue import catalogue
from sonicforge.workshop.warmup import warm_up


def test_every_effect_is_warmed_up() -> None:
    assert list(warm_up()) == sorted(catalogue())
