"""What the vintage effects cost and how true they are: speed, aliasing, wow and flutter on a meter.

    python bench/vintage.py [--seconds 60]

One of our own tracks goes through each processor in blocks of 65536 samples. "x" is seconds of sound per second of
processor time (one core), fastest of a few runs, with the slowest beside it. No peer that can be installed beside us
has these models; the bars are 15 times real time for the tape at four times the rate and 300 for the light one.
"""

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np

from machine import machine
from sonicforge.effects.bitcrush import Bitcrush
from sonicforge.effects.digital import Converter
from sonicforge.effects.dropouts import Dropouts
from sonicforge.effects.fading import Fading
from sonicforge.effects.hiss import Hiss
from sonicforge.effects.hysteresis import Hysteresis
from sonicforge.effects.lofi import build_chain, load, names
from sonicforge.effects.medium import Medium
from sonicforge.effects.playback_loss import PlaybackLoss
from sonicforge.effects.processor import Processor
from sonicforge.effects.tape import Tape
from sonicforge.effects.transport import weighted_percent
from sonicforge.effects.vinyl import Vinyl
from sonicforge.effects.wow_flutter import WowFlutter
from sonicforge.genres.concept import Concept
from sonicforge.sound.audio import Samples
from sonicforge.studio.produce import produce

RATE = 48_000
BLOCK = 65_536
RUNS = 4

PROCESSORS: dict[str, Callable[[], Processor]] = {
    "tape light": lambda: Tape(model="light"),
    "tape rk2, 2x": lambda: Tape(model="rk2", hiss_duck_db=6),
    "tape rk4, 4x": lambda: Tape(model="rk4", hiss_duck_db=6),
    "hysteresis rk4, 4x": Hysteresis,
    "playback loss": PlaybackLoss,
    "wow and flutter": WowFlutter,
    "dropouts": Dropouts,
    "hiss": Hiss,
    "vinyl": Vinyl,
    "converter 12 bit": Converter,
    "bitcrush": lambda: Bitcrush(bits=8, rate_hz=11_025),
    "medium": Medium,
    "fading": Fading,
}


def timed(processor: Processor, x: Samples) -> tuple[float, float]:
    """Fastest and slowest processor seconds of a whole pass."""
    processor.process(x[:, :BLOCK])
    seconds = []
    for _ in range(RUNS):
        processor.reset()
        start = time.process_time()
        for first in range(0, x.shape[1], BLOCK):
            processor.process(x[:, first : first + BLOCK])
        seconds.append(time.process_time() - start)
    return min(seconds), max(seconds)


def tone(hz: float, seconds: float) -> Samples:
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)[None]


def alias_db(processor: Processor, hz: int) -> float:
    """Highest line below 19.5 kHz that is no harmonic of a full-scale tone, against the tone."""
    y = processor.process(tone(hz, 1.0))[0, RATE // 2 :].astype(np.float64)
    level = 20 * np.log10(np.abs(np.fft.rfft(y * np.blackman(y.size))) + 1e-12)
    at = np.fft.rfftfreq(y.size, 1 / RATE)
    away = np.abs(at[:, None] - hz * np.arange(1, 10)).min(axis=1) > 40
    return float(level[(at > 40) & (at < 19_500) & away].max() - level.max())


def metered(machine: WowFlutter) -> float:
    """Weighted percent of a 3150 Hz tone behind it."""
    y = machine.process(tone(3150, 25.0))[0, 2 * machine.latency + RATE // 2 :]
    spectrum = np.fft.fft(y.astype(np.float64))
    spectrum[np.abs(np.fft.fftfreq(y.size, 1 / RATE) - 3150) > 900] = 0
    speed = np.diff(np.unwrap(np.angle(np.fft.ifft(spectrum))))[RATE // 2 : -RATE // 2] * RATE / (2 * np.pi * 3150) - 1
    return weighted_percent(speed[: speed.size // 32 * 32].reshape(-1, 32).mean(axis=1), RATE / 32)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    x = produce(Concept(genre="downtempo", seed=4, length_s=seconds), keep_stems=False).master.audio.samples
    length = x.shape[1] / RATE
    print(machine())
    print(f"{length:.0f} s of stereo")
    for name, make in PROCESSORS.items():
        fast, slow = timed(make(), x)
        print(f"  {name:22s} {length / fast:7.0f} x   (slowest of {RUNS}: {length / slow:.0f} x)")
    for name in names():
        fast, _ = timed(build_chain(load(name).chain, sample_rate=RATE, channels=2, seed=1), x[:, : 20 * RATE])
        print(f"  preset {name:18s} {min(length, 20) / fast:5.0f} x")
    for solver in ("rk2", "rk4"):
        found = [alias_db(Hysteresis(solver=solver), hz) for hz in (5001, 9801)]
        print(f"  alias {solver}: {found[0]:.0f} dB at 5 kHz, {found[1]:.0f} dB at 9.8 kHz (full scale)")
    for percent in (0.05, 0.15, 0.5, 2.0):
        wow = metered(WowFlutter(wow_percent=percent, flutter_percent=0.0, seed=7))
        flutter = metered(WowFlutter(wow_percent=0.0, flutter_percent=percent, seed=7))
        print(f"  asked {percent} %: wow reads {wow:.3f} %, flutter reads {flutter:.3f} %")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
