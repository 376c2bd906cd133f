"""A take's files are written while it is made, and only the chosen candidate's stay."""

import time
from pathlib import Path

import numpy as np
import pytest

from sonicforge.errors import CannotWrite
from sonicforge.genres.concept import Concept
from sonicforge.library.files import TakeFiles, tags_of
from sonicforge.music.score import Score
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import read
from sonicforge.sound.stages import Master
from sonicforge.studio.produce import plan_of, produce
from sonicforge.studio.take import Take
from sonicforge.studio.write import write_score

CONCEPT = Concept(genre="chiptune", seed=4, length_s=30.0)
OTHER = Concept(genre="chiptune", seed=5, length_s=30.0)


@pytest.fixture(scope="module")
def score() -> Score:
    return write_score(plan_of(CONCEPT)).score


def tone(seconds: float) -> Master:
    wave = np.sin(np.arange(int(seconds * 48_000)) * 0.05, dtype=np.float32) * 0.25
    return Master(Audio(np.stack([wave, wave])), {}, {})


@pytest.mark.slow
def test_only_the_chosen_candidate_stays(tmp_path: Path, score: Score) -> None:
    with TakeFiles(tmp_path, formats=("flac", "wav16")) as files:
        files.stem(OTHER, "bass", tone(0.1).audio)
        files.master(OTHER, score, tone(0.5))
        take = produce(CONCEPT, on_stem=files.stem, on_master=files.master)
        files.keep(take)
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert names >= {"track.flac", "track-wav16.wav", "cover.png", "score.mid", "score.json", "verdict.json"}
    assert {name for name in names if name.startswith("stems/")} == {f"stems/{s}.flac" for s in take.score.stems()}
    assert not list(tmp_path.glob("candidate-*"))
    assert read(tmp_path / "track.flac").length == take.audio.length


def test_a_track_that_cannot_be_written_is_reported_when_kept(tmp_path: Path, score: Score) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with TakeFiles(folder, formats=("flac",)) as files:
        (folder / f"candidate-{CONCEPT.seed}").mkdir()
        (folder / f"candidate-{CONCEPT.seed}" / "track.flac").mkdir()
        files.master(CONCEPT, score, tone(0.2))
        take = Take(CONCEPT, score, tone(0.2), produce_verdict(), {}, {}, {})
        with pytest.raises(CannotWrite):
            files.keep(take)


def test_giving_up_ends_the_writing_early(tmp_path: Path, score: Score) -> None:
    with pytest.raises(KeyboardInterrupt), TakeFiles(tmp_path, formats=("mp3",)) as files:
        files.master(CONCEPT, score, tone(1200.0))
        while not list(tmp_path.rglob("*.part")):
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert not list(tmp_path.rglob("*.mp3"))


def test_tags_say_how_to_make_the_track_again(score: Score) -> None:
    tags = tags_of(CONCEPT, score)
    assert tags["title"] == score.title
    assert f"seed {CONCEPT.seed}" in tags["comment"]


def produce_verdict():  # type: ignore[no-untyped-def]
    from sonicforge.critic.verdict import verdict

    return verdict(())
