"""Compiling every kernel ahead of time, by making a little music of every genre with all it could play."""

from dataclasses import replace

from sonicforge.compose.compose import compose
from sonicforge.genres.concept import Concept
from sonicforge.genres.genre import Genre
from sonicforge.genres.load import load, names
from sonicforge.music.score import AUDIBLE_CUES, TICKS, Cue, Note, Part, Score
from sonicforge.studio.produce import first_bars, plan_of, produce
from sonicforge.synth.render import render_stem

WHOLE = "a whole track"

_ALL, _CUES = "everything", "fx"
_NOTES = (
    Note(0, TICKS, 60, 90),
    Note(0, 2 * TICKS, 64, 80),
    Note(TICKS, TICKS, 60, 110, slide=True, accent=True),
    Note(2 * TICKS, TICKS, 60, 70, ghost=True, open=True),
    Note(3 * TICKS, TICKS, 60, 100, lfo_beats=0.5),
)
"""One of each kind."""


def families() -> tuple[str, ...]:
    """What can be warmed up: the genres, then a whole track, whose end the first bars do not reach."""
    return (*names(), WHOLE)


def warm_up(family: str) -> None:
    """Make four bars of a genre and a note of each of its voices, or one whole short track.

    Numba keeps the kernels on disk for whoever comes next.
    """
    if family == WHOLE:
        produce(Concept(genre="lofi_hiphop", seed=1, length_s=40.0), keep_stems=False)
        return
    concept = Concept(genre=family, seed=1)
    first_bars(concept, 4)
    genre = load(family)
    score = with_every_voice(compose(plan_of(concept)), genre)
    for stem in (_ALL, _CUES):
        render_stem(score, genre, stem, end=score.bar)


def with_every_voice(score: Score, genre: Genre) -> Score:
    """The score with one more part for each patch and drum voice of its genre, and with every transition effect."""
    pitched = [Part(f"{_ALL}-{voice}", "h", _ALL, voice, False, _NOTES) for voice in genre.patches]
    drums = [Part(f"{_ALL}-{voice}", "d", _ALL, voice, True, _NOTES) for voice in genre.kit]
    cues = tuple(Cue(kind, 0, score.bar) for kind in sorted(AUDIBLE_CUES))
    return replace(score, parts=(*score.parts, *pitched, *drums), cues=cues)
