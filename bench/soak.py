"""Days of programme on a clock that does not wait: silence, transitions, ladder, memory.

    python bench/soak.py [--hours 72] [--tracks 12] [--renditions aac64,aac128] [--folder DIR]

Generated tracks are played by a real tower with its DJ, for ever in a changing order. Every block is listened to. With
`--renditions` the ladder is encoded and written too, which costs a hundredth of real time for each. `--folder` keeps
the tracks for the next run.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from machine import machine
from sonicforge.playout.block import BLOCK, RATE, Block
from sonicforge.playout.door import News, Order
from sonicforge.playout.item import Item
from sonicforge.playout.outputs.hls.packager import Packager
from sonicforge.playout.outputs.hls.renditions import chosen
from sonicforge.playout.outputs.output import OutputState
from sonicforge.playout.tower import Tower

GENRES = (
    "lofi_hiphop", "jazz_lounge", "house_deep", "synthwave", "downtempo", "trance_uplifting", "ambient",
    "techno_melodic", "drum_and_bass", "future_garage", "cinematic", "chiptune",
)  # fmt: skip
QUIET_DB, LONGEST_S = -50.0, 0.5
START_UTC = 1_800_000_000.0


@dataclass
class Library:
    """A door with a few tracks behind it, handed out in an order that never ends."""

    items: Sequence[Item]
    chance: np.random.Generator
    news: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)
    defects: list[Any] = field(default_factory=list)
    waiting: deque[Item] = field(default_factory=deque)

    def next_item(self) -> Item | None:
        if not self.waiting:
            self.waiting.extend(self.items[i] for i in self.chance.permutation(len(self.items)))
        return self.waiting.popleft()

    def best(self) -> Sequence[Item]:
        return self.items

    def report(self, news: Sequence[News]) -> None:
        for one in news:
            self.news[f"{one.kind} {one.data.get('what', one.data.get('kind', ''))}".strip()] += 1
            transition = one.data.get("transition")
            if one.kind == "began" and transition:
                self.methods[transition["method"]] += 1
                self.defects += transition.get("facts", {}).get("defects", [])

    def orders(self) -> Sequence[Order]:
        return ()

    def carried_out(self, number: int, outcome: str) -> None:
        raise AssertionError(f"nobody ordered {number}: {outcome}")


class Listener:
    """Hears every block, and may pack it; counts silences over half a second by their length."""

    name = "listener"

    def __init__(self, packager: Packager | None) -> None:
        self._packager, self._quiet_s = packager, 0.0
        self.silences: list[tuple[float, float]] = []
        self.peak = 0.0
        self.blocks = 0
        self.memory: list[tuple[float, float]] = []

    @property
    def state(self) -> OutputState:
        return OutputState(self.name, "recording", "on", 0.0)

    def start(self) -> None: ...

    def close(self) -> None:
        if self._packager is not None:
            self._packager.close()

    def send(self, block: Block) -> None:
        pieces = block.samples[:, : BLOCK // 480 * 480].reshape(2, -1, 480)
        level = 10 * np.log10(np.mean(pieces.astype(np.float64) ** 2, axis=(0, 2)) + 1e-12)
        for quiet in level < QUIET_DB:
            if quiet:
                self._quiet_s += 0.01
            elif self._quiet_s:
                if self._quiet_s > LONGEST_S:
                    self.silences.append((self.blocks * BLOCK / RATE, self._quiet_s))
                self._quiet_s = 0.0
        self.peak = max(self.peak, float(np.abs(block.samples).max()))
        self.blocks += 1
        if self.blocks % (600 * RATE // BLOCK) == 0:
            self.memory.append((self.blocks * BLOCK / RATE / 3600, resident_mb()))
        if self._packager is not None:
            self._packager.feed(block)


def resident_mb() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def made(folder: Path, count: int) -> list[Item]:
    """Tracks of two minutes, made once."""
    from sonicforge.cli.generate import make
    from sonicforge.genres.concept import Concept
    from sonicforge.library import catalogue, tracks
    from sonicforge.library.database import open_database
    from sonicforge.library.objects import Objects
    from sonicforge.library.upgrade import upgrade
    from sonicforge.tasks.items import item_of

    database, objects = open_database(folder), Objects(folder / "objects")
    upgrade(database)
    with database.read() as session:
        known = catalogue.count(session)
    for number in range(known, count):
        result = make(Concept(genre=GENRES[number % len(GENRES)], seed=number, length_s=120.0), folder / "made")
        with database.write() as session:
            tracks.add_take(session, objects, Path(result["files"][0]).parent, approved=True)
    with database.read() as session:
        return [
            item_of(
                track,
                objects.path(tracks.file(session, track.id, "track.flac").hash),
                barlines=tracks.barlines(session, track.id),
            )
            for track in catalogue.listing(session, limit=count).items
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=72.0)
    parser.add_argument("--tracks", type=int, default=12)
    parser.add_argument("--renditions", default="")
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library = Library(made(wanted.folder or folder, wanted.tracks), np.random.default_rng(7))
        names = [name for name in wanted.renditions.split(",") if name]
        listener = Listener(Packager(folder / "hls", chosen(names), window_s=600.0) if names else None)
        tower = Tower(
            folder / "air",
            lambda: library,
            reserve=folder / "reserve",
            outputs=[listener],
            paced=False,
            start_utc=START_UTC,
            seed=1,
        )
        begin = time.perf_counter()
        tower.run(blocks=round(wanted.hours * 3600 * RATE / BLOCK))
        report(library, listener, time.perf_counter() - begin)


def report(library: Library, listener: Listener, took_s: float) -> None:
    hours = listener.blocks * BLOCK / RATE / 3600
    print(f"{hours:.1f} h in {took_s:.0f} s, {hours * 3600 / took_s:.0f} times real time")
    print(f"news {dict(library.news)}")
    print(f"transitions {dict(library.methods)}, defects {library.defects[:5]}")
    print(f"silences over {LONGEST_S} s: {len(listener.silences)} {listener.silences[:5]}; peak {listener.peak:.3f}")
    settled = np.array(listener.memory[len(listener.memory) // 3 :])
    if len(settled) > 2:
        slope = np.polyfit(settled[:, 0], settled[:, 1], 1)[0]
        print(f"memory {settled[0, 1]:.0f} to {settled[-1, 1]:.0f} MB, {slope:+.2f} MB an hour")


if __name__ == "__main__":
    main()
