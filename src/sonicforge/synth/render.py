"""`render_stem`: one stem of a score as dry sound."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from sonicforge.genres.genre import Genre
from sonicforge.music.score import AUDIBLE_CUES, Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples
from sonicforge.synth.cues import render_cues
from sonicforge.synth.drums.render import render_drum_parts
from sonicforge.synth.oscillators import HOP
from sonicforge.synth.part import SETTLE, Stretch, render_part
from sonicforge.synth.texture import is_texture, render_texture

RING_OUT_S = 6.0
"""What every stem lasts beyond its last bar."""
FADE_S = 2.0
PIECE = 1 << 16
NARROW = 0.2
"""Mix widths below this are played in mono."""


def stem_length(score: Score, *, start: int = 0, end: int | None = None) -> int:
    """Samples of every stem of the score between two ticks, ring-out included."""
    begin, length = _window(score, Clock.of(score), start, end)
    del begin
    return length


def render_stem(score: Score, genre: Genre, stem: str, *, start: int = 0, end: int | None = None) -> Audio:
    """The dry stem at 48 kHz from tick `start` to tick `end` (the whole score by default) and six seconds more.

    Mono (1, n) when everything in it is centred, else stereo; a stem without notes is silence. All stems of a score
    have the length `stem_length`. Within the window the sound equals that of the whole stem. Effects of the patches are
    in, level, pan, reverb, delay and side-chain are left to the mix.
    """
    clock = Clock.of(score)
    begin, length = _window(score, clock, start, end)
    last = score.length if end is None else min(end, score.length)
    wide = stem not in genre.mix or genre.mix[stem].width >= NARROW
    origin = max(0, (begin - SETTLE) // HOP * HOP)
    stretch = Stretch(origin, begin - origin + length, last)
    parts = [part for part in score.of_stem(stem) if part.notes]
    drums = [part for part in parts if part.drums]
    layers = (_layer(part, genre, score, clock, stretch, wide) for part in parts if not part.drums)
    total = _sum(chain(_drums(drums, genre, score, clock, stretch, wide), layers), stretch.length)
    if stem == "fx":
        total = _sum((total, _cues(score, genre, clock, stretch)), stretch.length)
    return Audio(_faded(total[:, begin - origin :]))


def _window(score: Score, clock: Clock, start: int, end: int | None) -> tuple[int, int]:
    begin = round(clock.second(start) * SAMPLE_RATE)
    last = clock.second(score.length if end is None else min(end, score.length))
    return begin, round((last + RING_OUT_S) * SAMPLE_RATE) - begin


def _layer(part: Part, genre: Genre, score: Score, clock: Clock, stretch: Stretch, wide: bool) -> Samples:
    """One pitched part or texture over the stretch. Textures are rendered from the start of the track and cut."""
    if not is_texture(part.voice, genre):
        return render_part(part, genre, score, clock, stretch, wide=wide)
    audio = render_texture(_until(stretch.end, part), genre, score, clock, stretch.begin + stretch.length)
    return _cut(audio, stretch, wide)


def _drums(
    parts: Sequence[Part], genre: Genre, score: Score, clock: Clock, stretch: Stretch, wide: bool
) -> Iterator[Samples]:
    """All drums of the stem as one layer, rendered from the start of the track and cut."""
    heard = [part for part in (_until(stretch.end, part) for part in parts) if part.notes]
    if heard:
        yield _cut(render_drum_parts(heard, genre, score, clock, stretch.begin + stretch.length), stretch, wide)


def _until(end: int, part: Part) -> Part:
    return replace(part, notes=tuple(note for note in part.notes if note.start < end))


def _cut(audio: Audio, stretch: Stretch, wide: bool) -> Samples:
    samples = audio.samples[:, stretch.begin :]
    return samples if wide or samples.shape[0] == 1 else samples.mean(axis=0, keepdims=True, dtype=np.float32)


def _cues(score: Score, genre: Genre, clock: Clock, stretch: Stretch) -> Samples:
    cues = tuple(cue for cue in score.cues if cue.kind in AUDIBLE_CUES and cue.start < stretch.end)
    if not cues:
        return np.zeros((1, stretch.length), np.float32)
    audio = render_cues(replace(score, cues=cues), genre, clock, stretch.begin + stretch.length)
    return audio.samples[:, stretch.begin :]


def _sum(layers: Iterable[Samples], length: int) -> Samples:
    """The layers added in place as they come, two of them in memory at a time."""
    total: Samples | None = None
    for layer in layers:
        if total is None:
            total = layer if layer.flags.writeable else layer.copy()
        elif layer.shape[0] > total.shape[0]:
            wider = layer if layer.flags.writeable else layer.copy()
            _add(wider, total)
            total = wider
        else:
            _add(total, layer)
    return np.zeros((1, length), np.float32) if total is None else total


def _add(total: Samples, layer: Samples) -> None:
    """Adds a layer where it sounds: memory that only silence would touch is never taken."""
    for first in range(0, layer.shape[1], PIECE):
        piece = layer[:, first : first + PIECE]
        if piece.any():
            total[:, first : first + PIECE] += piece


def _faded(samples: Samples) -> Samples:
    """The end of the ring-out brought to silence, whatever still sounds there."""
    size = min(int(FADE_S * SAMPLE_RATE), samples.shape[1])
    if np.any(samples[:, -size:]):
        samples[:, -size:] *= np.cos(np.linspace(0, np.pi / 2, size)).astype(np.float32) ** 2
    return np.ascontiguousarray(samples)
