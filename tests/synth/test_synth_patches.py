"""Every patch of every genre sounds, in tune, without clicks, and obeys velocity, gate and seed."""

import numpy as np
import pytest
from one_patch import BAR, pitch_cents, rms, score_of, stray_db

from sonicforge.genres import load as genres
from sonicforge.genres.patch import parse_patch
from sonicforge.genres.timbre import Patch
from sonicforge.music.score import Note
from sonicforge.synth.render import render_stem, stem_length

PATCHES = [
    (name, voice)
    for name in genres.names()
    for voice, mapping in genres.load(name).patches.items()
    if not mapping.get("texture")
]
BASS = ("bass", "sub", "reese", "growl", "wobble", "metal", "rumble", "drone", "acid")
UNTUNED = ("metal_c", "screech", "drone", "grain_arp", "growl_b", "growl", "stab", "rumble")
"""Combs, inharmonic FM, clouds and clusters: what sounds is not the note alone."""


def patch_of(genre: str, voice: str) -> Patch:
    return parse_patch(voice, genres.load(genre).patches[voice])


def home(voice: str) -> tuple[str, int]:
    """Part code and a pitch in the middle of the voice's range."""
    return ("b", 40) if voice.startswith(BASS) or "bass" in voice else ("l", 62)


def render(genre: str, voice: str, notes: list[Note], *, bars: int = 2, seed: int = 1) -> np.ndarray:
    code, _ = home(voice)
    return render_stem(
        score_of(genres.load(genre), voice, notes, code=code, bars=bars, seed=seed), genres.load(genre), "one"
    ).samples


def tonal(voice: str, genre: str) -> bool:
    return voice not in UNTUNED or (genre, voice) in {("house_deep", "stab"), ("future_garage", "stab")}


@pytest.mark.parametrize(("genre", "voice"), PATCHES)
def test_a_note_is_finite_clean_and_as_loud_as_its_velocity(genre: str, voice: str) -> None:
    _, pitch = home(voice)
    loud = render(genre, voice, [Note(480, 1920, pitch, 110)])
    soft = render(genre, voice, [Note(480, 1920, pitch, 50)])
    assert np.isfinite(loud).all()
    assert loud.shape[1] == soft.shape[1]
    assert 0.01 < np.abs(loud).max() < 2.0
    assert not loud[:, : 12_000 - 64].any()
    assert abs(float(loud.mean())) < 1e-3
    assert rms(loud) > 1.4 * rms(soft)
    assert not loud[:, -2:].any() or np.abs(loud[:, -2:]).max() < 1e-6


@pytest.mark.parametrize(("genre", "voice"), PATCHES)
def test_no_click_inside_or_at_the_end_of_a_note(genre: str, voice: str) -> None:
    """The sharpest bend of each 10 ms against its neighbours'; the onset is left out."""
    _, pitch = home(voice)
    line = render(genre, voice, [Note(0, 1920, pitch, 100)])[0].astype(np.float64)
    bend = np.abs(np.diff(line, 2))
    sharpest = bend[: len(bend) // 480 * 480].reshape(-1, 480).max(axis=1)
    around = np.maximum(np.maximum(sharpest[:-2], sharpest[2:]), 1e-4)
    assert (sharpest[1:-1][1:] < 8 * around[1:]).all()


@pytest.mark.parametrize(("genre", "voice"), [pair for pair in PATCHES if tonal(pair[1], pair[0])])
def test_the_pitch_is_right_within_five_cents(genre: str, voice: str) -> None:
    _, pitch = home(voice)
    line = render(genre, voice, [Note(0, BAR * 2, pitch, 100)]).mean(axis=0)
    hz = 440 * 2 ** ((pitch - 69) / 12)
    patch = patch_of(genre, voice)
    wide = patch.unison.cents + max((abs(one.cents) for one in patch.oscillators), default=0.0)
    assert abs(pitch_cents(line[9600 : 9600 + 131_072], hz)) < 5 + wide


@pytest.mark.parametrize(("genre", "voice"), PATCHES)
def test_release_rings_beyond_the_gate_and_then_ends(genre: str, voice: str) -> None:
    _, pitch = home(voice)
    patch = patch_of(genre, voice)
    line = render(genre, voice, [Note(0, 960, pitch, 100)], bars=4)
    gate = 24_000
    assert np.abs(line[:, gate : gate + 48]).max() < 2.0
    if patch.amp_envelope is None or patch.amp_envelope.release_ms < 1500:
        assert not line[:, gate + 4 * 48_000 :].any() or rms(line[:, gate + 4 * 48_000 :]) < 1e-6
    if patch.amp_envelope is not None and patch.amp_envelope.sustain > 0.2 and patch.amp_envelope.release_ms >= 100:
        assert rms(line[:, gate : gate + 2400]) > 1e-5


@pytest.mark.parametrize(
    ("genre", "voice"), [("trance_uplifting", "supersaw"), ("cinematic", "piano"), ("lofi_hiphop", "keys_ep")]
)
def test_the_same_seed_gives_the_same_samples_and_another_seed_others(genre: str, voice: str) -> None:
    notes = [Note(i * 480, 400, 60 + i, 90) for i in range(6)]
    first, again = render(genre, voice, notes), render(genre, voice, notes)
    other = render(genre, voice, notes, seed=2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


SUSTAINED = [
    ("house_progressive", "lead"),
    ("synthwave", "lead"),
    ("trance_uplifting", "supersaw"),
    ("trance_uplifting", "strings_v"),
    ("dubstep", "supersaw_drop"),
    ("cinematic", "violins"),
]


@pytest.mark.parametrize(("genre", "voice"), SUSTAINED)
@pytest.mark.parametrize("pitch", [74, 83])
def test_high_notes_do_not_alias(genre: str, voice: str, pitch: int) -> None:
    """Above 2 kHz, where vibrato and envelopes no longer widen the fundamental's own line."""
    line = render(genre, voice, [Note(0, BAR, pitch, 127)])[0][24_000 : 24_000 + 65_536]
    low = min(one.semitones for one in patch_of(genre, voice).oscillators)
    f0 = 440 * 2 ** ((pitch + min(low, 0) - 69) / 12)
    assert stray_db(line, f0, cents=50, above_hz=2000) < -45


def test_a_part_without_notes_is_silence_of_full_length() -> None:
    genre = genres.load("house_deep")
    score = score_of(genre, "pad", [])
    audio = render_stem(score, genre, "one")
    assert audio.length == stem_length(score)
    assert not audio.samples.any()


def test_bass_is_mono_and_pads_are_wide() -> None:
    genre = genres.load("house_deep")
    bass = render_stem(score_of(genre, "bass", [Note(0, 960, 36, 100)], code="b", stem="bass"), genre, "bass")
    pad = render_stem(score_of(genre, "pad", [Note(0, 960, 60, 100)], code="d", stem="pad"), genre, "pad")
    assert bass.channels == 1
    assert pad.channels == 2
    assert rms(pad.samples[0] - pad.samples[1]) > 0.05 * rms(pad.samples)
