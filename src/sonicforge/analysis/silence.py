"""Silence: where nothing sounds, from the highest sample of every 10 ms."""

import numpy as np
from numpy.typing import NDArray

PIECE_HZ = 100.0
"""Pieces a second."""
SILENT_DB = -60.0
"""dBFS below which a piece counts as silent."""


def spans(flags: NDArray[np.bool_], per_second: float, least_s: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Stretches of True as (start, end) in seconds, only those of at least `least_s`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return tuple(
        (float(first / per_second), float(last / per_second))
        for first, last in zip(edges[::2], edges[1::2], strict=True)
        if (last - first) / per_second >= least_s - 1e-9
    )


def silences(
    peaks: NDArray[np.floating], *, below_db: float = SILENT_DB, least_s: float = 0.5
) -> tuple[tuple[float, float], ...]:
    """Silent stretches (start, end) in seconds, from the highest absolute sample of each 10 ms."""
    return spans(peaks < 10 ** (below_db / 20), PIECE_HZ, least_s)


def sounding(peaks: NDArray[np.floating], *, below_db: float = SILENT_DB) -> tuple[float, float]:
    """Seconds of the first sound and of the end of the last; (0, 0) for silence."""
    loud = np.flatnonzero(peaks >= 10 ** (below_db / 20))
    return (float(loud[0] / PIECE_HZ), float((loud[-1] + 1) / PIECE_HZ)) if len(loud) else (0.0, 0.0)
