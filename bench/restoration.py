"""Restoration beside FFmpeg and noisereduce on stereo music with planted faults, in one run.

    python bench/restoration.py [--seconds 60] [--rounds 2]

Clicks, cut-off peaks, mains hum and pink noise are planted in music that this file makes, so that the truth is known.
Ours run in this process, noisereduce in its own environment (`make peers`), FFmpeg as a program, less the time that it
takes to read the file. Speed is times real time by the processor seconds of the best round; quality is the gain in dB.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from machine import machine

RATE = 48_000
BLOCK = 65_536
PEERS = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"
NOISE_REDUCE = """
import json, sys, time
import noisereduce, soundfile
x, rate = soundfile.read(sys.argv[1], dtype="float32", always_2d=True)
seconds = []
for _ in range(int(sys.argv[3])):
    start = time.process_time()
    y = noisereduce.reduce_noise(y=x.T, sr=rate)
    seconds.append(time.process_time() - start)
soundfile.write(sys.argv[2], y.T, rate, subtype="FLOAT")
print(json.dumps(min(seconds)))
"""


def material(seconds: float) -> np.ndarray:
    """Plucked chords, a bass, hats and snares, with pauses; peak 0.7."""
    rng = np.random.default_rng(1)
    t = np.arange(round(seconds * RATE)) / RATE
    x = np.zeros((2, t.size))
    length = round(1.2 * RATE)
    late = np.arange(length) / RATE
    for start in np.arange(0, seconds - 1.3, 0.5):
        at = round(start * RATE)
        for low in rng.choice([55.0, 110.0, 165.0, 220.0, 277.0, 330.0], 3, replace=False):
            note = sum(np.sin(2 * np.pi * low * k * late) * np.exp(-late * (3 + k)) / k for k in range(1, 13))
            edges = np.sin(np.pi / 2 * np.minimum(np.minimum(late / 0.01, late[::-1] / 0.2), 1)) ** 2
            x[:, at : at + length] += note * edges * rng.uniform(0.4, 1, (2, 1))
    x += 0.3 * rng.standard_normal(x.shape) * np.exp(-((t * 4) % 1.0) * 30)
    x += 0.5 * rng.standard_normal(x.shape) * np.exp(-((t + 0.5) % 1.0) * 40)
    x += 1e-4 * rng.standard_normal(x.shape)
    return (0.7 * x / np.abs(x).max()).astype(np.float32)


def pink(size: int) -> np.ndarray:
    """Pink noise (2, size) above 20 Hz, mean square 1."""
    spectrum = np.fft.rfft(np.random.default_rng(3).standard_normal((2, size)))
    hz = np.fft.rfftfreq(size, 1 / RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 20)) * (hz > 20), size)
    return (noise / noise.std()).astype(np.float32)


def clicked(x: np.ndarray, per_second: float = 3.0) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """`x` with rectangles and bursts of 1 to 24 samples, and where they are."""
    rng = np.random.default_rng(2)
    y, places = x.copy(), []
    for at in np.arange(RATE, x.shape[1] - RATE, round(RATE / per_second)):
        place, size = int(at + rng.integers(0, RATE // 6)), int(np.exp(rng.uniform(0, np.log(25))))
        shape = np.ones(size) if rng.random() < 0.4 else np.exp(-4 * np.arange(size) / size) * rng.standard_normal(size)
        y[:, place : place + size] += (rng.uniform(0.2, 0.8) * shape / np.abs(shape).max()).astype(np.float32)
        places.append((place, size))
    return y, places


def clipped(x: np.ndarray, sdr_db: float) -> np.ndarray:
    """`x` cut off so that what is lost lies `sdr_db` below it."""
    low, high = 1e-3, 1.0
    for _ in range(30):
        level = (low * high) ** 0.5
        low, high = (low, level) if sdr(np.clip(x, -level, level), x) > sdr_db else (level, high)
    return np.clip(x, -level, level)


def sdr(y: np.ndarray, x: np.ndarray) -> float:
    wide = x.astype(np.float64)
    return float(10 * np.log10(np.square(wide).sum() / (np.square(wide - y).sum() + 1e-20)))


def si_sdr(y: np.ndarray, x: np.ndarray) -> float:
    wide, got = x.astype(np.float64).ravel(), y.astype(np.float64).ravel()
    wanted = (got @ wide) / (wide @ wide) * wide
    return float(10 * np.log10(np.square(wanted).sum() / np.square(got - wanted).sum()))


def kurtosis(x: np.ndarray) -> float:
    """Of the power of a bin: isolated tones, which are what musical noise is, raise it (Uemura et al., 2008)."""
    frames = np.lib.stride_tricks.sliding_window_view(x[0, RATE:], 1024)[::512] * np.hanning(1024)
    power = np.abs(np.fft.rfft(frames)[:, 5:-5]) ** 2
    return float(((power**4).mean(axis=0) / np.square((power**2).mean(axis=0))).mean())


def run(make: Callable[[], object], x: np.ndarray, rounds: int) -> tuple[np.ndarray, object, float]:
    """Result, processor and best processor seconds over `x`, in blocks, after one short run that warms up."""
    make().process(x[:, : 6 * RATE])
    seconds = []
    for _ in range(rounds):
        processor = make()
        flushed = np.pad(x, ((0, 0), (0, processor.latency)))
        start = time.process_time()
        parts = [processor.process(flushed[:, i : i + BLOCK]) for i in range(0, flushed.shape[1], BLOCK)]
        seconds.append(time.process_time() - start)
    return np.concatenate(parts, axis=1)[:, processor.latency :], processor, min(seconds)


def ffmpeg(x: np.ndarray, filters: str, rounds: int, folder: Path) -> tuple[np.ndarray, float]:
    """Result of a filter and its best processor seconds, less those of reading and writing alone."""
    import soundfile

    source, target = folder / "in.wav", folder / "out.wav"
    soundfile.write(source, x.T, RATE, subtype="FLOAT")

    def once(name: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = ["ffmpeg", "-v", "error", "-y", "-i", source, "-af", name, "-c:a", "pcm_f32le", target]
        subprocess.run(command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    idle = min(once("anull") for _ in range(2))
    seconds = min(once(filters) for _ in range(rounds)) - idle
    y = soundfile.read(target, dtype="float32", always_2d=True)[0].T
    return np.pad(y, ((0, 0), (0, max(x.shape[1] - y.shape[1], 0))))[:, : x.shape[1]], seconds


def noisereduce(x: np.ndarray, rounds: int, folder: Path) -> tuple[np.ndarray, float]:
    import soundfile

    source, target = folder / "in.wav", folder / "out.wav"
    soundfile.write(source, x.T, RATE, subtype="FLOAT")
    command = [str(PEERS), "-c", NOISE_REDUCE, str(source), str(target), str(rounds)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return soundfile.read(target, dtype="float32", always_2d=True)[0].T, float(json.loads(answer))


def clicks(x: np.ndarray, rounds: int, folder: Path) -> None:
    from sonicforge.effects.restoration.declick import Declick

    y, places = clicked(x)
    ours, declick, seconds = run(Declick, y, rounds)
    theirs, their_seconds = ffmpeg(y, "adeclick", rounds, folder)
    around = np.concatenate([np.arange(place - 4, place + size + 4) for place, size in places])
    found = declick.found[0]
    hits = sum(any(a < p + n + 4 and a + m > p - 4 for a, m in found) for p, n in places)
    wrong = sum(not any(a < p + n + 4 and a + m > p - 4 for p, n in places) for a, m in found)
    print(f"clicks: {hits} of {len(places)} found, {wrong} false in {x.shape[1] / RATE:.0f} s")
    gains = [sdr(z[:, around], x[:, around]) - sdr(y[:, around], x[:, around]) for z in (ours, theirs)]
    compare("declick", "adeclick", x, seconds, their_seconds, gains)


def peaks(x: np.ndarray, rounds: int, folder: Path) -> None:
    from sonicforge.effects.restoration.declip import Declip

    for sdr_db in (15, 25, 35):
        y = clipped(x, sdr_db)
        share = float((np.abs(y) >= 0.999 * np.abs(y).max()).mean())
        ours, _, seconds = run(Declip, y, rounds)
        theirs, their_seconds = ffmpeg(y, "adeclip", rounds, folder)
        name = f"declip {sdr_db} dB, {100 * share:.2f} %"
        compare(name, "adeclip", x, seconds, their_seconds, [sdr(z, x) - sdr(y, x) for z in (ours, theirs)])


def hum(x: np.ndarray, rounds: int) -> None:
    from sonicforge.effects.restoration.dehum import Dehum

    t = np.arange(x.shape[1]) / RATE
    h = (0.01 * sum(np.cos(2 * np.pi * 50.03 * k * t + k) / k for k in (1, 2, 3, 5, 7))).astype(np.float32)
    y, _, seconds = run(Dehum, x + h, rounds)
    left = abs((y - x)[0].astype(np.float64) @ h) / (h @ h.astype(np.float64))
    print(f"dehum: hum {20 * np.log10(left):.1f} dB, {t[-1] / seconds:.0f}x real time")


def hiss(x: np.ndarray, rounds: int, folder: Path) -> None:
    from sonicforge.effects.restoration.denoise import Denoise, NoiseProfile

    NoiseProfile().hear(x[:, :RATE])
    for snr_db in (10, 20, None):
        noise = pink(x.shape[1]) * np.float32(x.std() / 10 ** ((20 if snr_db is None else snr_db) / 20))
        y = noise if snr_db is None else x + noise
        start = time.process_time()
        profile = NoiseProfile()
        profile.hear(y)
        learning = time.process_time() - start
        ours, _, seconds = run(lambda noise=profile.power: Denoise(noise=noise), y, rounds)
        theirs, their_seconds = noisereduce(y, rounds, folder)
        if snr_db is None:
            ratios = [kurtosis(z) / kurtosis(y) for z in (ours, theirs)]
            print(f"kurtosis ratio on noise (1 is no musical noise): {ratios[0]:.2f}, noisereduce {ratios[1]:.2f}")
            continue
        gains = [si_sdr(z, x) - si_sdr(y, x) for z in (ours, theirs)]
        compare(f"denoise {snr_db} dB", "noisereduce", x, seconds + learning, their_seconds, gains)


def compare(name: str, peer: str, x: np.ndarray, ours: float, theirs: float, gains: list[float]) -> None:
    length = x.shape[1] / RATE
    print(
        f"{name}: {length / ours:.0f}x real time, {gains[0]:+.1f} dB; "
        f"{peer} {length / theirs:.1f}x, {gains[1]:+.1f} dB; ratio {theirs / ours:.1f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    wishes = parser.parse_args()
    x = material(wishes.seconds)
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clicks(x, wishes.rounds, folder)
        peaks(x, wishes.rounds, folder)
        hum(x, wishes.rounds)
        if PEERS.exists():
            hiss(x, wishes.rounds, folder)
        else:
            print("noisereduce: no environment, run `make peers`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
