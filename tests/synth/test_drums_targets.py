"""Every kit sounds as it was designed: spectral centroid and 20 dB fall of each class of voice."""

from dataclasses import replace

import numpy as np
import pytest
from drum_scores import centroid, fall_ms, peak_hz, voice_of

from sonicforge.genres.load import load, names
from sonicforge.synth.drums.voice import Strike, render_hit

TOLERANCE = 0.05

TARGETS = [
    # voices, centroid Hz, fall ms, brightness they are played with
    ("lofi_hiphop:kick house_deep:kick downtempo:kick", (80, 135), (210, 280), 1.0),
    ("house_progressive:kick techno_melodic:kick dubstep:kick", (125, 175), (230, 280), 1.0),
    ("techno_peak:kick trance_uplifting:kick", (190, 290), (160, 240), 1.0),
    ("drum_and_bass:kick drum_and_bass_neuro:kick future_garage:kick", (100, 270), (140, 180), 1.0),
    ("lofi_hiphop:snare downtempo:snare", (900, 1500), (140, 190), 1.0),
    (
        "drum_and_bass:snare drum_and_bass_neuro:snare dubstep:snare trance_uplifting:snare",
        (2400, 3200),
        (200, 330),
        1.0,
    ),
    ("lofi_hiphop:rim house_deep:rim drum_and_bass:rim dubstep:rim downtempo:rim", (600, 1000), (25, 50), 1.0),
    ("jazz_lounge:cross_stick", (600, 1000), (25, 52), 1.0),
    ("house_deep:clap house_progressive:clap techno_melodic:clap techno_peak:clap", (2900, 5600), (220, 350), 1.0),
    ("trance_uplifting:clap dubstep:clap synthwave:clap", (2900, 5600), (220, 350), 1.0),
    ("lofi_hiphop:hat", (6700, 7300), (35, 66), 1.0),
    ("house_deep:hat house_progressive:hat techno_melodic:hat techno_peak:hat", (9000, 12700), (35, 66), 1.0),
    ("trance_uplifting:hat drum_and_bass:hat dubstep:hat synthwave:hat", (9000, 12700), (35, 66), 1.0),
    ("downtempo:hat future_garage:hat", (9000, 12700), (35, 66), 1.0),
    ("drum_and_bass_neuro:hat", (11000, 12000), (35, 66), 1.0),
    (
        "lofi_hiphop:shaker house_deep:shaker house_progressive:shaker techno_melodic:shaker",
        (6000, 9000),
        (50, 85),
        1.0,
    ),
    ("drum_and_bass:shaker downtempo:shaker jazz_lounge:shaker", (6000, 9000), (50, 85), 1.0),
    ("trance_uplifting:shaker", (6000, 9000), (50, 85), 0.8),
    ("drum_and_bass_neuro:shaker", (10300, 10900), (50, 85), 1.0),
    ("house_deep:ride house_progressive:ride techno_peak:ride", (6800, 8200), (490, 700), 0.8),
    ("trance_uplifting:ride drum_and_bass:ride", (6800, 8200), (490, 700), 0.8),
    ("jazz_lounge:ride", (4400, 6500), (490, 700), 1.0),
    ("house_progressive:tom techno_melodic:tom techno_peak:tom dubstep:tom synthwave:tom", (90, 190), (220, 510), 1.0),
    ("cinematic:taiko", (80, 105), (220, 510), 1.0),
    ("house_deep:conga downtempo:conga", (220, 245), (220, 510), 1.0),
]
VOICES = [(v, c, f, b) for voices, c, f, b in TARGETS for v in voices.split()]


@pytest.mark.parametrize(("name", "hertz", "ms", "brightness"), VOICES, ids=[row[0] for row in VOICES])
def test_centroid_and_fall_lie_where_the_voice_belongs(name, hertz, ms, brightness):
    genre, piece = name.split(":")
    voice = voice_of(genre, piece)
    several = [render_hit(voice, Strike(seed=seed, brightness=brightness)) for seed in range(5)]
    middle = np.mean([centroid(hit) for hit in several])
    fall = np.mean([fall_ms(hit, body=voice.body is not None, attack_ms=voice.attack_ms) for hit in several])
    assert hertz[0] * (1 - TOLERANCE) <= middle <= hertz[1] * (1 + TOLERANCE)
    assert ms[0] * (1 - TOLERANCE) <= fall <= ms[1] * (1 + TOLERANCE)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("lofi_hiphop:kick", 50, 56), ("house_deep:kick", 50, 56), ("downtempo:kick", 50, 56),
        ("house_progressive:kick", 46, 52), ("techno_melodic:kick", 46, 52), ("dubstep:kick", 46, 52),
        ("lofi_hiphop:snare", 183, 192), ("downtempo:snare", 183, 192),
    ],
)  # fmt: skip
def test_the_strongest_partial_is_the_designed_body(name, low, high):
    genre, piece = name.split(":")
    assert low <= peak_hz(render_hit(voice_of(genre, piece), Strike(seed=1))) <= high


@pytest.mark.parametrize("genre", ["drum_and_bass", "drum_and_bass_neuro", "dubstep", "trance_uplifting"])
def test_body_carries_a_snare_below_400_hz_and_noise_above_1_khz(genre):
    voice = voice_of(genre, "snare")
    body = render_hit(replace(voice, noise=(), click=None), Strike(seed=1))
    noise = render_hit(replace(voice, modes=()), Strike(seed=1))
    assert _energy(body, 0, 400) >= _energy(noise, 0, 400)
    assert _energy(noise, 1000, 24_000) >= _energy(body, 1000, 24_000)


def _energy(x, low_hz, high_hz):
    power = np.abs(np.fft.rfft(x, 1 << 17)) ** 2
    hz = np.fft.rfftfreq(1 << 17, 1 / 48_000)
    return power[(hz >= low_hz) & (hz < high_hz)].sum()


@pytest.mark.parametrize(
    "genre",
    ["house_deep", "house_progressive", "techno_melodic", "techno_peak", "trance_uplifting", "dubstep", "synthwave"],
)
def test_the_bursts_of_a_clap_are_heard_apart(genre):
    voice = voice_of(genre, "clap")
    assert voice.clap is not None
    counts = [_bursts(render_hit(voice, Strike(seed=seed)), voice.clap) for seed in range(20)]
    assert voice.clap.bursts - 0.5 <= np.mean(counts) <= voice.clap.bursts + 0.5


def _bursts(x, clap):
    """Stretches above -5 dB of the loudest burst within the first bursts, 2 ms apart or more."""
    envelope = np.sqrt(np.convolve(x.astype(float) ** 2, np.hanning(120), "same"))
    window = envelope[: int((clap.bursts * clap.gap_ms - 2) * 48)]
    loud = window > 10 ** (-5 / 20) * window.max()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    starts, ends = edges[::2], edges[1::2]
    return 1 + int((starts[1:] - ends[:-1] > 96).sum())


@pytest.mark.parametrize("genre", [name for name in names() if load(name).kit.get("hat", {}).get("open_tau")])
def test_an_open_hat_rings_three_to_six_times_as_long(genre):
    voice = voice_of(genre, "hat")
    closed, opened = (
        np.mean([fall_ms(render_hit(voice, Strike(seed=s, open=o)), body=False) for s in range(4)])
        for o in (False, True)
    )
    assert 3 <= opened / closed <= 6.3


@pytest.mark.parametrize("genre", ["house_deep", "techno_peak", "trance_uplifting", "drum_and_bass_neuro"])
def test_hats_peak_no_more_than_9_db_above_their_attack(genre):
    hit = render_hit(voice_of(genre, "hat"), Strike(seed=1))
    attack = hit[:480]
    assert 20 * np.log10(np.abs(hit).max() / np.sqrt(np.mean(attack**2))) < 9


def test_a_jazz_ride_has_at_least_30_modes():
    voice = voice_of("jazz_lounge", "ride")
    assert voice.cloud is not None
    assert len(voice.modes) + voice.cloud.count >= 30
