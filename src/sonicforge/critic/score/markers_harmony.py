"""Markers of a genre in harmony, melody and form."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from sonicforge.critic.reading import Reading
from sonicforge.critic.score.bars import chord_share, coloured, intervals
from sonicforge.critic.score.markers_groove import Marker
from sonicforge.critic.score.melody import covered
from sonicforge.critic.score.repetition import foreground_bars, longest_repeat_s
from sonicforge.music.chord import QUALITIES
from sonicforge.music.score import TICKS, ChordSpan, Section

SLACK = 0.02
_ARP_NOTES = 4
_ROLLING_NOTES = 8
_MEMORY = 0.25


def extended_chords(reading: Reading, wanted: Sequence[float]) -> str:
    share = chord_share(reading, map(coloured, reading.score.chords))
    told = f"{share:.0%} of the harmony has a seventh, ninth or suspension, not {wanted[0]:.0%}..{wanted[1]:.0%}"
    return "" if not reading.score.chords or wanted[0] - SLACK <= share <= wanted[1] + SLACK else told


def triads(reading: Reading, _wanted: bool) -> str:
    share = chord_share(reading, map(coloured, reading.score.chords))
    return f"only {1 - share:.0%} of the harmony is plain triads" if share > 0.4 else ""


def minor_only(reading: Reading, _wanted: bool) -> str:
    return "" if reading.key is None or reading.key.minor else f"the key is {reading.score.key}"


def major_tonic(reading: Reading, _banned: bool) -> str:
    if reading.key is None:
        return ""
    tonic = reading.key.tonic
    found = any(chord.tones and chord.tones[0] == tonic and 4 in intervals(chord) for chord in reading.score.chords)
    return "a major tonic chord sounds" if found else ""


def chord_seconds(reading: Reading, least: float) -> str:
    lengths = [reading.clock.second(c.end) - reading.clock.second(c.start) for c in _changes(reading)]
    found = float(np.median(lengths)) if lengths else least
    return "" if found >= least - 0.1 else f"chords change every {found:.1f} s"


def chord_bars(reading: Reading, least: float) -> str:
    lengths = [chord.length / reading.bar for chord in _changes(reading)]
    found = float(np.median(lengths)) if lengths else least
    return "" if found >= least - SLACK else f"chords last {found:.1f} bars"


def _changes(reading: Reading) -> list[ChordSpan]:
    """Chords with neighbours of the same symbol joined."""
    joined: list[ChordSpan] = []
    for chord in reading.score.chords:
        if joined and joined[-1].symbol == chord.symbol:
            last = joined.pop()
            chord = ChordSpan(last.start, chord.end - last.start, last.symbol, last.tones, last.bass, last.voicing)
        joined.append(chord)
    return joined


def _distinct_chords(reading: Reading, bars: int) -> int:
    """Most different chords in any stretch of that many bars."""
    span = bars * reading.bar
    starts = range(0, max(1, reading.score.length - span + 1), 4 * reading.bar)
    chords = reading.score.chords
    return max(len({c.symbol for c in chords if a <= c.start < a + span}) for a in starts)


def chords_per_16_bars(reading: Reading, most: int) -> str:
    """Read as different chords, for a loop of two chords is one idea however often it turns."""
    found = _distinct_chords(reading, 16)
    return f"{found} different chords in 16 bars" if found > most else ""


def chords_per_32_bars(reading: Reading, most: int) -> str:
    found = _distinct_chords(reading, 32)
    return f"{found} different chords in 32 bars" if found > most else ""


def cycle_chords(reading: Reading, wanted: Sequence[int]) -> str:
    span = 8 * reading.bar
    counts = [
        sum(a <= chord.start < a + span for chord in reading.score.chords) for a in range(0, reading.score.length, span)
    ]
    found = float(np.median(counts))
    return "" if wanted[0] <= found <= wanted[1] else f"{found:g} chords in eight bars"


def banned_chords(reading: Reading, names: Sequence[str]) -> str:
    """Chord qualities (on a major third) that must not sound in the loud sections."""
    shapes = {name: {i % 12 for i in QUALITIES[True][str(name)]} for name in map(str, names)}
    for chord in _in_sections(reading.score.chords, reading.loud_sections):
        for name, shape in shapes.items():
            if chord.tones and (intervals(chord) == shape or (name == "7alt" and _altered(chord))):
                return f"{chord.symbol} is a {name} chord"
    return ""


def _altered(chord: ChordSpan) -> bool:
    shape = intervals(chord)
    return {4, 10} <= shape and len(shape & {1, 3, 6, 8}) >= 2


def _in_sections(chords: Sequence[ChordSpan], sections: Sequence[Section]) -> Iterator[ChordSpan]:
    return (chord for chord in chords if any(s.start <= chord.start < s.end for s in sections))


def two_five(reading: Reading, _wanted: bool) -> str:
    chords = [chord for chord in reading.score.chords if chord.tones]
    for a, b in pairwise(chords):
        minor, dominant = 3 in intervals(a), {4, 10} <= intervals(b)
        if minor and dominant and (b.tones[0] - a.tones[0]) % 12 == 5:
            return ""
    return "no two-five motion"


def semitone_colour(reading: Reading, _wanted: bool) -> str:
    if reading.key is None:
        return ""
    dark = {(reading.key.tonic + step) % 12 for step in (1, 6)}
    pitches = {int(p) % 12 for voice in reading.of_code("bulda") for p in voice.pitch}
    return "" if dark & pitches else "no flat second or tritone colours the line"


def riff_pitches(reading: Reading, most: int) -> str:
    found = max(
        (
            len(set(voice.between(s.start, s.end).pitch.tolist()))
            for voice in reading.of_code("l")
            for s in reading.score.sections
        ),
        default=0,
    )
    return f"the riff uses {found} pitches" if found > most else ""


def hook_notes(reading: Reading, wanted: Sequence[int]) -> str:
    found = len(reading.score.hook)
    return "" if not found or wanted[0] <= found <= wanted[1] else f"the hook has {found} notes"


def long_notes(reading: Reading, beats: float) -> str:
    lengths = [int(n) for voice in reading.of_code("l") for n in voice.end - voice.start]
    share = float(np.mean(np.array(lengths) > beats * TICKS)) if lengths else 0.0
    return f"{share:.0%} of the lead's notes are long" if share > 0.2 else ""


def melody_rests(reading: Reading, least: float) -> str:
    voices = reading.of_code("l")
    spans = [(s.start, s.end) for s in reading.score.sections if any(part[0] == "l" for part in s.parts)]
    planned = sum(end - start for start, end in spans)
    if not voices or not planned:
        return ""
    sounding = 0
    for start, end in spans:
        inside = [voice.between(start, end) for voice in voices]
        sounding += covered(np.concatenate([v.start for v in inside]), np.concatenate([v.end for v in inside]), end)
    rests = 1 - sounding / planned
    return "" if rests >= least - SLACK else f"the melody rests only {rests:.0%} of its time"


def head_solo_head(reading: Reading, _wanted: bool) -> str:
    """The melody of the last quarter quotes the first statement."""
    shapes = foreground_bars(reading)
    quarter = len(shapes) // 4
    if quarter < 4:
        return ""
    head = set(shapes[: 2 * quarter])
    share = float(np.mean([shape in head for shape in shapes[-quarter:]]))
    return "" if share >= _MEMORY else f"only {share:.0%} of the last melody bars come from the head"


def repeat_free(reading: Reading, seconds: float) -> str:
    found = longest_repeat_s(reading)
    return f"{found:.0f} s return exactly" if found > seconds else ""


def arp_share(reading: Reading, least: float) -> str:
    share = _busy_bars(reading, "a", _ARP_NOTES)
    return "" if share >= least else f"the arpeggio plays in only {share:.0%} of the bars"


def arp_or_rolling_bass(reading: Reading, _wanted: bool) -> str:
    arp, bass = _busy_bars(reading, "a", _ARP_NOTES), _busy_bars(reading, "b", _ROLLING_NOTES)
    return "" if arp >= 0.3 or bass >= 0.3 else "neither an arpeggio nor a rolling bass"


def _busy_bars(reading: Reading, code: str, notes: int) -> float:
    starts = [voice.start // reading.bar for voice in reading.of_code(code)]
    if not starts:
        return 0.0
    return float((np.bincount(np.concatenate(starts), minlength=reading.bars) >= notes).mean())


def breakdown_bars(reading: Reading, least: float) -> str:
    longest = run = 0
    for section in reading.score.sections[1:-1]:
        kicking = any(part[0] == "k" for part in section.parts)
        run = 0 if kicking else run + section.bars
        longest = max(longest, run)
    needed = scaled(reading, least)
    return "" if longest >= needed else f"the longest break has {longest} bars, not {needed}"


def scaled(reading: Reading, bars: float) -> int:
    """A wish in bars for pieces shorter than the genre's shortest form, in proportion and in steps of four."""
    shortest = min((form.bars for form in reading.genre.forms.values()), default=reading.bars)
    return max(4, int(bars * min(1.0, reading.bars / shortest)) // 4 * 4)


def filter_bars(reading: Reading, least: float) -> str:
    moving = np.zeros(reading.bars + 1, bool)
    for curve in reading.score.curves:
        if curve.parameter in ("lowpass_hz", "highpass_hz", "cutoff_oct") and len(curve.points) > 1:
            for (a, low), (b, high) in zip(curve.points, curve.points[1:], strict=False):
                if low != high:
                    moving[a // reading.bar : -(-b // reading.bar)] = True
    needed = scaled(reading, least)
    return "" if moving.sum() >= needed else f"filters move in only {int(moving.sum())} bars"


def climax_at(reading: Reading, wanted: Sequence[float]) -> str:
    peak, length = reading.peak, reading.score.length
    first, last = peak.start / length, peak.end / length
    inside = first <= wanted[1] and last >= wanted[0]
    return "" if inside else f"the climax lies at {first:.0%}..{last:.0%} of the piece"


def delay_throws(reading: Reading, least: int) -> str:
    rises = sum(
        after - before >= 6
        for curve in reading.score.curves
        if curve.parameter == "delay_db"
        for (_, before), (_, after) in zip(curve.points, curve.points[1:], strict=False)
    )
    found = rises + sum(1 for _ in reading.cues("ECH"))
    return "" if found >= least else "no delay throws"


MARKERS: Mapping[str, Marker] = {
    "extended_chords": extended_chords,
    "minor_only": minor_only,
    "chord_s_min": chord_seconds,
    "chord_bars_min": chord_bars,
    "chords_per_16_bars_max": chords_per_16_bars,
    "chords_per_32_bars_max": chords_per_32_bars,
    "riff_pitches_max": riff_pitches,
}
NEEDS: Mapping[str, Marker] = {
    "triads": triads,
    "cycle_chords": cycle_chords,
    "two_five": two_five,
    "semitone_colour": semitone_colour,
    "hook_notes": hook_notes,
    "rests_min": melody_rests,
    "head_solo_head": head_solo_head,
    "repeat_free_s": repeat_free,
    "arp_share_min": arp_share,
    "arp_or_rolling_bass": arp_or_rolling_bass,
    "breakdown_bars_min": breakdown_bars,
    "filter_bars_min": filter_bars,
    "climax_at": climax_at,
    "delay_throws_min": delay_throws,
}
BANS: Mapping[str, Marker] = {
    "chords": banned_chords,
    "major_tonic": major_tonic,
    "long_melody_notes_beats": long_notes,
}
