"""Check 22: do melody and bass rub against the chords, or leave the scale without a reason?"""

from bisect import bisect_left, bisect_right

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.reading import Reading, Voice
from sonicforge.critic.verdict import Finding
from sonicforge.music.chord import chord_scale
from sonicforge.music.scale import Key
from sonicforge.music.score import TICKS, ChordSpan, Section

CHECK = Check(22, "harmonic_clash")

CLASH_WARN, CLASH_FAIL = 3.0, 8.0
OUTSIDE = {"jazz_lounge": (12.0, 20.0)}
OUTSIDE_OTHERS = (2.0, 6.0)
LEAST_LENGTH = TICKS // 2
"""An 8th: shorter notes pass by."""
STRONG_WEIGHT = 2

_RUBS = frozenset({1, 13, 25, 37, 49})
_LINES = ("l", "v", "b", "u")
_MODULATION_GAIN = 0.12


def harmonic_clash(reading: Reading) -> Finding:
    """Share of the time of melody and bass spent a minor second or ninth from a chord note, and of notes out of scale.

    A note that belongs to the chord never clashes, and only notes of an 8th or more do; notes that begin on a strong
    beat count double. Chords themselves are not judged, so stabs may be clusters. A note outside the scale is explained
    when the chord brings it in (the scale bent to the chord), when it slides by a semitone into the next note, or when
    its section has moved to another key.
    """
    lines = reading.of_code(_LINES)
    if not lines or not reading.score.chords:
        return skipped(CHECK, "no melody or bass meets a chord")
    measures = [
        Measure(
            key="clash_share",
            words="the share of time in which melody or bass rubs against the chord",
            value=100 * _clash_share(reading, lines),
            unit="%",
            warn_above=CLASH_WARN,
            fail_above=CLASH_FAIL,
        )
    ]
    if reading.key is not None:
        warn, fail = OUTSIDE.get(reading.genre.name, OUTSIDE_OTHERS)
        measures.append(
            Measure(
                key="outside_share",
                words="the share of notes outside the scale without a reason",
                value=100 * _outside_share(reading, reading.of_code((*_LINES, "a")), reading.key),
                unit="%",
                warn_above=warn,
                fail_above=fail,
            )
        )
    return graded(CHECK, *measures)


def _clash_share(reading: Reading, lines: tuple[Voice, ...]) -> float:
    strong = 2 * TICKS if reading.score.beats_per_bar % 2 == 0 else reading.bar
    rubbing = total = 0
    for voice in lines:
        low = voice.code in "bu"
        for start, end, pitch in zip(voice.start.tolist(), voice.end.tolist(), voice.pitch.tolist(), strict=True):
            weight = STRONG_WEIGHT if (start % reading.bar) % strong == 0 else 1
            total += weight * (end - start)
            if end - start < LEAST_LENGTH:
                continue
            for chord in _chords_under(reading, start, end):
                if _rubs(pitch, chord, low=low):
                    rubbing += weight * (min(end, chord.end) - max(start, chord.start))
    return rubbing / total if total else 0.0


def _chords_under(reading: Reading, start: int, end: int) -> tuple[ChordSpan, ...]:
    first = max(0, bisect_right(reading.chord_ticks, start) - 1)
    last = max(first + 1, bisect_left(reading.chord_ticks, end))
    return reading.score.chords[first:last]


def _rubs(pitch: int, chord: ChordSpan, *, low: bool) -> bool:
    if pitch % 12 in chord.tones or not chord.tones:
        return False
    if chord.voicing:
        return any(abs(pitch - tone) in _RUBS for tone in chord.voicing)
    return any(((tone - pitch) if low else (pitch - tone)) % 12 == 1 for tone in chord.tones)


def _outside_share(reading: Reading, lines: tuple[Voice, ...], key: Key) -> float:
    scales = _scales(reading, key)
    outside = total = 0
    for voice in lines:
        numbers = reading.chord_numbers(voice.start).tolist()
        pitches = voice.pitch.tolist()
        total += len(pitches)
        for index, (number, pitch) in enumerate(zip(numbers, pitches, strict=True)):
            if pitch % 12 in scales[number]:
                continue
            following = pitches[index + 1] if index + 1 < len(pitches) else None
            outside += following is None or abs(following - pitch) != 1
    return outside / total if total else 0.0


def _scales(reading: Reading, key: Key) -> list[frozenset[int]]:
    """For each chord the pitch classes that need no explanation: the section's scale bent to it, and its tones."""
    sections = {section.start: local_key(reading, section, key) for section in reading.score.sections}
    scales = []
    for chord in reading.score.chords:
        home = sections.get(reading.score.section_at(chord.start).start, key) if reading.score.sections else key
        scales.append(frozenset({*home.scale, *chord_scale(chord.tones, home), *chord.tones}))
    return scales


def local_key(reading: Reading, section: Section, key: Key) -> Key:
    """The key a section is in: the written one, unless a transposition of it holds clearly more of the chords."""
    weights = [0] * 12
    for chord in reading.score.chords:
        time = min(chord.end, section.end) - max(chord.start, section.start)
        for tone in chord.tones if time > 0 else ():
            weights[tone] += time
    total = sum(weights) or 1

    def held(shift: int) -> float:
        return sum(weights[pc] for pc in key.transposed(shift).scale) / total

    best = max(range(12), key=held)
    return key.transposed(best) if held(best) > held(0) + _MODULATION_GAIN else key
