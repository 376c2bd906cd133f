"""Dynamics and saturation on 180 s of hot stereo music: SonicForge, pedalboard and FFmpeg in one run.

    python bench/dynamics.py [--seconds 180] [--rounds 3]

Makes its own material (kick, bass, chords, hats, +9 dB over full scale). Ours run in this process in blocks of 65,536,
pedalboard in its own environment (`make peers`), FFmpeg as a program, less the time that it takes to read the file.
Columns: processor seconds (best and worst of the rounds), times real time, and the ratio to ours. Below: what three
detectors read behind each limiter that was asked for -1 dBTP.
"""

import argparse
import json
import resource
import shutil
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
CEILING_DB = -1.0
PEERS = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"

Times = list[float]

FFMPEG = {
    "compressor": "acompressor=threshold=0.1:ratio=4:attack=5:release=100",
    "gate": "agate=threshold=0.01:ratio=10:attack=1:release=100",
    "limiter": "alimiter=limit=0.891:level=false:attack=5:release=100",
    "multiband": "mcompand",
    "de-esser": "deesser",
    "exciter": "aexciter",
}


def material(seconds: float) -> np.ndarray:
    """Loud stereo music whose peaks lie up to 9 dB above full scale."""
    t = np.arange(round(seconds * RATE)) / RATE
    rng = np.random.default_rng(1)
    beat = t % 0.5
    kick = np.exp(-beat / 0.1) * np.sin(2 * np.pi * (50 * beat + 3 * (1 - np.exp(-beat / 0.02))))
    snare = 0.4 * rng.standard_normal(t.size) * np.exp(-((t + 0.25) % 0.5) / 0.05)
    bass = 0.4 * np.sign(np.sin(2 * np.pi * 55 * t))
    chords = 0.2 * sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277, 330, 1760))
    hats = rng.standard_normal((2, t.size)) * 0.1
    return (kick + snare + bass + chords + hats).astype(np.float32)


def timed(work: Callable[[], object], rounds: int) -> Times:
    """Processor seconds of each round, after one that warms up."""
    work()
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return sorted(found)


def ours(x: np.ndarray, rounds: int, folder: Path) -> dict[str, Times]:
    from sonicforge.effects.compressor import Compressor
    from sonicforge.effects.deesser import DeEsser
    from sonicforge.effects.exciter import Exciter
    from sonicforge.effects.gate import Gate
    from sonicforge.effects.limiter import Limiter, limit
    from sonicforge.effects.multiband import Multiband
    from sonicforge.sound.audio import Audio

    def stream(processor: object) -> Callable[[], np.ndarray]:
        def work() -> np.ndarray:
            processor.reset()  # type: ignore[attr-defined]
            blocks = range(0, x.shape[1], BLOCK)
            return np.concatenate([processor.process(x[:, at : at + BLOCK]) for at in blocks], axis=1)  # type: ignore[attr-defined]

        return work

    streams = {
        "compressor": Compressor(threshold_db=-20, ratio=4, attack_ms=5, release_ms=100),
        "gate": Gate(open_db=-40),
        "multiband": Multiband(),
        "multiband, linear phase": Multiband(phase="linear"),
        "de-esser": DeEsser(),
        "exciter": Exciter(),
        "limiter, live": Limiter(CEILING_DB),
    }
    found = {name: timed(stream(processor), rounds) for name, processor in streams.items()}
    found["limiter"] = timed(lambda: limit(Audio(x, RATE), CEILING_DB), rounds)
    np.save(folder / "SonicForge.npy", limit(Audio(x, RATE), CEILING_DB)[0].samples)
    np.save(folder / "SonicForge, live.npy", stream(Limiter(CEILING_DB))())
    return found


def pedalboard(rounds: int, folder: Path) -> dict[str, Times]:
    """Runs in the peers' environment."""
    import pedalboard as peer  # type: ignore[import-not-found]

    x = np.load(folder / "in.npy")
    boards = {
        "compressor": peer.Compressor(threshold_db=-20, ratio=4, attack_ms=5, release_ms=100),
        "gate": peer.NoiseGate(threshold_db=-40, ratio=10, attack_ms=1, release_ms=100),
        "limiter": peer.BrickwallLimiter(ceiling_db=CEILING_DB, true_peak=True),
        "limiter, live": peer.Limiter(threshold_db=CEILING_DB),
    }
    for name, board in (("BrickwallLimiter", boards["limiter"]), ("Limiter", boards["limiter, live"])):
        np.save(folder / f"pedalboard {name}.npy", board(x, RATE))
    return {name: timed(lambda board=board: board(x, RATE), rounds) for name, board in boards.items()}  # type: ignore[misc]


def ffmpeg(rounds: int, folder: Path) -> dict[str, Times]:
    """User and system seconds of the program, less those of reading the file alone."""

    def seconds(chain: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = ["ffmpeg", "-v", "error", "-i", str(folder / "in.wav"), "-af", chain, "-f", "null", "-"]
        subprocess.run(command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    reading = min(seconds("anull") for _ in range(rounds))
    return {name: sorted(seconds(chain) - reading for _ in range(rounds)) for name, chain in FFMPEG.items()}


def readings(folder: Path) -> None:
    from sonicforge.sound.audio import Audio
    from sonicforge.sound.true_peak import sample_peak_db, true_peak_db

    asked = f"asked for {CEILING_DB:+.1f} dBTP"
    print(f"\n{asked:32}{'samples':>9}{'ITU':>9}{'sinc 4x':>9}{'fine 8x':>9}")
    for path in sorted(folder.glob("*.npy")):
        if path.stem == "in":
            continue
        audio = Audio(np.ascontiguousarray(np.load(path), np.float32), RATE)
        peaks = [sample_peak_db(audio), *(true_peak_db(audio, detector) for detector in ("itu", "sinc", "fine"))]
        print(f"{path.stem:32}" + "".join(f"{peak:+9.2f}" for peak in peaks))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.peer:
        print(json.dumps(pedalboard(wanted.rounds, wanted.peer)))
        return
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        x = material(wanted.seconds)
        np.save(folder / "in.npy", x)
        found = {"SonicForge": ours(x, wanted.rounds, folder)}
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if PEERS.exists():
            command = [str(PEERS), __file__, "--rounds", str(wanted.rounds), "--peer", name]
            found["pedalboard"] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        if shutil.which("ffmpeg"):
            import soundfile

            soundfile.write(folder / "in.wav", x.T, RATE, subtype="FLOAT")
            found["FFmpeg"] = ffmpeg(wanted.rounds, folder)
        report(found, wanted.seconds)
        readings(folder)
    print(f"\nmost memory, whole material and results held: {memory:.0f} MB; Python {sys.version.split()[0]}")


def report(found: dict[str, dict[str, Times]], length_s: float) -> None:
    print(f"{'processor seconds':26}" + "".join(f"{name:>30}" for name in found))
    for job, mine in found["SonicForge"].items():
        line = f"{job:26}{mine[0]:9.3f} to {mine[-1]:6.3f} {length_s / mine[0]:8.0f}x "
        for times in (found[name].get(job) for name in list(found)[1:]):
            line += f"{times[0]:9.3f} to {times[-1]:6.3f} {times[0] / mine[0]:8.1f} : 1" if times else " " * 30
        print(line)


if __name__ == "__main__":
    main()
