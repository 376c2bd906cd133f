"""Fingerprints are those of fpcalc, bit for bit; copies of a recording are alike, other recordings are not."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fingerprint_sounds import SOUNDS, STORED, by_fpcalc, write
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.analysis.fingerprint.classifiers import SILENT
from sonicforge.analysis.fingerprint.fingerprint import (
    CODE_S,
    SHORTEST_S,
    Fingerprinter,
    fingerprint,
    heard_share,
)
from sonicforge.analysis.fingerprint.match import compare
from sonicforge.analysis.fingerprint.text import from_text, to_text
from sonicforge.errors import BadInput, OutOfRange
from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.files import read
from sonicforge.sound.files import write as write_file

FPCALC = json.loads(STORED.read_text())


@pytest.mark.parametrize("name", SOUNDS)
def test_every_code_is_the_one_that_fpcalc_computes(name: str) -> None:
    sound = SOUNDS[name]
    assert to_text(fingerprint(sound.audio(), sixteen_bit=sound.sixteen_bit)) == FPCALC[name]


@pytest.mark.parametrize("options", [(), ("-length", "7")])
def test_what_is_stored_is_what_fpcalc_says_today(options: tuple[str, ...], tmp_path: Path) -> None:
    assert shutil.which("fpcalc"), "fpcalc is needed: install Debian's libchromaprint-tools"
    sound = SOUNDS["studio"]
    told = by_fpcalc(write(sound, tmp_path / "sound.wav"), *options)
    length_s = float(options[1]) if options else 120.0
    assert to_text(fingerprint(sound.audio(), sixteen_bit=True, length_s=length_s)) == told


@pytest.mark.parametrize("name", ["studio", "mono in 24 bit", "between phases", "only a fold"])
def test_it_does_not_matter_how_the_sound_is_cut_into_blocks(name: str) -> None:
    sound = SOUNDS[name]
    audio = sound.audio()
    rng = np.random.default_rng(3)
    cuts = [0, 1, 2, *sorted(rng.integers(0, audio.length, 40).tolist()), audio.length]
    listener = Fingerprinter(audio.sample_rate, audio.channels, sixteen_bit=sound.sixteen_bit)
    for first, last in pairwise(cuts):
        listener.process(audio.samples[:, first:last])
    assert np.array_equal(listener.finish(), fingerprint(audio, sixteen_bit=sound.sixteen_bit))


def test_length_listens_to_the_beginning_only() -> None:
    audio = SOUNDS["cd"].audio()
    whole, part = fingerprint(audio), fingerprint(audio, length_s=9.0)
    assert 0 < len(part) < len(whole)
    assert np.array_equal(part, whole[: len(part)])
    assert np.array_equal(fingerprint(audio, length_s=0), whole)


def test_sound_that_is_too_short_has_no_code_and_a_little_more_has_one() -> None:
    for length in (0, 1, 2, 100, int(SHORTEST_S * 44_100) - 200):
        assert not len(fingerprint(silence(2, length, 44_100)))
    assert len(fingerprint(silence(2, int(SHORTEST_S * 44_100) + 200, 44_100))) == 1


def test_silence_says_nothing() -> None:
    found = fingerprint(silence(2, 44_100 * 8, 44_100))
    assert (found == SILENT).all()
    assert heard_share(found) == 0
    assert compare(found, found).similarity == 0


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf, 1e6, 1e-40, 1.0])
@pytest.mark.parametrize("sixteen_bit", [True, False])
def test_any_sound_has_a_fingerprint(strange: float, sixteen_bit: bool) -> None:
    samples = np.array(SOUNDS["mono"].audio().samples[:, : 44_100 * 5])
    samples[:, ::7] = np.float32(strange)
    assert len(fingerprint(Audio(samples, 44_100), sixteen_bit=sixteen_bit)) == 19


def test_impossible_wishes_are_refused() -> None:
    with pytest.raises(OutOfRange, match="sample rate is 100"):
        Fingerprinter(100, 2)
    with pytest.raises(OutOfRange, match="length is -3"):
        Fingerprinter(44_100, 2, length_s=-3)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=60))
@settings(max_examples=60, deadline=None)
def test_text_says_every_code(numbers: list[int]) -> None:
    codes = np.array(numbers, np.uint32)
    assert np.array_equal(from_text(to_text(codes)), codes)


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        codes = from_text(text)
    except BadInput:
        return
    assert codes.dtype == np.uint32


def test_a_cut_text_is_refused() -> None:
    for cut in (10, 100, len(FPCALC["cd"]) - 20):
        with pytest.raises(BadInput, match="cut off"):
            from_text(FPCALC["cd"][:cut])


def test_a_part_is_found_where_it_lies() -> None:
    found = from_text(FPCALC["cd"])
    match = compare(found, found[40:])
    assert match.similarity == 1
    assert match.offset_s == pytest.approx(40 * CODE_S)
    assert match.overlap_s == pytest.approx((len(found) - 40) * CODE_S)
    assert compare(found[40:], found).offset_s == pytest.approx(-40 * CODE_S)


def test_similarity_counts_bits() -> None:
    rng = np.random.default_rng(1)
    found = rng.integers(0, 2**32, 300, dtype=np.uint32)
    wrong = found.copy()
    wrong[::2] ^= np.uint32(0b1011)
    assert compare(found, wrong).similarity == pytest.approx(1 - 2 * 1.5 / 32)
    assert compare(found, rng.integers(0, 2**32, 300, dtype=np.uint32)).similarity < 0.1


def test_long_fingerprints_are_compared_where_equal_codes_point() -> None:
    rng = np.random.default_rng(2)
    long = rng.integers(0, 2**32, 40_000, dtype=np.uint32)
    part = long[3_000:33_000].copy()
    part[::3] ^= np.uint32(1)
    match = compare(long, part)
    assert match.offset_s == pytest.approx(3_000 * CODE_S)
    assert match.similarity == pytest.approx(1 - 2 / 96, abs=1e-3)


@pytest.fixture(scope="module")
def original() -> Audio:
    return SOUNDS["studio"].audio()


@pytest.mark.parametrize("gain_db", [-3.0, 3.0])
def test_level_hardly_matters(original: Audio, gain_db: float) -> None:
    louder = Audio(np.clip(original.samples * np.float32(10 ** (gain_db / 20)), -1, 1))
    assert compare(fingerprint(original), fingerprint(louder)).similarity > 0.9


def test_a_small_mp3_that_begins_later_is_the_same_recording(original: Audio, tmp_path: Path) -> None:
    later = Audio(np.ascontiguousarray(original.samples[:, 48_000 * 6 :]) * np.float32(0.7))
    write_file(tmp_path / "small.mp3", later, bitrate=64_000)
    match = compare(fingerprint(original), fingerprint(read(tmp_path / "small.mp3")))
    assert match.similarity > 0.7
    assert match.offset_s == pytest.approx(6.0, abs=CODE_S)


def test_other_music_is_not_the_same_recording(original: Audio) -> None:
    found = fingerprint(original)
    others = [name for name in SOUNDS if name != "studio"]
    assert max(compare(found, from_text(FPCALC[name])).similarity for name in others) < 0.45
