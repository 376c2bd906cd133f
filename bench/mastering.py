"""Mastering a three-minute track after a reference: SonicForge against matchering.

    make peers && python bench/mastering.py [--seconds 180] [--rounds 3]

Makes two tracks of its own, then masters one after the other with each program, each in a process of its own that is
warm after a first round. Prints seconds by the clock and of processor time (median, spread), peak memory (read as Linux
tells it), the loudness
that was reached, and the highest peak that any of three detectors finds in the result. Fails if ours is above its
ceiling, slower than a third or larger than half.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from machine import machine
from measure import test_track
from sonicforge.effects.biquad import high_shelf, low_shelf
from sonicforge.effects.equaliser import Equaliser
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import read, write
from sonicforge.sound.loudness import measure
from sonicforge.sound.true_peak import true_peak_db

CEILING_DB = -1.0
_ROUNDS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
def peak_mb():
    # Not ru_maxrss: that remembers the size of the process that started this one.
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
def rounds(job, count):
    found = []
    for _ in range(count + 1):
        clock, worked = time.perf_counter(), time.process_time()
        job()
        found.append((time.perf_counter() - clock, time.process_time() - worked))
    print(json.dumps({"rounds": found[1:], "mb": peak_mb()}))
song, reference, out, count = *sys.argv[1:4], int(sys.argv[4])
"""
OURS = (
    _ROUNDS
    + """
from pathlib import Path
from sonicforge.workshop.master import Wishes, hear_reference, master_file
from sonicforge.workshop.mastering.preset import load
def job():
    wishes = Wishes(load("streaming"), [hear_reference(Path(reference))])
    master_file(Path(song), Path(out), wishes)
rounds(job, count)
"""
)
PEER = (
    _ROUNDS
    + """
import matchering
rounds(lambda: matchering.process(target=song, reference=reference, results=[matchering.pcm24(out)]), count)
"""
)


def tracks(folder: Path, seconds: float) -> tuple[Path, Path]:
    """A dull and boomy track, and a loud bright one to sound like."""
    plain = test_track(seconds).samples
    dull = Equaliser([high_shelf(3000, -6), low_shelf(150, 4)]).process(plain * np.float32(0.4))
    paths = folder / "song.wav", folder / "reference.wav"
    for path, sound in zip(paths, (dull, np.ascontiguousarray(plain[:, ::-1])), strict=True):
        write(path, Audio(sound))
    return paths


def timed(python: Path, script: str, song: Path, reference: Path, out: Path, rounds: int) -> dict[str, object]:
    command = [str(python), "-c", script, str(song), str(reference), str(out), str(rounds)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(told.splitlines()[-1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--rounds", type=int, default=3)
    wishes = parser.parse_args()
    root = Path(__file__).parent.parent
    programs = {"sonicforge": (Path(sys.executable), OURS)}
    if (peer := root / ".venv-peers/bin/python").exists():
        programs["matchering"] = (peer, PEER)
    print(machine())
    print(f"{wishes.seconds:.0f} s stereo at 48 kHz with a reference of the same length, {wishes.rounds} warm rounds")
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        song, reference = tracks(folder, wishes.seconds)
        for program, (python, script) in programs.items():
            out = folder / f"{program}.wav"
            found = timed(python, script, song, reference, out, wishes.rounds)
            audio = read(out)
            peak = max(true_peak_db(audio, detector) for detector in ("sinc", "itu", "fine"))
            results[program] = (found["rounds"], found["mb"], measure(audio).integrated, peak)
    return report(results, wishes.seconds)


def report(results: dict[str, tuple[list[tuple[float, float]], float, float, float]], seconds: float) -> int:
    """Print the table; 0 if every bar is met."""
    best = {name: [min(part) for part in zip(*rounds, strict=True)] for name, (rounds, *_) in results.items()}
    for name, (rounds, memory, lufs, peak) in results.items():
        clock, worked = (statistics.median(part) for part in zip(*rounds, strict=True))
        spread = (max(rounds)[0] - min(rounds)[0]) / clock / 2
        print(
            f"{name:12} {clock:6.2f} s +-{spread:4.0%} ({worked:.2f} s of processor) {seconds / clock:5.1f} x real time"
            f"   {memory:5.0f} MB   {lufs:6.2f} LUFS   {peak:+.2f} dBTP"
        )
    held = results["sonicforge"][3] <= CEILING_DB
    print("ceiling held" if held else "CEILING EXCEEDED")
    if "matchering" not in results:
        return 0 if held else 1
    faster, lighter = (
        [theirs / ours for ours, theirs in zip(best["sonicforge"], best["matchering"], strict=True)],
        results["matchering"][1] / results["sonicforge"][1],
    )
    print(f"{faster[0]:.1f} times as fast ({faster[1]:.1f} by processor time), memory 1 : {lighter:.1f}")
    return 0 if held and min(faster) >= 3 and lighter >= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
