"""The station's picture: right size and colours, bars where the sound is, any title."""

import numpy as np
import pytest
from on_air import block, item

from sonicforge.playout.block import BLOCK, RATE
from sonicforge.playout.outputs.art import art, drawn
from sonicforge.playout.outputs.picture import HEIGHT, WIDTH, Picture
from sonicforge.playout.outputs.spectrum_bars import BANDS, SpectrumBars


def rgb(planes: np.ndarray) -> np.ndarray:
    import av

    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    return frame.reformat(format="rgb24", src_colorspace="ITU709", dst_colorspace="ITU709").to_ndarray()


def test_a_frame_has_the_size_and_colours_of_the_page() -> None:
    picture = Picture("Main")
    picture.show(item("Rain"))
    planes = picture.frame(np.zeros(BANDS))
    assert planes.shape == (HEIGHT * 3 // 2, WIDTH)
    shown = rgb(planes)[140:580, 80:520]
    wanted = np.asarray(art(item("Rain"), 440))
    assert np.abs(shown.astype(int) - wanted.astype(int)).mean() < 4


def test_bars_change_only_their_own_field_and_grow_with_the_level() -> None:
    picture = Picture("Main")
    empty, half, full = (picture.frame(np.full(BANDS, level)) for level in (0.0, 0.5, 1.0))
    changed = np.argwhere(empty[:HEIGHT] != full[:HEIGHT])
    assert changed[:, 0].min() == 400
    assert changed[:, 0].max() == 579
    assert changed[:, 1].min() == 580
    assert (full[:HEIGHT] != empty[:HEIGHT]).sum() == pytest.approx(
        2 * (half[:HEIGHT] != empty[:HEIGHT]).sum(), rel=0.01
    )
    assert np.array_equal(picture.frame(np.zeros(BANDS)), empty)


@pytest.mark.parametrize(
    "title", ["", "\n\r\0", "🎵" * 400, "W" * 65_536, "日本語のとても長い題名" * 20, 'a "b" <c> {d} %s']
)
def test_any_title_can_be_shown(title: str) -> None:
    picture = Picture(title)
    picture.show(item(title, title, key=title[:20], genre=title[:20]))
    assert picture.frame(np.ones(BANDS)).dtype == np.uint8


def test_art_is_the_same_for_the_same_piece_and_another_for_another() -> None:
    one, again, other = drawn(item("Rain"), 200), drawn(item("Rain"), 200), drawn(item("Snow"), 200)
    assert one.tobytes() == again.tobytes() != other.tobytes()


@pytest.mark.parametrize("frequency", [100.0, 440.0, 2000.0, 9000.0])
def test_a_tone_raises_the_bar_of_its_own_height(frequency: float) -> None:
    tone = 0.3 * np.sin(2 * np.pi * frequency * np.arange(BLOCK) / RATE)
    levels = SpectrumBars().process(np.stack([tone, tone]).astype(np.float32))
    place = np.log(frequency / 50) / np.log(14_000 / 50) * BANDS
    assert abs(int(levels.argmax()) - int(place)) <= 1
    assert levels.max() > 0.7


def test_silence_lets_the_bars_fall_to_nothing() -> None:
    bars = SpectrumBars()
    assert bars.process(block(3).samples).max() > 0.5
    levels = [bars.process(block(0, silent=True).samples).max() for _ in range(12)]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0.0
