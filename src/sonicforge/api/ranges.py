"""Parts of a file that a client asks for by a `Range` header (RFC 9110, 14)."""

import re
from typing import Final

from starlette.datastructures import Headers

_ONE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """The part begins behind the end."""


def range_of(asked: Headers, size: int, *, etag: str, modified: str) -> range | None:
    """The bytes that are wanted of a file of `size`, None for all of them.

    One part is served; several, or what is no range, mean the whole file, as the standard allows. Raises
    `Unsatisfiable`.
    """
    found = _ONE.fullmatch(asked.get("range", ""))
    if found is None or found.group(1) == found.group(2) == "":
        return None
    if "if-range" in asked and asked["if-range"] not in (etag, modified):
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(size - int(last), 0), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return None
    if begin >= size or begin >= end:
        raise Unsatisfiable(f"bytes {begin}- were asked for, but there are {size}")
    return range(begin, end)
