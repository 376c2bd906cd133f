"""Memory that is no longer used goes back to the system instead of waiting in one heap for each thread (glibc)."""

import ctypes
from typing import Final

_TRIM, _MMAP, _ARENAS = -1, -3, -8
_SETTINGS: Final = ((_MMAP, 512 * 1024), (_TRIM, 1024 * 1024), (_ARENAS, 2))
"""Arrays of more than half a megabyte get pages of their own. With HLS and direct streams 344 MB became 297."""


def give_back_memory() -> None:
    """Set the allocator of this process so, before its threads start; elsewhere than on glibc nothing happens."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    for option, value in _SETTINGS:
        mallopt(option, value)
