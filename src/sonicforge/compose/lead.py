"""The lead through the track: which stretch of the form states the theme, hints at it, breaks it up or crowns it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from sonicforge.compose.fit import Sounding, fitted
from sonicforge.compose.manner import Manner
from sonicforge.compose.motif import Motif, Tone, is_strong, line_of
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.theme import Theme, lifted, tones_of, with_new_tail, with_other_variation
from sonicforge.compose.vary import augmented, ended, fragment, head, inverted, ornamented, sequence, thinned
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, TICKS, Section

BLOCK_BARS = 8
GROUNDED = 0.65
"""Least share of strong notes on chord tones before a line is bent harder to its chords."""
PASSING = 360
"""Ticks of a passing dissonance: well under an 8th."""
CHORUS_BARS = 12
"""Bars of a blues chorus."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of up to eight or twelve bars of one section in which a part may play. `nth` counts blocks of the section."""

    start: int
    bars: int
    section: int
    nth: int
    of: int
    presence: str
    energy: float
    role: str = "theme"
    voice: str = ""


def blocks_of(sketch: Sketch, code: str) -> list[Block]:
    """All stretches where a part code is active, cut into eight bars (a blues: twelve) counted from its entry."""
    found: list[Block] = []
    for index, section in enumerate(sketch.sections):
        size = CHORUS_BARS if _in_twelves(sketch, section) else BLOCK_BARS
        cuts = [(start + offset, min(size, bars - offset))
                for start, bars in _runs(sketch, code, section) for offset in range(0, bars, size)]  # fmt: skip
        voice = sketch.directions(section).voices.get(code, "")
        for nth, (start, bars) in enumerate(cuts):
            tick = section.start + start * sketch.bar
            energy = _energy_at(section, tick + bars * sketch.bar // 2)
            presence = sketch.presence(code, section)
            found.append(Block(tick, bars, index, nth, len(cuts), presence, energy, voice=voice))
    return found


def with_roles(blocks: Sequence[Block], sketch: Sketch, manner: Manner, code: str, rng: Random) -> list[Block]:
    """Blocks with what each one says: hint, theme, again, tail, varied, slow, lifted, climax, fragment, echo or rest."""
    crown = _climax(blocks, sketch)
    named: list[Block] = []
    stated = 0
    for index, block in enumerate(blocks):
        section = sketch.sections[block.section]
        directions = sketch.directions(section)
        if directions.treated("solo", code):
            role = "solo"
        elif block.presence == "reduced" or directions.treated("fragments", code):
            role = "hint" if not stated else "echo" if index == len(blocks) - 1 else "fragment"
        elif index == crown and stated:
            role = "climax"
        else:
            role = _statement(stated, block, manner, rng)
            stated += 1
        if directions.treated("invert", code) and role not in ("solo", "hint"):
            role = "inverted"
        named.append(replace(block, role=role))
    return _resting(named, sketch, manner)


def sing(
    sketch: Sketch,
    manner: Manner,
    themes: Mapping[str, Theme],
    blocks: Sequence[Block],
    compass: tuple[int, int],
    rng: Random,
    *,
    code: str = "l",
    shared: Collection[int] = (),
) -> list[Sung]:
    """The line of all blocks, fitted to their chords, within the pitches of `compass`.

    `themes` are by loop letter, "A" always there. In blocks that start at `shared` ticks every second two bars are left
    to another voice.
    """
    line: list[Sung] = []
    versions = {name: _versions(theme, sketch, rng) for name, theme in themes.items()}
    cache: dict[object, list[int]] = {}
    for block in blocks:
        if block.role in ("rest", "solo"):
            continue
        section = sketch.sections[block.section]
        name = section.loop if section.loop in themes else "A"
        if manner.kind == "loop":
            tones = _looped(block, versions[name].get(block.role, themes[name]).units[0], sketch)
        else:
            tones = _tones(block, themes[name], versions[name], sketch, rng)
        if block.start in shared:
            unit = 2 * sketch.bar
            tones = tuple(tone for tone in tones if tone.at // unit % 2 == 0)
        pitches = pitches_of(sketch, block.start, tones, *compass, cache)
        directions = sketch.directions(section)
        doubled = block.presence == "full" or directions.treated("double", code)
        double = _octave(sketch, manner.double, compass[1]) if doubled else 0
        sung = _sung(block, section, tones, pitches, double)
        line += _leaning(sketch, sung) if manner.appoggiatura else sung
    return joined(sketch, line, compass)


def pitches_of(
    sketch: Sketch,
    start: int,
    tones: Sequence[Tone],
    low: int,
    high: int,
    cache: dict[object, list[int]] | None = None,
    *,
    loose: bool = False,
) -> list[int]:
    """MIDI numbers for tones that begin at `start` ticks, bent to the chords there; `loose` bends only what rubs."""
    key = sketch.key_at(start)
    heard = [heard_at(sketch, start, tone, key) for tone in tones]
    signature = (tuple(tones), tuple(heard), key)
    if cache is not None and signature in cache:
        return cache[signature]
    if loose:
        return fitted(tones, heard, key, low, high, sketch.bar, pull=0.1)
    pitches = fitted(tones, heard, key, low, high, sketch.bar)
    strong = [pitch % 12 in chord.tones for pitch, chord, tone in zip(pitches, heard, tones, strict=True)
              if is_strong(tone.at, sketch.bar)]  # fmt: skip
    if sum(strong) < GROUNDED * len(strong):
        pitches = fitted(tones, heard, key, low, high, sketch.bar, pull=2.5)
    if cache is not None:
        cache[signature] = pitches
    return pitches


def heard_at(sketch: Sketch, start: int, tone: Tone, key: Key) -> Sounding:
    """The chord a tone belongs to: the one it starts in, or the next when it only anticipates that by an 8th."""
    at = start + tone.at
    chord = sketch.chord_at(at)
    if chord.end - at <= 2 * STEP and tone.length > 2 * (chord.end - at) and chord.end < sketch.length:
        chord = sketch.chord_at(chord.end)
    return Sounding.of(chord, key)


def worth_of(sketch: Sketch, theme: Theme, start: int, compass: tuple[int, int]) -> float:
    """How well a theme would sing at `start`: steps inside phrases, the hook coming back unbent, strong chord tones."""
    span = min(theme.span, BLOCK_BARS * sketch.bar)
    tones = tones_of(theme, span)
    if len(tones) < 3:
        return 0.0
    pitches = pitches_of(sketch, start, tones, *compass)
    moves = [abs(q - p) for (a, p), (b, q) in pairwise(zip(tones, pitches, strict=True)) if b.at - a.end < TICKS]
    steps = sum(move <= 2 for move in moves) / max(1, len(moves))
    key = sketch.key_at(start)
    lines = [line_of(key, pitch) for pitch in pitches]
    cells = Counter((b - a, c - b, j.at - i.at, k.at - j.at) for (a, i), (b, j), (c, k) in
                    _triples(list(zip(lines, tones, strict=True))))  # fmt: skip
    again = min(1.0, (max(cells.values(), default=1) - 1) / 3)
    strong = [p % 12 in sketch.chord_at(start + t.at).tones for t, p in zip(tones, pitches, strict=True)
              if is_strong(t.at, sketch.bar)]  # fmt: skip
    grounded = sum(strong) / len(strong) if strong else 0.4
    return 2.0 * min(1.0, steps / 0.62) + 1.3 * again + 0.8 * min(1.0, grounded / 0.7)


def crowned(sketch: Sketch, line: Sequence[Sung], highest: int) -> list[Sung]:
    """The line with one highest note, between 60 and 85 % of the track.

    When the top pitch stands elsewhere or more than once, the note of that window that needs least is raised to the next
    chord tone above everything else up to `highest`, if the leaps beside it stay within an octave.
    """
    line = list(line)
    window = [i for i, note in enumerate(line)
              if 0.6 * sketch.length <= note.start <= 0.85 * sketch.length and note.length >= 2 * STEP]  # fmt: skip
    if not window:
        return line
    top = max(note.pitch for note in line)
    if sum(note.pitch == top for note in line) == 1 and any(line[i].pitch == top for i in window):
        return line
    for index in sorted(window, key=lambda i: (-line[i].pitch, -line[i].length, i))[:12]:
        tones = sketch.chord_at(line[index].start).tones
        near = [line[i].pitch for i in (index - 1, index + 1) if 0 <= i < len(line)]
        for pitch in range(top + 1, min(highest, min(near) + 12) + 1):
            if pitch % 12 in tones and (pitch - 1) % 12 not in tones:
                line[index] = replace(line[index], pitch=pitch)
                return line
    return line


def joined(sketch: Sketch, line: Sequence[Sung], compass: tuple[int, int]) -> list[Sung]:
    """The line without leaps over an octave inside a stretch: whichever note does it best moves by an octave."""
    line = list(line)
    low, high = compass

    def strain(first: int) -> int:
        pitches = [note.pitch for note in line[max(0, first - 2) : first + 3]]
        outside = sum(max(0, low - pitch, pitch - high) for pitch in pitches)
        return 2 * outside + sum(max(0, abs(b - a) - 12) for a, b in pairwise(pitches))

    for index in range(1, len(line)):
        before, here = line[index - 1], line[index]
        move = here.pitch - before.pitch
        if abs(move) <= 12 or here.start - before.end >= 3 * sketch.bar:
            continue
        shift = -12 if move > 0 else 12
        line[index] = replace(here, pitch=here.pitch + shift)
        moved_here = strain(index)
        line[index], line[index - 1] = here, replace(before, pitch=before.pitch - shift)
        if moved_here <= strain(index):
            line[index], line[index - 1] = replace(here, pitch=here.pitch + shift), before
    return line


def unclouded(sketch: Sketch, line: Sequence[Sung]) -> list[Sung]:
    """The line without lasting rubs: tones a semitone from a chord note stay short, or end where such a chord begins."""
    clear: list[Sung] = []
    for note in line:
        key = sketch.key_at(note.start)
        for chord in sketch.chords_between(note.start, note.end):
            if not Sounding.of(chord, key).rubs(note.pitch):
                continue
            if chord.start <= note.start:
                if note.length > PASSING:
                    note = replace(note, length=PASSING)
            elif chord.start - note.start >= STEP:
                note = replace(note, length=min(note.length, chord.start - note.start))
        clear.append(note)
    return clear


def _triples(items: Sequence[tuple[int, Tone]]) -> Iterator[tuple[tuple[int, Tone], ...]]:
    return zip(items, items[1:], items[2:], strict=False)


def _runs(sketch: Sketch, code: str, section: Section) -> list[tuple[int, int]]:
    """(first bar, bars) of each run of bars in which a part is active."""
    runs: list[list[int]] = []
    for bar, tick in enumerate(sketch.bars_of(section)):
        if not sketch.active(code, tick):
            continue
        if runs and runs[-1][0] + runs[-1][1] == bar:
            runs[-1][1] += 1
        else:
            runs.append([bar, 1])
    return [(first, count) for first, count in runs]


def _in_twelves(sketch: Sketch, section: Section) -> bool:
    """Whether the chords of a section come back after twelve bars and not after eight."""
    if section.bars % CHORUS_BARS or section.bars < 2 * CHORUS_BARS:
        return section.bars == CHORUS_BARS and section.bars % BLOCK_BARS != 0 and any(
            other.name != section.name and _in_twelves(sketch, other) for other in sketch.sections
            if other.bars >= 2 * CHORUS_BARS)  # fmt: skip
    symbols = [sketch.chord_at(tick).symbol for tick in sketch.bars_of(section)]
    twelve = sum(a == b for a, b in zip(symbols, symbols[CHORUS_BARS:], strict=False)) / (len(symbols) - CHORUS_BARS)
    eight = sum(a == b for a, b in zip(symbols, symbols[BLOCK_BARS:], strict=False)) / (len(symbols) - BLOCK_BARS)
    return twelve > max(0.6, eight)


def _energy_at(section: Section, tick: int) -> float:
    first, last = section.energy
    return first + (last - first) * (tick - section.start) / max(1, section.length)


def _climax(blocks: Sequence[Block], sketch: Sketch) -> int:
    """The block of most energy in 60-85 % of the track, late ones first; -1 without any."""
    inside = [i for i, block in enumerate(blocks)
              if 0.55 <= (block.start + 4 * sketch.bar) / sketch.length <= 0.88 and block.presence != "reduced"]  # fmt: skip
    return max(inside, key=lambda i: (blocks[i].energy, blocks[i].presence == "full", i), default=-1)


def _statement(stated: int, block: Block, manner: Manner, rng: Random) -> str:
    """Each return changes one thing: nothing, the ending, a variation, the register, the ornament, the pace."""
    if manner.kind == "loop":
        return ("theme", "again", "again", "tail", "again", "again", "varied", "again")[stated % 8]
    if stated == 0:
        return "theme"
    if stated == 1:
        return "again"
    if block.energy < 0.4 and stated % 3 == 0 and manner.kind in ("song", "theme", "hook"):
        return "slow"
    return ("tail", "ornate", "lifted", "again", "varied")[(stated - 2) % 5]


def _resting(blocks: list[Block], sketch: Sketch, manner: Manner) -> list[Block]:
    """Blocks silenced until the lead plays no more than its share of the track; the middle of long sections first.

    Heads, sentences and themes are whole forms and stay as they are.
    """
    if manner.kind in ("head", "sentence", "theme"):
        return blocks
    share = min(manner.presence / (1 - sketch.genre.melody.rests), manner.presence + 0.15)
    allowed = share * sketch.length / sketch.bar
    playing = sum(block.bars for block in blocks)
    order = sorted(
        (i for i, b in enumerate(blocks) if b.role not in ("climax", "solo") and b.of > 1 and b.nth > 0),
        key=lambda i: (blocks[i].nth % 2 == 0, blocks[i].of < 3, blocks[i].energy, i),
    )
    for index in order:
        if playing <= allowed:
            break
        playing -= blocks[index].bars
        blocks[index] = replace(blocks[index], role="rest")
    return blocks


def _versions(theme: Theme, sketch: Sketch, rng: Random) -> dict[str, Theme]:
    melody = sketch.genre.melody
    tailed = with_new_tail(theme, rng)
    return {
        "theme": theme,
        "again": theme,
        "tail": tailed,
        "varied": with_other_variation(tailed, melody, rng),
        "lifted": lifted(theme, rng.choice((1, 2))),
        "climax": lifted(tailed, 2),
    }


def _octave(sketch: Sketch, wanted: int, highest: int) -> int:
    """The octave of a track's doublings: the wanted one, or the lower one where the upper would be shrill."""
    shrill = wanted > 0 and highest + wanted > sketch.genre.melody.range[1] + 7
    return -wanted if shrill else wanted


def _tones(block: Block, theme: Theme, versions: dict[str, Theme], sketch: Sketch, rng: Random) -> tuple[Tone, ...]:
    span = block.bars * sketch.bar
    match block.role:
        case "hint":
            return _spaced(head(theme.hook, max(2, (len(theme.hook.tones) + 1) // 2 + 1)), span, sketch.bar)
        case "fragment":
            return _spaced(thinned(theme.hook, theme.setting), span, sketch.bar)
        case "echo":
            return _echo(theme.hook, span, sketch.bar)
        case "slow":
            return _slow(theme, span)
        case "inverted":
            turned = replace(theme, units=tuple(inverted(unit) for unit in theme.units))
            return tones_of(turned, span)
        case "ornate":
            units = tuple(ornamented(unit, rng) if index % 2 else unit for index, unit in enumerate(theme.units))
            return tones_of(replace(theme, units=units), span)
        case role:
            return tones_of(versions.get(role, theme), span)


def _looped(block: Block, loop: Motif, sketch: Sketch) -> tuple[Tone, ...]:
    """A loop that runs on from the start of its section, whatever the bar says."""
    entered = block.start - sketch.sections[block.section].start
    span = block.bars * sketch.bar
    tones: list[Tone] = []
    for start in range(-(entered % loop.span), span, loop.span):
        tones += [tone for tone in loop.at(start) if 0 <= tone.at < span]
    return tuple(tones)


def _spaced(motif: Motif, span: int, bar: int) -> tuple[Tone, ...]:
    """The motif every four bars, a step lower the second time."""
    period = max(4 * bar, motif.span)
    tones: list[Tone] = []
    for index, start in enumerate(range(0, span, period)):
        tones += [tone for tone in sequence(motif, -(index % 2)).at(start) if tone.at + STEP < span]
    return tuple(tones)


def _echo(motif: Motif, span: int, bar: int) -> tuple[Tone, ...]:
    """The last memory: the hook without its end, then only its first notes, then nothing."""
    count = len(motif.tones)
    first = head(motif, max(2, count - 1))
    tones = list(first.at(0))
    later = max(4 * bar, motif.span)
    if span >= 2 * later:
        tones += head(motif, max(2, count // 2)).at(later)
    return tuple(tone for tone in tones if tone.at + STEP < span)


def _slow(theme: Theme, span: int) -> tuple[Tone, ...]:
    """The hook at half speed, then its fragment, closed."""
    broad = ended(augmented(theme.hook), theme.setting.open, theme.setting)
    tones = list(broad.at(0))
    if span >= 2 * broad.span:
        tones += ended(augmented(fragment(theme.hook)), theme.setting.closed, theme.setting).at(broad.span)
    return tuple(replace(t, length=min(t.length, span - t.at)) for t in tones if t.at + TICKS // 2 < span)


def _sung(block: Block, section: Section, tones: Sequence[Tone], pitches: Sequence[int], double: int) -> list[Sung]:
    fade = {"echo": 14.0, "hint": 6.0, "fragment": 4.0}.get(block.role, 0.0)
    presence = "on" if block.role in ("echo", "hint", "fragment") and block.presence != "reduced" else block.presence
    return [
        Sung(
            block.start + tone.at,
            tone.length,
            pitch,
            loudness_of(_energy_at(section, block.start + tone.at), presence) - fade * tone.at / (8 * 4 * TICKS),
            double,
        )
        for tone, pitch in zip(tones, pitches, strict=True)
    ]


def _leaning(sketch: Sketch, line: Sequence[Sung]) -> list[Sung]:
    """About a quarter of the long strong notes begin on the scale tone above and fall into place."""
    leaning: list[Sung] = []
    for note in line:
        offset = (note.start - sketch.section_at(note.start).start) % (8 * sketch.bar)
        chosen = (offset // STEP * 5 + note.pitch) % 3 == 0
        if note.length < 2 * TICKS or not is_strong(note.start, sketch.bar) or not chosen:
            leaning.append(note)
            continue
        key = sketch.key_at(note.start)
        chord = Sounding.of(sketch.chord_at(note.start), key)
        above = chord.pitch(key, line_of(key, note.pitch) + 1)
        if above - note.pitch != 2 or chord.rubs(above):
            leaning.append(note)
            continue
        first = min(TICKS, note.length // 2)
        leaning += [replace(note, length=first, pitch=above, loudness=note.loudness + 4),
                    replace(note, start=note.start + first, length=note.length - first, loudness=note.loudness - 6)]  # fmt: skip
    return leaning
