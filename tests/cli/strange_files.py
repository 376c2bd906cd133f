"""Files as people really have them: some strange but sound, some broken."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.files import write


def music(seconds: float = 3.0, channels: int = 2, rate: int = 48_000) -> Samples:
    """A chord with a beat in noise, mono or more."""
    t = np.arange(round(seconds * rate)) / rate
    beat = np.exp(-((t * 2) % 1.0) * 8)
    noise = np.random.default_rng(3).standard_normal((channels, t.size))
    tones = sum(np.sin(2 * np.pi * hz * t + np.arange(channels)[:, None]) for hz in (220.0, 277.2, 329.6))
    return (0.08 * tones + 0.12 * beat * noise).astype(np.float32)


def _wav(x: Samples, rate: int = 48_000, subtype: str = "PCM_16") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        soundfile.write(folder / "sound.wav", x.T, rate, subtype=subtype)
        return folder / "sound.wav"

    return make


def _kept(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _cut(ending: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"sound.{ending}"
        write(path, Audio((np.random.default_rng(1).uniform(-0.5, 0.5, (2, 200_000))).astype(np.float32)))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    return make


def _lossy(ending: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        write(folder / f"sound.{ending}", Audio(music()))
        return folder / f"sound.{ending}"

    return make


def _linked(target: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "sound.wav").symlink_to(target)
        return folder / "sound.wav"

    return make


def _folder(folder: Path) -> Path:
    (folder / "sound.wav").mkdir()
    return folder / "sound.wav"


def _pipe(folder: Path) -> Path:
    import os

    os.mkfifo(folder / "sound.wav")
    return folder / "sound.wav"


def _picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (60, 60), (9, 9, 99)).save(file, "PNG")
    return file.getvalue()


SOUND: dict[str, Callable[[Path], Path]] = {
    "one sample": _wav(np.full((2, 1), 0.5, np.float32)),
    "hundred samples": _wav(music(100 / 48_000)),
    "silent": _wav(np.zeros((2, 144_000), np.float32)),
    "steady": _wav(np.full((2, 144_000), 0.3, np.float32)),
    "clipped": _wav(np.clip(music() * 12, -1, 1)),
    "mono": _wav(music(channels=1)),
    "5.1": _wav(music(channels=6)),
    "8 kHz": _wav(music(rate=8000), 8000),
    "44.1 kHz": _wav(music(rate=44_100), 44_100),
    "192 kHz": _wav(music(rate=192_000), 192_000, "PCM_24"),
    "8 bit": _wav(music(), 48_000, "PCM_U8"),
    "far above full scale": _wav(music() * 1000, 48_000, "FLOAT"),
    "not numbers": _wav(np.where(np.arange(144_000) % 999 == 5, np.nan, music()).astype(np.float32), 48_000, "FLOAT"),
    "mp3": _lossy("mp3"),
    "opus": _lossy("opus"),
    "m4a": _lossy("m4a"),
}
"""Strange, but sound: a job gives a correct result, or says in one line why it cannot."""

BROKEN: dict[str, Callable[[Path], Path]] = {
    "missing": lambda folder: folder / "sound.wav",
    "empty": _kept("sound.wav", b""),
    "text": _kept("sound.wav", b"these are words, not sound\n" * 40),
    "a header alone": _kept("sound.wav", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00"),
    "no samples": _wav(np.zeros((2, 0), np.float32)),
    "picture": _kept("sound.mp3", _picture()),
    "cut wav": _cut("wav"),
    "cut flac": _cut("flac"),
    "cut m4a": _cut("m4a"),
    "an unreadable file": _linked("/proc/self/mem"),
    "a link in a circle": _linked("sound.wav"),
    "an empty folder": _folder,
    "a pipe": _pipe,
}
"""Broken: every job says so in one line and leaves nothing behind."""
