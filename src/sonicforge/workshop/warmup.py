"""Compiling the kernels of every effect ahead of time."""

from collections.abc import Iterator

import numpy as np

from sonicforge.effects.catalogue import catalogue
from sonicforge.effects.parameter import Choice, Effect, Parameter

_RATE = 48_000


def warm_up() -> Iterator[str]:
    """Yield the name of each effect after a little sound went through it, with every name that can be chosen.

    Kernels are cached on disk by Numba, so the second run takes seconds.
    """
    for name, row in sorted(catalogue().items()):
        for settings in _settings(row):
            processor = row.build(settings, sample_rate=_RATE)
            sound = np.random.default_rng(1).standard_normal((2, processor.latency + 16_384)) * 0.3
            processor.process(sound.astype(np.float32))
        yield name


def _settings(row: Effect) -> Iterator[dict[str, object]]:
    yield {}
    # What does nothing at its defaults has kernels all the same.
    yield {parameter.name: parameter.high for parameter in row.parameters if isinstance(parameter, Parameter)}
    for choice in row.parameters:
        if isinstance(choice, Choice):
            for option in choice.options:
                yield {choice.name: option}
