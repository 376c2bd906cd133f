"""Loudness and true peak of a three-minute file: SonicForge against the meters people use.

    python bench/measure.py [--seconds 180] [--rounds 5]

Makes its own stereo FLAC, then reads and measures it with `sonicforge.sound` in this process, with FFmpeg's `ebur128`
filter through PyAV in this process, and with the `ffmpeg` program where it is installed. Prints seconds (median and
spread, and processor time), the ratio to SonicForge, and the figures, which must agree within 0.1 LU and 0.2 dB.
"""

import argparse
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from machine import machine
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import read, write
from sonicforge.sound.loudness import measure

Figures = tuple[float, float, float]
"""Integrated LUFS, range in LU, true peak in dBTP."""

Meter = Callable[[Path], Figures]
Results = dict[str, tuple[list[tuple[float, float]], Figures]]
"""Seconds by the clock and of processor time of each round, and what the meter read."""

RATE = 48_000


def test_track(seconds: float) -> Audio:
    """Kick, bass, chords and hats in quiet and loud sections, limited hard enough to have peaks between samples."""
    t = np.arange(round(seconds * RATE)) / RATE
    beat = t % 0.5
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((2, len(t)))
    kick = np.exp(-beat / 0.12) * np.sin(2 * np.pi * (50 * beat + 4 * (1 - np.exp(-beat / 0.02))))
    bass = 0.3 * np.sign(np.sin(2 * np.pi * 55 * t)) * np.minimum(1, beat * 8)
    chords = sum(0.12 * np.sin(2 * np.pi * hz * t) for hz in (220, 261.6, 329.6))
    hats = np.diff(noise, prepend=0) * np.exp(-(t % 0.25) / 0.03) * 0.15
    loud = np.where((t % 60 > 20) & (t % 60 < 50), 1.0, 0.35)
    return Audio(np.clip(loud * (kick + bass + chords + hats), -0.8, 0.8).astype(np.float32))


def by_sonicforge(path: Path) -> Figures:
    found = measure(read(path))
    return found.integrated, found.range_lu, found.true_peak


def by_pyav(path: Path) -> Figures:
    import av

    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        graph = av.filter.Graph()
        source = graph.add_abuffer(template=stream)
        meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
        sink = graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        last: dict[str, str] = {}
        for frame in [*container.decode(stream), None]:
            graph.push(frame)
            while True:
                try:
                    last = graph.pull().metadata or last
                except (av.error.BlockingIOError, av.error.EOFError):
                    break
    peaks = [float(value) for name, value in last.items() if "true_peaks_ch" in name]
    return float(last["lavfi.r128.I"]), float(last["lavfi.r128.LRA"]), 20 * float(np.log10(max(peaks)))


def by_program(path: Path) -> Figures:
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path), "-af", "ebur128=peak=true:framelog=verbose"]
    told = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    told = told[told.rindex("Summary") :]
    integrated, spread, peak = (
        float(re.search(pattern, told).group(1))  # type: ignore[union-attr]
        for pattern in (r"I:\s+(-?[\d.]+)", r"LRA:\s+(-?[\d.]+)", r"Peak:\s+(-?[\d.]+)")
    )
    return integrated, spread, peak


def timed(meters: dict[str, Meter], path: Path, rounds: int) -> Results:
    """Seconds of each round and the figures; the meters take turns, so that a busy moment hits all of them."""
    results: Results = {name: ([], meter(path)) for name, meter in meters.items()}
    for _ in range(rounds):
        for name, meter in meters.items():
            start, worked = time.perf_counter(), _worked_s()
            meter(path)
            results[name][0].append((time.perf_counter() - start, _worked_s() - worked))
    return results


def _worked_s() -> float:
    """Processor time of this process and of the programs it has run: what counts on a busy machine."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--rounds", type=int, default=7)
    wishes = parser.parse_args()
    meters: dict[str, Meter] = {"sonicforge": by_sonicforge, "pyav ebur128": by_pyav}
    if shutil.which("ffmpeg"):
        meters["ffmpeg ebur128"] = by_program
    print(machine())
    print(f"{wishes.seconds:.0f} s stereo FLAC at {RATE} Hz, {wishes.rounds} rounds after one to warm up")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "track.flac"
        write(path, test_track(wishes.seconds))
        return report(timed(meters, path, wishes.rounds), wishes.seconds)


def report(results: Results, seconds: float) -> int:
    """Print the table; 0 if all figures agree."""
    own, figures = results["sonicforge"]
    agree = True
    for name, (rounds, found) in results.items():
        clock, worked = (statistics.median(part) for part in zip(*rounds, strict=True))
        spread = (max(rounds)[0] - min(rounds)[0]) / clock / 2
        ours = [statistics.median(part) for part in zip(*own, strict=True)]
        ratios = clock / ours[0], worked / ours[1]
        print(
            f"{name:15} {clock:6.3f} s +-{spread:4.0%} ({worked:.3f} s of processor) {seconds / clock:5.0f} x real time"
            f"   {ratios[0]:4.1f} ({ratios[1]:.1f}) x our time"
            f"   I {found[0]:7.2f} LUFS  LRA {found[1]:5.2f} LU  peak {found[2]:6.2f} dBTP"
        )
        agree &= abs(found[0] - figures[0]) <= 0.1 and abs(found[2] - figures[2]) <= 0.2
    print("figures agree" if agree else "FIGURES DIFFER")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
