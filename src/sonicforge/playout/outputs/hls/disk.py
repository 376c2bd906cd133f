"""The folder of an HLS output: segments that grow and become whole, the sequence, the playlists.

    hls/master.m3u8   hls/sequence.json   hls/<rendition>/{index.m3u8, init-<hash>.mp4, <number>.m4s, <number>.part}

A segment grows as `.part` and gets its name when it is complete; nothing that a playlist names ever changes.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import orjson

from sonicforge.errors import BadDataFile
from sonicforge.playout.outputs.hls.fragment import chunk_ends
from sonicforge.playout.outputs.hls.playlists import file_of
from sonicforge.playout.outputs.hls.sequence import Sequence

_STATE = "sequence.json"


class Disk:
    """Reads and writes an output's folder. Whatever the disk refuses comes as `OSError`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> Sequence | None:
        """The sequence as last saved; None where there is none, or none that can be understood."""
        try:
            return Sequence.from_json(orjson.loads((self.folder / _STATE).read_bytes()))
        except (FileNotFoundError, orjson.JSONDecodeError, BadDataFile):
            return None

    def save(self, sequence: Sequence) -> None:
        """Survives kill -9 and power cuts: after this the sequence is true."""
        write_whole(self.folder / _STATE, orjson.dumps(sequence.to_json()), sync=True)

    def make_folders(self, renditions: Iterable[str]) -> None:
        for name in renditions:
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def keep_init(self, rendition: str, init: bytes) -> str:
        """Store an initialisation segment; the same bytes always have the same name."""
        name = f"init-{blake2b(init, digest_size=6).hexdigest()}.mp4"
        path = self.folder / rendition / name
        if not path.is_file() or path.stat().st_size != len(init):
            write_whole(path, init)
        return name

    def read_init(self, rendition: str, name: str) -> bytes:
        return (self.folder / rendition / name).read_bytes()

    def read(self, rendition: str, number: int) -> bytes:
        return self._whole(rendition, number).read_bytes()

    def append(self, rendition: str, number: int, chunk: bytes) -> int:
        """Let a segment grow; gives its bytes so far."""
        with self._part(rendition, number).open("ab") as file:
            file.write(chunk)
            return file.tell()

    def complete(self, rendition: str, number: int) -> None:
        """Give a grown segment its name."""
        self._part(rendition, number).replace(self._whole(rendition, number))

    def chunks(self, rendition: str, number: int) -> list[int]:
        """Where each whole chunk of a segment that grew, or had just got its name, ends in bytes."""
        for path in (self._whole(rendition, number), self._part(rendition, number)):
            with suppress(FileNotFoundError):
                return chunk_ends(path.read_bytes())
        return []

    def cut(self, rendition: str, number: int, size: int) -> None:
        """Shorten an unlisted segment to its first `size` bytes and give it its name."""
        part, whole = self._part(rendition, number), self._whole(rendition, number)
        if whole.exists():
            whole.replace(part)
        os.truncate(part, size)
        part.replace(whole)

    def size(self, rendition: str, number: int) -> int:
        """Bytes of a segment, -1 if it is missing."""
        try:
            return self._whole(rendition, number).stat().st_size
        except FileNotFoundError:
            return -1

    def highest(self) -> int:
        """The highest number that any segment here has; -1 where there is none."""
        return max((int(path.stem) for path in self.folder.glob("*/*.m4s") if path.stem.isdecimal()), default=-1)

    def write_playlist(self, path: str, text: str) -> None:
        """Replace a playlist at once; an unchanged one is left alone."""
        target, data = self.folder / path, text.encode()
        with suppress(OSError):
            if target.read_bytes() == data:
                return
        write_whole(target, data)

    def delete(self, numbers: Iterable[int]) -> frozenset[int]:
        """Delete segments in all renditions; gives the numbers of which nothing is left."""
        deleted = set()
        folders = [path for path in self.folder.iterdir() if path.is_dir()]
        for number in numbers:
            with suppress(OSError):
                for folder in folders:
                    (folder / file_of(number)).unlink(missing_ok=True)
                deleted.add(number)
        return frozenset(deleted)

    def sweep(self, sequence: Sequence | None) -> None:
        """Delete what no sequence knows: parts, temporary files, segments of a forgotten time."""
        known: set[str] = set()
        if sequence is not None:
            known = {file_of(segment.number) for segment in sequence.listed}
            known |= {file_of(number) for number, _ in sequence.gone}
        for path in self.folder.glob("*/*"):
            stray = path.suffix == ".m4s" and path.name not in known
            if stray or path.suffix in {".part", ".new"}:
                with suppress(OSError):
                    path.unlink()

    def _part(self, rendition: str, number: int) -> Path:
        return self.folder / rendition / f"{number}.part"

    def _whole(self, rendition: str, number: int) -> Path:
        return self.folder / rendition / file_of(number)


def write_whole(path: Path, data: bytes, *, sync: bool = False) -> None:
    """Replace a file by `data`: readers see the old one or the new one, never half of it."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    new.replace(path)
