"""What the DJ decides: by the genres, within the tempo limits, on the phrases, the same every time."""

from dataclasses import replace
from itertools import pairwise, product
from random import Random

import pytest
from dj_items import bare

from sonicforge.errors import BadDataFile, BadInput
from sonicforge.genres.load import names
from sonicforge.music.barlines import Barlines
from sonicforge.music.scale import Key
from sonicforge.playout.dj.affinity import affinity
from sonicforge.playout.dj.blend_plan import MOST, PLATTER, STEP
from sonicforge.playout.dj.decide import Context, decide
from sonicforge.playout.dj.keys import common_tones, key_score, wheel_place
from sonicforge.playout.dj.lock import nearest_lock
from sonicforge.playout.dj.match import compatible
from sonicforge.playout.dj.transition import METHODS, Method, Transition
from sonicforge.playout.item import Item


@pytest.mark.parametrize(
    ("key", "place"),
    [
        *(("A minor", "8A"), ("C major", "8B"), ("F minor", "4A"), ("F# minor", "11A"), ("E major", "12B")),
        *(("B major", "1B"), ("D dorian", "8A"), ("E phrygian", "8A"), ("G mixolydian", "8B"), ("F lydian", "8B")),
        ("A harmonic minor", "8A"),
    ],
)
def test_the_wheel_has_every_key_where_djs_expect_it(key: str, place: str) -> None:
    assert wheel_place(Key.parse(key)).name == place


@pytest.mark.parametrize(
    ("into", "score"),
    [
        *(("A minor", 1.0), ("E minor", 0.9), ("D minor", 0.9), ("C major", 0.85), ("G major", 0.6), ("B minor", 0.55)),
        *(("G minor", 0.4), ("Bb minor", 0.35), ("C minor", 0.35), ("F# minor", 0.35), ("D dorian", 0.9)),
        ("Eb minor", 0.1),
    ],
)
def test_keys_score_by_their_distance_on_the_wheel(into: str, score: float) -> None:
    assert key_score("A minor", into)[0] == pytest.approx(score)


def test_the_held_tone_is_the_old_fifth_where_the_new_key_has_it_as_home() -> None:
    assert common_tones("A minor", "E minor")[0] == 4
    assert common_tones("C major", "F# major") != ()
    assert common_tones("", "E minor") == ()


@pytest.mark.parametrize(
    ("out", "into", "bars"),
    [
        (122, 125, (1, 1)),
        (87, 174, (1, 2)),
        (174, 87, (2, 1)),
        (116, 174, (2, 3)),
        (105, 140, (3, 4)),
        (140, 71, (2, 1)),
    ],
)
def test_tempos_lock_in_small_ratios(out: float, into: float, bars: tuple[int, int]) -> None:
    lock = nearest_lock(out, into)
    assert (lock.out_bars, lock.in_bars) == bars
    assert abs(lock.residual) < 0.04


def test_the_matrix_knows_every_genre_and_its_own_kind_fits_best() -> None:
    for out, into in product(names(), names()):
        assert 0 <= affinity(out, into).score <= 5
        if out == into:
            assert affinity(out, into).score == 5
    assert affinity("house_deep", "techno_melodic").method == "B"
    assert affinity("my_own", "my_own").score == 5
    assert affinity("my_own", "house_deep").method == "E"


def test_a_match_is_full_for_the_same_and_poor_for_strangers() -> None:
    item = bare()
    assert compatible(item, item).score == pytest.approx(1.0)
    stranger = bare(genre="drum_and_bass_neuro", bpm=174, key="Eb minor", energy=0.9)
    assert compatible(item, stranger).score < 0.45


PAIRS: list[tuple[Method, Item, Item]] = [
    ("B", bare("a"), bare("b", genre="techno_melodic", bpm=121)),
    ("R", bare("a"), bare("b", bpm=123.5)),
    ("H", bare("a", genre="lofi_hiphop", bpm=87), bare("b", genre="drum_and_bass", bpm=174, energy=0.6)),
    ("E", bare("a"), bare("b", key="Eb minor")),
    ("E", bare("a"), bare("b", bpm=131)),
    ("E", bare("a"), bare("b", bpm=180)),
    ("H", bare("a"), bare("b", bpm=180, drums=False)),
    ("S", bare("a"), bare("b", genre="lofi_hiphop", bpm=82)),
    ("C", bare("a", genre="trance_uplifting", bpm=138), bare("b", genre="drum_and_bass", bpm=174)),
    ("A", bare("a"), bare("b", genre="drum_and_bass_neuro", bpm=174)),
    ("A", bare("a", genre="ambient", drums=False), bare("b", genre="cinematic", drums=False)),
    ("K", bare("a", genre="lofi_hiphop", bpm=84), bare("b", genre="lofi_hiphop", bpm=84)),
    ("F", bare("a", bars=False), bare("b")),
]


@pytest.mark.parametrize(("method", "out", "into"), PAIRS)
def test_each_method_has_its_pair(method: Method, out: Item, into: Item) -> None:
    transition = decide(out, into)
    assert transition.method == method, transition.reasons
    assert transition.reasons


@pytest.mark.parametrize(("out", "into"), list(product(names(), names())))
def test_any_two_genres_give_a_transition_inside_both_files(out: str, into: str) -> None:
    old = bare("a", genre=out, bpm=70 + 7.3 * names().index(out), key="F minor", energy=0.4)
    new = bare("b", genre=into, bpm=70 + 7.3 * names().index(into), key="C minor", energy=0.6)
    transition = decide(old, new)
    assert 0 <= transition.out_at_s < old.duration_s
    assert 0 <= transition.in_at_s < transition.enters_in_at_s <= 0.62 * new.duration_s
    assert transition.out.time_map[-1][1] <= old.duration_s
    assert transition.out.time_map[0][1] == transition.out_at_s
    assert transition.into.time_map[-1] == pytest.approx((transition.length_s, transition.enters_in_at_s), abs=1e-9)
    assert decide(old, new) == transition


@pytest.mark.parametrize("bpm", [120.0, 121.0, 118.2, 124.0, 115.8, 60.5, 241.0])
def test_a_blend_keeps_the_tempo_law(bpm: float) -> None:
    out, into = bare("a"), bare("b", bpm=bpm)
    transition = decide(out, into)
    assert transition.method in "BRH", transition.reasons
    old, new = transition.out.speeds, transition.into.speeds
    assert old[0] == pytest.approx(1, abs=1e-9)
    assert new[-1] == pytest.approx(1, abs=1e-9)
    for speeds in (old, new):
        assert max(abs(speed - 1) for speed in speeds) <= MOST + 1e-3
        assert max(abs(b / a - 1) for a, b in pairwise(speeds)) <= STEP + 1e-6
    assert transition.into.keeps_pitch == (max(abs(speed - 1) for speed in new) > PLATTER)


def test_a_blend_begins_and_ends_on_phrases_with_bars_on_bars() -> None:
    out, into = bare("a"), bare("b", bpm=122)
    transition = decide(out, into)
    assert out.barlines is not None
    assert into.barlines is not None
    assert transition.out_at_s == pytest.approx(out.barlines.bars_s[20], abs=1 / 48_000)
    assert transition.enters_in_at_s == pytest.approx(into.barlines.bars_s[16], abs=1 / 48_000)
    for (old, _), (new, _) in zip(transition.out.time_map[1:], transition.into.time_map[1:], strict=True):
        assert old == pytest.approx(new, abs=3 / 48_000)


def test_only_one_low_end_is_open_at_a_time() -> None:
    transition = decide(bare("a"), bare("b"))
    swap = transition.bass_swap_s
    assert swap is not None
    beat = 0.5
    assert transition.out.highpass_hz == ((swap, 20.0), (swap + beat, 250.0))
    assert transition.into.highpass_hz == ((swap, 250.0), (swap + beat, 20.0))


def test_a_wish_is_followed_where_it_can_be() -> None:
    out, into = bare("a"), bare("b")
    for method in METHODS:
        wished = decide(out, into, context=Context(wish=method)).method
        assert wished == ("B" if method in "BRH" else method)
    cut = bare("a", genre="trance_uplifting", bpm=138), bare("b", genre="dubstep", bpm=140)
    assert decide(*cut).method == "C"
    assert decide(*cut, context=Context(cuts=False)).method == "E"


def test_a_transition_survives_json_exactly() -> None:
    for _, out, into in PAIRS:
        transition = decide(out, into)
        assert Transition.from_json(transition.to_json()) == transition


def test_impossible_transitions_are_refused_with_their_numbers() -> None:
    good = decide(bare("a"), bare("b"))
    with pytest.raises(BadInput, match="121"):
        replace(good, length_s=121.0)
    with pytest.raises(BadInput, match="fader"):
        replace(good.out, fader=((0.0, 1.2),))
    with pytest.raises(BadInput, match="backwards"):
        replace(good.out, time_map=((0.0, 5.0), (1.0, 4.0)))
    with pytest.raises(BadDataFile, match="method"):
        Transition.from_json({**good.to_json(), "method": "Z"})
    with pytest.raises(BadDataFile):
        Transition.from_json({"method": "B"})


def strange(dice: Random, name: str) -> Item:
    """An item as it may turn up: any form, shifted and uneven bars, three or four beats, unknown keys, cut ends."""
    form = tuple((f"s{n}", dice.choice((1, 2, 4, 7, 8, 16, 32)), dice.random()) for n in range(dice.randint(1, 6)))
    key = dice.choice(("A minor", "", "C major", "F# dorian", "junk", "Eb minor"))
    drums = dice.random() < 0.7
    item = bare(name, genre=dice.choice((*names(), "own")), bpm=dice.uniform(50, 200), key=key, form=form, drums=drums)
    if item.barlines is None or dice.random() < 0.1:
        return replace(item, barlines=None)
    shift = dice.choice((0.0, -0.3, 0.05, 0.4, 3.0))
    bars = tuple(second + shift + dice.uniform(0, 0.02) for second in item.barlines.bars_s)
    sections = item.barlines.sections if dice.random() < 0.9 else ()
    length = max(0.2, item.duration_s + dice.choice((-5.0, -1.0, 0.0, 4.0)))
    return replace(item, barlines=Barlines(dice.choice((3, 4, 4)), bars, sections), duration_s=length)


@pytest.mark.parametrize("seed", range(8))
def test_strange_items_still_get_a_transition_that_can_be_played(seed: int) -> None:
    dice = Random(seed)
    for _ in range(60):
        out, into = strange(dice, "a"), strange(dice, "b")
        transition = decide(out, into, context=Context(wish=dice.choice((None, None, *METHODS))))
        assert 0 <= transition.out_at_s < out.duration_s + 0.03
        assert 0 < transition.enters_in_at_s < 0.7 * into.duration_s + 0.1
        assert transition.out.time_map[-1][1] <= out.duration_s + 0.05
        assert Transition.from_json(transition.to_json()) == transition
