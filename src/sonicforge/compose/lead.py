"""The lead through the track: each block states the theme, hints at it, breaks it up or crowns it, over its chords."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from random import Random

from sonicforge.compose.blocks import Block, energy_at
from sonicforge.compose.fit import Sounding, fitted
from sonicforge.compose.manner import Manner
from sonicforge.compose.motif import Motif, Tone, is_strong, line_of
from sonicforge.compose.phrasing import Sung, loudness_of
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.theme import Theme, lifted, tones_of, with_new_tail, with_other_variation
from sonicforge.compose.vary import augmented, ended, fragment, head, inverted, ornamented, sequence
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, TICKS, Section

GROUNDED = 0.65
"""Least share of strong notes on chord tones before a line is bent harder to its chords."""


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
    return line


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
            return _spaced(head(theme.hook, max(3, len(theme.hook.tones) - 1)), span, sketch.bar)
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
            loudness_of(energy_at(section, block.start + tone.at), presence) - fade * tone.at / (8 * 4 * TICKS),
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
        leaning.append(replace(note, length=first, pitch=above, loudness=note.loudness + 4))
        rest = note.length - first
        leaning.append(replace(note, start=note.start + first, length=rest, loudness=note.loudness - 6))
    return leaning
