"""A concept becomes a plan: the same one every time, inside the genre, with the wishes respected."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonicforge.errors import Conflict, OutOfRange, UnknownName
from sonicforge.genres.concept import Concept
from sonicforge.genres.instrument import plays
from sonicforge.genres.load import load, names
from sonicforge.genres.mood import MOODS
from sonicforge.genres.plan import Plan
from sonicforge.genres.settle import choose_genre, settle
from sonicforge.music.scale import Key


def plan(genre: str, **wish: object) -> Plan:
    return settle(Concept(genre=genre, **wish), load(genre))  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.sampled_from(names()), st.integers(0, 2**63 - 1))
def test_the_same_seed_gives_the_same_plan_inside_the_genre(name: str, seed: int) -> None:
    genre = load(name)
    made = plan(name, seed=seed)
    assert made == plan(name, seed=seed)
    assert genre.bpm[0] <= made.bpm <= genre.bpm[1]
    assert made.key.mode in genre.tonal.modes
    assert made.key.tonic in {Key.parse(text).tonic for text in genre.tonal.keys}
    assert made.form_name in genre.forms
    assert genre.swing.range[0] <= made.swing_percent <= genre.swing.range[1] or made.form.swing_percent
    assert 0 <= made.energy <= 1
    assert set(made.cast) == set(genre.cast)
    assert all(made.cast[code] in genre.cast[code] for code in made.cast)
    assert made.title.strip()
    assert made.compromises == ()


def test_seeds_make_different_tracks() -> None:
    plans = [plan("lofi_hiphop", seed=seed) for seed in range(60)]
    assert len({made.title for made in plans}) > 50
    assert len({made.key for made in plans}) > 8
    assert len({made.bpm for made in plans}) > 5
    assert len({made.form_name for made in plans}) == 2


def test_answering_one_question_leaves_the_others_alone() -> None:
    free, fixed = plan("house_deep", seed=5), plan("house_deep", seed=5, bpm=121.0)
    assert fixed.bpm == 121
    assert (free.key, free.title, free.cast) == (fixed.key, fixed.title, fixed.cast)


@settings(deadline=None)
@given(st.sampled_from(names()), st.floats(10, 1800), st.integers(0, 99))
def test_the_length_is_met_within_four_bars(name: str, length_s: float, seed: int) -> None:
    made = plan(name, length_s=length_s, seed=seed)
    assert abs(made.length_s - length_s) <= 4 * made.bar_s + 1e-6


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(names()),
    st.lists(st.sampled_from(("drums", "bass", "melody", "chords", "pads", "piano", "hats")), unique=True, max_size=4),
    st.integers(0, 50),
)
def test_what_is_left_out_does_not_play(name: str, without: list[str], seed: int) -> None:
    made = plan(name, without=tuple(without), seed=seed)
    for row in made.form.sections:
        assert row.parts
        assert {part[0] for part in row.parts} <= set(made.cast)
    assert not set(made.without) & set(made.cast)
    for layers in made.cast.values():
        assert not any(plays(layer, word) for layer in layers for word in without)
    if "drums" in without:
        assert not set("kshp") & set(made.cast)
        assert not any(token.startswith(("SNR", "FIL")) for row in made.form.sections for token in row.transition)


def test_no_section_calls_for_a_voice_that_is_left_out() -> None:
    tokens = [token for row in plan("jazz_lounge", form="standard_aaba", without=("piano",)).form.sections
              for token in row.automation]  # fmt: skip
    assert "voice l=vibes" in tokens
    assert "voice l=piano" not in tokens


def test_a_featured_instrument_gets_a_part() -> None:
    made = plan("jazz_lounge", instruments=("guitar",), seed=1)
    assert any(plays(layer, "guitar") for layers in made.cast.values() for layer in layers)
    assert plan("techno_peak", instruments=("flute",)).compromises == ("Peak-time techno has no flute to feature",)


def test_nothing_left_is_a_conflict() -> None:
    everything = ("drums", "bass", "chords", "pads", "arp", "melody", "texture", "sub")
    with pytest.raises(Conflict, match="nothing would be left"):
        plan("lofi_hiphop", without=everything)


def test_a_tempo_near_the_range_is_played_and_said() -> None:
    made = plan("lofi_hiphop", bpm=96.0)
    assert made.bpm == 96
    assert "70 to 90 bpm" in made.compromises[0]


@pytest.mark.parametrize("bpm", [40.0, 140.0, 200.0])
def test_a_tempo_far_outside_names_the_range(bpm: float) -> None:
    with pytest.raises(Conflict, match="between 70 and 90 bpm"):
        plan("lofi_hiphop", bpm=bpm)


def test_impossible_numbers_and_names_are_told() -> None:
    with pytest.raises(OutOfRange, match="30"):
        plan("lofi_hiphop", bpm=500.0)
    with pytest.raises(UnknownName, match="loop_tape"):
        plan("lofi_hiphop", form="fugue")
    with pytest.raises(UnknownName, match="key"):
        plan("lofi_hiphop", key="X")


def test_a_wished_key_is_kept() -> None:
    assert plan("techno_peak", key="C# minor").key == Key(1, "aeolian")


def test_moods_move_tempo_and_mode() -> None:
    sleepy = [plan("lofi_hiphop", mood=("sleepy",), seed=seed) for seed in range(40)]
    lively = [plan("lofi_hiphop", mood=("energetic",), seed=seed) for seed in range(40)]
    assert max(made.bpm for made in sleepy) < min(made.bpm for made in lively)
    major = sum(made.key.mode == "ionian" for made in sleepy)
    assert major > sum(made.key.mode == "ionian" for made in lively)


def test_energy_scales_the_peak() -> None:
    def peak(energy: float) -> float:
        return max(max(row.energy) for row in plan("house_deep", energy=energy, form="radio_deep").form.sections)

    assert peak(0.0) < peak(0.5) < peak(1.0) == pytest.approx(0.70)


def test_swing_follows_the_tempo_where_the_genre_says_so() -> None:
    slow = plan("jazz_lounge", bpm=90.0, form="blues_club").swing_percent
    quick = plan("jazz_lounge", bpm=170.0, form="blues_club").swing_percent
    assert slow > quick
    assert plan("jazz_lounge", form="bossa_lounge").swing_percent == 50


def test_a_form_with_its_own_tempo_and_metre_keeps_them() -> None:
    made = plan("cinematic", form="waltz_memory")
    assert made.beats_per_bar == 3
    assert abs(made.bpm - 84) <= 2


def test_moods_choose_a_genre_where_they_are_at_home() -> None:
    chosen = [choose_genre(Concept(mood=("sleepy",), seed=seed)) for seed in range(100)]
    home = sum(name in MOODS["sleepy"].genres for name in chosen)
    assert home > 35


def test_a_tempo_chooses_a_genre_that_can_play_it() -> None:
    for seed in range(20):
        name = choose_genre(Concept(bpm=174.0, seed=seed))
        assert load(name).bpm[0] * 0.88 <= 174 <= load(name).bpm[1] * 1.12
    with pytest.raises(Conflict, match="no genre is played at 290 bpm"):
        choose_genre(Concept(bpm=290.0))


def test_an_instrument_chooses_a_genre_that_has_it() -> None:
    chosen = [choose_genre(Concept(instruments=("violin",), seed=seed)) for seed in range(20)]
    assert chosen.count("cinematic") > 12
