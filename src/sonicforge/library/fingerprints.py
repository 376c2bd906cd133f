"""An index of fingerprints in one file: add, remove, and find the same recording among a hundred thousand.

Of every fingerprint the landmarks are kept in an inverted index: codes that a hash of the code itself picks, one in
eight, so that a shifted or re-encoded copy picks the same ones. A search counts at which offset of which recording the
query's landmarks lie, then compares whole fingerprints at the offsets with most votes. If that finds nothing, it can
be done again with every landmark that is one bit away from a code of the query.

The file is an SQLite database with a write-ahead log: every change is whole or not there, whenever the process dies,
and others may read meanwhile.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.fingerprint.classifiers import SILENT, Codes
from sonicforge.analysis.fingerprint.match import Match, compare_at
from sonicforge.errors import BadDataFile, CannotWrite, OutOfRange, SonicForgeError

THRESHOLD: Final = 0.7
"""Similarity from which two fingerprints are taken for the same recording.

Copies of our own tracks (64 kbit/s, trimmed, softer, noisy) reach 0.91 and more, different tracks 0.50 at most.
"""

_FORMAT, _MARK = 1, 0x53464650
_SHARE: Final = 3
_PLACE_BITS: Final = 20
_COMMON: Final = 1000
_CANDIDATES: Final = 48
_PROBES: Final = 6000
_NEAR: Final = np.arange(-2, 3)

_TABLES: Final = """
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    stamp TEXT NOT NULL, duration_s REAL NOT NULL, codes BLOB NOT NULL
);
CREATE TABLE landmarks (code INTEGER NOT NULL, spot INTEGER NOT NULL, PRIMARY KEY (code, spot)) WITHOUT ROWID;
"""

Spots = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of a recording. `stamp` is free text that tells whether the file has changed since."""

    name: str
    codes: Codes
    duration_s: float = 0.0
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A recording that was found; `match` holds its similarity and where it begins in the query."""

    name: str
    match: Match


class FingerprintIndex:
    """Fingerprints of recordings by name. Without a path the index lives in memory.

    Raises `BadDataFile` for a file that is no such index, `CannotWrite` where folder or disk refuse.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        with self._refusals():
            self._base = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=30.0)
            try:
                self._prepare()
            except BaseException:
                self._base.close()
                raise

    def _prepare(self) -> None:
        mark, form = (self._base.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        empty = not self._base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not empty and (mark, form) != (_MARK, _FORMAT):
            raise BadDataFile(self._path, "application_id", "this is not a fingerprint index of this version")
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.execute("PRAGMA cache_size = -65536")
        if empty:
            with self._change():
                for statement in _TABLES.split(";")[:-1]:
                    self._base.execute(statement)
                self._base.execute(f"PRAGMA application_id = {_MARK}")
                self._base.execute(f"PRAGMA user_version = {_FORMAT}")

    def close(self) -> None:
        """Let go of the file; the log is folded into it."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._base.execute("SELECT count(*) FROM recordings").fetchone()[0])

    def __contains__(self, name: str) -> bool:
        return self._base.execute("SELECT 1 FROM recordings WHERE name = ?", (name,)).fetchone() is not None

    def names(self) -> list[str]:
        """All names in order."""
        return [name for (name,) in self._base.execute("SELECT name FROM recordings ORDER BY name")]

    def entry(self, name: str) -> Entry | None:
        """What is known of a recording, None if nothing is."""
        row = self._base.execute("SELECT codes, duration_s, stamp FROM recordings WHERE name = ?", (name,)).fetchone()
        return Entry(name, _codes(row[0]), row[1], row[2]) if row else None

    def add(self, *entries: Entry) -> None:
        """Put recordings in, all or none; one that is there under its name is replaced."""
        with self._refusals(), self._change():
            for entry in entries:
                self._remove(entry.name)
                blob = np.ascontiguousarray(entry.codes, "<u4").tobytes()
                row = (entry.name, entry.stamp, entry.duration_s, blob)
                added = self._base.execute(
                    "INSERT INTO recordings (name, stamp, duration_s, codes) VALUES (?, ?, ?, ?)", row
                )
                rows = _rows(int(added.lastrowid or 0), entry.codes)
                self._base.executemany("INSERT OR IGNORE INTO landmarks VALUES (?, ?)", rows)

    def remove(self, *names: str) -> int:
        """Take recordings out; returns how many were there."""
        with self._refusals(), self._change():
            return sum(self._remove(name) for name in names)

    def _remove(self, name: str) -> bool:
        row = self._base.execute("SELECT id, codes FROM recordings WHERE name = ?", (name,)).fetchone()
        if row is None:
            return False
        self._base.executemany("DELETE FROM landmarks WHERE code = ? AND spot = ?", _rows(row[0], _codes(row[1])))
        self._base.execute("DELETE FROM recordings WHERE id = ?", (row[0],))
        return True

    def search(self, found: Codes, *, threshold: float = THRESHOLD, most: int = 10, thorough: bool = True) -> list[Hit]:
        """Recordings whose fingerprint is like `found`, most similar first; silence is like nothing.

        The first look finds what has at most 10 % wrong bits; only if there is nothing, a `thorough` search looks
        again, which takes twenty times as long and finds most of what has up to 14 %.
        """
        if not 0.0 <= threshold <= 1.0:
            raise OutOfRange("threshold", threshold, 0, 1)
        with self._refusals():
            hits = self._compared(found, *landmarks(found), threshold)
            if thorough and not hits:
                hits = self._compared(found, *_probes(found), threshold)
        return sorted(hits, key=lambda hit: (-hit.match.similarity, hit.name))[:most]

    def _compared(self, found: Codes, marks: Codes, places: Spots, threshold: float) -> list[Hit]:
        """Candidates by votes, then their whole fingerprints at the offsets that were voted for."""
        hits = []
        for track, offsets in _elected(*self._spots(marks, places)):
            name, blob = self._base.execute("SELECT name, codes FROM recordings WHERE id = ?", (track,)).fetchone()
            match = compare_at(found, _codes(blob), offsets)
            if match.similarity >= threshold:
                hits.append(Hit(name, match))
        return hits

    def _spots(self, marks: Codes, places: Spots) -> tuple[Spots, Spots]:
        """Recording and offset for every place where a landmark of the query is known; common ones say nothing."""
        query = "SELECT spot FROM landmarks WHERE code = ? LIMIT ?"
        spots: list[int] = []
        counts = np.zeros(len(marks), np.int64)
        for i, code in enumerate(marks.tolist()):
            rows = self._base.execute(query, (code, _COMMON)).fetchall()
            if len(rows) < _COMMON:
                spots += [spot for (spot,) in rows]
                counts[i] = len(rows)
        known = np.array(spots, np.int64)
        offsets = np.repeat(places, counts) - (known & ((1 << _PLACE_BITS) - 1))
        return known >> _PLACE_BITS, offsets

    @contextmanager
    def _change(self) -> Iterator[None]:
        """All that is done inside, or nothing."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except SonicForgeError:
            raise
        except sqlite3.OperationalError as error:
            raise CannotWrite(f"cannot use the index {self._path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise BadDataFile(self._path, "file", f"this is not a fingerprint index ({error})") from error


def landmarks(found: Codes) -> tuple[Codes, Spots]:
    """The codes that stand for a fingerprint in the index and their places: the first of each run, one in eight."""
    fresh = np.concatenate([np.ones(min(1, len(found)), np.bool_), found[1:] != found[:-1]])
    places = np.flatnonzero(fresh & _picked(found))[: 1 << _PLACE_BITS]
    return found[places], places.astype(np.int64)


def _picked(found: Codes) -> NDArray[np.bool_]:
    """Fibonacci hashing: the highest bits of a product with 2^32 over the golden ratio."""
    return ((found * np.uint32(0x9E3779B1)) >> np.uint32(32 - _SHARE) == 0) & (found != SILENT)


def _probes(found: Codes) -> tuple[Codes, Spots]:
    """Landmarks one bit away from codes of the query, spread over it if they would be too many."""
    fresh = np.flatnonzero(np.concatenate([np.ones(min(1, len(found)), np.bool_), found[1:] != found[:-1]]))
    near = found[fresh, None] ^ (np.uint32(1) << np.arange(32, dtype=np.uint32))
    row, bit = np.nonzero(_picked(near))
    step = -(-len(row) // _PROBES) or 1
    return near[row, bit][::step], fresh[row[::step]].astype(np.int64)


def _rows(track: int, found: Codes) -> Iterable[tuple[int, int]]:
    codes, places = landmarks(found)
    return zip(codes.tolist(), (places + (track << _PLACE_BITS)).tolist(), strict=True)


def _codes(blob: bytes) -> Codes:
    return np.frombuffer(blob, "<u4").astype(np.uint32, copy=False)


def _elected(tracks: Spots, offsets: Spots) -> Iterator[tuple[int, Spots]]:
    """The recordings with most votes for one offset (neighbours count along), and the offsets around it."""
    if not len(tracks):
        return
    low = int(offsets.min()) - 1
    span = int(offsets.max()) - low + 2
    keys, votes = np.unique(tracks * span + (offsets - low), return_counts=True)
    beside = np.zeros_like(votes)
    touching = np.diff(keys) == 1
    beside[:-1] += np.where(touching, votes[1:], 0)
    beside[1:] += np.where(touching, votes[:-1], 0)
    order = np.argsort(-(2 * votes + beside), kind="stable")
    best: dict[int, Spots] = {}
    for key in keys[order]:
        track, offset = divmod(int(key), span)
        if track not in best:
            best[track] = offset + low + _NEAR
            if len(best) == _CANDIDATES:
                break
    yield from best.items()
