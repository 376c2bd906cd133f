"""A station for outputs under test: blocks of a chord that moves, in real time, with titles that change."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from threading import Event, Thread

import numpy as np

from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.item import Item
from sonicforge.playout.outputs.output import Output
from sonicforge.sound.audio import Samples

_PERIOD = 40


def item(title: str = "Rain on Tin", artist: str = "SonicForge", **others: object) -> Item:
    """A piece that is only spoken about."""
    facts = {"id": title[:20], "genre": "lofi_hiphop", "path": Path("none.flac"), "duration_s": 180.0, "lufs": -16.0}
    numbers = {"gain_db": 0.0, "bpm": 80.0, "key": "D minor", "energy": 0.4}
    return Item(title=title, artist=artist, **{**facts, **numbers, **others})  # type: ignore[arg-type]


def sound(position: int, length: int = BLOCK) -> Samples:
    """Two tones with a slow tremolo, different left and right, that come round every 3.84 s."""
    time_s = (position + np.arange(length)) / RATE
    swell = 0.25 * (0.6 + 0.4 * np.sin(2 * np.pi * 1.5625 * time_s))
    return np.stack([swell * np.sin(2 * np.pi * 225 * time_s), swell * np.sin(2 * np.pi * 337.5 * time_s)]).astype(
        np.float32
    )


_CYCLE = [sound(number * BLOCK) for number in range(_PERIOD)]


def block(number: int, *, title: str | None = None, utc: float = 0.0, silent: bool = False, **others: object) -> Block:
    """The block `number` of the station; with `title` a track begins in it."""
    marks = (Mark(0, "track", item(title)),) if title is not None else ()
    samples = np.zeros((2, BLOCK), np.float32) if silent else _CYCLE[number % _PERIOD]
    return Block(number * BLOCK, utc + number * BLOCK / RATE, samples, others.pop("marks", marks), **others)  # type: ignore[arg-type]


@contextmanager
def on_air(
    *outputs: Output, titles: Sequence[str] = ("Rain on Tin",), every_s: float = 4.0, speed: float = 1.0
) -> Iterator[None]:
    """Start the outputs and send to them at `speed` times real time; the next title comes each `every_s` of sound."""
    ending = Event()
    each = max(1, round(every_s * RATE / BLOCK))

    def pace() -> None:
        began, utc = time.monotonic(), time.time()
        number = 0
        while not ending.is_set():
            title = titles[number // each % len(titles)] if number % each == 0 else None
            for output in outputs:
                output.send(block(number, title=title, utc=utc))
            number += 1
            ending.wait(max(0.0, began + number * BLOCK / RATE / speed - time.monotonic()))

    for output in outputs:
        output.start()
    thread = Thread(target=pace, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        for output in outputs:
            output.close()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port on loopback that nobody uses now, below those that the system gives to outgoing connections.

    From among those a server could not take its port again after a restart, once somebody calls out from it.
    """
    dice = SystemRandom()
    while True:
        port = dice.randrange(20_000, 32_000)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def until(fact: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    """Whether `fact` comes true within the time."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if fact():
            return True
        time.sleep(0.05)
    return False
