"""Space, movement, tempo and pitch: SonicForge, pedalboard and librosa in one run on 180 s of stereo.

    python bench/space.py [--seconds 180] [--rounds 3]

Makes its own material: bass, chords, hats and kicks, and the same notes written for another tempo, which is what a
stretch should sound like. The peers run in their own environment (`make peers`). First table: processor seconds (best
and worst round) and times real time. Second table, for each stretch: how far clicks land from their places, what a
sharp attack loses, and the distance of the spectra from the music played at that tempo, each at the lag that suits it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from machine import machine

RATE = 48_000
RATIOS = (0.94, 1.06, 1.5)
SHORT_S = 20.0
PEERS = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"

Times = list[float]
Work = Callable[[], object]


def music(seconds: float, ratio: float = 1.0) -> np.ndarray:
    """Stereo music of `seconds` at its first tempo, played `1 / ratio` times as fast."""
    t = np.arange(round(seconds * ratio * RATE)) / RATE
    rng = np.random.default_rng(0)
    bar = t / ratio % 2.0
    x = np.zeros((2, t.size))
    for number, hz in enumerate((41.2, 82.4, 220.0, 277.2, 329.6, 440.0, 554.4, 1318.5)):
        voice = np.sin(2 * np.pi * hz * t + number) * np.exp(-0.5 * bar)
        x += 0.08 * voice * np.array([[1 + 0.3 * np.cos(number)], [1 - 0.3 * np.cos(number)]])
    for beat in np.arange(0.0, seconds, 0.25):
        start = round(beat * ratio * RATE)
        count = min(3600, t.size - start)
        s = np.arange(count) / RATE
        hat = 0.15 * rng.standard_normal((2, 3600))[:, :count] * np.exp(-s / 0.01)
        kick = 0.6 * np.sin(2 * np.pi * (50 * s + 2 * (1 - np.exp(-s / 0.01)))) * np.exp(-s / 0.03)
        x[:, start : start + count] += hat + (kick if beat % 0.5 == 0 else 0.0)
    return x.astype(np.float32)


def clicks(seconds: float) -> np.ndarray:
    x = np.zeros((2, round(seconds * RATE)), np.float32)
    x[:, RATE // 2 :: RATE // 2] = 1.0
    return x


def timed(work: Work, rounds: int) -> Times:
    """Processor seconds of each round, after one that warms up."""
    work()
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return sorted(found)


def ours(x: np.ndarray) -> dict[str, Work]:
    from sonicforge.effects.catalogue import build
    from sonicforge.effects.pitch import pitch_shift
    from sonicforge.effects.stretch import stretch
    from sonicforge.sound.audio import Audio

    def streamed(name: str, **settings: object) -> Work:
        effect = build(name, settings, sample_rate=RATE)
        return lambda: [effect.process(x[:, at : at + 65_536]) for at in range(0, x.shape[1], 65_536)]

    bands = {f"bell_{n}_db": 3.0 for n in range(1, 5)}
    table = {name: streamed(name) for name in ("reverb", "plate", "delay", "chorus", "phaser", "flanger", "tremolo")}
    table["equaliser, 8 bands"] = streamed(
        "equaliser", low_cut_hz=40.0, low_shelf_db=2.0, high_shelf_db=2.0, high_cut_hz=18_000.0, **bands
    )
    return table | {
        "widener": streamed("widener"),
        "stretch 1.06": lambda: stretch(Audio(x), 1.06),
        "pitch +2": lambda: pitch_shift(Audio(x), 2.0),
    }


def theirs(x: np.ndarray) -> dict[str, dict[str, Work]]:
    """Peer -> name -> work; runs in the peers' environment."""
    import librosa  # type: ignore[import-not-found]
    import pedalboard as pb  # type: ignore[import-not-found]

    bands = pb.Pedalboard(
        [
            pb.HighpassFilter(40), pb.LowShelfFilter(120, 2), *(pb.PeakFilter(hz, 3) for hz in (250, 700, 2000, 5000)),
            pb.HighShelfFilter(8000, 2), pb.LowpassFilter(18_000),
        ]
    )  # fmt: skip
    plain = {"reverb": pb.Reverb(), "delay": pb.Delay(), "chorus": pb.Chorus(), "phaser": pb.Phaser()}
    boards = {**plain, "equaliser, 8 bands": bands, "pitch +2": pb.PitchShift(2)}
    return {
        "pedalboard": {
            **{name: (lambda board=board: board(x, RATE)) for name, board in boards.items()},  # type: ignore[misc]
            "stretch 1.06": lambda: pb.time_stretch(x, RATE, 1 / 1.06),
        },
        "librosa": {
            "stretch 1.06": lambda: librosa.effects.time_stretch(x, rate=1 / 1.06),
            "pitch +2": lambda: librosa.effects.pitch_shift(x, sr=RATE, n_steps=2),
        },
    }


def peer_side(folder: Path, rounds: int) -> None:
    """What the peers' environment runs: times as JSON, stretched sound as arrays."""
    import librosa
    import pedalboard as pb

    x = np.load(folder / "music.npy")
    found = {
        peer: {
            name: timed(work, max(rounds if "st" not in name and "+" not in name else 1, 1))
            for name, work in table.items()
        }
        for peer, table in theirs(x).items()
    }
    for ratio in RATIOS:
        for kind in ("short", "clicks"):
            sound = np.load(folder / f"{kind}.npy")
            np.save(folder / f"pedalboard-{kind}-{ratio}.npy", pb.time_stretch(sound, RATE, 1 / ratio))
            np.save(folder / f"librosa-{kind}-{ratio}.npy", librosa.effects.time_stretch(sound, rate=1 / ratio))
    (folder / "times.json").write_text(json.dumps(found))


def farthest_ms(y: np.ndarray, ratio: float) -> float:
    """How far the worst click lies from its place."""
    off = []
    for place in np.arange(RATE // 2, round((SHORT_S - 0.5) * RATE), RATE // 2) * ratio:
        low = max(round(place) - 9600, 0)
        off.append(abs(low + int(np.abs(y[0, low : low + 19_200]).argmax()) - place))
    return 1000 * max(off) / RATE


def attack_db(y: np.ndarray, ratio: float) -> float:
    """Energy in the 4 ms after a beat against that of the 15 ms before, above 2 kHz, the best within 60 ms."""
    bright = np.diff(y.mean(axis=0).astype(np.float64), 2) ** 2
    total = np.concatenate([[0.0], np.cumsum(bright)])
    rises = []
    for beat in np.arange(0.5, SHORT_S - 1, 0.25) * ratio * RATE:
        p = round(beat) + np.arange(-2880, 2880, 12)
        after, before = (total[p + 192] - total[p]) / 192, (total[p - 96] - total[p - 816]) / 720
        rises.append(float(np.max(after / (before + 1e-12))))
    return float(10 * np.log10(rises).mean())


def distance_db(y: np.ndarray, truth: np.ndarray, size: int = 4096) -> float:
    """Spectral convergence at the lag (up to 60 ms) that suits best."""

    def magnitudes(z: np.ndarray, lag: int) -> np.ndarray:
        pieces = np.lib.stride_tricks.sliding_window_view(z[0], size)[9600 + lag : 12 * RATE : size // 4]
        return np.abs(np.fft.rfft(pieces * np.hanning(size), axis=1))

    wanted = magnitudes(truth, 0)
    found = [
        np.linalg.norm(magnitudes(y, lag)[: len(wanted)] - wanted[: len(magnitudes(y, lag))])
        for lag in range(-2880, 2881, 240)
    ]
    return float(20 * np.log10(min(found) / np.linalg.norm(wanted)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-side", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer_side:
        peer_side(options.peer_side, options.rounds)
        return
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "music.npy", music(options.seconds))
        np.save(folder / "short.npy", music(SHORT_S))
        np.save(folder / "clicks.npy", clicks(SHORT_S))
        peers: dict[str, dict[str, Times]] = {}
        if PEERS.exists():
            command = [str(PEERS), __file__, "--peer-side", str(folder), "--rounds", str(options.rounds)]
            subprocess.run(command, check=True)
            peers = json.loads((folder / "times.json").read_text())
        else:
            sys.stderr.write("no peers: run make peers\n")
        _speeds(np.load(folder / "music.npy"), options, peers)
        _quality(folder, [*peers])


def _speeds(x: np.ndarray, options: argparse.Namespace, peers: dict[str, dict[str, Times]]) -> None:
    print(f"\n{'':22}{'SonicForge':>24}" + "".join(f"{peer:>24}" for peer in peers))
    for name, work in ours(x).items():
        rows = [timed(work, options.rounds), *(table.get(name) for table in peers.values())]
        cells = [
            f"{times[0]:6.2f} ..{times[-1]:6.2f} s {options.seconds / times[0]:5.0f}x" if times else ""
            for times in rows
        ]
        print(f"{name:22}" + "".join(f"{cell:>24}" for cell in cells))


def _quality(folder: Path, peers: list[str]) -> None:
    from sonicforge.effects.stretch import stretch
    from sonicforge.sound.audio import Audio

    attack = attack_db(np.load(folder / "short.npy"), 1.0)
    print(f"\n{'stretch':22}{'clicks off':>14}{'attack':>14}{'spectra off':>14}")
    for ratio in RATIOS:
        truth = music(SHORT_S, ratio)
        for who in ("SonicForge", *peers):
            if who == "SonicForge":
                short, click = (
                    stretch(Audio(np.load(folder / f"{kind}.npy")), ratio).samples for kind in ("short", "clicks")
                )
            else:
                short, click = (np.load(folder / f"{who}-{kind}-{ratio}.npy") for kind in ("short", "clicks"))
            far, sharp, off = farthest_ms(click, ratio), attack_db(short, ratio) - attack, distance_db(short, truth)
            print(f"{f'{ratio} {who}':22}{far:11.2f} ms{sharp:11.1f} dB{off:11.1f} dB")


if __name__ == "__main__":
    main()
