"""The process of one station: `python -m sonicforge.playout --data DIR --station main`."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sonicforge.errors import SonicForgeError
from sonicforge.playout.door import Door
from sonicforge.playout.elsewhere import joints_elsewhere
from sonicforge.playout.hold import sole_tower
from sonicforge.playout.memory import give_back_memory
from sonicforge.playout.outputs.output import Output
from sonicforge.playout.outputs.wish import Wish
from sonicforge.playout.tower import Tower


def main(arguments: list[str] | None = None) -> int:
    """Play until SIGTERM or SIGINT. Errors that a person can mend are one line and exit code 2."""
    told = _parsed(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    give_back_memory()
    folder = told.data / "air" / told.station
    try:
        with sole_tower(folder):
            tower = Tower(
                folder,
                _door(told.data, told.station),
                reserve=told.data / "reserve",
                make=_maker(folder, told.title or told.station),
                join=joints_elsewhere,
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: tower.stop())
            tower.run()
    except (SonicForgeError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sonicforge.playout", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data directory")
    parser.add_argument("--station", default="main", help="the station's id")
    parser.add_argument("--title", default="", help="what listeners read as the station's name (default: its id)")
    return parser.parse_args(arguments)


def _door(data: Path, station: str) -> Callable[[], Door]:
    """Opens the library when the tower's courier asks, so that nothing of it is loaded before the first sound."""

    def opened() -> Door:
        from sonicforge.tasks.air import open_door

        return open_door(data, station)

    return opened


def _maker(folder: Path, title: str) -> Callable[[Wish], Output]:
    def made(wish: Wish) -> Output:
        from sonicforge.playout.outputs.table import make

        return make(wish, folder, title)

    return made


if __name__ == "__main__":
    sys.exit(main())
