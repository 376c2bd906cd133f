"""Forms fitted to a length: whole phrases, ends and peak kept, bar numbers moved along."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicforge.genres.fit import fit, jittered, resized, shortened_fades, unit_of
from sonicforge.genres.genre import Form, FormSection
from sonicforge.genres.load import load, names

FORMS = {(name, form): load(name).forms[form] for name in names() for form in load(name).forms}


def section(name: str = "A", bars: int = 16, *do: str, out: tuple[str, ...] = (), energy: float = 0.5) -> FormSection:
    return FormSection(name, bars, (energy, energy), ("k",), do, out, "", "A", "")


@given(st.sampled_from(sorted(FORMS)), st.floats(3, 1200))
def test_the_length_is_met_within_four_bars(which: tuple[str, str], bars: float) -> None:
    fitted = fit(FORMS[which].sections, bars)
    assert abs(sum(row.bars for row in fitted) - bars) <= 4
    assert all(row.bars >= 2 for row in fitted)


@pytest.mark.parametrize("which", sorted(FORMS), ids=".".join)
def test_its_own_length_leaves_a_form_alone(which: tuple[str, str]) -> None:
    form = FORMS[which]
    assert fit(form.sections, form.bars) == form.sections


@given(st.sampled_from(sorted(FORMS)), st.floats(24, 1200))
def test_the_peak_and_the_ending_stay(which: tuple[str, str], bars: float) -> None:
    sections = FORMS[which].sections
    fitted = fit(sections, bars)
    energies = [sum(row.energy) for row in sections]
    peak = sections[energies.index(max(energies))].name
    assert peak in {row.name for row in fitted}
    assert fitted[-1].name == sections[-1].name


def test_a_much_longer_form_is_played_round_again() -> None:
    sections = FORMS["lofi_hiphop", "loop_tape"].sections
    fitted = fit(sections, 200)
    assert len(fitted) > 2 * len(sections)
    assert max(row.bars for row in fitted) <= 16
    assert len({row.name for row in fitted}) == len(fitted)


def test_entries_move_with_their_section() -> None:
    grown = resized(section("A", 16, "l from 9", "p until 8", "pattern x from 9", "c.lowpass 500>900"), 32)
    assert grown.automation == ("l from 17", "p until 16", "pattern x from 17", "c.lowpass 500>900")
    shrunk = resized(section("A", 32, "l from 17", "v from 25"), 8)
    assert shrunk.automation == ("l from 5", "v from 7")


@given(st.integers(1, 64), st.integers(1, 64).map(lambda n: 4 * n), st.integers(1, 32).map(lambda n: 4 * n))
def test_entries_stay_inside_their_section(entry: int, old: int, new: int) -> None:
    moved = resized(section("A", old, f"l from {min(entry, old)}"), new)
    for token in moved.automation:
        assert 1 <= int(token.split()[-1]) <= new


def test_risers_and_rolls_fit_inside() -> None:
    assert resized(section("A", 16, out=("RIS(8)", "SNR(4)", "FIL(4)", "CRS")), 4).transition == (
        "RIS(4)", "SNR(4)", "FIL(4)", "CRS",
    )  # fmt: skip


def test_fades_fit_inside() -> None:
    rows = shortened_fades((section("A", 4, "fade out 25", "c.level 3"),), 2.0)
    assert rows[0].automation == ("fade out 6", "c.level 3")


@pytest.mark.parametrize("seed", range(8))
def test_jitter_changes_one_inner_section_by_one_step(seed: int) -> None:
    form: Form = FORMS["house_deep", "club_mix"]
    moved = jittered(form.sections, random.Random(seed))
    changed = [(a.bars, b.bars) for a, b in zip(form.sections, moved, strict=True) if a != b]
    assert len(changed) == 1
    assert abs(changed[0][0] - changed[0][1]) == unit_of(form.sections)
    assert (moved[0], moved[-1]) == (form.sections[0], form.sections[-1])
