"""The studio keeps its word: same seed same bytes, stems that sum to the mix, candidates ranked, progress told."""

import hashlib
import subprocess
import sys

import numpy as np
import orjson
import pytest

from sonicforge.errors import OutOfRange
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import load, names
from sonicforge.mix.mix import replay
from sonicforge.music.json import score_to_json
from sonicforge.sound.true_peak import true_peak_db
from sonicforge.studio.produce import candidate_concept, first_bars, plan_of, produce
from sonicforge.studio.progress import Progress
from sonicforge.studio.take import Take
from sonicforge.studio.write import write_score

SHORT = Concept(genre="house_deep", seed=11, length_s=40.0)


@pytest.fixture(scope="module")
def take() -> Take:
    return produce(SHORT, keep_stems=True)


def prints(take: Take) -> tuple[str, str]:
    sound = hashlib.sha256(take.audio.samples.tobytes()).hexdigest()
    return hashlib.sha256(score_to_json(take.score)).hexdigest(), sound


pytestmark = pytest.mark.slow


def test_the_same_seed_makes_the_same_bytes_on_one_thread_and_on_two(take: Take) -> None:
    assert prints(produce(SHORT, threads=1)) == prints(take)


def test_the_same_seed_makes_the_same_bytes_in_another_process(take: Take) -> None:
    code = """
import hashlib
from sonicforge.genres.concept import Concept
from sonicforge.music.json import score_to_json
from sonicforge.studio.produce import produce
take = produce(Concept(genre="house_deep", seed=11, length_s=40.0))
print(hashlib.sha256(score_to_json(take.score)).hexdigest(), hashlib.sha256(take.audio.samples.tobytes()).hexdigest())
"""
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert tuple(told) == prints(take)


def test_another_seed_makes_another_hook(take: Take) -> None:
    assert write_score(plan_of(Concept(genre="house_deep", seed=12, length_s=40.0))).score.hook != take.score.hook


def test_the_stems_sum_to_the_mixdown_through_the_recorded_decision(take: Take) -> None:
    recorded = orjson.loads(orjson.dumps(dict(take.mix), option=orjson.OPT_SERIALIZE_NUMPY))
    again = replay(take.stems, recorded, take.score, load("house_deep"))
    direct = replay(take.stems, take.mix, take.score, load("house_deep"))
    np.testing.assert_array_equal(again.audio.samples, direct.audio.samples)


def test_the_master_keeps_its_promises(take: Take) -> None:
    target = load("house_deep").target
    assert np.isfinite(take.audio.samples).all()
    assert true_peak_db(take.audio, detector="certified") <= target.true_peak + 1e-3
    assert take.audio.duration_s == pytest.approx(40.0, abs=14.0)


def test_progress_rises_to_one() -> None:
    told: list[Progress] = []
    produce(Concept(genre="chiptune", seed=2, length_s=30.0), report=told.append)
    shares = [progress.done for progress in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {progress.stage for progress in told} >= {"compose", "synth", "mix", "master", "judge"}


def test_the_best_candidate_is_made_again_from_its_own_concept() -> None:
    concept = Concept(genre="chiptune", seed=21, length_s=30.0)
    best = produce(concept, candidates=2)
    assert best.concept.seed in {candidate_concept(concept, number).seed for number in range(2)}
    assert prints(produce(best.concept)) == prints(best)


def test_the_first_bars_come_alone() -> None:
    concept = Concept(genre="techno_melodic", seed=4)
    plan = plan_of(concept)
    heard = first_bars(concept, 4)
    assert heard.duration_s == pytest.approx(4 * 4 * 60 / plan.bpm, abs=8.0)
    assert float(np.abs(heard.samples).max()) > 0.05
    with pytest.raises(OutOfRange):
        first_bars(concept, 0)


def test_candidates_outside_one_to_sixteen_are_refused() -> None:
    with pytest.raises(OutOfRange):
        produce(SHORT, candidates=0)


@pytest.mark.parametrize("genre", names())
def test_even_one_bar_of_any_genre_sounds_or_is_silent_but_never_breaks(genre: str) -> None:
    for seed in (1, 2):
        assert np.isfinite(first_bars(Concept(genre=genre, seed=seed), 1).samples).all()
