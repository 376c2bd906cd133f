"""Rows of twelve notes -> one 32-bit code a frame: smooth, normalise, sixteen pairs of areas, Gray code.

The shapes and thresholds are those the open Chromaprint project (Lalinsky) learned and publishes for its algorithm 2,
after Ke, Hoiem and Sukthankar, "Computer Vision for Music Identification" (CVPR 2005): a classifier compares the
strength of two areas of the chroma picture, log(1 + a) - log(1 + b), with three thresholds.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.analysis.fingerprint.chroma import NOTES, Rows

Codes = NDArray[np.uint32]
"""A fingerprint: one code every 1365 samples of 11,025 Hz."""

SPAN: Final = 16
"""Rows that one code looks at."""

_SMOOTHING: Final = (0.25, 0.75, 1.0, 0.75, 0.25)
_QUIET: Final = 0.01

_WHOLE, _UPPER, _LATER, _CROSSED, _MIDDLE_NOTES, _MIDDLE_TIME = range(6)

_CLASSIFIERS: Final = (
    (_WHOLE, 4, 3, 15, 1.98215, 2.35817, 2.63523),
    (_MIDDLE_NOTES, 4, 6, 15, -1.03809, -0.651211, -0.282167),
    (_UPPER, 0, 4, 16, -0.298702, 0.119262, 0.558497),
    (_CROSSED, 8, 2, 12, -0.105439, 0.0153946, 0.135898),
    (_CROSSED, 4, 4, 8, -0.142891, 0.0258736, 0.200632),
    (_MIDDLE_NOTES, 0, 3, 5, -0.826319, -0.590612, -0.368214),
    (_UPPER, 2, 2, 9, -0.557409, -0.233035, 0.0534525),
    (_LATER, 7, 3, 4, -0.0646826, 0.00620476, 0.0784847),
    (_LATER, 6, 2, 16, -0.192387, -0.029699, 0.215855),
    (_LATER, 1, 3, 2, -0.0397818, -0.00568076, 0.0292026),
    (_MIDDLE_TIME, 10, 1, 15, -0.53823, -0.369934, -0.190235),
    (_CROSSED, 6, 2, 10, -0.124877, 0.0296483, 0.139239),
    (_LATER, 1, 1, 14, -0.101475, 0.0225617, 0.231971),
    (_CROSSED, 5, 6, 4, -0.0799915, -0.00729616, 0.063262),
    (_UPPER, 9, 2, 12, -0.272556, 0.019424, 0.302559),
    (_CROSSED, 4, 2, 14, -0.164292, -0.0321188, 0.0846339),
)
"""Shape, lowest note, notes, rows, and the three thresholds; the first classifier makes the highest two bits."""


def _rectangles(shape: int, note: int, notes: int, rows: int) -> list[tuple[int, int, int, int, int]]:
    """The areas that a shape adds (+1) to its first sum or (-1) to its second: sign, rows from, to, notes from, to."""
    n2, r2, n3, r3 = note + notes // 2, rows // 2, notes // 3, rows // 3
    top, low, high = note + notes, note + n3, note + 2 * n3
    return {
        _WHOLE: [(1, 0, rows, note, top)],
        _UPPER: [(1, 0, rows, n2, top), (-1, 0, rows, note, n2)],
        _LATER: [(1, r2, rows, note, top), (-1, 0, r2, note, top)],
        _CROSSED: [(1, 0, r2, n2, top), (1, r2, rows, note, n2), (-1, 0, r2, note, n2), (-1, r2, rows, n2, top)],
        _MIDDLE_NOTES: [(1, 0, rows, low, high), (-1, 0, rows, note, low), (-1, 0, rows, high, top)],
        _MIDDLE_TIME: [(1, r3, 2 * r3, note, top), (-1, 0, r3, note, top), (-1, 2 * r3, rows, note, top)],
    }[shape]


_AREAS: Final = np.array(
    [(i, *area) for i, (*shape, _, _, _) in enumerate(_CLASSIFIERS) for area in _rectangles(*shape)], np.int64
)
_THRESHOLDS: Final = np.array([row[4:] for row in _CLASSIFIERS])


def codes(chroma: Rows) -> Codes:
    """The code of every frame that has enough rows after it (frames - 19); none where there are too few rows."""
    whole = len(chroma) - len(_SMOOTHING) + 1
    if whole < SPAN:
        return np.zeros(0, np.uint32)
    smooth = np.zeros((whole, NOTES))
    for i, share in enumerate(_SMOOTHING):
        smooth += chroma[i : i + whole] * share
    strength = np.sqrt((smooth * smooth).sum(axis=1, keepdims=True))
    loud = np.where(strength < _QUIET, 0.0, smooth / np.maximum(strength, _QUIET))
    sums = np.zeros((whole + 1, NOTES + 1))
    sums[1:, 1:] = loud.cumsum(axis=1).cumsum(axis=0)
    return _classify(sums, _AREAS, _THRESHOLDS)


@njit(cache=True, nogil=True)
def _classify(sums: Rows, areas: NDArray[np.int64], thresholds: Rows) -> Codes:
    found = np.zeros(len(sums) - SPAN, np.uint32)
    more, less = np.zeros(len(thresholds)), np.zeros(len(thresholds))
    for k in range(len(found)):
        more[:], less[:] = 0.0, 0.0
        for i in range(len(areas)):
            which, sign, start, stop, low, high = areas[i]
            area = sums[k + stop, high] - sums[k + start, high] - sums[k + stop, low] + sums[k + start, low]
            if sign > 0:
                more[which] += area
            else:
                less[which] += area
        code = np.uint32(0)
        for i in range(len(thresholds)):
            value = np.log((1.0 + more[i]) / (1.0 + less[i]))
            step = 0
            for threshold in thresholds[i]:
                step += int(value >= threshold)
            code = np.uint32((code << np.uint32(2)) | np.uint32(step ^ (step >> 1)))
        found[k] = code
    return found


SILENT: Final = int(codes(np.zeros((SPAN + len(_SMOOTHING) - 1, NOTES)))[0])
"""The code of digital silence, which says nothing about a recording."""
