"""Recordings that are there more than once, in groups."""

from collections.abc import Iterable
from dataclasses import dataclass

from sonicforge.analysis.fingerprint.match import compare
from sonicforge.library.fingerprints import THRESHOLD, Entry, FingerprintIndex

_MOST_COPIES = 100


@dataclass(frozen=True, slots=True)
class Copy:
    """One file of a group: how similar it is to the group's first, and where it begins in that one (seconds)."""

    name: str
    duration_s: float
    similarity: float
    offset_s: float


def duplicates(
    index: FingerprintIndex, names: Iterable[str], *, threshold: float = THRESHOLD
) -> list[tuple[Copy, ...]]:
    """Groups of the same recording among `names`, the longest first in each; groups in the order of their names.

    Two files are in one group if one is found by the other with at least `threshold`, or if a third joins them.
    """
    wanted = sorted(set(names))
    leader = {name: name for name in wanted}
    entries: dict[str, Entry] = {}
    for name in wanted:
        entry = index.entry(name)
        if entry is None:
            continue
        entries[name] = entry
        for hit in index.search(entry.codes, threshold=threshold, most=_MOST_COPIES, thorough=False):
            if hit.name in leader:
                leader[_leader(leader, hit.name)] = _leader(leader, name)
    gathered: dict[str, list[Entry]] = {}
    for name, entry in entries.items():
        gathered.setdefault(_leader(leader, name), []).append(entry)
    return [_group(found) for found in gathered.values() if len(found) > 1]


def _leader(leader: dict[str, str], name: str) -> str:
    while leader[name] != name:
        leader[name] = name = leader[leader[name]]
    return name


def _group(found: list[Entry]) -> tuple[Copy, ...]:
    first, *rest = sorted(found, key=lambda entry: (-entry.duration_s, entry.name))
    copies = [Copy(first.name, first.duration_s, 1.0, 0.0)]
    for entry in rest:
        match = compare(first.codes, entry.codes)
        copies.append(Copy(entry.name, entry.duration_s, match.similarity, match.offset_s))
    return tuple(copies)
