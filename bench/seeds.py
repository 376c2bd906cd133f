"""Seeds 1-20 of every genre: crashes, loudness, ceiling, pass rate, distinct hooks, and whether genres are told apart.

    python bench/seeds.py [--seeds 20] [--minutes 2] [--candidates 3] [--genres ...] [--workers 2]
                          [--out seeds.json [--resume]]

A run of all seeds takes half an hour on two idle cores; `--resume` goes on with what an earlier run left in `--out`.
Every seed is judged once as a single candidate; a seed that does not pass is tried again with up to `--candidates`.
The classifier is a plain logistic regression on audio features (bands, rhythm, dynamics, width), trained on the odd
half of the seeds (1-10 of 20) and asked about the rest.
"""

import argparse
import json
import math
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from machine import machine
from sonicforge.sound.audio import Audio


def features(audio: Audio) -> list[float]:
    """A fixed vector of plain audio features of a whole track; level independent except for dynamics."""
    left, right = audio.samples[0], audio.samples[-1]
    mid, side = (left + right) / 2, (left - right) / 2
    size, hop = 2048, 1024
    window = np.hanning(size).astype(np.float32)
    frames = 1 + (mid.size - size) // hop
    edges = [1, 2, 4, 6, 10, 16, 28, 44, 72, 116, 190, 310, 500, 760, 1000]
    bands, sides = (np.zeros((frames, len(edges) - 1), np.float32) for _ in range(2))
    for start in range(0, frames, 512):
        index = np.arange(start, min(start + 512, frames))[:, None] * hop + np.arange(size)
        for signal, out in ((mid, bands), (side, sides)):
            power = np.abs(np.fft.rfft(signal[index] * window)) ** 2
            sums = np.concatenate([np.zeros((len(index), 1)), np.cumsum(power, axis=1)], axis=1)
            out[start : start + 512] = sums[:, edges[1:]] - sums[:, edges[:-1]]
    level = 10 * np.log10(bands + 1e-9)
    loud = level[bands.sum(axis=1) > bands.sum(axis=1).mean() * 0.05]
    balance = 10 * np.log10(bands.mean(axis=0) + 1e-9)
    balance -= balance.max()
    width = 10 * np.log10((sides.mean(axis=0) + 1e-9) / (bands.mean(axis=0) + 1e-9))
    flux = np.maximum(np.diff(level, axis=0), 0)
    return [*balance, *np.clip(width, -40, 6), *loud.std(axis=0), *flux.mean(axis=0), *_rhythm(flux)]


def _rhythm(flux: NDArray[np.float32]) -> list[float]:
    """Autocorrelation of the low and high onset curves at lags from 0.1 to 2 s."""
    out = []
    for part in (flux[:, :5], flux[:, 9:]):
        curve = part.sum(axis=1) - part.sum(axis=1).mean()
        spectrum = np.abs(np.fft.rfft(curve, 2 * curve.size)) ** 2
        correlation = np.fft.irfft(spectrum)[: curve.size]
        correlation = correlation / max(correlation[0], 1e-9)
        lags = np.geomspace(0.1, 2.0, 41) * 48_000 / 1024
        out += [float(correlation[int(a) : int(b) + 1].max()) for a, b in pairwise(lags)]
    return out


def one(job: tuple[str, int, int, float | None]) -> dict[str, Any]:
    """Make and measure one seed of one genre; the length is the form's own unless minutes are given."""
    genre, seed, candidates, minutes = job
    length = None if minutes is None else minutes * 60
    from sonicforge.genres.concept import Concept
    from sonicforge.genres.load import load
    from sonicforge.sound.loudness import measure
    from sonicforge.sound.true_peak import true_peak_db
    from sonicforge.studio.produce import produce

    begin = time.perf_counter()
    told: dict[str, Any] = {"genre": genre, "seed": seed}
    try:
        take = produce(Concept(genre=genre, seed=seed, length_s=length), threads=1)
    except Exception as error:  # noqa: BLE001 - a crash is a result here
        return told | {"crash": f"{type(error).__name__}: {error}"}
    target = load(genre).target
    loudness = measure(take.audio)
    told |= {
        "seconds": time.perf_counter() - begin,
        "duration": take.audio.duration_s,
        "finite": bool(np.isfinite(take.audio.samples).all()),
        "loudness_error": loudness.integrated - target.lufs,
        "peak_over": true_peak_db(take.audio, detector="certified") - target.true_peak,
        "score": take.verdict.score,
        "passed": take.verdict.passed,
        "findings": [[f.id, f.name, f.status, f.reason] for f in take.verdict.findings if f.status in ("warn", "fail")],
        "hook": [list(pair) for pair in take.score.hook],
        "features": features(take.audio),
    }
    told["passed_with_candidates"] = told["passed"]
    if not told["passed"] and candidates > 1:
        del take
        again = produce(Concept(genre=genre, seed=seed, length_s=length), candidates=candidates, threads=1)
        told["passed_with_candidates"] = again.verdict.passed
    return told


def hook_distance(a: Iterable[list[int]], b: Iterable[list[int]]) -> float:
    """Edit distance of two hooks as (interval, duration) symbols, divided by the longer length."""
    first, second = [tuple(x) for x in a], [tuple(x) for x in b]
    row = list(range(len(second) + 1))
    for i, x in enumerate(first, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(second, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1] / max(len(first), len(second), 1)


def classify(results: list[dict[str, Any]], half: int) -> float:
    """Share of the later seeds whose genre is named rightly after training on the earlier ones."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train = [r for r in results if r["seed"] <= half]
    test = [r for r in results if r["seed"] > half]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=4000))
    model.fit([r["features"] for r in train], [r["genre"] for r in train])
    named = model.predict([r["features"] for r in test])
    wrong = Counter((r["genre"], str(n)) for r, n in zip(test, named, strict=True) if r["genre"] != n)
    for (truth, name), count in wrong.most_common(12):
        print(f"  {truth} taken for {name}: {count}")
    return 1 - wrong.total() / max(1, len(test))


def report(results: list[dict[str, Any]], seeds: int) -> None:
    """Print every figure the results hold."""
    crashes = [r for r in results if "crash" in r]
    for crash in crashes:
        print("CRASH", crash["genre"], crash["seed"], crash["crash"])
    good = [r for r in results if "crash" not in r]
    print(
        f"{len(results)} tracks, {len(crashes)} crashes, {sum(not r['finite'] for r in good)} with non-finite samples"
    )
    print(f"loudness off target at most {max(abs(r['loudness_error']) for r in good):.2f} LU")
    print(f"true peak over the ceiling at most {max(r['peak_over'] for r in good):+.3f} dB (max of three detectors)")
    for genre in dict.fromkeys(r["genre"] for r in good):
        rows = [r for r in good if r["genre"] == genre]
        scores = sorted(r["score"] for r in rows)
        hooks = [r["hook"] for r in rows if r["hook"]]
        near = [hook_distance(a, b) for i, a in enumerate(hooks) for b in hooks[i + 1 :]] or [math.nan]
        common = Counter((f[0], f[1], f[2]) for r in rows for f in r["findings"]).most_common(6)
        print(
            f"{genre:20} pass {np.mean([r['passed'] for r in rows]):4.0%}"
            f" with candidates {np.mean([r['passed_with_candidates'] for r in rows]):4.0%}"
            f" score {scores[0]:.1f}/{scores[len(scores) // 2]:.1f}/{scores[-1]:.1f}"
            f" hooks nearest {min(near):.2f} median {float(np.median(near)):.2f}  "
            + ", ".join(f"{i} {name} {status} {n}" for (i, name, status), n in common)
        )
    print(f"single candidates that pass: {np.mean([r['passed'] for r in good]):.1%}")
    print(f"pass with candidates: {np.mean([r['passed_with_candidates'] for r in good]):.1%}")
    if seeds >= 4:
        print(f"genre named rightly: {classify(good, seeds // 2):.1%} of {sum(r['seed'] > seeds // 2 for r in good)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--minutes", type=float, help="length of every track (default: what the form is)")
    parser.add_argument("--candidates", type=int, default=3)
    parser.add_argument("--genres", default="")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--resume", action="store_true", help="keep the results that --out holds already")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    from sonicforge.genres.load import names

    genres = options.genres.split(",") if options.genres else list(names())
    jobs = [
        (genre, seed, options.candidates, options.minutes) for seed in range(1, options.seeds + 1) for genre in genres
    ]
    print(machine())
    begin = time.perf_counter()
    results = json.loads(options.out.read_text()) if options.resume and options.out.exists() else []
    done = {(result["genre"], result["seed"]) for result in results}
    jobs = [job for job in jobs if job[:2] not in done]
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for result in pool.map(one, jobs):
            results.append(result)
            if options.out:
                options.out.write_text(json.dumps(results, default=float))
    print(f"{time.perf_counter() - begin:.0f} s")
    report(results, options.seeds)


if __name__ == "__main__":
    main()
