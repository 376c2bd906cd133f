"""A small station for the HLS tests: programme that any sample can be compared with, fed block by block."""

import subprocess
from pathlib import Path

import numpy as np

from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.item import Item
from sonicforge.playout.outputs.hls.packager import OnChunk, Packager
from sonicforge.playout.outputs.hls.renditions import chosen
from sonicforge.sound.audio import Samples

EPOCH_UTC = 1_790_000_000.0
PAIR, SEGMENT = 2 * BLOCK, 62 * BLOCK


def item(title: str = "Night Drive", *, name: str = "ab12") -> Item:
    return Item(name, title, "SonicForge", "synthwave", Path("x.flac"), 180.0, -14.0, 0.0, 110.0, "A minor", 0.5)


def programme(position: int, length: int = BLOCK) -> Samples:
    """Two steady tones and one that glides, a function of the position alone."""
    t = np.arange(position, position + length) / RATE
    left = 0.3 * np.sin(2 * np.pi * 220 * t) + 0.1 * np.sin(2 * np.pi * (900 + 300 * np.sin(0.7 * t)) * 1.0)
    right = 0.3 * np.sin(2 * np.pi * 331.7 * t) + 0.05 * np.sin(2 * np.pi * 2711.3 * t)
    return np.stack([left, right]).astype(np.float32)


def block(position: int, *, marks: tuple[Mark, ...] = (), gap: bool = False, utc: float | None = None) -> Block:
    when = EPOCH_UTC + position / RATE if utc is None else utc
    return Block(position, when, programme(position), marks, gap)


def packager(folder: Path, *names: str, window_s: float = 600.0, on_chunk: OnChunk | None = None) -> Packager:
    return Packager(folder, chosen(names or ("aac64", "flac")), window_s=window_s, on_chunk=on_chunk)


def play(packager: Packager, first: int, blocks: int, *, track_every: int = 300) -> int:
    """Feed blocks from a position on, with a new track now and then; gives the position after them."""
    for index in range(blocks):
        at = first + index * BLOCK
        marks = (Mark(17, "track", item(name=f"id{at // BLOCK}")),) if index % track_every == 0 else ()
        packager.feed(block(at, marks=marks))
    return first + blocks * BLOCK


def heard(playlist: Path) -> Samples:
    """All that a live playlist lists, decoded by the ffmpeg program as one piece; fails on any complaint of it."""
    ended = playlist.with_name("ended.m3u8")
    ended.write_text(playlist.read_text() + "#EXT-X-ENDLIST\n")
    command = ["ffmpeg", "-v", "warning", "-i", str(ended), "-f", "f32le", "-"]
    told = subprocess.run(command, check=True, capture_output=True, timeout=120)
    ended.unlink()
    assert not told.stderr, told.stderr.decode()
    return np.frombuffer(told.stdout, np.float32).reshape(-1, 2).T
