"""Keys and scales: parsed as people write them, degrees and pitches inverse to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicforge.errors import OutOfRange, UnknownName
from sonicforge.music.pitch import class_name, hertz, note_name, parse_pitch_class
from sonicforge.music.scale import MODES, Key, parse_mode

keys = st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(MODES)))

WRITTEN = {
    "F minor": (5, "aeolian"), "Fm": (5, "aeolian"), "F# dorian": (6, "dorian"), "Bb": (10, "ionian"),
    "C": (0, "ionian"),
    "d-moll": (2, "aeolian"), "fis-moll": (6, "aeolian"), "as-dur": (8, "ionian"), "b flat major": (10, "ionian"),
    "eb harmonic minor": (3, "harmonic_minor"), "G_phrygian": (7, "phrygian"), "CM": (0, "ionian"),
    "c♯ min": (1, "aeolian"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_key_is_read_as_people_write_it(text: str) -> None:
    assert (Key.parse(text).tonic, Key.parse(text).mode) == WRITTEN[text]


@pytest.mark.parametrize("text", ["", "H", "F foo", "minor", "12", "Des", "C# # minor"])
def test_what_is_no_key_is_told(text: str) -> None:
    with pytest.raises(UnknownName):
        Key.parse(text)


def test_a_tonic_outside_the_octave_is_told() -> None:
    with pytest.raises(OutOfRange):
        Key(12, "ionian")


@given(keys)
def test_the_name_reads_back(key: Key) -> None:
    assert Key.parse(key.name) == key


@given(keys, st.integers(-10, 20), st.integers(2, 6))
def test_degrees_and_pitches_are_inverse(key: Key, degree: int, octave: int) -> None:
    assert key.degree(key.pitch_of(degree, octave)) == (degree - 1) % 7 + 1


@given(keys, st.integers(24, 100), st.integers(-14, 14))
def test_diatonic_steps_stay_in_the_scale_and_undo(key: Key, pitch: int, steps: int) -> None:
    start = key.nearest(pitch)
    assert abs(start - pitch) <= 2
    moved = key.move(pitch, steps)
    assert moved % 12 in key.scale
    assert key.move(moved, -steps) == start
    assert (moved > start) == (steps > 0)


@given(keys, st.integers(-12, 12), st.integers(24, 100))
def test_transposing_the_key_transposes_its_degrees(key: Key, semitones: int, pitch: int) -> None:
    assert key.transposed(semitones).degree(pitch + semitones) == key.degree(pitch)


def test_every_mode_has_seven_rising_degrees() -> None:
    for steps in MODES.values():
        assert len(steps) == 7
        assert list(steps) == sorted(set(steps))
        assert steps[0] == 0
        assert steps[-1] < 12


def test_modes_are_read_as_people_say_them() -> None:
    assert [parse_mode(word) for word in ("minor", "Dur", "harmonic minor", "LYDIAN")] == [
        "aeolian", "ionian", "harmonic_minor", "lydian",
    ]  # fmt: skip


@given(st.integers(0, 127))
def test_note_names_read_back(pitch: int) -> None:
    for flats in (False, True):
        name = note_name(pitch, flats=flats)
        assert parse_pitch_class(name.rstrip("-0123456789")) == pitch % 12
        assert class_name(pitch, flats=flats) in name


def test_reference_pitches() -> None:
    assert note_name(60) == "C4"
    assert hertz(69) == 440
    assert hertz(60) == pytest.approx(261.63, abs=0.01)
