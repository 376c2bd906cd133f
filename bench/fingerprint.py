"""Fingerprints beside fpcalc, copies of our own tracks, and a search among a hundred thousand recordings.

    python bench/fingerprint.py [--seconds 180] [--rounds 5] [--seeds 1] [--recordings 100000] [--only codes,copies]

`codes`: one of our tracks as files of several rates and depths; processor seconds of `fpcalc` and of reading and
fingerprinting in this process (minimum of the rounds), and how many codes differ, which must be none.
`copies`: tracks of every genre, changed as copies are; similarity to the original, against the most similar stranger.
`index`: made-up recordings put together from pieces of our tracks' codes; time to build, size, milliseconds of a
search, and how many of 40 damaged parts are found.
Needs Debian's libchromaprint-tools and ffmpeg.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from machine import machine
from sonicforge.analysis.fingerprint.classifiers import Codes
from sonicforge.analysis.fingerprint.fingerprint import fingerprint
from sonicforge.analysis.fingerprint.match import compare
from sonicforge.analysis.fingerprint.text import from_text
from sonicforge.genres.concept import Concept
from sonicforge.library.fingerprints import THRESHOLD, Entry, FingerprintIndex
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import read, write
from sonicforge.studio.produce import produce
from sonicforge.workshop.identify import identify
from tracks import tracks

FORMS = {
    "44.1 kHz 16 bit WAV": ("wav", "-ar 44100 -c:a pcm_s16le"),
    "48 kHz 16 bit WAV": ("wav", "-c:a pcm_s16le"),
    "44.1 kHz 16 bit FLAC": ("flac", "-ar 44100 -sample_fmt s16"),
    "48 kHz 24 bit FLAC": ("flac", "-c:a flac"),
    "96 kHz 24 bit WAV": ("wav", "-ar 96000 -c:a pcm_s24le"),
    "44.1 kHz float WAV": ("wav", "-ar 44100 -c:a pcm_f32le"),
    "MP3 128 kbit/s": ("mp3", "-b:a 128k"),
    "Ogg Vorbis": ("ogg", "-c:a libvorbis -q:a 5"),
    "AAC in M4A": ("m4a", "-b:a 160k"),
}


def codes(folder: Path, seconds: float, rounds: int) -> bool:
    """Speed and identity; True if every code of the lossless files is that of fpcalc."""
    original = folder / "own.flac"
    write(original, produce(Concept(genre="synthwave", seed=3, length_s=seconds), keep_stems=False).audio)
    exact = True
    print(f"{'own track, ' + format(seconds, '.0f') + ' s':24}   fpcalc     ours    ratio   codes that differ")
    for name, (ending, options) in FORMS.items():
        path = folder / f"form.{ending}"
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(original), "-vn", *options.split(), str(path)]
        subprocess.run(command, check=True)
        theirs = from_text(_fpcalc(path))
        ours = identify(path).codes
        same = min(len(theirs), len(ours))
        differ = int(np.count_nonzero(theirs[:same] != ours[:same])) + abs(len(theirs) - len(ours))
        peer, own = (_quickest(work, path, rounds) for work in (_fpcalc, identify))
        print(f"{name:24} {peer:7.3f} s {own:7.3f} s  {peer / own:5.2f} x   {differ} of {len(theirs)}")
        exact &= differ == 0 or ending in ("mp3", "ogg", "m4a")
    return exact


def _fpcalc(path: Path) -> str:
    return subprocess.run(["fpcalc", "-plain", str(path)], capture_output=True, text=True, check=False).stdout.strip()


def _quickest(work: Callable[[Path], object], path: Path, rounds: int) -> float:
    """Processor seconds of this process and of programs it runs."""
    spent = []
    for _ in range(rounds):
        begin = _worked_s()
        work(path)
        spent.append(_worked_s() - begin)
    return min(spent)


def _worked_s() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def copies(folder: Path, seeds: int) -> bool:
    """Similarity of copies and of strangers; True if the threshold lies between them."""
    originals: dict[str, Codes] = {}
    found: dict[str, list[float]] = {}
    index = FingerprintIndex()
    missed = 0
    wanted: list[tuple[str, Codes]] = []
    for path, _ in tracks(folder / "tracks", range(1, seeds + 1)):
        audio = read(path)
        originals[path.stem] = fingerprint(audio)
        index.add(Entry(path.stem, originals[path.stem]))
        for name, copy in _changed(audio, folder):
            codes = fingerprint(copy)
            found.setdefault(name, []).append(compare(originals[path.stem], codes).similarity)
            wanted.append((path.stem, codes))
    names = list(originals)
    strangers = [compare(originals[a], originals[b]).similarity for i, a in enumerate(names) for b in names[:i]]
    wrong = 0
    for name, codes in wanted:
        hits = {hit.name for hit in index.search(codes)}
        missed += name not in hits
        wrong += len(hits - {name})
    print(f"\n{len(names)} own tracks, similarity        lowest   median")
    for name, values in found.items():
        print(f"  {name:28} {min(values):8.3f} {statistics.median(values):8.3f}")
    print(f"  {'most similar strangers':28} {max(strangers):8.3f} {statistics.median(strangers):8.3f}")
    print(f"  found by the index at {THRESHOLD}: {len(wanted) - missed} of {len(wanted)} copies, {wrong} wrong")
    return min(map(min, found.values())) > THRESHOLD > max(strangers)


def _changed(audio: Audio, folder: Path) -> Iterator[tuple[str, Audio]]:
    sound = audio.samples
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(sound.shape, np.float32) * np.float32(np.sqrt(np.mean(np.square(sound))))
    late = np.ascontiguousarray(sound[:, 10 * audio.sample_rate :])
    yield "3 dB louder, clipped", Audio(np.clip(sound * np.float32(1.4125), -1, 1), audio.sample_rate)
    yield "3 dB softer", Audio(sound * np.float32(0.708), audio.sample_rate)
    yield "begins 10 s later", Audio(late, audio.sample_rate)
    yield "noise at -30 dB", Audio(sound + noise * np.float32(10**-1.5), audio.sample_rate)
    yield "noise at -20 dB", Audio(sound + noise * np.float32(0.1), audio.sample_rate)
    yield "mono", Audio(np.ascontiguousarray(sound.mean(axis=0, keepdims=True)), audio.sample_rate)
    for name, copy in (("MP3 64 kbit/s", sound), ("MP3 64, 10 s later, -3 dB", late * np.float32(0.708))):
        write(folder / "copy.mp3", Audio(copy, audio.sample_rate), bitrate=64_000)
        yield name, read(folder / "copy.mp3")


def index_of_many(folder: Path, kept: Path, count: int, seeds: int) -> bool:
    """Build, size and search; True if everything was found up to 10 % wrong bits and no stranger was."""
    pool = [identify(path).codes for path, _ in tracks(kept / "tracks", range(1, seeds + 1))]
    path = folder / "many"
    with FingerprintIndex(path) as index:
        begin = time.process_time()
        making = 0.0
        for first in range(0, count, 1000):
            start = time.process_time()
            entries = [Entry(str(i), _recording(pool, i), 117.0) for i in range(first, min(count, first + 1000))]
            making += time.process_time() - start
            index.add(*entries)
        spent = time.process_time() - begin - making
        size = path.stat().st_size
        each = f"{1e3 * spent / count:.2f} ms and {size / 1e3 / count:.1f} kB each"
        print(f"\n{len(index)} recordings: built in {spent:.0f} s of processor, {size / 1e6:.0f} MB; {each}")
        good = True
        for rate in (0.0, 0.05, 0.1, 0.15, 0.2):
            found, times = _searched(index, pool, count, rate)
            print(f"  part of it with {rate:4.0%} wrong bits: {found} of 40 found, {_milliseconds(times)}")
            good &= found == 40 or rate > 0.1
        strangers = [_recording(pool, count + i) for i in range(40)]
        times, wrong = [], 0
        for codes in strangers:
            begin = time.perf_counter()
            wrong += len(index.search(codes))
            times.append(time.perf_counter() - begin)
        print(f"  strangers: {wrong} wrongly found, {_milliseconds(times)}")
        begin = time.perf_counter()
        index.remove("5")
        between = time.perf_counter()
        index.add(Entry("5", _recording(pool, 5)))
        removed, added = 1e3 * (between - begin), 1e3 * (time.perf_counter() - between)
        print(f"  one removed in {removed:.1f} ms, added in {added:.1f} ms")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return good and not wrong


def _searched(index: FingerprintIndex, pool: list[Codes], count: int, rate: float) -> tuple[int, list[float]]:
    found, times = 0, []
    for i in range(40):
        rng = np.random.default_rng(i)
        which = int(rng.integers(count))
        codes = _recording(pool, which)[80:]
        wrong = rng.random((len(codes), 32)) < rate
        query = codes ^ (wrong @ (1 << np.arange(32, dtype=np.int64))).astype(np.uint32)
        begin = time.perf_counter()
        hits = index.search(query)
        times.append(time.perf_counter() - begin)
        found += bool(hits) and hits[0].name == str(which)
    return found, times


def _milliseconds(times: list[float]) -> str:
    return f"{1e3 * statistics.median(times):.1f} ms median, {1e3 * max(times):.1f} ms at most"


def _recording(pool: list[Codes], seed: int, length: int = 948) -> Codes:
    """Pieces of real codes, most of whose bits are turned over for seconds at a time; a third has a drone."""
    rng = np.random.default_rng(seed)
    pieces = np.zeros(0, np.uint32)
    while len(pieces) < length:
        source = pool[rng.integers(len(pool))]
        first = int(rng.integers(0, max(1, len(source) - 200)))
        pieces = np.concatenate([pieces, source[first : first + int(rng.integers(60, 200))]])
    turns = np.logical_xor.accumulate(rng.random((length, 32)) < 0.04, axis=0) & (rng.random(32) < 0.6)
    made = pieces[:length] ^ (turns @ (1 << np.arange(32, dtype=np.int64))).astype(np.uint32)
    if rng.random() < 0.3:
        first = int(rng.integers(0, length - 100))
        made[first : first + 60] = rng.choice(np.array(_DRONE, np.uint32), 60)
    return made


_DRONE = (0xF555D577, 0x5555D57F, 0x5555D577, 0x5555E15B, 0x5555F17F, 0xF555F557, 0x5557F557, 0xF557F577)
"""Codes that long steady sounds of our own ambient tracks have in common."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1, help="tracks of each genre")
    parser.add_argument("--recordings", type=int, default=100_000)
    parser.add_argument("--only", default="codes,copies,index")
    parser.add_argument("--folder", type=Path, help="keep the tracks here")
    wishes = parser.parse_args()
    print(machine())
    good = True
    with tempfile.TemporaryDirectory() as made:
        folder = wishes.folder or Path(made)
        folder.mkdir(exist_ok=True)
        if "codes" in wishes.only:
            good &= codes(folder, wishes.seconds, wishes.rounds)
        if "copies" in wishes.only:
            good &= copies(folder, wishes.seeds)
        if "index" in wishes.only:
            good &= index_of_many(Path(made), folder, wishes.recordings, wishes.seeds)
    print("as promised" if good else "NOT AS PROMISED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
