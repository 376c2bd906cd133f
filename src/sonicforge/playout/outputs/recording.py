"""Continuous recording: a sound file for each hour with its cue sheet and as-run list, playable even after a crash."""

import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage
from typing import BinaryIO

from sonicforge.errors import CannotWrite, OutOfRange, UnknownName
from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.outputs.as_run import AsRun, iso
from sonicforge.playout.outputs.consumer import BLOCK_S, Consumer
from sonicforge.playout.outputs.encoder import CODINGS, checked_coding, encoder
from sonicforge.playout.probe import Probe, ProbeReading

FORMATS = ("flac", "mp3", "opus", "aac")
_HOUR_S = 3600.0
_CARE_EVERY = round(5.0 / BLOCK_S)
_LENGTH_AT = 18
"""Where STREAMINFO keeps rate, channels, bits and, in the lowest 36 bits, the number of samples (RFC 9639, 8.2)."""


class RecordingOutput(Consumer):
    """Writes `<station>-<UTC time>.<format>` into `folder`; a new file each full hour, after each gap and start.

    What was recorded is in the file within a tenth of a second and on the disk within five, so that a file cut off by a
    crash plays to its end. Below `least_free_mb` the recording rests and says so; files older than `keep_h` hours are
    deleted (None: never). `bitrate` in bit/s, for the lossy formats.
    """

    kind = "recording"

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        station: str = "main",
        format: str = "flac",  # noqa: A002 - the word musicians use
        bitrate: int = 0,
        least_free_mb: float = 1000.0,
        keep_h: float | None = None,
    ) -> None:
        super().__init__(name, queue_s=30.0, first_wait_s=1.0, most_wait_s=10.0)
        if format not in FORMATS:
            raise UnknownName("format of recordings", format, FORMATS)
        if not 0 <= least_free_mb <= 1e9:
            raise OutOfRange("free space to keep", least_free_mb, 0, 1e9, "MB")
        if keep_h is not None and not 1 <= keep_h <= 1e6:
            raise OutOfRange("hours to keep", keep_h, 1, 1e6, "h")
        self._folder, self._station, self._format = folder, station, format
        self._bitrate = checked_coding(format, bitrate)[1]
        self._least_free = round(least_free_mb * 1e6)
        self._keep_h = keep_h
        self._sounding: tuple[Mark, int] | None = None

    def _session(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file: _File | None = None
        self._sounding = self._newest
        try:
            for block in self._blocks():
                if block is None:
                    continue
                if file is None or not file.continues(block):
                    self._finish(file)
                    file = self._open(block)
                self._write(file, block)
        finally:
            self._finish(file)

    def _open(self, block: Block) -> "_File":
        self._guard()
        self._forget_old(block.utc)
        file = _File(self._free_path(block.utc), self._station, self._format, self._bitrate, block)
        if self._sounding is not None and self._sounding[1] < block.position:
            mark, position = self._sounding
            file.note(replace(mark, offset=0, at_s=mark.at_s + (block.position - position) / RATE))
        self._standing.become("on", file.path.name)
        return file

    def _write(self, file: "_File", block: Block) -> None:
        for mark in block.marks:
            if mark.kind != "bridge":
                self._sounding = (mark, block.position + mark.offset)
        self._standing.took(self._standing.read().bytes_taken + file.write(block))
        self._heard(file.reading)
        if file.blocks % _CARE_EVERY == 0:
            file.settle()
            self._guard()
            self._standing.set(bitrate=round(8 * file.size / (file.blocks * BLOCK_S)))

    def _finish(self, file: "_File | None") -> None:
        if file is not None:
            file.close()

    def _guard(self) -> None:
        free = disk_usage(self._folder).free
        if free < self._least_free:
            raise CannotWrite(
                f"{self._folder}: {free // 1_000_000} MB free, recording wants {self._least_free // 1_000_000}"
            )

    def _free_path(self, utc: float) -> Path:
        stem = f"{self._station}-{datetime.fromtimestamp(utc, UTC):%Y%m%dT%H%M%SZ}"
        number = 1
        while (path := self._folder / f"{stem}{'' if number == 1 else f'-{number}'}.{self._format}").exists():
            number += 1
        return path

    def _forget_old(self, utc: float) -> None:
        if self._keep_h is None:
            return
        for sound in self._folder.glob(f"{self._station}-????????T??????Z*.{self._format}"):
            if sound.stat().st_mtime < utc - self._keep_h * _HOUR_S:
                for path in (sound, sound.with_suffix(".json"), sound.with_suffix(".cue")):
                    path.unlink(missing_ok=True)


class _File:
    """One recorded file with its papers."""

    def __init__(self, path: Path, station: str, coding: str, bitrate: int, first: Block) -> None:
        self.path, self.blocks, self.size = path, 0, 0
        self._hour = first.utc // _HOUR_S
        self._next = first.position
        self._coding = coding
        self._coder = encoder(coding, bitrate=bitrate, comments={"title": f"{station} {iso(first.utc)}"})
        self._log = AsRun(station, path, first.utc)
        # Unbuffered: what the encoder gave survives the end of this process.
        self._file: BinaryIO = path.open("xb", buffering=0)
        self._put(self._coder.head)
        self._probe = Probe(CODINGS[coding].container, header=self._coder.head)
        self._log.save()

    @property
    def reading(self) -> ProbeReading:
        """What the probe heard in the file."""
        return self._probe.read()

    def continues(self, block: Block) -> bool:
        """Whether `block` belongs right behind the last one, in the same hour."""
        return not block.gap and block.position == self._next and block.utc // _HOUR_S == self._hour

    def note(self, mark: Mark) -> None:
        """Something begins, or is already sounding, in the block that is written next."""
        self._log.add(mark, self.blocks * BLOCK + mark.offset)

    def write(self, block: Block) -> int:
        """Append a block; gives the bytes that were written."""
        for mark in block.marks:
            self.note(mark)
        if block.marks:
            self._log.save()
        data = self._coder.encode(block.samples)
        self._put(data)
        self._probe.feed(data)
        self.blocks += 1
        self._next = block.position + BLOCK
        return len(data)

    def settle(self) -> None:
        """All that was written reaches the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Complete sound and papers; a full disk leaves them as they are."""
        try:
            with suppress(OSError):
                self._put(self._coder.finish())
                if self._coding == "flac":
                    self._state_length()
                self.settle()
                self._log.save(round(self.blocks * BLOCK_S, 4))
        finally:
            self._file.close()

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self.size += len(data)

    def _state_length(self) -> None:
        """A FLAC stream does not know its length when it begins."""
        with self.path.open("rb+") as file:
            file.seek(_LENGTH_AT)
            fields = int.from_bytes(file.read(8), "big")
            file.seek(_LENGTH_AT)
            file.write((fields >> 36 << 36 | self.blocks * BLOCK).to_bytes(8, "big"))
