"""A take's folder: its name, its formats, and how it comes to be whole.

Everything is written into a hidden folder beside the target and renamed at the end, so that a folder under its final
name is always whole, whenever the process dies.
"""

import errno
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sonicforge.errors import CannotWrite, UnknownName
from sonicforge.studio.take import Take

FORMATS = {
    "wav": ("wav", "24"),
    "wav16": ("wav", "16"),
    "wav32f": ("wav", "32f"),
    "flac": ("flac", "24"),
    "mp3": ("mp3", "24"),
    "ogg": ("ogg", "24"),
    "opus": ("opus", "24"),
    "m4a": ("m4a", "24"),
}
"""Format name -> file ending and bits per sample (which lossy formats ignore)."""

_SAME = {"aac": "m4a", "vorbis": "ogg", "wav24": "wav", "wave": "wav"}


def parse_formats(text: str) -> tuple[str, ...]:
    """`"flac,mp3"` -> names of `FORMATS`; raises `UnknownName`."""
    names = [_SAME.get(name, name) for name in re.split(r"[,\s]+", text.lower().strip()) if name]
    for name in names:
        if name not in FORMATS:
            raise UnknownName("format", name, FORMATS)
    if not names:
        raise UnknownName("format", text, FORMATS)
    return tuple(dict.fromkeys(names))


def folder_name(take: Take) -> str:
    """Lower-case ASCII title, genre and id: `neon-harbour-synthwave-1a2b3c4d5e6f`."""
    plain = unicodedata.normalize("NFKD", take.score.title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "untitled"
    return f"{slug}-{take.score.genre.replace('_', '-')}-{take.id}"


@contextmanager
def unfinished(parent: Path) -> Iterator[Path]:
    """A hidden work folder inside `parent` that vanishes at the end, unless `put_in_place` has renamed it.

    Disk and permission errors inside become `CannotWrite`.
    """
    hidden = parent / f".sonicforge-{os.getpid()}-{secrets.token_hex(4)}.part"
    try:
        hidden.mkdir(parents=True)
        yield hidden
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise CannotWrite(f"{parent}: {reason}") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def put_in_place(hidden: Path, folder: Path) -> None:
    """Give a finished work folder its final name; an older folder of that name is replaced."""
    if not folder.exists():
        hidden.rename(folder)
        return
    old = hidden.with_suffix(".old")
    folder.rename(old)
    hidden.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
