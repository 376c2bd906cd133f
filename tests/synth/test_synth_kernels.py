"""Oscillators, filters, drive and envelopes keep their physical promises."""

import numpy as np
import pytest
from one_patch import pitch_cents, rms, spectrum, stray_db

from sonicforge.genres.timbre import Envelope, Filter, Fm, Modulator, Piano, String
from sonicforge.synth.cache import NoteCache
from sonicforge.synth.drive import drive
from sonicforge.synth.envelopes import contour, release_samples
from sonicforge.synth.filters import apply_filter
from sonicforge.synth.fm import play_fm
from sonicforge.synth.oscillators import FALL, HOP, PEAK, RISE, SAW, VALLEY, Bank, add_sines, play_bank
from sonicforge.synth.piano import strike
from sonicforge.synth.plucked import pluck
from sonicforge.synth.wavetables import RECIPES, play_table

N = 1 << 16
HOPS = N // HOP
HIGH = 1108.73


def bank(kinds: list[int], phases: list[float], channels: int = 1) -> Bank:
    count = len(kinds)
    return Bank(
        np.array(phases), np.ones(count), np.ones((channels, count)), np.array(kinds), np.zeros((count, HOPS // 64 + 3))
    )


def wave(kinds: list[int], phases: list[float], hz: float) -> np.ndarray:
    out = np.zeros((1, N), np.float32)
    play_bank(bank(kinds, phases), np.full(HOPS, hz / 48_000), np.zeros(HOPS + 1), out)
    line: np.ndarray = out[0]
    return line


@pytest.mark.parametrize(("kinds", "phases"), [([SAW], [0.3]), ([RISE, FALL], [0.1, 0.85]), ([RISE, FALL], [0.0, 0.5])])
def test_what_is_not_a_harmonic_lies_sixty_dB_down(kinds: list[int], phases: list[float]) -> None:
    assert stray_db(wave(kinds, phases, HIGH)[16_384:], HIGH) < -60


def test_a_triangle_aliases_even_less_beside_its_fundamental() -> None:
    triangle = wave([VALLEY, PEAK], [0.2, 0.7], HIGH)[16_384:]
    hz, power = spectrum(triangle)
    harmonic = np.abs(hz - np.maximum(np.round(hz / HIGH), 1) * HIGH) < 40
    assert 10 * np.log10(power[~harmonic & (hz > 60)].sum() / power[harmonic].sum()) < -70


def test_a_saw_has_the_amplitude_and_shape_of_a_saw() -> None:
    saw = wave([SAW], [0.0], 100.0)
    naive = 2 * ((np.arange(N) * 100.0 / 48_000) % 1.0) - 1
    assert rms(saw) == pytest.approx(1 / np.sqrt(3), rel=0.02)
    assert np.corrcoef(saw, naive)[0, 1] > 0.995


def test_a_triangle_starts_where_its_phase_says_and_has_no_direct_current() -> None:
    triangle = wave([VALLEY, PEAK], [0.25, 0.75], 100.0)
    assert abs(triangle[0]) < 0.02
    assert abs(triangle[9600 : 9600 + 48_000].mean()) < 0.003
    assert rms(triangle) == pytest.approx(1 / np.sqrt(3), rel=0.03)


def test_bent_pitch_walks_the_same_road_as_steady_pitch() -> None:
    steady, bent = np.zeros((1, N), np.float32), np.zeros((1, N), np.float32)
    inc = np.full(HOPS, 440 / 48_000)
    play_bank(bank([SAW], [0.0]), inc, np.zeros(HOPS + 1), steady)
    inc[1::2] *= 1 + 1e-12
    play_bank(bank([SAW], [0.0]), inc, np.zeros(HOPS + 1), bent)
    assert np.abs(steady - bent).max() < 1e-4


def test_a_sine_is_a_sine() -> None:
    out = np.zeros((2, N), np.float32)
    one = bank([SAW], [0.0], channels=2)
    add_sines(one.phase, one.ratio, one.gain, one.drift, np.full(HOPS, 0.01), out)
    assert np.abs(out - np.sin(2 * np.pi * 0.01 * np.arange(N))).max() < 2e-6


@pytest.mark.parametrize("name", RECIPES)
def test_wavetables_do_not_alias(name: str) -> None:
    out = np.zeros((1, N), np.float32)
    play_table(name, np.zeros(1), np.ones(1), np.ones((1, 1)), np.full(HOPS, HIGH / 48_000), out)
    assert stray_db(out[0], HIGH) < -45
    assert rms(out) > 0.2


@pytest.mark.parametrize("kind", ["lp12", "lp24", "lad24", "hp12", "bp12", "nt", "cmb"])
def test_filters_stay_finite_at_every_setting(kind: str) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 9600)).astype(np.float32)
    sweep = np.geomspace(5, 90_000, 9600 // 32 + 2)
    for resonance in (0.0, 0.5, 1.0):
        x = noise.copy()
        apply_filter(x, Filter(kind, 1000, resonance, 0, 0), sweep)
        assert np.isfinite(x).all()
        assert np.abs(x).max() < 60


@pytest.mark.parametrize(("kind", "octave_db"), [("lp12", -12), ("lp24", -24), ("lad24", -20)])
def test_low_passes_fall_as_steeply_as_their_name(kind: str, octave_db: float) -> None:
    x = np.zeros((1, 1 << 15), np.float32)
    x[0, 0] = 0.01
    apply_filter(x, Filter(kind, 1000, 0.0, 0, 0), np.full((1 << 10) + 2, 1000.0))
    response = 20 * np.log10(np.abs(np.fft.rfft(x[0])))
    hz = np.fft.rfftfreq(1 << 15, 1 / 48_000)
    four, eight = (response[np.argmin(np.abs(hz - f))] for f in (4000, 8000))
    assert eight - four < octave_db + 1
    assert response[np.argmin(np.abs(hz - 50))] - response[np.argmin(np.abs(hz - 1000))] > 2.5


@pytest.mark.parametrize("resonance", [0.2, 0.5])
def test_the_ladder_bends_without_hash(resonance: float) -> None:
    x = wave([SAW], [0.5], HIGH)[None] * np.float32(0.7)
    apply_filter(x, Filter("lad24", 3000, resonance, 0, 0), np.full(HOPS + 1, 3000.0))
    assert stray_db(x[0, 16_384:], HIGH) < -45


@pytest.mark.parametrize("drive_db", [3.0, 12.0])
def test_drive_folds_nothing_back_and_adds_no_delay(drive_db: float) -> None:
    tone = 0.8 * np.sin(2 * np.pi * 5011.0 / 48_000 * np.arange(N))[None].astype(np.float32)
    driven = tone.copy()
    drive(driven, drive_db)
    assert stray_db(driven[0], 5011.0) < -65
    lags = [np.dot(tone[0, 1000:9000], driven[0, 1000 + lag : 9000 + lag]) for lag in (-2, -1, 0, 1, 2)]
    assert np.argmax(lags) == 2


def test_drive_leaves_silence_silent() -> None:
    x = np.zeros((2, 1000), np.float32)
    drive(x, 12.0)
    assert not x.any()


def test_fm_index_yields_before_it_aliases() -> None:
    out = np.zeros((1, N), np.float32)
    spec = Fm(1, 1, (Modulator(14, 2.0, 60_000, 0), Modulator(1, 1.0, 60_000, 0)))
    play_fm(spec, np.full(HOPS, HIGH / 48_000), velocity=1.0, gain=1.0, starts=[0], growl=None, out=out)
    assert stray_db(out[0], HIGH) < -45
    assert abs(out.mean()) < 1e-3


@pytest.mark.parametrize("pitch", [28, 45, 60, 76, 88])
def test_strings_are_in_tune(pitch: int) -> None:
    hz = 440 * 2 ** ((pitch - 69) / 12)
    line = pluck(String(4000, 0.4, 0.2), hz, N, velocity=0.8, rng=np.random.default_rng(3))
    assert abs(pitch_cents(line, hz)) < 3


def test_strings_fall_sixty_dB_in_their_time() -> None:
    line = pluck(String(1600, 0.3, 0.2), 130.81, 120_000, velocity=0.8, rng=np.random.default_rng(0))
    early, late = rms(line[4800:9600]), rms(line[4800 + 48_000 : 9600 + 48_000])
    assert 20 * np.log10(late / early) == pytest.approx(-37.5, abs=5)


@pytest.mark.parametrize("pitch", [33, 48, 60, 72, 84, 96])
def test_the_piano_is_in_tune_brighter_when_louder_and_dies_away(pitch: int) -> None:
    centroids = []
    for velocity in (35, 110):
        out = np.zeros((2, 96_000), np.float32)
        strike(Piano(False, 2930.0, 0.0), pitch, velocity, out, tune=1.0, rng=np.random.default_rng(0))
        power = np.abs(np.fft.rfft(out[0])) ** 2
        hz = np.fft.rfftfreq(96_000, 1 / 48_000)
        centroids.append((hz * power).sum() / power.sum())
        assert rms(out[:, 90_000:]) < 0.6 * rms(out[:, :6000])
        assert abs(pitch_cents(out[0], 440 * 2 ** ((pitch - 69) / 12))) < 5
    assert centroids[1] > centroids[0]


def test_envelopes_reach_their_levels_in_their_times() -> None:
    envelope = Envelope(100, 200, 0.5, 150)
    gate = 48_000
    points = (gate + release_samples(envelope)) // HOP + 2
    curve = contour(envelope, np.array([0]), np.ones(1), np.array([True]), gate, points)
    at = np.arange(points) * HOP / 48
    assert curve[0] == 0
    assert curve[np.argmin(np.abs(at - 100))] > 0.95
    assert curve[np.argmin(np.abs(at - 300))] == pytest.approx(0.525, abs=0.02)
    assert curve[np.argmin(np.abs(at - 1150))] == pytest.approx(0.025, abs=0.01)
    assert curve[-1] == 0
    assert np.abs(np.diff(curve)).max() < 0.05


def test_the_note_cache_keeps_to_its_limit_and_renders_longer_notes_anew() -> None:
    cache = NoteCache(most_bytes=40_000)
    made: list[int] = []

    def note(length: int) -> np.ndarray:
        made.append(length)
        return np.zeros((1, length), np.float32)

    for key in range(20):
        cache.get(key, 1000, lambda: note(1000))
    assert cache.used_bytes <= 40_000
    assert len(made) == 20
    cache.get(19, 500, lambda: note(500))
    assert len(made) == 20
    cache.get(19, 2000, lambda: note(2000))
    assert made[-1] == 2000


@pytest.mark.parametrize(
    ("kinds", "phases"), [([SAW], [0.5]), ([RISE, FALL], [0.0, 0.5]), ([VALLEY, PEAK], [0.25, 0.75])]
)
def test_a_fast_glide_neither_grows_nor_shifts_a_wave(kinds: list[int], phases: list[float]) -> None:
    out = np.zeros((1, N), np.float32)
    inc = 1000 / 48_000 * 2 ** np.clip((np.arange(HOPS) - 400) / 80, 0, 1)
    play_bank(bank(kinds, phases), inc, np.zeros(HOPS + 1), out)
    assert np.abs(out).max() < 1.4
    assert np.abs(out[0].reshape(-1, 1024).mean(axis=1)).max() < 0.06
