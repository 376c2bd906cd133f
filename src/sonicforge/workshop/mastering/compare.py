"""Before and after in one file, by turns and equally loud: louder must not pass for better."""

from collections.abc import Iterable, Iterator

import numpy as np

from sonicforge.sound.audio import Samples

TURN_S = 6.0
FADE_S = 0.02


def alternated(
    before: Iterable[Samples], after: Iterable[Samples], *, gains_db: tuple[float, float], sample_rate: int
) -> Iterator[Samples]:
    """Six seconds of `before`, six of `after`, and so on, in time with each other, faded over 20 ms at every turn.

    Both streams come in blocks of the same sizes; a last block may differ by a sample. `gains_db` are for each.
    """
    first, second = (np.float32(10 ** (gain / 20)) for gain in gains_db)
    at = 0
    for old, new in zip(before, after, strict=False):
        size = min(old.shape[1], new.shape[1])
        share = _share(at, size, sample_rate)
        yield old[:, :size] * (first * (1 - share)) + new[:, :size] * (second * share)
        at += size


def _share(at: int, size: int, sample_rate: int) -> Samples:
    """How much of the second sound is heard at each sample: 0 or 1 but for the fades."""
    time = (np.arange(at, at + size) / sample_rate) % (2 * TURN_S)
    rising = np.clip((time - TURN_S) / FADE_S, 0.0, 1.0)
    falling = np.clip((time - 2 * TURN_S + FADE_S) / FADE_S, 0.0, 1.0)
    return np.asarray(rising - falling, np.float32)
