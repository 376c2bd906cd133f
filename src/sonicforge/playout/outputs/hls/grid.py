"""The one grid on which all renditions are cut, in samples since the station's epoch.

pair 9216 = 2 blocks = 9 AAC frames = 2 FLAC frames     the smallest step that is whole in every codec
segment 285696 = 31 pairs = 62 blocks = 279 AAC frames  5.952 s, lines at multiples of it
chunks: a segment is written in six pieces, so that a crash costs less than a second of it
"""

from bisect import bisect_right

from sonicforge.playout.block import BLOCK, RATE

PAIR = 2 * BLOCK
SEGMENT = 31 * PAIR
SEGMENT_S = SEGMENT / RATE
TARGET_S = 6
"""EXT-X-TARGETDURATION: constant for ever, whatever happens on air."""

_EDGES = tuple(pairs * PAIR for pairs in (5, 10, 15, 20, 25, 31))


def first_pair(position: int) -> int:
    """The first pair that begins at `position` or after it."""
    return -(-position // PAIR) * PAIR


def segment_end(position: int) -> int:
    """The grid line that ends the segment which `position` lies in."""
    return (position // SEGMENT + 1) * SEGMENT


def chunk_end(position: int) -> int:
    """The edge that ends the chunk which `position` lies in."""
    line = position // SEGMENT * SEGMENT
    return line + _EDGES[bisect_right(_EDGES, position - line)]
