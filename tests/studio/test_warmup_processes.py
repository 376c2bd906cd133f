"""Warming up the studio plays every voice there is, not only those that the first bars happen to need."""

import numpy as np
import pytest

from sonicforge.compose.compose import compose
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import load, names
from sonicforge.music.score import AUDIBLE_CUES, Score
from sonicforge.studio.produce import plan_of
from sonicforge.studio.warmup import families, with_every_voice
from sonicforge.synth.render import render_stem


def everything(name: str) -> Score:
    return with_every_voice(compose(plan_of(Concept(genre=name, seed=1))), load(name))


def test_every_genre_is_a_family() -> None:
    assert families() == (*names(), "a whole track")


@pytest.mark.parametrize("name", ["drum_and_bass_neuro", "techno_peak"])
def test_every_voice_and_every_cue_is_heard(name: str) -> None:
    score, genre = everything(name), load(name)
    parts = score.of_stem("everything")
    assert {part.voice for part in parts if not part.drums} == set(genre.patches)
    assert {part.voice for part in parts if part.drums} == set(genre.kit)
    assert {cue.kind for cue in score.cues} == AUDIBLE_CUES
    for stem in ("everything", "fx"):
        sound = render_stem(score, genre, stem, end=score.bar).samples
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() > 0.01
