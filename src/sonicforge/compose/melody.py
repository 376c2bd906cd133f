"""Melodies: the hook is found, grown into themes, sung through the form, answered, arpeggiated and performed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from sonicforge.chance import choices
from sonicforge.compose.arp import write_arp
from sonicforge.compose.blocks import Block, blocks_of, with_roles
from sonicforge.compose.chops import answering, carried, syllables_of
from sonicforge.compose.counter import answers, bells, choir, echo, held_strings, third_below, thirds_below
from sonicforge.compose.fragments import drifting
from sonicforge.compose.hook import ChordsAt, Frame, find_hook
from sonicforge.compose.lead import pitches_of, sing
from sonicforge.compose.manner import Manner, manner_of
from sonicforge.compose.motif import Hook, Motif, hook_from, line_of, pitch_of
from sonicforge.compose.phrasing import Delivery, Sung, breathing, perform
from sonicforge.compose.polish import crowned, joined, unclouded, worth_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.solo import improvised
from sonicforge.compose.theme import Theme, compose_theme, contrast_of
from sonicforge.compose.transitions import Windows, moves_of, windows_of
from sonicforge.compose.vary import Setting
from sonicforge.genres.genre import Layer
from sonicforge.music.score import STEP, Note, Part

LEAD, SECOND, ARP = "l", "v", "a"
SOLOIST_STRAIGHTER = 6.0
"""Swing percent by which a soloist plays straighter than the ride."""
SLOW_ATTACK_MS = 90.0
COMPASS = 16
"""Semitones a hook may be drawn from; variations and the one peak lie above."""
HEADROOM = 2
"""Lines above the hook's register that sequences and lifts may use."""
OPEN_DEGREES = (2, 5, 7)


@dataclass(frozen=True, slots=True)
class _Ground:
    """All that the voices of one track share."""

    sketch: Sketch
    manner: Manner
    compass: tuple[int, int]
    hook: Motif
    themes: Mapping[str, Theme]
    windows: Windows

    def chance(self, purpose: str) -> Random:
        return choices(self.sketch.seed_for("melody"), "compose", "melody", purpose)


def write_melodies(sketch: Sketch, *, avoid: Iterable[Hook] = ()) -> tuple[list[Part], Hook]:
    """Parts of lead (l), second voice (v) and arp (a), and the hook that they are made of.

    `avoid` are hooks of other tracks that this one may not resemble. Deterministic in the sketch's melody seed.
    """
    ground = _grounded(sketch, tuple(avoid))
    manner = ground.manner
    carried_by_second = manner.carrier == SECOND
    main = _main_line(ground, SECOND if carried_by_second else LEAD)
    other = _beside_chops(ground, main) if carried_by_second else _second_line(ground, main)
    lead, second = (other, main) if carried_by_second else (main, other)
    parts = _parts(ground, LEAD, lead) + _parts(ground, SECOND, second) + _arp_parts(ground, lead)
    return _named(parts), _sounding_hook(ground)


def hook_of_track(sketch: Sketch, *, avoid: Iterable[Hook] = ()) -> Hook:
    """Only the hook that `write_melodies` would build on: quick, for comparing tracks before they are written."""
    return _sounding_hook(_grounded(sketch, tuple(avoid)))


def _grounded(sketch: Sketch, avoid: tuple[Hook, ...]) -> _Ground:
    genre = sketch.genre
    manner, melody = manner_of(genre), genre.melody
    frame = _frame(sketch, manner)
    rng = choices(sketch.seed_for("melody"), "compose", "melody", "hook")
    opening = _first_statement(sketch, manner)
    chords = [_chords_at(sketch, opening), _chords_at(sketch, opening + 4 * sketch.bar)]
    least, most = melody.notes_per_bar
    factor = sketch.plan.mood.density
    density = replace(melody, notes_per_bar=(least * factor, most * factor))
    setting = Setting(frame.low, frame.high + HEADROOM, sketch.bar, melody.ends, _open_degrees(melody.ends))
    compass = (pitch_of(frame.key, frame.low), min(melody.range[1], pitch_of(frame.key, frame.high + HEADROOM)))
    drafts: list[tuple[float, Motif, Motif, Theme]] = []
    for hook in find_hook(frame, manner, density, chords, rng, avoid=avoid):
        for plan in rng.sample(manner.plans, min(2, len(manner.plans))):
            contrast = contrast_of(hook, frame, manner, chords[1], rng)
            theme = compose_theme(hook, contrast, plan, setting, melody, rng)
            drafts.append((worth_of(sketch, theme, opening, compass) - 0.04 * len(drafts), hook, contrast, theme))
    _, hook, contrast, theme = max(drafts, key=lambda draft: draft[0])
    themes = {"A": theme}
    if manner.kind in ("head", "sentence", "theme"):
        # The B part of these forms has a tune of its own: the contrast leads, the hook answers.
        themes["B"] = compose_theme(contrast, hook, rng.choice(manner.plans), setting, melody, rng)
    return _Ground(sketch, manner, compass, hook, themes, windows_of(moves_of(sketch)))


def _frame(sketch: Sketch, manner: Manner) -> Frame:
    """Range and register: the tune circles seven semitones above the top of the comping where its range allows that."""
    melody, key = sketch.genre.melody, sketch.key
    low, high = melody.range
    tops = [chord.voicing[-1] for chord in sketch.chords if chord.voicing]
    over = sum(tops) / len(tops) + 7 if tops and "c" in sketch.plan.cast else (low + high) / 2
    share = 0.36 if manner.kind in ("anthem", "sentence", "theme", "head") else 0.4
    least, most = low + 0.3 * (high - low), low + (share + 0.2) * (high - low)
    centre = min(max(over + sketch.plan.mood.register / 2, least), most)
    reach = COMPASS // 2 if manner.kind != "drift" else COMPASS * 5 // 8
    low, high = max(low, round(centre) - reach), min(high, round(centre) + reach)
    strong, weak = _shares(melody.degrees_strong), _shares(melody.degrees_weak)
    return Frame(
        key, line_of(key, low), line_of(key, high), line_of(key, round(centre)), strong, weak,
        melody.intervals, melody.ends, sketch.bar,
    )  # fmt: skip


def _main_line(ground: _Ground, code: str) -> list[Sung]:
    """The tune in whichever part carries it, from blocks to breath."""
    sketch, manner = ground.sketch, ground.manner
    rng = ground.chance("line")
    blocks = with_roles(blocks_of(sketch, code), sketch, manner, code)
    if manner.kind == "drift":
        return _cleared(
            ground, crowned(sketch, drifting(sketch, blocks, ground.hook, ground.compass, rng), ground.compass[1] + 2)
        )
    trading = _trading(sketch, blocks, code)
    line = sing(sketch, manner, ground.themes, blocks, ground.compass, rng, code=code, shared=_shared(ground, blocks))
    solos = [block for block in blocks if block.role == "solo"]
    if solos:
        line += improvised(
            sketch, manner, solos, ground.hook, ground.compass, ground.chance("solo"), trading=trading
        )  # fmt: skip
    line.sort(key=lambda note: note.start)
    if code == SECOND:
        line = carried(sketch, line, blocks, ground.chance("chops"))
    line = joined(sketch, _cleared(ground, line), ground.compass)
    if manner.kind != "loop":
        line = crowned(sketch, line, ground.compass[1] + 2)
    stretch = _breathing_space(sketch, blocks, code)
    line = unclouded(sketch, breathing(line, stretch, sketch.genre.melody.rests))
    return _with_thirds(ground, line, code)


def _breathing_space(sketch: Sketch, blocks: Sequence[Block], code: str) -> int:
    """Ticks that a line's rests are a share of: midway between its own blocks and the sections that plan for it."""
    own = sum(block.bars for block in blocks if block.role != "rest") * sketch.bar
    planned = sum(section.length for section in sketch.sections if sketch.presence(code, section))
    return (own + max(own, planned)) // 2


def _second_line(ground: _Ground, lead: Sequence[Sung]) -> list[Sung]:
    """The second voice by the genre's manner; thirds where a section asks for them."""
    sketch, manner = ground.sketch, ground.manner
    blocks = [replace(block, role="theme") for block in blocks_of(sketch, SECOND)]
    if not blocks:
        return []
    rng = ground.chance("second")
    turned = [b for b in blocks if sketch.directions(sketch.sections[b.section]).treated("invert", SECOND)]
    beside = [b for b in blocks if sketch.directions(sketch.sections[b.section]).treated("thirds", LEAD)]
    plain = [b for b in blocks if b not in turned and b not in beside]
    line = thirds_below(sketch, lead, [(b.start, b.start + b.bars * sketch.bar) for b in beside])
    if turned:
        line += sing(
            sketch,
            manner,
            ground.themes,
            [replace(b, role="inverted") for b in turned],
            ground.compass,
            rng,
            code=SECOND,
        )
    line += _beside_lead(ground, plain, lead, rng)
    return unclouded(sketch, _cleared(ground, sorted(line, key=lambda note: note.start)))


def _beside_lead(ground: _Ground, blocks: Sequence[Block], lead: Sequence[Sung], rng: Random) -> list[Sung]:
    sketch, hook = ground.sketch, ground.hook
    melody = sketch.genre.melody
    low, high = melody.range
    if melody.echo_steps:
        return echo(lead, blocks, sketch.bar, melody.echo_steps * STEP)
    match ground.manner.second:
        case "chops":
            chop = syllables_of(hook, ground.themes["A"].setting, sketch.bar, rng)
            return answering(sketch, blocks, chop, lead, rng)
        case "strings":
            return held_strings(sketch, blocks, lead, low - 6, high - 9)
        case "bells":
            return bells(sketch, blocks, lead, hook)
        case "choir":
            return choir(sketch, blocks, low - 9, high - 12, rng)
        case "harmony":
            return thirds_below(sketch, lead, [(b.start, b.start + b.bars * sketch.bar) for b in blocks])
        case _:
            return answers(sketch, blocks, lead, hook, rng)


def _beside_chops(ground: _Ground, chops: Sequence[Sung]) -> list[Sung]:
    """The lead of genres whose chops carry the tune: alone it has the theme, beside them it answers."""
    sketch = ground.sketch
    rng = ground.chance("line beside")
    blocks = blocks_of(sketch, LEAD)
    chopped = {sketch.section_index(note.start) for note in chops}
    alone = with_roles([b for b in blocks if b.section not in chopped], sketch, ground.manner, LEAD)
    line = sing(sketch, ground.manner, ground.themes, alone, ground.compass, rng, code=LEAD)
    line += answers(sketch, [b for b in blocks if b.section in chopped], chops, ground.hook, rng, shift=3)
    line = joined(sketch, _cleared(ground, sorted(line, key=lambda note: note.start)), ground.compass)
    sung = {sketch.section_index(note.start) for note in line}
    stretch = sum(block.bars for block in blocks if block.section in sung) * sketch.bar
    return unclouded(sketch, breathing(line, stretch, sketch.genre.melody.rests, longest=2 * sketch.bar))


def _with_thirds(ground: _Ground, line: Sequence[Sung], code: str) -> list[Sung]:
    """Thirds inside the lead itself, where a section asks for them and no second voice is there to sing them."""
    sketch = ground.sketch
    wanted = {
        section.start: section.end
        for section in sketch.sections
        if sketch.directions(section).treated("thirds", code) and not sketch.presence(SECOND, section)
    }
    if not wanted:
        return list(line)
    doubled = []
    for note in line:
        section = sketch.section_at(note.start)
        second_half = note.start >= section.start + section.length // 2
        if section.start in wanted and second_half:
            note = replace(note, double=third_below(sketch, note) - note.pitch)
        doubled.append(note)
    return doubled


def _cleared(ground: _Ground, line: Sequence[Sung]) -> list[Sung]:
    """The line without notes in planned silences; what reaches into one is cut."""
    kept = []
    for note in line:
        if ground.windows.silent(LEAD, note.start) or note.start >= ground.sketch.length:
            continue
        end = min([start for start, _ in ground.windows.gaps if note.start < start < note.end], default=note.end)
        kept.append(replace(note, length=min(end, ground.sketch.length) - note.start))
    return kept


def _parts(ground: _Ground, code: str, line: Sequence[Sung]) -> list[Part]:
    """The line as parts, one for each voice that a section names and each layer of the cast."""
    sketch = ground.sketch
    if not line or code not in sketch.plan.cast:
        return []
    by_voice: dict[str, list[Sung]] = {}
    voices = [sketch.directions(section).voices.get(code, "") for section in sketch.sections]
    for note in line:
        by_voice.setdefault(voices[sketch.section_index(note.start)], []).append(note)
    parts: dict[tuple[Layer, str], list[Note]] = {}
    for voice, notes in by_voice.items():
        for layer in layers_of(sketch, code, voice):
            rng = ground.chance(f"performance {code} {layer.voice}")
            played, doubled = perform(notes, _delivery(ground, layer.voice, code), rng)
            for name, found in ((layer.voice, played), (f"{layer.voice} double", doubled)):
                parts.setdefault((layer, name), []).extend(found)
    return [
        Part(
            name, code, layer.stem, layer.voice, False, tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))
        )
        for (layer, name), notes in parts.items()
        if notes
    ]


def layers_of(sketch: Sketch, code: str, voice: str) -> tuple[Layer, ...]:
    """The layers that play a part code: the cast's, or the one a section names.

    A named voice outside the part's own alternatives borrows the mix stem of the voice most like it.
    """
    chosen = sketch.plan.cast[code]
    if not voice or any(layer.voice == voice for layer in chosen):
        return chosen
    own = [layer for layers in sketch.genre.cast.get(code, ()) for layer in layers]
    every = own + [layer for options in sketch.genre.cast.values() for layers in options for layer in layers]
    named = next((layer for layer in every if layer.voice == voice), None)
    if named is not None:
        return (named,) if named in own else (Layer(voice, chosen[0].stem),)
    kin = next((layer for layer in own if layer.voice in voice), chosen[0])
    return (Layer(voice, kin.stem),)


def _delivery(ground: _Ground, voice: str, code: str) -> Delivery:
    sketch, manner = ground.sketch, ground.manner
    patch = sketch.genre.patches.get(voice, {})
    attack = float((patch.get("ae") or (0,))[0])
    glides = float(patch.get("gl") or 0) > 0
    swing = sketch.swing
    if swing.unit == 8 and swing.percent > 50 + SOLOIST_STRAIGHTER:
        swing = replace(swing, percent=swing.percent - SOLOIST_STRAIGHTER)
    chopped = code == SECOND and manner.second == "chops"
    return Delivery(
        swing, sketch.bar, manner.arc, manner.jitter, sketch.genre.melody.lag_ms,
        glide=max(manner.glide, 0.35) if glides or chopped else 0.0,
        lead_ms=min(30.0, 0.17 * attack) if attack >= SLOW_ATTACK_MS else 0.0, grace=manner.grace,
    )  # fmt: skip


def _arp_parts(ground: _Ground, lead: Sequence[Sung]) -> list[Part]:
    sketch = ground.sketch
    if ARP not in sketch.plan.cast:
        return []
    led = frozenset(note.start - note.start % sketch.bar for note in lead)
    notes = write_arp(sketch, ground.manner, ground.hook, led, ground.chance("arp"))
    notes = tuple(note for note in notes if not ground.windows.silent(ARP, note.start))
    if not notes:
        return []
    return [Part(layer.voice, ARP, layer.stem, layer.voice, False, notes) for layer in sketch.plan.cast[ARP]]


def _named(parts: list[Part]) -> list[Part]:
    """Parts with different names where two codes share a voice."""
    seen: set[str] = set()
    named = []
    for part in parts:
        name = part.name if part.name not in seen else f"{part.name} {part.code}"
        seen.add(name)
        named.append(replace(part, name=name))
    return named


def _first_statement(sketch: Sketch, manner: Manner) -> int:
    """Where the hook is first said in full."""
    blocks = blocks_of(sketch, manner.carrier)
    full = [block for block in blocks if block.presence != "reduced"] or blocks
    return full[0].start if full else 0


def _sounding_hook(ground: _Ground) -> Hook:
    """The hook as its first full statement sounds."""
    tones = ground.hook.tones
    start = _first_statement(ground.sketch, ground.manner)
    return hook_from(pitches_of(ground.sketch, start, tones, *ground.compass), tones)


def _chords_at(sketch: Sketch, start: int) -> ChordsAt:
    return lambda at: frozenset(sketch.chord_at(min(start + at, sketch.length - 1)).tones)


def _shared(ground: _Ground, blocks: Sequence[Block]) -> frozenset[int]:
    """Starts of the blocks in which lead and chops take turns by two bars: every second one where both are there.

    Chops that carry the tune always leave the lead its turns.
    """
    if ground.manner.second != "chops":
        return frozenset()
    carrying = ground.manner.carrier == SECOND
    other = LEAD if carrying else SECOND
    both = [block.start for block in blocks if block.role != "rest" and ground.sketch.active(other, block.start)]
    return frozenset(both if carrying else both[::2])


def _trading(sketch: Sketch, blocks: Sequence[Block], code: str) -> frozenset[int]:
    """Sections in which a soloist trades fours: asked for as a solo in fragments."""
    return frozenset(
        block.section
        for block in blocks
        if sketch.directions(sketch.sections[block.section]).treated("solo", code)
        and sketch.directions(sketch.sections[block.section]).treated("fragments", code)
    )


def _open_degrees(ends: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(degree for degree in OPEN_DEGREES if degree not in ends) or (2,)


def _shares(weights: Sequence[float]) -> tuple[float, ...]:
    total = sum(weights)
    return tuple(7 * weight / total for weight in weights)
