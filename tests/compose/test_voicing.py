import itertools

import numpy as np
import pytest
from plans import GENRES

from sonicforge.compose.harmony import voicings_of
from sonicforge.compose.voicing import (
    LOW_INTERVAL_LIMIT,
    candidates,
    closed_walk,
    mean_motion,
    tone_sets,
    voice_loop,
)
from sonicforge.genres.genre import Voicing
from sonicforge.genres.load import load
from sonicforge.music.chord import parse_chord, parse_progression

CLOSE = Voicing(53, 79, 4, "close", (69, 79), 2.5, (0, 6))
ROOTLESS = Voicing(52, 74, 4, "rootless", (66, 74), 2.0, (12, 32))


def test_walk_is_the_cheapest_of_all_closed_walks() -> None:
    rng = np.random.default_rng(5)
    steps = [rng.random((3, 4)), rng.random((4, 2)), rng.random((2, 3))]

    def cost(path: tuple[int, ...]) -> float:
        return float(sum(step[path[i], path[(i + 1) % 3]] for i, step in enumerate(steps)))

    best = min(itertools.product(range(3), range(4), range(2)), key=cost)
    assert tuple(closed_walk(steps)) == best


def test_walk_beats_choosing_the_nearest_step_by_step() -> None:
    rng = np.random.default_rng(11)
    worse = 0
    for _ in range(20):
        steps = [rng.random((6, 6)) for _ in range(5)]
        path = closed_walk(steps)
        total = sum(step[path[i], path[(i + 1) % 5]] for i, step in enumerate(steps))
        greedy = [0]
        for step in steps[:-1]:
            greedy.append(int(step[greedy[-1]].argmin()))
        walked = sum(step[greedy[i], greedy[(i + 1) % 5]] for i, step in enumerate(steps))
        assert total <= walked + 1e-12
        worse += walked > total + 1e-9
    assert worse >= 15


@pytest.mark.parametrize("genre", GENRES)
def test_loops_of_a_genre_move_less_than_it_allows(genre: str) -> None:
    found = load(genre)
    voicing, _ = voicings_of(found)
    motions = []
    for text in found.harmony.progressions:
        chords = tuple(chord for chord, _ in parse_progression(text))
        motions.append(mean_motion(voice_loop(chords, 5, voicing, exempt=found.harmony.parallel_exempt)))
    assert sum(motions) / len(motions) <= found.harmony.voicing.move
    assert sum(motion > found.harmony.voicing.move for motion in motions) <= 1


@pytest.mark.parametrize("tonic", range(12))
def test_voicings_stay_in_range_and_ascend(tonic: int) -> None:
    for text in ("Imaj9 vi9 ii9 V13", "i9 iv9 bVII13 bIIImaj9"):
        for pitches in voice_loop(tuple(chord for chord, _ in parse_progression(text)), tonic, ROOTLESS):
            assert list(pitches) == sorted(pitches)
            assert ROOTLESS.low <= pitches[0]
            assert pitches[-1] <= ROOTLESS.high


def test_rootless_voicings_keep_third_and_seventh() -> None:
    for symbol in ("Imaj9", "ii9", "V13", "VI7b9", "IV9", "i11"):
        chord = parse_chord(symbol)[0]
        for tones in tone_sets(chord, 4, "rootless"):
            assert {chord.third, chord.seventh} <= set(tones)


def test_low_intervals_are_never_muddy() -> None:
    wide = Voicing(43, 80, 4, "spread", (66, 80), 2.0, (0, 0))
    for row in candidates(parse_chord("i9")[0], 0, wide).tolist():
        for low, high in itertools.pairwise(row):
            assert high - low > 12 or low >= LOW_INTERVAL_LIMIT[high - low]


def test_a_chord_of_its_own_is_voiced_too() -> None:
    (pitches,) = voice_loop((parse_chord("Imaj7")[0],), 2, CLOSE)
    assert {pitch % 12 for pitch in pitches} <= {2, 6, 9, 1}


def test_same_loop_gives_the_same_voices() -> None:
    chords = tuple(chord for chord, _ in parse_progression("i bVI bIII bVII"))
    first = voice_loop(chords, 9, CLOSE)
    assert voice_loop(chords, 9, CLOSE) == first
