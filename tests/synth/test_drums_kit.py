"""The grammar of drum voices refuses what it cannot play, and says where and why."""

import pytest

from sonicforge.genres.kit import Body, Click, Finish, Follower, Mode, NoiseBand, ShiftNoise, parse_voice
from sonicforge.genres.load import load, names


@pytest.mark.parametrize("genre", names())
def test_every_voice_of_every_genre_parses(genre):
    for name, mapping in load(genre).kit.items():
        assert parse_voice(name, mapping).name == name


def test_each_layer_becomes_its_type():
    voice = parse_voice(
        "x",
        {"f": [118, 54, 22], "zap": [350, 4], "amp": [6, 78], "clk": ["bp", 1500, 4, -20], "nz": [[900, 5200, 75, -3]],
         "ton": [[188, 48, 0]], "post": {"drv": 5, "lp": 3200, "bit": 12}, "open_tau": 170},
    )  # fmt: skip
    assert voice.body == Body(118, 54, 22, 6, 78, 350, 4)
    assert voice.click == Click("bp", 1500, 4, -20)
    assert voice.noise == (NoiseBand(900, 5200, 75, -3),)
    assert voice.modes == (Mode(188, 48, 0),)
    assert voice.finish == Finish(drive_db=5, lowpass_hz=3200, bits=12)
    assert voice.open_tau_ms == 170


def test_a_single_divider_and_a_follower_are_read():
    assert parse_voice("x", {"lfsr": {"clock_divider": 8, "volumes": [8, 3]}}).shift_noise == ShiftNoise(
        15, (8,), (8, 3)
    )
    layered = parse_voice("x", {"layers": {"k": {"voice": "kick", "tau": 45, "post": {"lp": 4000}}}})
    assert layered.layers["k"] == Follower("kick", Finish(lowpass_hz=4000), 45)


@pytest.mark.parametrize(
    ("mapping", "key", "words"),
    [
        ({"f": [118, 54, -2], "amp": [6, 78]}, "snare.f", "-2, but must be between 0.5 and 20000"),
        ({"f": [118, 54], "amp": [6, 78]}, "snare.f", "list of 3 numbers"),
        ({"f": [118, 54, 22]}, "snare.amp", "missing"),
        ({"nz": [[5200, 900, 75, -3]]}, "snare.nz", "above 5200"),
        ({"nz": [[900, 5200, 75, "loud"]]}, "snare.nz", "'loud', but must be a number"),
        ({"clk": ["lp", 1500, 4, -20]}, "snare.clk", "bp or hp"),
        ({"ton": [[188, 48, 0]], "post": {"drive": 3}}, "snare.post.drive", "not known"),
        ({"ton": [[188, 48, 0]], "post": {"bit": 99}}, "snare.post.bit", "between 0 and 24"),
        ({"lfsr": {"bits": 9, "clock_divider": 8}}, "snare.lfsr.bits", "must be 15"),
        ({"squeak": 3}, "snare.squeak", "not a key"),
        ({"post": {"drv": 3}}, "snare", "no source"),
        ({"fm": {"car": [1, 1], "mod": [[1.5, 3, 40, 0.5]]}, "base_hz": [700, 1500]}, "snare.tau", "missing"),
        ({"layers": {"k": {"post": {"lp": 400}}}}, "snare.layers.k.voice", "must name a voice"),
    ],
)
def test_a_refusal_names_key_value_and_range(mapping, key, words):
    with pytest.raises(ValueError) as refusal:
        parse_voice("snare", mapping)
    assert refusal.value.args[0] == key
    assert words in refusal.value.args[1]
