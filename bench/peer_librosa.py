"""librosa on the same files, run by bench/analysis.py inside the peers' environment; prints one JSON line a file.

.venv-peers/bin/python bench/peer_librosa.py FILE...
"""

import json
import sys
import time
from pathlib import Path

import librosa
import numpy as np

KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)


def key_of(chroma: np.ndarray) -> int:
    """librosa finds no keys; the usual recipe on its chroma is correlation with Krumhansl's profiles."""
    worth = [np.corrcoef(np.roll(profile, tonic), chroma)[0, 1] for profile in KRUMHANSL for tonic in range(12)]
    return int(np.argmax(worth))


def heard(path: Path) -> dict[str, object]:
    start = time.process_time()
    samples, rate = librosa.load(path, sr=22_050)
    loaded = time.process_time()
    tempo, beats = librosa.beat.beat_track(y=samples, sr=rate, units="time")
    tracked = time.process_time()
    chroma = librosa.feature.chroma_cqt(y=samples, sr=rate)
    key = key_of(chroma.mean(axis=1))
    keyed = time.process_time()
    librosa.feature.mfcc(y=samples, sr=rate)
    done = time.process_time()
    return {
        "file": path.name,
        "bpm": float(np.atleast_1d(tempo)[0]),
        "beats": np.asarray(beats).tolist(),
        "key": key,
        "load_s": loaded - start,
        "beats_s": tracked - loaded,
        "key_s": keyed - tracked,
        "mfcc_s": done - keyed,
    }


def separated(path: Path, out: Path) -> dict[str, object]:
    """Masks of a mono file with librosa's own settings, kept for comparison."""
    samples, _ = librosa.load(path, sr=None)
    librosa.decompose.hpss(np.abs(librosa.stft(samples[:22_050])), mask=True)
    start = time.process_time()
    spectrum = librosa.stft(samples)
    masks = librosa.decompose.hpss(np.abs(spectrum), mask=True)
    parts = [librosa.istft(spectrum * mask) for mask in masks]
    seconds = time.process_time() - start
    np.savez(out, magnitude=np.abs(spectrum), harmonic=masks[0], percussive=masks[1])
    return {"hpss_s": seconds, "parts": len(parts)}


def main() -> None:
    if sys.argv[1] == "--hpss":
        print(json.dumps(separated(Path(sys.argv[2]), Path(sys.argv[3]))))
        return
    begin = time.perf_counter()
    first = True
    for name in sys.argv[1:]:
        told = heard(Path(name))
        if first:
            told["cold_start_s"] = time.perf_counter() - begin
            first = False
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
