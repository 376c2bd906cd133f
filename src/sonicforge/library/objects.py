"""Files by the hash of their content: written once, whole or not at all, the same bytes only once.

An object is `objects/ab/abcdef...`, named by the BLAKE2b hash of its bytes. It is written beside its place, flushed to
the disk and renamed, so that whoever sees a name sees all its bytes. What no row speaks of any more is swept up after
a while; a file that somebody puts again at that very moment survives.
"""

import errno
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Final

from sonicforge.errors import BadInput, CannotWrite, NotFound

GRACE_S: Final = 3600.0
_CHUNK: Final = 1 << 20
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_PART, _TRASH = ".part-", ".trash-"


@dataclass(frozen=True, slots=True)
class Disk:
    """What the objects take and what is left: bytes and number of objects, free and total bytes of their disk."""

    bytes: int
    objects: int
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep deleted."""

    objects: int
    bytes: int
    leftovers: int


class Objects:
    """Files by content in one folder. Several processes may use it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: Path | bytes) -> str:
        """Keep a file or bytes; returns the hash by which they are found. The content is on the disk when it does.

        Raises `CannotWrite` where the disk refuses; nothing is left of a failed attempt.
        """
        with _refusals(self.folder), self._part() as part:
            with _opened(content) as source, part.open("xb") as target:
                name = _copy(source, target)
                target.flush()
                os.fsync(target.fileno())
            place = self._place(name)
            if not _freshened(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                part.replace(place)
                _flush_folder(place.parent)
        return name

    def path(self, name: str) -> Path:
        """The file of a hash; raises `NotFound` if it is not there and `BadInput` for what is no hash."""
        place = self._place(name)
        if not place.is_file():
            raise NotFound("object", name)
        return place

    def __contains__(self, name: str) -> bool:
        return self._place(name).is_file()

    def intact(self, name: str) -> bool:
        """Whether the bytes of an object still have its hash; reads all of it."""
        digest = hashlib.blake2b(digest_size=32)
        with self.path(name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == name

    def delete(self, name: str) -> None:
        """Delete an object at once; one that is not there is no error."""
        with _refusals(self.folder):
            self._place(name).unlink(missing_ok=True)

    def sweep(self, used: Callable[[], set[str]], *, older_than_s: float = GRACE_S, now: float | None = None) -> Sweep:
        """Delete objects that are not in `used()` and were put longer ago than `older_than_s`.

        `used` is called after the candidates are known, and whoever puts a file has that long to commit its row.
        Leftovers of killed processes go too. Raises `CannotWrite`.
        """
        before = (time.time() if now is None else now) - older_than_s
        deleted, freed, leftovers = 0, 0, 0
        with _refusals(self.folder):
            old = [path for path in self._files() if _older(path, before)]
            kept = used() if old else set()
            for path in old:
                size = None if path.name in kept else self._discarded(path, before)
                deleted, freed = deleted + (size is not None), freed + (size or 0)
            for path in self._leftovers():
                leftovers += self._settled(path, before)
        return Sweep(deleted, freed, leftovers)

    def disk(self) -> Disk:
        """Space that is taken and left."""
        with _refusals(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            sizes = [path.stat().st_size for path in self._files()]
            space = shutil.disk_usage(self.folder)
        return Disk(sum(sizes), len(sizes), space.free, space.total)

    def names(self) -> Iterator[str]:
        """Hashes of all objects."""
        return (path.name for path in self._files())

    def _place(self, name: str) -> Path:
        if not _HASH.fullmatch(name):
            raise BadInput(f"{name[:80]!r} is no hash of an object, which are 64 hex digits")
        return self.folder / name[:2] / name

    def _files(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("[0-9a-f][0-9a-f]/*") if _HASH.fullmatch(path.name))

    def _leftovers(self) -> Iterator[Path]:
        return (path for path in self.folder.glob(".*") if path.name.startswith((_PART, _TRASH)))

    @contextmanager
    def _part(self) -> Iterator[Path]:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{_PART}{os.getpid()}-{secrets.token_hex(6)}"
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)

    def _discarded(self, path: Path, before: float) -> int | None:
        """Delete an old file unless somebody put it again meanwhile: it is moved away first and looked at there.

        Returns its bytes, None for one that stays. For a moment even that one is not in its place.
        """
        trash = self.folder / f"{_TRASH}{secrets.token_hex(4)}-{path.name}"
        path.rename(trash)
        found = trash.stat()
        if found.st_mtime >= before:
            trash.replace(path)
            return None
        trash.unlink()
        return found.st_size

    def _settled(self, path: Path, before: float) -> bool:
        """Delete what a killed process left, or put back what it was about to delete."""
        if not _older(path, before):
            return False
        name = path.name.rpartition("-")[2]
        if path.name.startswith(_TRASH) and _HASH.fullmatch(name) and not self._place(name).exists():
            path.replace(self._place(name))
        else:
            path.unlink(missing_ok=True)
        return True


@contextmanager
def _opened(content: Path | bytes) -> Iterator[IO[bytes]]:
    if isinstance(content, bytes):
        yield BytesIO(content)
        return
    with content.open("rb") as file:
        yield file


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=32)
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _older(path: Path, before: float) -> bool:
    """Whether a file was put before a time; one that has just gone was not."""
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _freshened(place: Path) -> bool:
    """Say that a file is wanted again; False if it is not there, also when it was swept up just now."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return place.exists()


def _flush_folder(folder: Path) -> None:
    """A rename is safe once its folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise CannotWrite(f"{folder}: {reason}") from error
