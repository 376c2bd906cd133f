"""A fingerprint as the short text that `fpcalc` prints and AcoustID takes, and back.

Every code is written as the bits in which it differs from the one before: distances from one such bit to the next in 3
bits each, 0 for the end of a code; a distance of 7 or more is 7 and the rest stands in a second list of 5 bits each.
A head of four bytes tells algorithm and number of codes; all of it in URL-safe base64.
"""

import base64
import binascii
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.fingerprint.classifiers import Codes
from sonicforge.errors import BadInput

_ALGORITHM: Final = 1
_MOST: Final = 7
_HEAD: Final = 4

_Numbers = NDArray[np.int64]


def to_text(found: Codes) -> str:
    """The fingerprint in base64 without padding, algorithm 2 (whose number in the head is 1)."""
    changes = found ^ np.concatenate([np.zeros(min(1, len(found)), np.uint32), found[:-1]])
    code, bit = np.nonzero(
        np.unpackbits(changes.astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
    )
    distances = np.diff(bit, prepend=-1)
    fresh = np.diff(code, prepend=-1) > 0
    distances[fresh] = bit[fresh] + 1
    small = np.zeros(len(code) + len(found), np.int64)
    small[np.arange(len(code)) + code] = np.minimum(distances, _MOST)
    large = distances[distances >= _MOST] - _MOST
    head = bytes([_ALGORITHM]) + len(found).to_bytes(3, "big")
    return base64.urlsafe_b64encode(head + _packed(small, 3) + _packed(large, 5)).decode().rstrip("=")


def from_text(text: str) -> Codes:
    """The codes of a text as `to_text` or `fpcalc` writes it; raises `BadInput`."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(f"{_short(text)} is not a fingerprint") from None
    count = int.from_bytes(data[1:_HEAD], "big")
    small = _unpacked(data[_HEAD:], 3)
    ends = np.flatnonzero(small == 0)[:count]
    if len(data) < _HEAD or len(ends) < count:
        raise BadInput(f"the fingerprint {_short(text)} is cut off")
    small = small[: ends[-1] + 1] if count else small[:0]
    large = _unpacked(data[_HEAD + -(-3 * len(small) // 8) :], 5)
    wide = np.flatnonzero(small == _MOST)
    if len(large) < len(wide):
        raise BadInput(f"the fingerprint {_short(text)} is cut off")
    distances = small.copy()
    distances[wide] += large[: len(wide)]
    return np.bitwise_xor.accumulate(_changes(distances, ends, text)) if count else np.zeros(0, np.uint32)


def _changes(distances: _Numbers, ends: _Numbers, text: str) -> Codes:
    """For every code the bits that changed."""
    reached = np.cumsum(distances)
    before = np.concatenate([[0], reached[ends[:-1]]])
    code = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=-1))
    bit = reached - before[code] - 1
    real = distances > 0
    if (bit[real] > 31).any():
        raise BadInput(f"{_short(text)} is not a fingerprint")
    changes = np.zeros(len(ends), np.uint32)
    np.bitwise_or.at(changes, code[real], np.uint32(1) << bit[real].astype(np.uint32))
    return changes


def _packed(numbers: _Numbers, width: int) -> bytes:
    bits = (numbers[:, None] >> np.arange(width)) & 1
    return np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()


def _unpacked(data: bytes, width: int) -> _Numbers:
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").astype(np.int64)
    whole = bits[: len(bits) // width * width].reshape(-1, width)
    return whole @ (1 << np.arange(width))


def _short(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:21] + "...")
