"""The patch grammar: what parses, and how a mistake is named."""

from typing import Any

import pytest

from sonicforge.genres import load as genres
from sonicforge.genres.patch import parse_patch
from sonicforge.genres.timbre import Patch
from sonicforge.synth.mutation import mutate


def test_every_shipped_patch_parses() -> None:
    for name in genres.names():
        for voice, mapping in genres.load(name).patches.items():
            assert isinstance(parse_patch(voice, mapping), Patch)


def test_an_oscillator_string_is_read_in_full() -> None:
    patch = parse_patch("x", {"osc": ["pul25@12-5.5*.7", "saw@0"]})
    pulse, saw = patch.oscillators
    assert (pulse.wave, pulse.width, pulse.semitones, pulse.cents, pulse.level) == ("pul", 0.25, 12, -5.5, 0.7)
    assert (saw.cents, saw.level) == (0, 1)


@pytest.mark.parametrize(
    ("text", "hz", "beats"),
    [("cut 0.5 1", 0.5, 0), ("cut 1/8 1", 0, 0.5), ("cut 1/4. 1", 0, 1.5), ("cut 2bar 1", 0, 8), ("cut seq 1", 0, 0)],
)
def test_lfo_rates_come_in_hertz_note_values_and_bars(text: str, hz: float, beats: float) -> None:
    (lfo,) = parse_patch("x", {"osc": ["saw@0"], "lfo": [text]}).lfos
    assert (lfo.hz, lfo.beats) == (hz, beats)


def test_percent_and_options_of_an_lfo() -> None:
    (lfo,) = parse_patch("x", {"osc": ["saw@0"], "lfo": ["amp 5 8% delay350 ramp600 step60"]}).lfos
    assert (lfo.depth, lfo.delay_ms, lfo.ramp_ms, lfo.step_hz) == (0.08, 350, 600, 60)


@pytest.mark.parametrize(
    ("mapping", "key", "words"),
    [
        ({"osc": ["saw@0"], "flt": ["lp24", 900, 1.8, 0, 0]}, "x.flt", "between 0 and 1"),
        ({"osc": ["saw@0"], "flt": ["lp36", 900, 0.1, 0, 0]}, "x.flt", "lad24"),
        ({"osc": ["sow@0"]}, "x.osc", "sow"),
        ({"osc": ["saw@0"], "lfo": ["colour 1 2"]}, "x.lfo", "pitch"),
        ({"osc": ["saw@0"], "ae": [1, 2, 3]}, "x.ae", "4 numbers"),
        ({"osc": ["saw@0"], "reverb": 3}, "x.reverb", "not a key"),
        ({"osc": ["saw@0"], "flt": ["fmt", 700, 0.5, 0, 0]}, "x.vowels", "missing"),
        ({"osc": ["saw@0"], "chain": [{"wah": 1}]}, "x.chain.0", "upward"),
        ({"osc": ["saw@0"], "fx": {"rv": "HALL -9"}}, "x.fx.rv", "mix"),
        ({"model": "harp"}, "x.model", "piano"),
        ({"drv": 3}, "x", "no source"),
        ({"texture": [{"bed": "fog"}]}, "x.texture", "vinyl"),
    ],
)
def test_a_mistake_names_its_key_and_what_was_wanted(mapping: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_patch("x", mapping)
    assert caught.value.args[0] == key
    assert words in caught.value.args[1]


def test_mutation_moves_a_little_by_seed_and_keeps_the_role() -> None:
    patch = parse_patch("stab", genres.load("house_deep").patches["stab"])
    changed = mutate(patch, 5)
    assert changed == mutate(patch, 5)
    assert changed != patch
    assert changed.oscillators == patch.oscillators
    assert changed.amp_envelope == patch.amp_envelope
    assert changed.filter is not None
    assert patch.filter is not None
    assert 0.8 < changed.filter.hz / patch.filter.hz < 1.25
