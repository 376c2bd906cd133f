"""What every effect costs, in nanoseconds per sample, against the same work in SciPy where there is one.

    python bench/effects.py [--seconds 20]

Columns: ns per stereo sample at 48 kHz, how many times faster than real time, and the peer. Reverbs and delays run at
24 kHz, as they do in the mix; half-band conversion is counted apart. The channel strip at the end is what one stereo
stem costs.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy.signal import sosfilt

from sonicforge.effects.biquad import bell, highpass, lowpass
from sonicforge.effects.bitcrush import Bitcrush
from sonicforge.effects.chorus import Chorus
from sonicforge.effects.compressor import Compressor
from sonicforge.effects.control import points_for, ride
from sonicforge.effects.delay import Delay
from sonicforge.effects.ducker import duck_db
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.halfband import double_into, halve
from sonicforge.effects.phaser import Phaser
from sonicforge.effects.presets import DELAYS, REVERBS
from sonicforge.effects.reverb import Reverb
from sonicforge.effects.saturation import Saturation
from sonicforge.effects.stereo import MonoBass, widen
from sonicforge.effects.sweep import Sweep
from sonicforge.effects.tape import Tape
from sonicforge.effects.tremolo import Tremolo
from sonicforge.sound.audio import SAMPLE_RATE, Samples

RUNS = 5
CHUNK = 16_384


def best_of(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest of a few runs, after one that compiles and warms."""
    work()
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def chunked(process: Callable[[int, int], object], length: int) -> Callable[[], None]:
    def work() -> None:
        for first in range(0, length, CHUNK):
            process(first, min(first + CHUNK, length))

    return work


def workload(x: Samples) -> dict[str, tuple[Callable[[], object], Callable[[], object] | None]]:
    """Name -> (our work, the peer's work) on a stereo signal."""
    length = x.shape[1]
    y, mono = x.copy(), np.ascontiguousarray(x[:1])
    out_mono = mono.copy()
    half = halve(x)[None]
    sections = np.concatenate([highpass(60), lowpass(12_000), bell(300, -2), bell(2500, 1), bell(80, 2), bell(900, -1)])
    equaliser, single = Equaliser([sections]), Equaliser([sections])
    sos = np.insert(sections, 3, 1.0, axis=1)
    compressor = Compressor(threshold_db=-20, ratio=3)
    corner = np.geomspace(200, 18_000, points_for(length)).astype(np.float32)
    sweep = Sweep(corner, high=False)
    curve = np.linspace(0.5, 0.9, points_for(length)).astype(np.float32)
    root, tanh, bass = Saturation(drive_db=3), Saturation(drive_db=3, shape="tanh"), MonoBass()
    table: dict[str, tuple[Callable[[], object], Callable[[], object] | None]] = {
        "equaliser, 6 sections": (
            chunked(lambda a, b: equaliser.run(x, y, a, b), length),
            lambda: sosfilt(sos, x, axis=1),
        ),
        "equaliser, 6 sections, mono": (
            chunked(lambda a, b: single.run(mono, out_mono, a, b), length),
            lambda: sosfilt(sos, mono, axis=1),
        ),
        "sweep": (lambda: sweep.run(y, 0, length, 0), None),
        "compressor": (lambda: compressor.process(x), None),
        "duck curve, 2 hits a second": (
            lambda: duck_db(np.arange(0, length / SAMPLE_RATE, 0.5), length, depth_db=4, release_ms=150),
            None,
        ),
        "fader along a curve": (lambda: ride(y, curve), None),
        "saturation, root": (chunked(lambda a, b: root.run(y, a, b), length), None),
        "saturation, tanh": (chunked(lambda a, b: tanh.run(y, a, b), length), None),
        "width": (lambda: widen(y, 0, length, 0.999), None),
        "mono bass": (lambda: bass.run(y, 0, length), None),
        "half-band down": (lambda: halve(x), None),
        "half-band up": (lambda: double_into(np.concatenate([half, half]), y, 0, length, 1e-6), None),
    }
    whole = {"chorus": Chorus(), "phaser": Phaser(), "tremolo": Tremolo(), "bitcrush": Bitcrush(), "tape": Tape()}
    for name, effect in whole.items():
        table[name] = (chunked(lambda a, b, effect=effect: effect.process(x[:, a:b]), length), None)  # type: ignore[misc]
    for name, made in [*((n, Reverb(n)) for n in REVERBS), *((n, Delay(n)) for n in DELAYS)]:
        table[name] = (chunked(lambda a, b, made=made: made.process(half[:, a:b]), half.shape[1]), None)  # type: ignore[misc]
    strip = (equaliser, Compressor(threshold_db=-20, ratio=3))

    def channel(a: int, b: int) -> None:
        strip[0].run(x, y, a, b)
        strip[1].run(y, a, b)
        widen(y, a, b, 0.9)
        ride(y, curve, start=a, stop=b, at=a)

    table["channel strip"] = (chunked(channel, length), None)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=20.0)
    length = int(parser.parse_args().seconds * SAMPLE_RATE)
    x = (np.random.default_rng(0).standard_normal((2, length)) * 0.1).astype(np.float32)
    print(f"{'effect':30}{'ns/sample':>10}{'x real time':>13}{'180 s':>9}{'SciPy ns':>10}")
    for name, (ours, peer) in workload(x).items():
        seconds = best_of(ours)
        theirs = f"{best_of(peer) / length * 1e9:10.1f}" if peer is not None else ""
        speed = length / SAMPLE_RATE / seconds
        print(
            f"{name:30}{seconds / length * 1e9:10.1f}{speed:13.0f}{seconds / length * 180 * SAMPLE_RATE:8.3f}s{theirs}"
        )


if __name__ == "__main__":
    main()
