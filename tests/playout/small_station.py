"""A station for tests of the tower: tones as pieces, a door with lists behind it, an output that keeps what it gets."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from sonicforge.playout.block import BLOCK, RATE, Block
from sonicforge.playout.door import News, Order
from sonicforge.playout.item import Item
from sonicforge.playout.outputs.output import OutputState
from sonicforge.playout.seam import Joint

UTC = 1_800_000_000.0


def tone(hertz: float, seconds: float, *, level: float = 0.25, rate: int = RATE) -> NDArray[np.float64]:
    """(2, n) of a sine."""
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.stack([wave, wave])


def piece(folder: Path, name: str, *, hertz: float = 220.0, seconds: float = 12.0, **others: Any) -> Item:
    """A FLAC with a sine, and its item."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.flac"
    rate = others.pop("rate", RATE)
    soundfile.write(path, tone(hertz, seconds, rate=rate).T, rate, subtype="PCM_24")
    facts: dict[str, Any] = {
        "title": name.title(), "artist": "SonicForge", "genre": "lofi_hiphop", "duration_s": seconds, "lufs": -16.0,
        "gain_db": 0.0, "bpm": 80.0, "key": "D minor", "energy": 0.4, **others,
    }  # fmt: skip
    return Item(id=name, path=path, **facts)


def reserve(folder: Path, *names: str, seconds: float = 12.0) -> Path:
    """A reserve folder with pieces of these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(names):
        item = piece(folder, name, hertz=110.0 * (place + 1), seconds=seconds)
        told = {**item.to_json(), "path": item.path.name}
        (folder / f"{name}.json").write_text(json.dumps(told))
    return folder


def fades(out: Item, into: Item, earliest_s: float) -> Iterator[Joint]:
    """Two seconds of equal power at the end of `out`."""
    length = 2 * RATE
    leave = round(out.duration_s * RATE) - length
    if leave / RATE < earliest_s:
        return
    turn = np.linspace(0, np.pi / 2, length)
    old = soundfile.read(out.path, start=leave, frames=length, always_2d=True)[0].T
    new = soundfile.read(into.path, frames=length, always_2d=True)[0].T
    samples = (old * np.cos(turn) + new * np.sin(turn)).astype(np.float32)
    yield Joint(samples, leave / RATE, length / RATE, {"method": "F", "words": "plain fade"})


class ListDoor:
    """A door with lists behind it. `fails` makes every call raise what it returns, while it returns something."""

    def __init__(self, queue: Sequence[Item] = (), best: Sequence[Item] = ()) -> None:
        self.queue, self.good = list(queue), list(best)
        self.news: list[News] = []
        self.left: list[Order] = []
        self.outcomes: dict[int, str] = {}
        self.fails: Callable[[], Exception | None] = lambda: None

    def next_item(self) -> Item | None:
        self._check()
        return self.queue.pop(0) if self.queue else None

    def best(self) -> Sequence[Item]:
        self._check()
        return self.good

    def report(self, news: Sequence[News]) -> None:
        self._check()
        self.news += news

    def orders(self) -> Sequence[Order]:
        self._check()
        return [order for order in self.left if order.number not in self.outcomes]

    def carried_out(self, number: int, outcome: str) -> None:
        self._check()
        self.outcomes[number] = outcome

    def told(self, kind: str) -> list[News]:
        """The news of one kind."""
        return [news for news in self.news if news.kind == kind]

    def began(self) -> list[tuple[str, str]]:
        """(kind, id) of everything that began."""
        return [(news.data["kind"], news.data["item"]["id"]) for news in self.told("began")]

    def _check(self) -> None:
        error = self.fails()
        if error is not None:
            raise error


class Keeper:
    """An output that keeps every block. `on_block` may do something at a block's number."""

    def __init__(self, name: str = "keeper", on_block: Callable[[int], None] = lambda _number: None) -> None:
        self.name, self.blocks, self._on_block = name, list[Block](), on_block
        self.started = self.closed = False

    @property
    def state(self) -> OutputState:
        return OutputState(self.name, "recording", "on" if self.started else "off", 0.0)

    def start(self) -> None:
        self.started = True

    def send(self, block: Block) -> None:
        self._on_block(len(self.blocks))
        self.blocks.append(block)

    def close(self) -> None:
        self.closed = True

    @property
    def sound(self) -> NDArray[np.float32]:
        """All of it, (2, n)."""
        return np.concatenate([block.samples for block in self.blocks], axis=1)


def quietest(sound: NDArray[np.float32], window_s: float = 0.1) -> float:
    """The lowest level in dBFS of any window."""
    size = round(window_s * RATE)
    left = sound[0, : sound.shape[1] // size * size].reshape(-1, size).astype(float)
    return float(10 * np.log10(np.maximum((left**2).mean(axis=1).min(), 1e-12)))


def steepest(sound: NDArray[np.float32]) -> float:
    """The largest step from one sample to the next: clicks stand out."""
    return float(np.abs(np.diff(sound, axis=1)).max())


def blocks_in(seconds: float) -> int:
    """Blocks of so many seconds."""
    return round(seconds * RATE / BLOCK)
