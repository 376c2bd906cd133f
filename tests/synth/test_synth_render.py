"""Stems: windows, timing, glides, automation, variation."""

import numpy as np
import pytest
from one_patch import BAR, pitch_cents, rms, score_of

from sonicforge.genres import load as genres
from sonicforge.music.score import Curve, Note
from sonicforge.synth.render import RING_OUT_S, render_stem, stem_length

ARP = [Note(i * 240, 190, 60 + (i * 5) % 17, 70 + (i * 7) % 40) for i in range(16 * 8)]
CHORDS = [Note(bar * BAR, BAR, pitch, 80) for bar in range(8) for pitch in (48, 55, 60, 64)]
LINE = [Note(i * 480, 480, 60 + (i * 5) % 12, 90) for i in range(8 * 8)]


@pytest.mark.parametrize(
    ("genre", "voice", "notes"),
    [
        ("house_progressive", "arp_pluck", ARP),
        ("house_progressive", "pad", CHORDS),
        ("synthwave", "lead", LINE),
        ("cinematic", "piano", ARP),
        ("lofi_hiphop", "keys_ep", CHORDS),
    ],
)
def test_a_window_sounds_like_the_whole(genre: str, voice: str, notes: list[Note]) -> None:
    score = score_of(genres.load(genre), voice, notes, bars=8)
    whole = render_stem(score, genres.load(genre), "one").samples
    part = render_stem(score, genres.load(genre), "one", start=3 * BAR, end=5 * BAR).samples
    assert part.shape[1] == stem_length(score, start=3 * BAR, end=5 * BAR) == round((4 + RING_OUT_S) * 48_000)
    span = slice(3 * 96_000, 5 * 96_000)
    assert rms(whole[:, span] - part[:, : 2 * 96_000]) < 2e-3 * rms(whole[:, span])


def test_notes_begin_on_their_sample_and_obey_their_shift() -> None:
    genre = genres.load("chiptune")
    plain = render_stem(score_of(genre, "pulse_lead", [Note(960, 480, 72, 100)]), genre, "one").samples[0]
    late = render_stem(score_of(genre, "pulse_lead", [Note(960, 480, 72, 100, shift_ms=10)]), genre, "one").samples[0]
    begin = np.flatnonzero(plain)[0]
    assert abs(begin - 24_000) <= 33
    assert np.flatnonzero(late)[0] - begin == 480


def test_touching_notes_of_a_gliding_patch_are_one_voice() -> None:
    genre = genres.load("synthwave")
    notes = [Note(0, 1920, 60, 100), Note(1920, 1920, 67, 100)]
    line = render_stem(score_of(genre, "lead", notes), genre, "one").samples[0]
    assert rms(line[48_000 - 480 : 48_000 + 480]) > 0.3 * rms(line[24_000:48_000])
    middle = line[48_000 + 480 : 48_000 + 480 + 960]
    steady = line[72_000 : 72_000 + 16_384]
    assert abs(pitch_cents(steady, 440 * 2 ** ((67 - 69) / 12))) < 20
    assert np.isfinite(middle).all()


def test_a_slide_arrives_from_the_note_before() -> None:
    genre = genres.load("drum_and_bass")
    notes = [Note(0, 480, 36, 100), Note(480, 1440, 43, 100, slide=True)]
    line = render_stem(score_of(genre, "sub", notes, code="u"), genre, "one").samples[0]
    crossings = np.flatnonzero((line[:-1] < 0) & (line[1:] >= 0))
    periods = np.diff(crossings[(crossings > 11_500) & (crossings < 30_000)])
    assert periods[0] > 1.1 * periods[-1]


def test_a_cutoff_curve_opens_the_filter_of_short_and_long_notes() -> None:
    genre = genres.load("house_progressive")
    curve = Curve("l", "cutoff_oct", ((0, -2.0), (8 * BAR, 2.0)))
    for voice, notes in (("arp_pluck", ARP), ("pad", CHORDS)):
        line = render_stem(score_of(genre, voice, notes, bars=8, curves=[curve]), genre, "one").samples[0]
        early, late = (np.abs(np.fft.rfft(line[at : at + 65_536])) ** 2 for at in (20_000, 650_000))
        hz = np.fft.rfftfreq(65_536, 1 / 48_000)
        high = hz > 2500
        assert late[high].sum() / late.sum() > 4 * early[high].sum() / early.sum()


def test_struck_notes_are_never_twice_alike() -> None:
    genre = genres.load("jazz_lounge")
    notes = [Note(i * 960, 900, 55, 90) for i in range(4)]
    line = render_stem(score_of(genre, "jazz_guitar", notes), genre, "one").samples[0]
    hits = [line[i * 24_000 : i * 24_000 + 4800] for i in range(3)]
    assert np.corrcoef(hits[0], hits[1])[0, 1] < 0.999
    assert rms(hits[0]) == pytest.approx(rms(hits[1]), rel=0.35)


def test_a_wobble_follows_the_period_of_its_note() -> None:
    genre = genres.load("dubstep")
    line = render_stem(
        score_of(genre, "wobble", [Note(0, BAR, 36, 100, lfo_beats=0.5)], code="b"), genre, "one"
    ).samples[0]
    high = np.diff(line.astype(np.float64), 2)[:96_000]
    envelope = np.abs(high).reshape(-1, 480).mean(axis=1)
    ripple = np.abs(np.fft.rfft(envelope - envelope.mean()))
    assert np.argmax(ripple) == 8


def test_chip_loudness_moves_in_ticks() -> None:
    genre = genres.load("chiptune")
    line = render_stem(score_of(genre, "pulse_arp", [Note(0, 1920, 72, 127)]), genre, "one").samples[0]
    levels = [rms(line[tick * 800 + 100 : tick * 800 + 780]) for tick in range(8)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] / levels[7] == pytest.approx(12 / 5, rel=0.15)


def test_the_ring_out_ends_in_silence_even_for_the_longest_release() -> None:
    genre = genres.load("ambient")
    audio = render_stem(score_of(genre, "pad_glass", [Note(0, 2 * BAR, 60, 100)]), genre, "one")
    assert np.abs(audio.samples[:, -48:]).max() < 1e-4
    assert rms(audio.samples[:, 192_000:240_000]) > 1e-3
