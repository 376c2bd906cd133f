"""Time-stretch and pitch shift: length, places, pitch, image, transients, streams."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from sonicforge.effects._ladder import ladder
from sonicforge.effects.pitch import PitchShift, pitch_shift, varispeed
from sonicforge.effects.stretch import Stretcher, stretch
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import Audio

RATE = 48_000
DJ = (0.92, 0.97, 1.04, 1.08)
ALL = (0.5, 0.75, *DJ, 1.5, 2.0)


def stretched(x: np.ndarray, ratio: float) -> np.ndarray:
    return stretch(Audio(np.ascontiguousarray(x, np.float32), RATE), ratio).samples.astype(np.float64)


def tone(hz: float, seconds: float = 2.0) -> np.ndarray:
    """Left a sine, right half of it a quarter of a period ahead."""
    t = np.arange(int(seconds * RATE)) / RATE
    return np.stack([np.sin(2 * np.pi * hz * t), 0.5 * np.cos(2 * np.pi * hz * t)])


def clicks(seconds: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    places = np.concatenate([[0], np.arange(RATE // 4, int(seconds * RATE) - 100, RATE // 4)])
    x = np.zeros((2, int(seconds * RATE)))
    x[:, places] = 1.0
    return x, places


def peak_hz(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Frequency of the highest line, and its complex height in every channel."""
    size = 1 << 21
    spectra = np.fft.rfft(x * np.hanning(x.shape[1]), size, axis=1)
    place = int(np.abs(spectra[0]).argmax())
    return place * RATE / size, spectra[:, place]


def music(seconds: float, ratio: float = 1.0) -> np.ndarray:
    """Bass, chord, clusters of partials, hats and kicks, written for a tempo: the truth that a stretch has to meet."""
    length = int(seconds * ratio * RATE)
    t = np.arange(length) / RATE
    x = np.zeros(length)
    for number, hz in enumerate((55.0, 110.3, 261.6, 329.6, 392.0, 1318.5)):
        x += 0.1 * np.sin(2 * np.pi * hz * t + number) * np.exp(-0.4 * (t / ratio % 1.0))
    rng = np.random.default_rng(0)
    for beat in np.arange(0.0, seconds, 0.25):
        start = round(beat * ratio * RATE)
        burst = rng.standard_normal(2400) * np.exp(-np.arange(2400) / 400) * 0.3
        x[start : start + 2400] += burst[: max(length - start, 0)][: x[start : start + 2400].size]
    return x


@pytest.mark.parametrize("ratio", ALL)
def test_the_length_is_the_ratio_to_a_sample(ratio: float) -> None:
    for length in (1, 5, 1000, 30_001):
        assert stretched(np.ones((2, length)), ratio).shape == (2, round(length * ratio))


def test_at_ratio_one_nothing_changes() -> None:
    x = np.random.default_rng(0).standard_normal((2, 9000)).astype(np.float32)
    assert np.array_equal(stretch(Audio(x), 1.0).samples, x)
    stretcher = Stretcher(1.0)
    y = np.concatenate([stretcher.feed(x), stretcher.finish()], axis=1)
    assert 20 * np.log10((y - x).std() / x.std()) < -65


def test_silence_stays_silence_and_nothing_stays_nothing() -> None:
    assert not stretched(np.zeros((2, 20_000)), 1.08).any()
    assert stretch(Audio(np.zeros((2, 0), np.float32)), 1.5).length == 0


@pytest.mark.parametrize("ratio", [0.49, 2.01, float("nan")])
def test_other_ratios_are_refused(ratio: float) -> None:
    for refusing in (stretch, varispeed):
        with pytest.raises(OutOfRange, match=r"0\.5 and 2"):
            refusing(Audio(np.zeros((1, 10), np.float32)), ratio)
    with pytest.raises(OutOfRange, match="ratio"):
        Stretcher(1.0).ratio = ratio


@pytest.mark.parametrize("ratio", ALL)
@pytest.mark.parametrize("hz", [110.0, 303.7, 440.3, 1990.0, 6020.0, 9000.0])
def test_a_tone_keeps_pitch_level_and_the_phase_between_the_sides(hz: float, ratio: float) -> None:
    y = stretched(tone(hz), ratio)[:, RATE // 4 : -RATE // 4]
    heard, (left, right) = peak_hz(y)
    assert abs(1200 * np.log2(heard / hz)) < 1.0
    assert np.degrees(np.angle(right / left)) == pytest.approx(90, abs=0.5)
    assert y[0].std() * np.sqrt(2) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("ratio", ALL)
def test_clicks_land_on_their_places_the_first_one_too(ratio: float) -> None:
    x, places = clicks()
    y = stretched(x, ratio)
    for place in np.round(places * ratio).astype(int):
        low = max(place - 2000, 0)
        piece = np.abs(y[0, low : place + 2000])
        assert abs(low + int(piece.argmax()) - place) < 0.002 * RATE
        near = y[0, max(place - 96, 0) : place + 96]
        assert (near**2).sum() > 0.97 * (piece**2).sum()
        assert piece.max() > (0.5 if ratio in DJ else 0.35)


@pytest.mark.parametrize(("low", "high"), [(150.0, 500.0), (1000.0, 4000.0), (4000.0, 9000.0)])
def test_a_glide_through_a_change_of_windows_keeps_its_level(low: float, high: float) -> None:
    t = np.arange(4 * RATE) / RATE
    x = np.sin(2 * np.pi * low * 4 / np.log(high / low) * ((high / low) ** (t / 4) - 1))
    y = stretched(x[None], 1.06)[0]
    level = np.sqrt(np.convolve(2 * y**2, np.full(2400, 1 / 2400), mode="valid"))[4800:-4800]
    assert level.min() > 0.97
    assert level.max() < 1.03


@pytest.mark.parametrize("ratio", DJ)
def test_music_sounds_as_if_it_had_been_played_at_that_tempo(ratio: float) -> None:
    """Spectral convergence (DAFx's measure of phasiness) against the same notes written for the new tempo."""
    y, truth = stretched(music(3.0)[None], ratio)[0], music(3.0, ratio)

    def magnitudes(z: np.ndarray) -> np.ndarray:
        pieces = np.lib.stride_tricks.sliding_window_view(z[: truth.size - 100], 4096)[::1024]
        return np.abs(np.fft.rfft(pieces * np.hanning(4096), axis=1))

    wanted = magnitudes(truth)
    assert 20 * np.log10(np.linalg.norm(magnitudes(y) - wanted) / np.linalg.norm(wanted)) < -14


@pytest.mark.parametrize("ratio", DJ)
def test_attacks_stay_as_sharp_as_they_were(ratio: float) -> None:
    def attack_db(z: np.ndarray, places: np.ndarray) -> float:
        bright = sosfiltfilt(butter(4, 1500, "high", fs=RATE, output="sos"), z) ** 2
        rises = [bright[p : p + 240].mean() / (bright[p - 720 : p - 96].mean() + 1e-9) for p in places]
        return float(10 * np.log10(rises).mean())

    beats = np.round(np.arange(0.25, 2.8, 0.25) * RATE).astype(int)
    x = music(3.0)
    before = attack_db(x, beats)
    after = attack_db(stretched(x[None], ratio)[0], np.round(beats * ratio).astype(int))
    assert after > before - 3.0


def test_a_stretch_there_and_back_is_nearly_the_sound_itself() -> None:
    x = music(2.0)
    y = stretched(stretched(x[None], 1.05), 1 / 1.05)[0][: x.size]
    pieces = [
        np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(z, 4096)[::2048] * np.hanning(4096), axis=1))
        for z in (x[: y.size], y)
    ]
    assert 20 * np.log10(np.linalg.norm(pieces[1] - pieces[0]) / np.linalg.norm(pieces[0])) < -14


@given(st.lists(st.integers(0, 20_000), max_size=6), st.sampled_from([0.6, 1.07, 1.8]), st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_a_stream_sounds_the_same_however_it_is_cut(cuts: list[int], ratio: float, groups: int) -> None:
    x = np.random.default_rng(1).standard_normal((2, 20_000)).astype(np.float32)
    one, other = (Stretcher(ratio, groups=groups) for _ in range(2))
    whole = np.concatenate([one.feed(x), one.finish()], axis=1)
    parts = [other.feed(x[:, a:b]) for a, b in pairwise([0, *sorted(cuts), 20_000])]
    assert np.array_equal(np.concatenate([*parts, other.finish()], axis=1), whole)


@pytest.mark.parametrize("ratio", [0.5, 0.93, 1.0, 1.07, 2.0])
@pytest.mark.parametrize("groups", [1, 4])
def test_a_stretcher_says_when_it_will_give(ratio: float, groups: int) -> None:
    x = np.random.default_rng(1).standard_normal((1, 250_000)).astype(np.float32)
    stretcher = Stretcher(ratio, channels=1, groups=groups)
    assert stretcher.feed(x[:, : stretcher.latency - 1]).shape[1] == 0
    assert stretcher.feed(x[:, :1]).shape[1] > 0
    heard, given_so_far = stretcher.latency, 0
    stretcher.reset()
    given_so_far = stretcher.feed(x[:, :heard]).shape[1]
    for _ in range(5):
        wanted = stretcher.wanted
        assert stretcher.feed(x[:, heard : heard + wanted - 1]).shape[1] == 0
        assert heard + wanted - 1 - given_so_far / ratio <= stretcher.behind
        given_so_far += stretcher.feed(x[:, heard + wanted - 1 : heard + wanted]).shape[1]
        heard += wanted


def test_a_deck_may_change_its_tempo_while_it_plays() -> None:
    x = tone(440.0, 4.0).astype(np.float32)
    stretcher, parts = Stretcher(1.0), []
    for number, first in enumerate(range(0, x.shape[1], 4800)):
        stretcher.ratio = 1.0 + 0.08 * np.sin(number / 6)
        parts.append(stretcher.feed(x[:, first : first + 4800]))
    y = np.concatenate(parts, axis=1).astype(np.float64)
    heard, (left, right) = peak_hz(y[:, RATE // 2 : -RATE // 2])
    assert abs(1200 * np.log2(heard / 440)) < 1.0
    assert np.degrees(np.angle(right / left)) == pytest.approx(90, abs=1)
    level = np.sqrt(np.convolve(2 * y[0] ** 2, np.full(2400, 1 / 2400), mode="valid"))[9600:-9600]
    assert level.min() > 0.95
    assert level.max() < 1.05


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 96_000, 192_000])
def test_every_rate_has_windows_of_the_same_length_in_time(rate: float) -> None:
    steps = ladder(int(rate))
    assert 0.12 < steps.longest / rate < 0.25
    assert np.array_equal(steps.sizes, steps.longest >> np.arange(len(steps.sizes)))
    assert np.array_equal(steps.every, steps.sizes // steps.sizes[-1])
    t = np.arange(int(rate)) / rate
    x = np.sin(2 * np.pi * 440 * t).astype(np.float32)[None]
    y = stretch(Audio(x, int(rate)), 1.05).samples[0, rate // 4 : -rate // 4]
    assert y.std() * np.sqrt(2) == pytest.approx(1.0, abs=0.01)


def test_in_the_fades_between_windows_the_shares_add_up_to_one() -> None:
    steps = ladder(RATE)
    hz = steps.numbers * RATE / steps.sizes[np.repeat(np.arange(len(steps.sizes)), np.diff(steps.first))]
    for place in np.flatnonzero((steps.twins >= 0) & ~steps.odd):
        assert hz[place] == pytest.approx(hz[steps.twins[place]])
        assert steps.gains[place] + steps.gains[steps.twins[place]] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("semitones", [-12.0, -1.5, 0.3, 2.0, 7.0, 12.0])
def test_a_pitch_shift_moves_the_pitch_and_nothing_else(semitones: float) -> None:
    x = tone(440.3).astype(np.float32)
    y = pitch_shift(Audio(x), semitones).samples
    assert y.shape == x.shape
    heard, (left, right) = peak_hz(y[:, RATE // 4 : -RATE // 4].astype(np.float64))
    assert 1200 * np.log2(heard / 440.3) == pytest.approx(100 * semitones, abs=1.0)
    assert np.degrees(np.angle(right / left)) == pytest.approx(90, abs=1)
    impulses, places = clicks()
    z = np.abs(pitch_shift(Audio(impulses.astype(np.float32)), semitones).samples[0])
    for place in places:
        low = max(place - 2000, 0)
        assert abs(low + int(z[low : place + 2000].argmax()) - place) < 0.002 * RATE


def test_a_pitch_shift_of_nothing_gives_the_sound_back_and_too_much_is_refused() -> None:
    audio = Audio(np.ones((1, 50), np.float32))
    assert pitch_shift(audio, 0.0) is audio
    with pytest.raises(OutOfRange, match="13"):
        pitch_shift(audio, 13.0)


@pytest.mark.parametrize("semitones", [-12.0, -0.4, 3.0, 12.0])
def test_a_pitch_shift_for_streams_is_in_time_and_never_runs_dry(semitones: float) -> None:
    impulses, places = clicks()
    shifter = PitchShift(semitones=semitones)
    x = np.pad(impulses, ((0, 0), (0, shifter.latency))).astype(np.float32)
    cuts = [0, 1, 700, 701, *range(2000, x.shape[1], 4321), x.shape[1]]
    blocks = [shifter.process(x[:, a:b]) for a, b in pairwise(cuts)]
    assert [block.shape[1] for block in blocks] == [b - a for a, b in pairwise(cuts)]
    y = np.abs(np.concatenate(blocks, axis=1)[0])
    for place in places[1:] + shifter.latency:
        assert abs(place - 2000 + int(y[place - 2000 : place + 2000].argmax()) - place) < 0.002 * RATE


@pytest.mark.parametrize("ratio", [0.5, 0.97, 1.03, 2.0])
def test_varispeed_changes_pitch_and_length_together(ratio: float) -> None:
    y = varispeed(Audio(tone(440.0).astype(np.float32)), ratio).samples
    assert abs(y.shape[1] - 2 * RATE * ratio) <= 1
    heard, _ = peak_hz(y[:, 4800:-4800].astype(np.float64))
    assert heard == pytest.approx(440.0 / ratio, rel=1e-4)
