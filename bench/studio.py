"""How fast the studio makes a three-minute track of every genre, stage by stage, and how much memory it takes.

    python bench/studio.py [--minutes 3] [--repeat 1] [--genres lofi_hiphop,ambient] [--stems]

Each track runs in a process of its own (after one warm-up run in it), concept to FLAC with verdict. The peak is the
real-time factor's counterpart: how long the made music is against how long it took.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

_CHILD = """
import json, sys, tempfile
from pathlib import Path
from sonicforge.cli.generate import make
from sonicforge.genres.concept import Concept
genre, minutes, stems, seed = sys.argv[1], float(sys.argv[2]), sys.argv[3] == "1", int(sys.argv[4])
with tempfile.TemporaryDirectory() as folder:
    make(Concept(genre=genre, seed=seed, length_s=30.0), Path(folder))
    result = make(Concept(genre=genre, seed=seed + 1, length_s=minutes * 60), Path(folder), stems=stems)
print(json.dumps(result, default=str))
"""


def run(genre: str, minutes: float, *, stems: bool, seed: int) -> dict[str, object]:
    """One measured track in a fresh process."""
    command = [sys.executable, "-c", _CHILD, genre, str(minutes), "1" if stems else "0", str(seed)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def first_sound(genre: str) -> float:
    """Seconds from the start of a fresh process to eight bars of finished sound in memory."""
    code = f"""
from sonicforge.genres.concept import Concept
from sonicforge.studio.produce import first_bars
first_bars(Concept(genre={genre!r}, seed=5), 8)
"""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def help_time() -> float:
    """Seconds of `sonicforge --help` in a fresh process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "sonicforge", "--help"], check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--genres", default="")
    parser.add_argument("--stems", action="store_true")
    options = parser.parse_args()
    from sonicforge.genres.load import names

    genres = options.genres.split(",") if options.genres else names()
    print(machine())
    print(f"{'genre':22}{'x real time':>12}{'total s':>9}{'compose':>9}{'synth+mix':>10}{'master':>8}{'judge':>7}"
          f"{'save':>7}{'peak MB':>9}{'score':>7}{'first 8 bars s':>16}")  # fmt: skip
    factors = []
    with tempfile.TemporaryDirectory():
        for genre in genres:
            for repeat in range(options.repeat):
                result = run(genre, options.minutes, stems=options.stems, seed=10 + repeat)
                seconds = result["seconds"]
                factors.append(result["realtime_factor"])
                print(
                    f"{genre:22}{result['realtime_factor']:12.1f}{seconds['total']:9.2f}{seconds['compose']:9.2f}"
                    f"{seconds['synth and mix']:10.2f}{seconds['master']:8.2f}{seconds['judge']:7.2f}"
                    f"{seconds['save']:7.2f}{result['peak_memory_mb']:9.0f}{result['verdict']['score']:7.1f}"
                    f"{first_sound(genre):16.2f}",
                    flush=True,
                )
    print(
        f"median {statistics.median(factors):.1f}x, slowest {min(factors):.1f}x, fastest {max(factors):.1f}x real time"
    )
    times = sorted(help_time() for _ in range(5))
    print(f"sonicforge --help: median {times[2]:.2f} s ({times[0]:.2f} to {times[-1]:.2f})")
    print(Path(sys.executable).name, machine())


if __name__ == "__main__":
    main()
