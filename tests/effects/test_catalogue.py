"""Laws over every row of the catalogue: whatever can be named in a preset or on the command line keeps them."""

from collections.abc import Mapping
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest

import sonicforge.effects as offered
from sonicforge.effects.catalogue import _MODULES, build, catalogue, effect
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.effects.processor import Processor
from sonicforge.errors import OutOfRange, UnknownName
from sonicforge.sound.audio import Samples

RATE = 48_000
LENGTH = 20_000
ROWS = sorted(catalogue())
RATES = (8_000, 44_100, 96_000, 192_000)

MOVING = {
    "converter": "steep filters delay every frequency differently",
    "medium": "steep edges delay every frequency differently",
    "spin_down": "it slows down from its first sample on",
    "tape": "its transport moves the delay",
    "vinyl": "its warp moves the delay",
    "wow_flutter": "its delay is what it moves",
}
"""Rows whose output is not in time with the input by design, with the reason."""


def music(channels: int = 2, length: int = LENGTH, seed: int = 1) -> Samples:
    """Noise in bursts, a low tone, clicks of 1 to 200 samples, clipped tops: something for every kind of processor."""
    rng = np.random.default_rng(seed)
    t = np.arange(length) / RATE
    swell = 0.02 + 0.98 * (np.sin(2 * np.pi * 5 * t) > 0.2) * np.exp(-((t * 5) % 1.0) * 3)
    x = rng.standard_normal((channels, length)) * 0.25 * swell
    x += 0.3 * np.sin(2 * np.pi * 110 * t + np.arange(channels)[:, None])
    for place, size in zip(rng.integers(0, length - 200, 8), (1, 1, 2, 4, 12, 40, 100, 200), strict=True):
        x[:, place : place + size] += 0.9 * rng.choice([-1, 1], size)
    return np.clip(x, -0.95, 0.95).astype(np.float32)


def in_pieces(processor: Processor, x: Samples, seed: int = 5) -> Samples:
    """Through in blocks of 1, 0, 1, 31 and odd sizes, some larger than any internal frame."""
    rng = np.random.default_rng(seed)
    cuts = [0, 1, 1, 2, 33, *sorted(rng.integers(34, x.shape[1], 9).tolist()), x.shape[1]]
    return np.concatenate([processor.process(x[:, a:b]) for a, b in pairwise(cuts)], axis=1)


def built(row: Effect, settings: Mapping[str, object] | None = None, channels: int = 2, rate: int = RATE) -> Processor:
    return row.build(settings, sample_rate=rate, channels=channels, seed=3)


def end(parameter: Parameter | Choice, which: int) -> object:
    """The lowest (0) or highest (-1) value, the first or last option."""
    if isinstance(parameter, Choice):
        return parameter.options[which]
    return (parameter.low, parameter.high)[which]


def corners(row: Effect) -> list[dict[str, object]]:
    """Every parameter alone at both ends, then all together at each end."""
    alone = [{p.name: end(p, which)} for p in row.parameters for which in (0, -1)]
    return [*alone, *({p.name: end(p, which) for p in row.parameters} for which in (0, -1))]


def long_enough(processor: Processor) -> int:
    return max(LENGTH, 2 * processor.latency + 8000)


# ---------------------------------------------------------------- what a row says


@pytest.mark.parametrize("name", ROWS)
def test_a_row_explains_itself(name: str) -> None:
    row = effect(name)
    assert row.name == name == name.lower()
    assert name.replace("_", "").isalnum()
    assert row.summary
    assert not row.summary.endswith(".")
    assert row.source
    names = [parameter.name for parameter in row.parameters]
    assert len(set(names)) == len(names)
    for parameter in row.parameters:
        if isinstance(parameter, Choice):
            assert parameter.default in parameter.options
            assert len(parameter.options) > 1
        else:
            assert parameter.low < parameter.high
            assert parameter.low <= parameter.default <= parameter.high
            assert parameter.low_is, f"{parameter.name} does not say what low sounds like"
            assert parameter.high_is, f"{parameter.name} does not say what high sounds like"


def test_no_two_rows_share_a_name() -> None:
    modules = [import_module(f"sonicforge.effects.{name}") for name in _MODULES]
    names = [row.name for module in modules for row in getattr(module, "EFFECTS", None) or (module.EFFECT,)]
    assert sorted(names) == ROWS
    assert list(_MODULES) == sorted(set(_MODULES))


@pytest.mark.parametrize("name", ROWS)
def test_wrong_settings_are_refused_with_the_value_and_the_range(name: str) -> None:
    row = effect(name)
    with pytest.raises(UnknownName, match=f"parameter of {name}"):
        row.build({"no_such_thing": 1}, sample_rate=RATE)
    for parameter in row.parameters:
        if isinstance(parameter, Choice):
            with pytest.raises(UnknownName, match="purple"):
                row.build({parameter.name: "purple"}, sample_rate=RATE)
            continue
        span = parameter.high - parameter.low
        for wrong in (parameter.low - span, parameter.high + span, float("nan"), float("inf"), "much", None, True):
            with pytest.raises(OutOfRange, match=parameter.name):
                row.build({parameter.name: wrong}, sample_rate=RATE)


def test_an_unknown_effect_is_refused_with_a_hint() -> None:
    with pytest.raises(UnknownName, match="did you mean gain"):
        build("gian", sample_rate=RATE)


# ---------------------------------------------------------------- what a processor does


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("name", ROWS)
def test_any_split_into_blocks_gives_the_same_samples(name: str, channels: int) -> None:
    row = effect(name)
    x = music(channels, long_enough(built(row)))
    kept = x.copy()
    whole = built(row, channels=channels).process(x)
    assert np.array_equal(x, kept), "the block was changed"
    assert whole.shape == x.shape
    assert whole.dtype == np.float32
    assert np.array_equal(in_pieces(built(row, channels=channels), x), whole)


@pytest.mark.parametrize("name", ROWS)
def test_reset_forgets_everything(name: str) -> None:
    processor = built(effect(name))
    x = music(length=long_enough(processor))
    first = processor.process(x)
    processor.reset()
    assert np.array_equal(processor.process(x), first)


@pytest.mark.parametrize("name", ROWS)
def test_silence_stays_silence_unless_the_row_says_noisy(name: str) -> None:
    row = effect(name)
    processor = built(row)
    out = processor.process(np.zeros((2, long_enough(processor)), np.float32))
    assert out.any() == row.noisy


@pytest.mark.parametrize("name", ROWS)
def test_the_output_is_finite_for_any_finite_input(name: str) -> None:
    row = effect(name)
    length = long_enough(built(row)) // 2
    wild = np.random.default_rng(2).standard_normal((2, length))
    inputs = {
        "very loud": wild * 1e6,
        "denormal": wild * 1e-40,
        "steady": np.full((2, length), 1.0),
        "very loud and steady": np.full((2, length), 1e6),
        "fastest": np.tile([1e6, -1e6], (2, length // 2)),
        "one side": np.stack([wild[0], np.zeros(length)]),
        "loud, then nothing": np.concatenate([wild[:, : length // 2] * 1e6, np.zeros((2, length))], axis=1),
    }
    for kind, x in inputs.items():
        out = built(row).process(x.astype(np.float32))
        assert np.isfinite(out).all(), kind


@pytest.mark.parametrize("name", ROWS)
def test_blocks_of_nothing_and_of_one_sample_pass(name: str) -> None:
    processor = built(effect(name))
    assert processor.process(np.zeros((2, 0), np.float32)).shape == (2, 0)
    assert processor.process(np.full((2, 1), 0.5, np.float32)).shape == (2, 1)
    assert processor.process(np.zeros((2, 0), np.float32)).shape == (2, 0)


@pytest.mark.parametrize("name", ROWS)
def test_both_ends_of_every_parameter_keep_the_laws(name: str) -> None:
    row = effect(name)
    for settings in corners(row):
        processor = built(row, settings)
        x = music(length=long_enough(processor) // 2)
        out = processor.process(x)
        assert np.isfinite(out).all(), settings
        assert np.array_equal(in_pieces(built(row, settings), x), out), settings
        if not row.noisy:
            assert not built(row, settings).process(np.zeros((2, 4000), np.float32)).any(), settings


@pytest.mark.parametrize("name", ROWS)
def test_every_parameter_can_be_heard(name: str) -> None:
    """In some setting of the others, both ends of a parameter sound different."""
    row = effect(name)
    others = [{}, *({p.name: end(p, which) for p in row.parameters} for which in (0, -1))]
    rng = np.random.default_rng(4)
    for _ in range(8):
        drawn = {}
        for p in row.parameters:
            drawn[p.name] = (
                p.options[rng.integers(len(p.options))] if isinstance(p, Choice) else rng.uniform(p.low, p.high)
            )
        others.append(drawn)

    def differs(parameter: Parameter | Choice, rest: Mapping[str, object]) -> bool:
        low, high = (built(row, {**rest, parameter.name: end(parameter, which)}) for which in (0, -1))
        length = max(long_enough(low), long_enough(high)) + 8000
        return low.latency != high.latency or not np.array_equal(
            low.process(music(length=length)), high.process(music(length=length))
        )

    for parameter in row.parameters:
        assert any(differs(parameter, rest) for rest in others), f"{parameter.name} changes nothing"


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ROWS)
def test_other_sample_rates_work_with_every_setting(name: str, rate: int) -> None:
    row = effect(name)
    settings = [{}, *corners(row)[-2:]]
    for setting in settings:
        processor = built(row, setting, rate=rate)
        x = music(length=max(LENGTH // 2, processor.latency + 2000))
        out = processor.process(x)
        assert np.isfinite(out).all(), setting
        assert np.array_equal(in_pieces(built(row, setting, rate=rate), x), out), setting


@pytest.mark.parametrize("rate", [44_100, RATE, 96_000])
@pytest.mark.parametrize("name", ROWS)
def test_the_stated_latency_is_true(name: str, rate: int) -> None:
    """The output, whitened, matches the input best at the lag that the processor states."""
    processor = built(effect(name), rate=rate)
    assert isinstance(processor.latency, int)
    assert processor.latency >= 0
    if name in MOVING:
        return
    size = 1 << int(np.ceil(np.log2(2 * processor.latency + 65_536)))
    x = (np.random.default_rng(8).standard_normal((2, size // 2)) * 0.05).astype(np.float32)
    y = processor.process(x)
    spectra = np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size))
    heights = np.fft.irfft((spectra / np.maximum(np.abs(spectra), 1e-12)).sum(axis=0), size)
    assert abs(int(np.abs(heights[: size // 2]).argmax()) - processor.latency) <= 1


# ---------------------------------------------------------------- what the package offers


def test_every_processor_class_can_be_imported_from_the_package() -> None:
    for name, home in offered._HOMES.items():
        assert getattr(offered, name) is getattr(import_module(home), name)
    assert sorted(offered.__all__) == sorted(offered._HOMES)


def test_the_package_offers_what_makes_every_row() -> None:
    """Where a row is made by a class, that class is offered."""
    makers = {row.make.__name__ for row in catalogue().values() if isinstance(row.make, type)}
    assert makers <= set(offered.__all__)


def test_asking_the_package_for_what_it_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Flanginator"):
        offered.Flanginator  # noqa: B018


def test_importing_the_package_imports_no_effect() -> None:
    import subprocess
    import sys

    code = (
        "import sys, sonicforge.effects; print(sorted(n for n in sys.modules if n.startswith('sonicforge.effects.')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
