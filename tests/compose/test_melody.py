"""Melodies of whole pieces: what a listener may expect of every genre, and of some genres alone."""

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise

import pytest
from plans import GENRES, plan_of, score_of

from sonicforge.chance import choices
from sonicforge.compose.compose import compose
from sonicforge.compose.directions import parse_directions
from sonicforge.compose.form import entries_of, sections_of, transpositions_of
from sonicforge.compose.harmony import write_harmony
from sonicforge.compose.manner import manner_of
from sonicforge.compose.melody import hook_of_track
from sonicforge.compose.motif import FARTHEST, Hook, hook_distance, symbols
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import parse_moves
from sonicforge.genres.load import load
from sonicforge.music.chord import chord_scale
from sonicforge.music.score import STEP, TICKS, Note, Part, Score, Section
from sonicforge.music.time import Clock

SEEDS = (1, 2)
CASES = [(genre, seed) for genre in GENRES for seed in SEEDS]
LED = [(genre, seed) for genre, seed in CASES if genre not in ("techno_peak", "ambient")]


def carrier(score: Score) -> str:
    return manner_of(load(score.genre)).carrier


def line(score: Score, code: str) -> list[Note]:
    """The notes of a part code without doublings and graces."""
    parts = [part for part in score.of_code(code) if not part.name.endswith("double")]
    return sorted((note for part in parts for note in part.notes if not note.ghost), key=lambda note: note.start)


def stretches(score: Score, notes: list[Note]) -> list[list[Note]]:
    """Runs of notes of one section without more than two bars of silence."""
    runs: list[list[Note]] = []
    for note in notes:
        near = runs and note.start - runs[-1][-1].end < 2 * score.bar
        if near and score.section_at(note.start) == score.section_at(runs[-1][-1].start):
            runs[-1].append(note)
        else:
            runs.append([note])
    return runs


def asked(score: Score, section: Section) -> tuple[str, ...]:
    rows = plan_of(score.genre, score.seed).form.sections
    return rows[score.sections.index(section)].automation


@cache
def hook_of_seed(genre: str, seed: int) -> Hook:
    """The hook of a piece, without the rest of its music."""
    plan = plan_of(genre, seed)
    sections, lifts, bar = sections_of(plan), transpositions_of(plan), plan.form.beats_per_bar * TICKS
    sketch = Sketch(
        plan=plan,
        key=plan.key,
        beats_per_bar=plan.form.beats_per_bar,
        bar=bar,
        length=sections[-1].end,
        sections=sections,
        chords=write_harmony(plan, sections, bar, lifts, plan.seed).chords,
        swing=replace(plan.genre.swing, percent=plan.swing_percent),
        seed=plan.seed,
        entries=entries_of(plan, sections, plan.seed),
        transpositions=lifts,
    )
    return hook_of_track(sketch)


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_a_piece_has_a_hook_that_can_be_sung_back(genre: str, seed: int) -> None:
    hook = score_of(genre, seed).hook
    assert 3 <= len(hook) <= 8
    assert hook[0][0] == 0
    assert symbols(hook) <= 14
    assert len({interval for interval, _ in hook}) >= 2


@pytest.mark.parametrize("genre", GENRES)
def test_twenty_pieces_of_a_genre_have_different_hooks(genre: str) -> None:
    hooks = [hook_of_seed(genre, seed) for seed in range(1, 21)]
    close = [pair for pair in combinations(hooks, 2) if hook_distance(*pair) < FARTHEST]
    assert len(close) <= 1


@pytest.mark.parametrize("genre", GENRES)
def test_the_hook_of_a_track_is_the_hook_of_its_score(genre: str) -> None:
    assert hook_of_seed(genre, 1) == score_of(genre, 1).hook


def test_a_hook_to_be_avoided_is_avoided() -> None:
    plan = plan_of("synthwave", 3)
    known = compose(plan).hook
    assert hook_distance(compose(plan, avoid=[known]).hook, known) >= FARTHEST


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_the_lead_stays_within_two_octaves_and_its_range(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    low, high = load(genre).melody.range
    for part in score.of_code("l"):
        pitches = [note.pitch for note in part.notes if not note.ghost]
        assert max(pitches) - min(pitches) <= 24
        if not part.name.endswith("double"):
            assert low - 3 <= min(pitches) <= max(pitches) <= high + 4


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_the_tune_leaps_an_octave_at_most(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    leaps = [abs(b.pitch - a.pitch) for run in stretches(score, line(score, carrier(score))) for a, b in pairwise(run)]
    assert sum(leap > 12 for leap in leaps) <= 0.02 * len(leaps)
    assert max(leaps) <= 16


@pytest.mark.parametrize(("genre", "seed"), LED)
def test_steps_and_repeats_prevail(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    moves = [abs(b.pitch - a.pitch) for run in stretches(score, line(score, carrier(score))) for a, b in pairwise(run)]
    assert sum(move <= 4 for move in moves) >= 0.55 * len(moves)


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_strong_beats_rest_on_chord_tones(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    half = score.bar // 2 if score.beats_per_bar % 2 == 0 else score.bar
    strong = [note for note in line(score, carrier(score)) if note.start % half == 0]
    fitting = sum(note.pitch % 12 in score.chord_at(note.start).tones for note in strong)
    assert fitting >= 0.5 * len(strong)


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_no_lasting_note_lies_a_semitone_above_a_chord_tone(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    clouded = total = 0
    for note in line(score, "l") + line(score, "v"):
        tones, voicing = score.chord_at(note.start).tones, score.chord_at(note.start).voicing
        total += note.length
        if note.length >= TICKS // 2 and note.pitch % 12 not in tones:
            clouded += note.length * any(note.pitch - tone in (1, 13, 25) for tone in voicing)
    assert clouded <= 0.03 * total


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_notes_are_in_the_scale_or_pass_by_a_semitone(genre: str, seed: int) -> None:
    score, plan = score_of(genre, seed), plan_of(genre, seed)
    notes = line(score, "l")
    lifts = {s.start: parse_directions(asked(score, s)).transpose for s in score.sections}
    strange = 0
    for note, after in pairwise(notes):
        section = score.section_at(note.start)
        keys = (plan.key, plan.key.transposed(lifts[section.start]))
        near = [score.chord_at(note.start).tones, score.chord_at(note.start + TICKS // 2).tones]
        scales = {pc for key in keys for tones in near for pc in (*chord_scale(tones, key), *tones)}
        strange += note.pitch % 12 not in scales and abs(after.pitch - note.pitch) > 2
    assert strange <= 0.05 * len(notes)


@pytest.mark.parametrize(("genre", "seed"), LED)
def test_the_motif_comes_back(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    notes = line(score, carrier(score))
    bars = len({note.start // score.bar for note in notes})
    rhythms = Counter(
        tuple(round((n.start % (2 * score.bar)) / STEP) for n in notes if n.start // (2 * score.bar) == pair)
        for pair in {note.start // (2 * score.bar) for note in notes}
    )
    assert rhythms.most_common(1)[0][1] >= max(2, bars / 16)


def test_nearly_every_piece_has_its_one_highest_note_between_sixty_and_eighty_five_percent() -> None:
    crowned = []
    for genre, seed in LED:
        score = score_of(genre, seed)
        notes = line(score, carrier(score))
        top = max(note.pitch for note in notes)
        peaks = [note for note in notes if note.pitch == top]
        crowned.append(len(peaks) == 1 and 0.55 <= peaks[0].start / score.length <= 0.86)
    assert sum(crowned) >= 0.85 * len(crowned)


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_planned_silence_is_silent(genre: str, seed: int) -> None:
    score, rows = score_of(genre, seed), plan_of(genre, seed).form.sections
    for section, row in zip(score.sections, rows, strict=True):
        gaps = [m for m in parse_moves(row.transition, seam=section.end, bar=score.bar) if m.kind == "GAP"]
        for gap in gaps:
            assert not [n for code in "lva" for n in line(score, code) if gap.start <= n.start < gap.end]


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_parts_sound_only_in_sections_that_name_them(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    for code in "lva":
        for note in line(score, code):
            named = {part[0] for part in score.section_at(note.start + TICKS // 4).parts}
            # A grace, an echo's tail or a pickup may lean over the seam.
            before = {part[0] for part in score.section_at(max(0, note.start - TICKS)).parts}
            assert code in named | before


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_the_second_voice_attacks_where_the_lead_rests_or_holds(genre: str, seed: int) -> None:
    score = score_of(genre, seed)
    manner = manner_of(load(genre))
    if manner.second not in ("answer", "bells", "echo", "chops") or manner.carrier == "v":
        return
    lead = line(score, "l")
    attacks = {note.start for note in lead}
    thirds = [s for s in score.sections if parse_directions(asked(score, s)).treated("thirds", "l")]
    free = [n for n in line(score, "v") if not any(s.start <= n.start < s.end for s in thirds)]
    assert sum(note.start in attacks for note in free) <= 0.02 * len(free)


@pytest.mark.parametrize(("genre", "seed"), CASES)
def test_timing_stays_within_two_sigmas_of_the_players_lag(genre: str, seed: int) -> None:
    mean, sigma = load(genre).melody.lag_ms
    for note in line(score_of(genre, seed), "l"):
        # Pickups come without the lag, slow attacks up to 30 ms early.
        assert (
            min(0.0, mean) + min(0.2 * mean, 0) - 2 * sigma - 30.1
            <= note.shift_ms
            <= max(mean, 0.2 * mean) + 2 * sigma + 0.1
        )


@pytest.mark.parametrize("genre", ["lofi_hiphop", "jazz_lounge", "cinematic", "synthwave", "downtempo"])
def test_touch_is_alive(genre: str) -> None:
    velocities = [note.velocity for note in line(score_of(genre), "l")]
    mean = sum(velocities) / len(velocities)
    assert (sum((v - mean) ** 2 for v in velocities) / len(velocities)) ** 0.5 >= 4


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_trance_anthem_keeps_the_rhythm_of_its_first_bar(seed: int) -> None:
    score = score_of("trance_uplifting", seed)
    anthem = next(s for s in score.sections if s.name.startswith("anthem"))
    rhythms = Counter(
        tuple(round((n.start % score.bar) / STEP) for n in line(score, "l") if n.start // score.bar == bar)
        for bar in range(anthem.start // score.bar, anthem.start // score.bar + 8)
    )
    assert rhythms.most_common(1)[0][1] >= 4


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_peak_techno_riff_has_few_pitches(seed: int) -> None:
    score = score_of("techno_peak", seed)
    for section in score.sections:
        pitches = Counter(n.pitch % 12 for n in line(score, "l") if section.start <= n.start < section.end)
        frequent = [pitch for pitch, count in pitches.items() if count > 0.05 * sum(pitches.values())]
        assert len(frequent) <= 4


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_chip_arpeggio_runs_in_frames_of_a_sixtieth(seed: int) -> None:
    score = score_of("chiptune", seed)
    bpm = score.tempo[0][1]
    (arp,) = [part for part in score.parts if part.code == "a"]
    assert all(abs(note.length - 2 * bpm * 16 / 60) <= 1 for note in arp.notes)
    assert not any(note.shift_ms for note in arp.notes)


def test_chip_echo_is_the_lead_later_and_softer() -> None:
    score = score_of("chiptune", 1)
    delay = load("chiptune").melody.echo_steps
    lead = {(round(note.start / STEP), note.pitch): note.velocity for note in line(score, "l")}
    echoes = [(round(note.start / STEP) - delay, note.pitch, note.velocity) for note in line(score, "v")]
    softer = [lead[at, pitch] - velocity for at, pitch, velocity in echoes if (at, pitch) in lead]
    assert len(softer) >= 0.4 * len(echoes)
    assert min(softer) > 0


@pytest.mark.parametrize("seed", range(1, 5))
def test_ambient_fragments_leave_silence_and_never_repeat_at_once(seed: int) -> None:
    score = score_of("ambient", seed)
    clock = Clock.of(score)
    fragments: list[list[Note]] = []
    for note in line(score, "l"):
        if fragments and clock.second(note.start) - clock.second(fragments[-1][-1].end) < 2.0:
            fragments[-1].append(note)
        else:
            fragments.append([note])
    assert all(len(fragment) <= 5 for fragment in fragments)
    pauses = [clock.second(b[0].start) - clock.second(a[-1].end) for a, b in pairwise(fragments)]
    assert sum(pause >= 5.0 for pause in pauses) >= 0.9 * len(pauses)
    shapes = [tuple((n.pitch, n.start - fragment[0].start) for n in fragment) for fragment in fragments]
    assert not [shape for shape, following in pairwise(shapes) if shape == following]


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_jazz_solo_aims_at_chord_tones_and_breathes(seed: int) -> None:
    score = score_of("jazz_lounge", seed)
    solos = [s for s in score.sections if parse_directions(asked(score, s)).treated("solo", "l")]
    notes = [n for n in line(score, "l") if any(s.start <= n.start < s.end for s in solos)]
    strong = [n for n in notes if n.start % (2 * TICKS) == 0]
    assert sum(n.pitch % 12 in score.chord_at(n.start).tones for n in strong) >= 0.85 * len(strong)
    rests = [b.start - a.end for a, b in pairwise(notes) if b.start - a.end >= TICKS]
    assert len(rests) >= len(notes) / 40
    bars = sum(s.bars for s in solos)
    assert 2 <= len(notes) / bars <= 8


def test_future_garage_chops_carry_the_tune() -> None:
    score = score_of("future_garage", 1)
    assert len(line(score, "v")) > len(line(score, "l"))
    assert all(55 <= note.pitch <= 86 for note in line(score, "v"))


@pytest.mark.parametrize("genre", ["house_progressive", "trance_uplifting", "synthwave", "techno_melodic"])
def test_arps_play_chord_tones_in_time(genre: str) -> None:
    score = score_of(genre)
    parts: list[Part] = [part for part in score.parts if part.code == "a"]
    notes = [note for part in parts for note in part.notes]
    fitting = sum(note.pitch % 12 in score.chord_at(note.start).tones for note in notes)
    assert fitting >= 0.9 * len(notes)
    assert not any(note.shift_ms for note in notes)


def test_the_melody_draws_its_own_chances() -> None:
    first = choices(1, "compose", "melody", "hook").random()
    assert first == choices(1, "compose", "melody", "hook").random()
    assert first != choices(1, "compose", "melody", "solo").random()
