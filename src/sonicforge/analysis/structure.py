"""Structure: where sections begin, and which of them are alike.

Bars are described by timbre, rhythm and chroma; the cut into sections is the one that leaves the least spread inside
them at a fixed price a section (optimal segmentation by dynamic programming, as Jensen 2007 does on self-similarity).
Sections of 8, 16 ... bars are cheaper than crooked ones, for that is how bars come. Sections that sound alike share a
letter.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.analysis.beats import Beats
from sonicforge.analysis.chroma import UPPER, between, folded, in_tune
from sonicforge.analysis.features import FAST_HZ, Features
from sonicforge.analysis.mel import cepstra
from sonicforge.analysis.onsets import band_flux
from sonicforge.sound.audio import Samples

Floats = NDArray[np.float64]

TIMBRES, RHYTHMS = 14, 5

_WEIGHTS = (1.0 / 6.3, 3.0 / 2.24, 0.5)
"""Timbre, rhythm, chroma: per square root of their dimensions, then by what found most boundaries of our own tracks."""
_PRICE = 0.5
_LONGEST = 64
_ALIKE = 0.45
_BAR_S = 2.0
_FLOOR = np.float32(-11.5)


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch from `start_s` to `end_s`. Equal letters sound alike; `level` is 0 (quietest) to 1 (loudest)."""

    start_s: float
    end_s: float
    label: str
    level: float


def find_sections(features: Features, beats: Beats) -> tuple[Section, ...]:
    """Sections of a whole sound, at least one unless it is empty."""
    edges = bar_edges(beats, features.duration_s)
    if len(edges) < 2:
        return ()
    bars = describe_bars(features, edges)
    borders = segment(bars)
    means = np.array([bars[a:b].mean(axis=0) for a, b in pairwise(borders)])
    labels = _letters(means, float(_spread(bars)))
    loud = between(features.shape[:, 4:5], edges[borders])[:, 0]
    levels = np.log10(loud + 1e-7)
    levels = (levels - levels.min()) / max(float(np.ptp(levels)), 0.3)
    times = edges[borders]
    return tuple(
        Section(float(a), float(b), label, round(float(level), 3))
        for a, b, label, level in zip(times[:-1], times[1:], labels, levels, strict=True)
    )


def bar_edges(beats: Beats, duration_s: float) -> Floats:
    """Borders of the bars from 0 to the end; every two seconds where there are no beats."""
    bars = beats.bars_s if len(beats.downbeats) > 1 else np.arange(_BAR_S, duration_s, _BAR_S)
    if duration_s <= 0:
        return np.zeros(0)
    length = float(np.median(np.diff(bars))) if len(bars) > 1 else _BAR_S
    inner = bars[(bars > 0.3 * length) & (bars < duration_s - 0.3 * length)]
    return np.concatenate([[0.0], inner, [duration_s]])


def between_fast(frames: NDArray[np.floating], times_s: Floats) -> Floats:
    """Means of fast frames between each two of the times, (times - 1, width)."""
    last = max(len(frames) - 1, 0)
    edges = np.clip(np.round(times_s * FAST_HZ).astype(np.int64), 0, last)
    return np.array([frames[a : max(b, a + 1)].mean(axis=0, dtype=np.float64) for a, b in pairwise(edges)])


def describe_bars(features: Features, edges: Floats) -> Floats:
    """Each bar as a row (bars, 31): cepstra, onsets in groups of bands, chroma, each less its mean over the sound."""
    levels = np.maximum(between_fast(features.mel, edges), _FLOOR).astype(np.float32)
    rhythm = np.log(between_fast(band_flux(features), edges) + 0.02)
    chroma = between(_unit(folded(in_tune(features), UPPER)), edges)
    rows = [cepstra(levels - levels.mean(axis=0), TIMBRES), rhythm, chroma]
    return np.concatenate(
        [weight * (row - row.mean(axis=0)) for weight, row in zip(_WEIGHTS, rows, strict=True)], axis=1
    ).astype(np.float64)


def segment(bars: Floats) -> NDArray[np.int64]:
    """Borders of the sections as bar numbers, from 0 to the number of bars."""
    spread = _spread(bars)
    if spread < 1e-9 or len(bars) < 2:
        return np.array([0, len(bars)], np.int64)
    total = np.concatenate([np.zeros((1, bars.shape[1])), np.cumsum(bars, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum((bars**2).sum(axis=1))])
    prices = _PRICE * spread * np.array([1.0 + _crookedness(length) for length in range(_LONGEST + 1)])
    before = _cheapest(total, squares, prices)
    borders = [len(bars)]
    while borders[-1] > 0:
        borders.append(int(before[borders[-1]]))
    return np.array(borders[::-1], np.int64)


def _spread(bars: Floats) -> float:
    return float(((bars - bars.mean(axis=0)) ** 2).sum(axis=1).mean())


def _crookedness(length: int) -> float:
    """Extra price of a section of so many bars."""
    odd = 0.0 if length % 8 == 0 else 0.5 if length % 4 == 0 else 1.2 if length % 2 == 0 else 2.4
    return odd + (2.0 if length < 4 else 0.0)


def _unit(chroma: Samples) -> Samples:
    return np.asarray(chroma / (np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-2), np.float32)


def _letters(means: Floats, spread: float) -> list[str]:
    """A letter for each section, new where no earlier one is near."""
    kept: list[Floats] = []
    names = []
    for mean in means:
        away = [float(((mean - other) ** 2).sum()) for other in kept]
        if away and min(away) < _ALIKE * spread:
            names.append(away.index(min(away)))
        else:
            kept.append(mean)
            names.append(len(kept) - 1)
    return [chr(65 + name % 26) + ("'" * (name // 26)) for name in names]


@njit(cache=True, nogil=True)
def _cheapest(total, squares, prices):  # type: ignore[no-untyped-def]
    bars = squares.size - 1
    cost = np.full(bars + 1, np.inf, np.float64)
    before = np.zeros(bars + 1, np.int64)
    cost[0] = 0.0
    for end in range(1, bars + 1):
        for start in range(max(0, end - prices.size + 1), end):
            moved = 0.0
            for k in range(total.shape[1]):
                sum_k = total[end, k] - total[start, k]
                moved += sum_k * sum_k
            inside = squares[end] - squares[start] - moved / (end - start)
            price = prices[end - start] if end < bars else prices[8]
            if cost[start] + inside + price < cost[end]:
                cost[end] = cost[start] + inside + price
                before[end] = start
    return before
