"""A sound file in the making: blocks in, one whole file under its name at the end, or none at all."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from pathlib import Path
from shutil import disk_usage
from types import TracebackType
from typing import Self

import numpy as np

from sonicforge.errors import CannotWrite, OutOfRange, UnknownName
from sonicforge.sound.audio import Samples
from sonicforge.sound.encoding import BLOCK, FORMATS, Encoder, encoder
from sonicforge.sound.tags import Tags

_BITS = {"wav": ("16", "24", "32f"), "flac": ("16", "24")}


class Writer:
    """Writes a sound file block by block, with flat memory, in the formats of `sound.encoding.FORMATS`.

    The file grows under a hidden name in the same folder and is renamed when complete; if anything fails, or the
    `with` block raises, nothing is left. Integer formats are dithered after `sound.dither`. A wav of more than 4 GiB
    becomes an RF64 if `length` announces its samples. Raises `CannotWrite` with path and reason.
    """

    def __init__(
        self,
        path: Path | str,
        sample_rate: int,
        channels: int,
        *,
        format: str = "",  # noqa: A002 - the word musicians use
        bits: str = "24",
        bitrate: int | None = None,
        tags: Tags | None = None,
        cover: bytes | None = None,
        dither: str = "tpdf",
        length: int = 0,
    ) -> None:
        self.path = Path(path)
        self.format = checked_format(self.path, format, bits)
        rates = FORMATS[self.format].rates
        if rates and sample_rate not in rates:
            raise OutOfRange(f"sample rate of {self.format}", sample_rate, rates[0], rates[-1], "Hz")
        # Coders get blocks of one size, so that the file does not depend on how the sound arrived.
        self._waiting = np.zeros((channels, 0), np.float32)
        plain = re.sub(r"[^\w.-]", "_", self.path.name, flags=re.ASCII)[-40:]
        self._hidden = self.path.with_name(f".{plain}.{secrets.token_hex(4)}.part")
        with self._refusals():
            self._encoder: Encoder = encoder(
                self._hidden,
                self.format,
                sample_rate,
                channels,
                bits=bits,
                bitrate=bitrate or FORMATS[self.format].bitrate,
                tags=tags or {},
                cover=cover,
                dither=dither,
                length=length,
            )

    def write(self, samples: Samples) -> None:
        """Append samples (channels, n) of any length."""
        with self._refusals():
            sound = np.concatenate([self._waiting, samples], axis=1) if self._waiting.shape[1] else samples
            whole = sound.shape[1] // BLOCK * BLOCK
            for first in range(0, whole, BLOCK):
                self._encoder.write(sound[:, first : first + BLOCK])
            self._waiting = sound[:, whole:].copy()

    def close(self) -> None:
        """Finish the file and give it its name."""
        with self._refusals():
            if self._waiting.shape[1]:
                self._encoder.write(self._waiting)
            self._encoder.close()
            with self._hidden.open("rb+") as file:
                os.fsync(file.fileno())
            self._hidden.replace(self.path)

    def discard(self) -> None:
        """Give up: leave no trace."""
        with suppress(Exception):  # the file is unwanted; why it also fails to close does not matter
            self._encoder.close()
        for leftover in (self._hidden, self._hidden.with_name(self._hidden.name + ".bare")):
            leftover.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Cleans up after any failure; what folder, disk or codec refused becomes `CannotWrite`."""
        try:
            yield
        except Exception as error:
            self.discard()
            if isinstance(error, (OSError, RuntimeError, AssertionError, UnicodeError)):
                raise CannotWrite(f"cannot write {self.path}: {self._reason(error)}") from error
            raise

    def _reason(self, error: Exception) -> str:
        """The system's words; libsndfile does not pass them on, so look at the folder."""
        if isinstance(error, OSError) and error.strerror:
            return error.strerror.lower()
        folder = self.path.parent
        if not folder.is_dir():
            return "no such folder"
        if not os.access(folder, os.W_OK):
            return "permission denied"
        if disk_usage(folder).free < 4 << 20:
            return os.strerror(ENOSPC).lower()
        return str(error) or "the file could not be completed"


def checked_format(path: Path, wanted: str, bits: str) -> str:
    """The format asked for, or the one the file's ending means; raises `UnknownName`."""
    name = wanted or path.suffix.lstrip(".").lower()
    if name not in FORMATS:
        raise UnknownName("format", name, FORMATS)
    if name in _BITS and bits not in _BITS[name]:
        raise UnknownName(f"bit depth of {name}", bits, _BITS[name])
    return name
