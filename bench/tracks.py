"""Our own tracks with the truth from their scores, made once and kept: the analysis learns from them and is judged."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson

from sonicforge.genres.concept import Concept
from sonicforge.genres.load import names
from sonicforge.music.scale import Key
from sonicforge.music.score import TICKS, ChordSpan, Score
from sonicforge.music.time import Clock
from sonicforge.sound.files import write
from sonicforge.studio.produce import produce

TRACKS = Path(tempfile.gettempdir()) / "sonicforge-tracks"
"""Where tracks are kept between runs."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the score says of a track, in seconds. `bpm` is the median; chords are (start, end, tones, root first)."""

    genre: str
    seed: int
    bpm: float
    tonic: int
    minor: bool
    per_bar: int
    beats: list[float]
    bars: list[float]
    sections: list[float]
    chords: list[tuple[float, float, list[int]]]


def tracks(folder: Path, seeds: Sequence[int], length_s: float = 95.0) -> Iterator[tuple[Path, Truth]]:
    """Every genre with every seed as (WAV file, truth); what is not in `folder` yet is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for genre in names():
            path = folder / f"{genre}-{seed}.wav"
            told = path.with_suffix(".json")
            if not told.exists():
                take = produce(Concept(genre=genre, seed=seed, length_s=length_s), keep_stems=False)
                write(path, take.audio, format="wav", bits="16")
                told.write_bytes(orjson.dumps(asdict(truth_of(take.score, genre, seed))))
            yield path, Truth(**orjson.loads(told.read_bytes()))


def truth_of(score: Score, genre: str, seed: int) -> Truth:
    """What an analysis should find."""
    clock, key = Clock.of(score), Key.parse(score.key)
    beats = clock.seconds(np.arange(0, score.length, TICKS))
    return Truth(
        genre=genre,
        seed=seed,
        bpm=float(60 / np.median(np.diff(beats))),
        tonic=key.tonic,
        minor=key.minor,
        per_bar=score.beats_per_bar,
        beats=beats.tolist(),
        bars=clock.seconds(np.arange(0, score.length, score.bar)).tolist(),
        sections=[clock.second(section.start) for section in score.sections],
        chords=[_chord(chord, clock) for chord in score.chords],
    )


def _chord(chord: ChordSpan, clock: Clock) -> tuple[float, float, list[int]]:
    return clock.second(chord.start), clock.second(chord.end), list(chord.tones)


def triad(tones: Sequence[int]) -> int | None:
    """0..11 major, 12..23 minor by the third of a chord (root first); None without a plain third."""
    found = quality(tones)
    return None if found is None else found[0] + 12 * (found[1] >= 3)


def quality(tones: Sequence[int]) -> tuple[int, int] | None:
    """Root and the index in `analysis.chords.QUALITIES`; suspended sevenths count as sevenths, other chords as None."""
    above = {(tone - tones[0]) % 12 for tone in tones}
    if 4 in above:
        return tones[0], 1 if 11 in above else 2 if 10 in above else 0
    if 3 in above:
        return tones[0], 4 if 10 in above else 3
    return (tones[0], 2) if {5, 10} <= above else None
