"""Pictures are PNGs of the asked size that show what is there."""

import io

import numpy as np
from PIL import Image

from sonicforge.analysis.spectrogram import draw_spectrogram
from sonicforge.analysis.waveform import draw_waveform, envelope
from sonicforge.sound.audio import Audio, silence


def tone(hertz: float, seconds: float = 1.0) -> Audio:
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(48_000 * seconds)) / 48_000)
    return Audio(np.stack([wave, wave]).astype(np.float32))


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), np.int32)


def test_the_envelope_of_a_tone_is_its_amplitude() -> None:
    low, high, rms = envelope(tone(440), 50)
    np.testing.assert_allclose(high, 0.5, atol=0.01)
    np.testing.assert_allclose(low, -0.5, atol=0.01)
    np.testing.assert_allclose(rms, 0.3536, atol=0.03)


def test_a_high_tone_is_drawn_above_a_low_one() -> None:
    rows = [int(pixels(draw_spectrogram(tone(hertz)))[:480, 700].argmax()) for hertz in (100, 1000, 8000)]
    assert rows == sorted(rows, reverse=True)


def test_silence_and_shortness_draw_without_trouble() -> None:
    for audio in (silence(2, 48_000), silence(1, 10), tone(200, 0.01)):
        assert pixels(draw_waveform(audio)).shape == (300, 1400)
        assert pixels(draw_spectrogram(audio)).shape == (520, 1400)
