"""A drum part lands on its samples, never twice the same, choked where hands would choke it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from drum_scores import BAR, hits, rendered, rms, score_of, voice_of

from sonicforge.genres.load import load, names
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, Note, Part
from sonicforge.synth.drums.robin import Force, RoundRobin
from sonicforge.synth.drums.tuning import KICK_HZ, kick_ratio, sizes
from sonicforge.synth.drums.voice import Strike, render_hit

EIGHTHS = list(range(0, 64, 2))
FOURS = list(range(0, 64, 4))
EVERY_VOICE = [(genre, voice) for genre in names() for voice in load(genre).kit]


def _onset(samples, at, before=200):
    """First sample above a thousandth of the peak near `at`."""
    window = np.abs(samples[max(0, at - before) : at + 480])
    return max(0, at - before) + int(np.flatnonzero(window > 1e-3 * window.max())[0])


@pytest.mark.parametrize(("genre", "voice"), EVERY_VOICE)
def test_every_voice_of_every_kit_sounds_clean_and_ends(genre, voice):
    mix = load(genre).mix
    stem = next(iter(mix))
    sound = rendered(hits(voice, [0, 8], stem=stem), score_of(genre), tail_s=6.0).samples
    kit = voice_of(genre, voice)
    if kit.layers:
        return
    assert np.isfinite(sound).all()
    assert 0.02 < np.abs(sound).max() < 4
    assert abs(float(sound.mean())) < 2e-3
    assert np.abs(sound[:, -480:]).max() < 1e-3


def test_no_notes_are_silence():
    assert not rendered(hits("hat", []), score_of("house_deep")).samples.any()


def test_a_hit_starts_on_its_sample_shifted_by_its_milliseconds():
    score = score_of("house_deep", bpm=120.0)
    for shift in (0.0, 12.5, -7.0):
        part = hits("kick", [16], code="k", stem="kick", shift_ms=shift)
        sound = rendered(part, score).samples[0]
        wanted = 2 * 48_000 + round(shift * 48)
        assert abs(_onset(sound, wanted) - wanted) <= 4


def test_centred_stems_are_mono_and_wide_ones_stereo_with_equal_sides():
    score = score_of("house_deep")
    assert rendered(hits("kick", FOURS, code="k", stem="kick"), score).channels == 1
    hat = rendered(hits("hat", EIGHTHS), score)
    assert hat.channels == 2
    assert abs(20 * np.log10(rms(hat.samples[0]) / rms(hat.samples[1]))) < 0.5
    side, middle = rms(hat.samples[0] - hat.samples[1]), rms(hat.samples[0] + hat.samples[1])
    assert -14 < 20 * np.log10(side / middle) < -4


def test_the_lows_of_a_wide_stem_are_mono():
    sound = rendered(hits("snare", FOURS, code="s", stem="snare"), score_of("dubstep")).samples
    side, middle = (np.abs(np.fft.rfft(x)) ** 2 for x in (sound[0] - sound[1], sound[0] + sound[1]))
    hz = np.fft.rfftfreq(sound.shape[1], 1 / 48_000)
    low = hz < 120
    assert 10 * np.log10(side[low].sum() / middle[low].sum()) < -30


def test_same_seed_same_samples_and_another_seed_other_noise():
    part = hits("hat", EIGHTHS)
    first, again = (rendered(part, score_of("house_deep", seed=5)).samples for _ in range(2))
    other = rendered(part, score_of("house_deep", seed=6)).samples
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def _likeness(a, b):
    return float(np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b)))


MACHINES = ("chiptune",)


@pytest.mark.parametrize(
    ("genre", "voice"),
    [
        (g, v)
        for g, v in EVERY_VOICE
        if g not in MACHINES and not (v == "kick" and load(g).club) and not {"layers", "rumble"} & set(load(g).kit[v])
    ],
)
def test_two_hits_in_a_row_are_never_the_same(genre, voice):
    kick = voice == "kick"
    robin = RoundRobin(voice_of(genre, voice), 11, kick=kick, still=False)
    force = Force(robin.steps - 1, 1.0)
    window = int(0.12 * 48_000)
    alike = 0
    last = robin.next()
    for _ in range(30):
        variant = robin.next()
        assert variant != last
        pair = [robin.hit(force, i)[:window].astype(np.float64) for i in (last, variant)]
        size = min(p.size for p in pair)
        alike += _likeness(pair[0][:size], pair[1][:size]) > 0.995
        last = variant
    assert alike <= 9


def test_a_club_kick_has_one_phase():
    robin = RoundRobin(voice_of("techno_peak", "kick"), 11, kick=True, still=True)
    force = Force(robin.step(126), 1.0)
    first, second = (robin.hit(force, i)[480:9600].astype(np.float64) for i in (0, 1))
    assert robin.step(60) == robin.step(126)
    assert _likeness(first, second) > 0.998


def test_velocity_follows_the_power_law():
    score = score_of("house_progressive")
    loud, soft = (
        np.abs(rendered(hits("kick", [0], code="k", stem="kick", velocity=v), score).samples).max() for v in (127, 64)
    )
    assert abs(20 * np.log10(loud / soft) - 1.6 * 20 * np.log10(127 / 64)) < 0.2


def test_softer_is_darker_and_shorter_and_a_ghost_still_more():
    voice = voice_of("drum_and_bass", "snare")
    robin = RoundRobin(voice, 2, kick=False, still=True)
    forces = [Force(5 if robin.steps == 6 else 2, 1.0), Force(0, 1.0), Force(0, 1.0, ghost=True)]
    power = [np.abs(np.fft.rfft(robin.hit(force, 0), 1 << 16)) ** 2 for force in forces]
    hz = np.fft.rfftfreq(1 << 16, 1 / 48_000)
    centres = [float((p * hz).sum() / p.sum()) for p in power]
    lengths = [robin.hit(force, 0).size for force in forces]
    assert centres[0] > centres[1] > centres[2]
    assert lengths[0] > lengths[1] > lengths[2]


def test_an_open_hat_is_choked_by_the_next_closed_one_within_8_ms():
    score = score_of("synthwave")
    alone = rendered(hits("hat", [2], opened=(2,)), replace(score, parts=()), tail_s=1.0).samples
    part = hits("hat", [2, 4], opened=(2,))
    closed_only = hits("hat", [4])
    score = replace(score, parts=(part,))
    choked = rendered(part, score).samples
    at = 12_000 * 2
    ringing = rms(alone[0, at + 4000 : at + 6000])
    after = rms(choked[0, at + 4000 : at + 6000])
    expected = rms(rendered(closed_only, replace(score, parts=(closed_only,))).samples[0, at + 4000 : at + 6000])
    assert ringing > 0.01
    assert after < 1.5 * expected + 1e-4


def test_in_club_music_the_kick_closes_an_open_hat():
    hat, kick = hits("hat", [2], opened=(2,)), hits("kick", [3], code="k", stem="kick")
    score = score_of("house_deep", hat, kick)
    sound = rendered(hat, score).samples[0]
    kick_at = 6000 * 3
    assert rms(sound[kick_at + 480 : kick_at + 1200]) > 1e-3
    assert np.abs(sound[kick_at + 2000 :]).max() < 1e-6


def test_the_noise_channel_of_a_chip_plays_one_sound_at_a_time():
    hat, snare = hits("hat", [0, 2, 4]), hits("snare", [0, 4], code="s", stem="snare")
    score = score_of("chiptune", hat, snare)
    sound = rendered(hat, score).samples[0]
    assert not sound[:1000].any()
    assert sound[12_000:13_000].any()
    assert not sound[24_000:25_000].any()


def test_long_kicks_are_tuned_to_root_or_fifth_inside_the_felt_range():
    for genre in names():
        kit = load(genre).kit
        if "kick" not in kit or "f" not in kit["kick"]:
            continue
        voice = voice_of(genre, "kick")
        for tonic in range(12):
            ratio = kick_ratio(voice, Key(tonic, "aeolian"))
            if ratio == 1.0:
                continue
            end = voice.body.end_hz * ratio
            pitch = 69 + 12 * np.log2(end / 440)
            assert KICK_HZ[0] <= end <= KICK_HZ[1]
            assert abs(pitch - round(pitch)) < 1e-6
            assert round(pitch) % 12 in {tonic, (tonic + 7) % 12}


def test_toms_are_tuned_to_the_first_and_fifth_of_the_key():
    ratios = sizes(voice_of("house_progressive", "tom"), Key.parse("A minor"))
    pitches = [69 + 12 * np.log2(98.0 * ratio / 440) for ratio in ratios]
    assert [round(p) % 12 for p in pitches] == [9, 4]
    assert all(75 < 98.0 * ratio < 160 for ratio in ratios)


def test_a_second_kit_plays_the_voice_that_its_pitches_name():
    notes = (Note(0, STEP, 36, 100), Note(4 * STEP, STEP, 38, 100), Note(8 * STEP, STEP, 42, 100))
    part = Part("break_layer", "p", "break", "break_layer", True, notes)
    score = score_of("drum_and_bass", part)
    sound = rendered(part, score).samples
    beat = 24_000
    hz = np.fft.rfftfreq(6000, 1 / 48_000)
    centres = []
    for place in range(3):
        power = np.abs(np.fft.rfft(sound[0, place * beat + 192 : place * beat + 6192])) ** 2
        centres.append(float((power * hz).sum() / power.sum()))
    assert centres[0] < centres[1] < centres[2]
    main = rendered(replace(hits("kick", [0], code="k", stem="kick")), score).samples
    assert np.abs(sound).max() < 0.5 * np.abs(main).max()


def test_a_rumble_hums_between_the_kicks_and_bows_to_them():
    plain = load("techno_peak")
    rumbling = {"rumble": {"voice": "kick", "t60_s": 1.1, "lp": 110, "drv": 8, "duck_db": 14, "release_ms": 90}}
    genre = replace(plain, kit={**plain.kit, "rumble": rumbling})
    kick = hits("kick", FOURS[:12], code="k", stem="kick")
    part = hits("rumble", list(range(48)), code="b", stem="rumble")
    score = score_of("techno_peak", kick, part, bpm=135.0)
    sound = rendered(part, score, genre, tail_s=6.0).samples[0]
    beat = 60 / 135 * 48_000
    under = [rms(sound[int(b * beat) : int(b * beat) + 1200]) for b in range(4, 12)]
    between = [rms(sound[int((b + 0.6) * beat) : int((b + 0.9) * beat)]) for b in range(4, 12)]
    assert min(between) > 0.05
    assert np.mean(between) > 2 * np.mean(under)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / 48_000)
    assert power[hz < 220].sum() > 0.97 * power.sum()
    assert np.abs(sound[-4800:]).max() < 0.02


def test_brushes_sweep_between_the_strokes():
    part = hits("brush", [0, 4, 8, 12, 16, 20, 24, 28], code="s", stem="snare")
    sound = rendered(part, score_of("jazz_lounge", part)).samples[0]
    between = [rms(sound[at + 18_000 : at + 22_000]) for at in range(24_000, 150_000, 24_000)]
    assert min(between) > 0.01
    assert np.abs(sound[-24_000:]).max() < 1e-3


def test_a_hit_of_a_driven_voice_is_smooth_where_its_tail_is_only_scaled():
    hit = render_hit(voice_of("techno_peak", "kick"), Strike(seed=4))
    tail = hit[9600:]
    assert np.abs(np.diff(tail, 2)).max() < 2e-3


@pytest.mark.parametrize(("genre", "voice"), [("ambient", "bowed_cymbal"), ("trance_uplifting", "crash")])
def test_long_cymbals_fade_and_are_not_cut(genre, voice):
    hit = render_hit(voice_of(genre, voice), Strike(seed=2))
    ends = [rms(part) for part in np.array_split(hit[-48_000:], 5)]
    assert all(later < earlier for earlier, later in pairwise(ends))
    assert ends[-1] < 0.02 * rms(hit)


def test_pitch_60_is_as_designed_and_12_above_doubles_the_frequency():
    parts = [Part("tom", "p", "perc", "tom", True, (Note(BAR, STEP, pitch, 110),)) for pitch in (60, 72)]
    spectra = [np.abs(np.fft.rfft(rendered(p, score_of("dubstep")).samples[0], 1 << 18)).argmax() for p in parts]
    assert abs(spectra[1] / spectra[0] - 2) < 0.03
