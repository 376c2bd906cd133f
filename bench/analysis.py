"""Tempo, beats, key, chords and sections against the truth of our own scores, beside librosa on the same files; HPSS.

    python bench/analysis.py [--tracks DIR] [--seeds 11-13] [--no-peer]

The seeds must not be those of bench/learn_analysis.py. Times are processor seconds of one thread of each side, best of
what was measured; the peer's first file, in which it compiles, is told apart. The peer runs in .venv-peers.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from learn_analysis import span
from machine import machine
from sonicforge.analysis.beats import track_beats
from sonicforge.analysis.chords import Chord, find_chords
from sonicforge.analysis.descriptor import Musical, describe
from sonicforge.analysis.features import features
from sonicforge.analysis.key import find_key
from sonicforge.analysis.structure import find_sections
from sonicforge.analysis.tempo import estimate_tempo
from sonicforge.effects.hpss import Separation, hpss_masks
from sonicforge.music.scale import Key
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import read, write
from sonicforge.sound.resample import resample
from tracks import TRACKS, Truth, tracks, triad

PEER = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"
TOLERANCE, BEAT_S, SECTION_S = 0.04, 0.07, 3.0


def hits(found: Sequence[float], true: Sequence[float], tolerance: float) -> float:
    """F-measure of events within a tolerance, each counting once."""
    i = j = both = 0
    while i < len(found) and j < len(true):
        if abs(found[i] - true[j]) <= tolerance:
            both, i, j = both + 1, i + 1, j + 1
        elif found[i] < true[j]:
            i += 1
        else:
            j += 1
    return 2 * both / max(len(found) + len(true), 1)


def mirex(tonic: int, minor: bool, truth: Truth) -> float:
    """MIREX weights: 1 right, 0.5 a fifth off, 0.3 relative, 0.2 parallel."""
    apart = (tonic - truth.tonic) % 12
    if minor == truth.minor:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(apart, 0.0)
    return 0.3 if apart == (9 if minor else 3) else 0.2 if apart == 0 else 0.0


def overlap(found: Sequence[Chord], truth: Truth) -> float:
    """Share of the time of plain major and minor chords whose triad is right."""
    at = np.arange(0.05, truth.chords[-1][1], 0.1)
    starts = np.array([chord.start_s for chord in found])
    names = np.array([chord.triad for chord in found])[np.searchsorted(starts, at, side="right") - 1]
    right = total = 0
    for start, end, tones in truth.chords:
        inside = (at >= start) & (at < end)
        if (wanted := triad(tones)) is not None:
            total += int(inside.sum())
            right += int((names[inside] == wanted).sum())
    return right / max(total, 1)


def octave_free(bpm: float, truth: Truth) -> bool:
    return any(abs(bpm / truth.bpm / ratio - 1) < TOLERANCE for ratio in (1, 2, 0.5, 3, 1 / 3))


def ours(path: Path, truth: Truth) -> dict[str, Any]:
    audio = read(path)
    seconds = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        made = work()
        seconds[name] = time.process_time() - start
        return made

    known = timed("features_s", lambda: features(audio))
    tempo = timed("tempo_s", lambda: estimate_tempo(known))
    beats = timed("beats_s", lambda: track_beats(known, tempo))
    key = timed("key_s", lambda: find_key(known, beats))
    chords = timed("chords_s", lambda: find_chords(known, beats))
    sections = timed("sections_s", lambda: find_sections(known, beats))
    assert key.key is not None, "a track has a key"
    return {
        **seconds,
        "strict": abs(tempo.bpm / truth.bpm - 1) < TOLERANCE,
        "octave_free": octave_free(tempo.bpm, truth),
        "key": (key.key.tonic, key.key.minor) == (truth.tonic, truth.minor),
        "mirex": mirex(key.key.tonic, key.key.minor, truth),
        "beats": hits(beats.times_s.tolist(), truth.beats, BEAT_S),
        "downbeats": hits(beats.bars_s.tolist(), truth.bars, BEAT_S),
        "chords": overlap(chords, truth),
        "sections": hits([section.start_s for section in sections[1:]], truth.sections[1:], SECTION_S),
        "duration_s": audio.duration_s,
        "descriptor": describe(known, Musical(tempo, beats, key, chords)),
        "found": f"{tempo.bpm:.1f} bpm {key.key.name}",
    }


def theirs(paths: Sequence[Path], truths: Sequence[Truth]) -> list[dict[str, Any]]:
    """librosa's answers, judged alike."""
    script = Path(__file__).parent / "peer_librosa.py"
    run = subprocess.run([str(PEER), str(script), *map(str, paths)], capture_output=True, text=True, check=True)
    rows = []
    for line, truth in zip(run.stdout.splitlines(), truths, strict=True):
        told = json.loads(line)
        tonic, minor = told["key"] % 12, told["key"] >= 12
        told["strict"] = abs(told["bpm"] / truth.bpm - 1) < TOLERANCE
        told["octave_free"] = octave_free(told["bpm"], truth)
        told["mirex"] = mirex(tonic, minor, truth)
        told["key"] = told["mirex"] == 1.0
        told["beats"] = hits(told["beats"], truth.beats, BEAT_S)
        rows.append(told)
    return rows


def near(rows: Sequence[dict[str, Any]], truths: Sequence[Truth]) -> tuple[float, float, float]:
    """How often the nearest other track is of the same genre; mean cosine within genres and across."""
    vectors = np.array([row["descriptor"] for row in rows])
    genres = np.array([truth.genre for truth in truths])
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -2)
    same = genres[:, None] == genres[None, :]
    others = ~np.eye(len(rows), dtype=bool)
    right = float((genres[alike.argmax(axis=1)] == genres).mean())
    return right, float(alike[same & others].mean()), float(alike[~same].mean())


def separation(path: Path, *, peer: bool) -> None:
    """HPSS of 180 s of mono at 22.05 kHz, as librosa works."""
    audio = read(path)
    mono = resample(Audio(audio.samples.mean(axis=0, keepdims=True), audio.sample_rate), 22_050)
    long = Audio(np.tile(mono.samples, (1, 3))[:, : 180 * 22_050].copy(), 22_050)
    Separation(sample_rate=22_050).split(long.samples[:, :50_000])
    seconds = []
    for _ in range(5):
        start = time.process_time()
        Separation(sample_rate=22_050).split(long.samples)
        seconds.append(time.process_time() - start)
    print(f"\nHPSS, 180 s mono 22.05 kHz: ours {min(seconds):.2f} s (spread to {max(seconds):.2f})", end="")
    if not peer:
        print()
        return
    with tempfile.TemporaryDirectory() as folder:
        wav, masks = Path(folder) / "mono.wav", Path(folder) / "masks.npz"
        write(wav, long, format="wav", bits="32f")
        script = Path(__file__).parent / "peer_librosa.py"
        run = subprocess.run([str(PEER), str(script), "--hpss", str(wav), str(masks)], capture_output=True, check=True)
        told, kept = json.loads(run.stdout), np.load(masks)
        harmonic, percussive = hpss_masks(kept["magnitude"].T)
        off = max(np.abs(harmonic.T - kept["harmonic"]).max(), np.abs(percussive.T - kept["percussive"]).max())
    print(f", librosa {told['hpss_s']:.1f} s, ratio {told['hpss_s'] / min(seconds):.0f}x; masks differ by {off:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=Path, default=TRACKS)
    parser.add_argument("--seeds", type=span, default=span("11-13"))
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    print(machine())
    paths, truths = zip(*tracks(options.tracks, options.seeds), strict=True)
    ours(paths[0], truths[0])
    rows = [ours(path, truth) for path, truth in zip(paths, truths, strict=True)]
    for path, truth, row in zip(paths, truths, rows, strict=True):
        key = Key(truth.tonic, "aeolian" if truth.minor else "ionian").name
        signs = f"{'' if row['strict'] else ' tempo!'}{'' if row['key'] else ' key!'}"
        print(
            f"{path.stem:24} {truth.bpm:6.1f} bpm {key:9} found {row['found']:20} beats {row['beats']:.2f} "
            f"bars {row['downbeats']:.2f} chords {row['chords']:.2f} sections {row['sections']:.2f}{signs}"
        )
    peers = [] if options.no_peer or not PEER.exists() else theirs(paths, truths)
    print(f"\n{len(rows)} tracks, mean of{'':20}ours   librosa")
    for name in ("strict", "octave_free", "key", "mirex", "beats", "downbeats", "chords", "sections"):
        told = f"{np.mean([row[name] for row in peers]):9.3f}" if peers and name in peers[0] else ""
        print(f"  {name:32}{np.mean([row[name] for row in rows]):6.3f}{told}")
    seconds = np.mean([row["duration_s"] for row in rows])
    for name, parts, peer_parts in (
        ("tempo and beats", ("features_s", "tempo_s", "beats_s"), ("beats_s",)),
        ("tempo, beats, key", ("features_s", "tempo_s", "beats_s", "key_s"), ("beats_s", "key_s")),
        (
            "everything",
            ("features_s", "tempo_s", "beats_s", "key_s", "chords_s", "sections_s"),
            ("beats_s", "key_s", "mfcc_s"),
        ),
    ):
        cost = [sum(row[part] for part in parts) for row in rows]
        line = f"  {name:20} {np.median(cost):6.2f} s ({min(cost):.2f} to {max(cost):.2f}) for {seconds:.0f} s of sound"
        if peers:
            peer_cost = [sum(row[part] for part in peer_parts) for row in peers[1:]]
            line += f"; librosa {np.median(peer_cost):.2f} s, ratio {np.median(peer_cost) / np.median(cost):.1f}x"
        print(line)
    if peers:
        print(f"  librosa's first file: {peers[0]['cold_start_s']:.0f} s of wall-clock time")
    if len(options.seeds) > 1:
        right, within, across = near(rows, truths)
        print(
            f"  nearest track is of the same genre: {right:.2f}; cosine {within:.2f} within genres, {across:.2f} across"
        )
    separation(paths[0], peer=bool(peers))


if __name__ == "__main__":
    main()
