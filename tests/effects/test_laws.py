"""Laws that every processor keeps: silence stays silence, and it does not matter how a signal is cut into blocks."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from sonicforge.effects.biquad import bell, highpass, lowpass
from sonicforge.effects.bitcrush import Bitcrush
from sonicforge.effects.chorus import Chorus
from sonicforge.effects.compressor import Compressor
from sonicforge.effects.control import points_for
from sonicforge.effects.delay import Delay
from sonicforge.effects.ducker import Ducker
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.phaser import Phaser
from sonicforge.effects.presets import DELAYS, REVERBS
from sonicforge.effects.processor import Processor
from sonicforge.effects.reverb import Reverb
from sonicforge.effects.saturation import Saturation
from sonicforge.effects.stereo import MonoBass, Width
from sonicforge.effects.sweep import Sweep
from sonicforge.effects.tape import Tape
from sonicforge.effects.tremolo import Tremolo

LENGTH = 24_000


def _corner(low: float, high: float) -> np.ndarray:
    return np.geomspace(low, high, points_for(LENGTH)).astype(np.float32)


PROCESSORS: dict[str, Callable[[], Processor]] = {
    "equaliser": lambda: Equaliser([highpass(40), bell(300, -3), lowpass(9000, slope=24)]),
    "low-pass sweep": lambda: Sweep(_corner(200, 20_000), high=False),
    "high-pass sweep": lambda: Sweep(_corner(20, 800), high=True),
    "peak compressor": lambda: Compressor(threshold_db=-25, ratio=4, attack_ms=3),
    "rms compressor": lambda: Compressor(threshold_db=-25, ratio=4, release_ms=0, detector="rms"),
    "look-ahead compressor": lambda: Compressor(threshold_db=-25, ratio=4, look_ahead_ms=2),
    "ducker": lambda: Ducker([0.05, 0.2, 0.3], depth_db=6, release_ms=80),
    "root saturation": lambda: Saturation(drive_db=9),
    "biased saturation": lambda: Saturation(drive_db=9, bias=0.2),
    "tanh saturation": lambda: Saturation(drive_db=9, shape="tanh"),
    "width": lambda: Width(1.4),
    "mono bass": MonoBass,
    "chorus": lambda: Chorus(rates_hz=(0.5, 0.83), lowpass_hz=9000),
    "phaser": Phaser,
    "tremolo": lambda: Tremolo(pan=1.0),
    "bitcrush": lambda: Bitcrush(bits=9, rate_hz=17_000),
    "tape": lambda: Tape(hiss_db=None),
    **{f"reverb {name}": (lambda name=name: Reverb(name)) for name in REVERBS},  # type: ignore[misc]
    **{f"delay {name}": (lambda name=name: Delay(name, bpm=150)) for name in DELAYS},  # type: ignore[misc]
}


def noise(channels: int = 2, length: int = LENGTH, seed: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((channels, length)) * 0.2).astype(np.float32)


def in_pieces(processor: Processor, x: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cuts = np.unique(np.concatenate([[0, 1, 2, 33], rng.integers(3, x.shape[1], 12), [x.shape[1]]]))
    return np.concatenate([processor.process(x[:, a:b]) for a, b in pairwise(cuts)], axis=1)


@pytest.mark.parametrize("name", PROCESSORS)
def test_any_split_into_blocks_gives_the_same_samples(name: str) -> None:
    x = noise()
    whole = PROCESSORS[name]().process(x)
    assert np.array_equal(in_pieces(PROCESSORS[name](), x, 5), whole)


@pytest.mark.parametrize("name", PROCESSORS)
def test_reset_forgets_everything(name: str) -> None:
    processor = PROCESSORS[name]()
    first = processor.process(noise())
    processor.reset()
    assert np.array_equal(processor.process(noise()), first)


@pytest.mark.parametrize("name", PROCESSORS)
def test_silence_stays_silence(name: str) -> None:
    assert not PROCESSORS[name]().process(np.zeros((2, LENGTH), np.float32)).any()


@pytest.mark.parametrize("name", PROCESSORS)
def test_a_block_is_left_untouched_and_the_output_is_finite(name: str) -> None:
    x = noise() * 20
    kept = x.copy()
    out = PROCESSORS[name]().process(x)
    assert np.array_equal(x, kept)
    assert np.isfinite(out).all()
    assert out.dtype == np.float32
    assert out.shape[1] == x.shape[1]
