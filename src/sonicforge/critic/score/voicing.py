"""Checks 23 and 14 (score): do the chord voices move like singers, and do they stay clear of the mud?"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.reading import SUSTAINED_CODES, Reading, Voice
from sonicforge.critic.verdict import Finding

VOICE_LEADING = Check(23, "voice_leading")
LOW_INTERVALS = Check(14, "mud")

MEAN_FAIL_FACTOR = 2.0
TOP_LEAP, TOP_LEAP_SHARE = 7, 10.0
LOW_CHORD_SHARE = 25.0
LOW_WARN_PER_MINUTE, LOW_FAIL_PER_MINUTE = 4.0, 20.0

LOWEST = {1: 52, 2: 51, 3: 48, 4: 47, 5: 45, 6: 45, 7: 36, 8: 41, 9: 41, 10: 41, 11: 41, 12: 24}
"""Low-interval limit: the lowest MIDI note of the lower tone for each interval in semitones."""
SUB_RAISES = 5
"""A sub bass under the chord raises every limit."""


def voice_leading(reading: Reading) -> Finding:
    """Mean motion per voice from chord to chord, leaps of the top voice, chords below the low-interval limit.

    Repeated voicings count as chords that did not move only where the chord itself changed. Voicings of different size
    are matched voice to nearest voice. Parallel fifths and octaves of the outer voices, and crossings of the bass with
    the lowest voice, are measured and told without a limit.
    """
    chords = [chord for chord in reading.score.chords if len(chord.voicing) > 1]
    pairs = [(a, b) for a, b in pairwise(chords) if a.symbol != b.symbol or a.voicing != b.voicing]
    if len(pairs) < 2:
        return skipped(VOICE_LEADING, "fewer than three different chords are voiced")
    move = reading.genre.harmony.voicing.move
    tops = [abs(max(b.voicing) - max(a.voicing)) for a, b in pairs]
    low = [bool(low_intervals(chord.voicing, 0)) for chord in chords]
    more = {
        "outer_parallels": _parallels([(sorted(a.voicing), sorted(b.voicing)) for a, b in pairs]),
        "bass_crossings": _crossings(reading),
    }
    return graded(
        VOICE_LEADING,
        Measure(
            key="mean_motion",
            words="the mean motion of a chord voice",
            value=float(np.mean([motion(a.voicing, b.voicing) for a, b in pairs])),
            unit="semitones",
            digits=2,
            warn_above=move,
            fail_above=MEAN_FAIL_FACTOR * move,
        ),
        Measure(
            key="top_leap_share",
            words="the share of chord changes whose top voice leaps more than a fifth",
            value=100 * float(np.mean(np.array(tops) > TOP_LEAP)),
            unit="%",
            warn_above=TOP_LEAP_SHARE,
        ),
        Measure(
            key="low_chord_share",
            words="the share of chords below the low-interval limit",
            value=100 * float(np.mean(low)),
            unit="%",
            fail_above=LOW_CHORD_SHARE,
        ),
        more=more,
    )


def motion(one: Sequence[int], other: Sequence[int]) -> float:
    """Mean semitones a voice moves between two voicings."""
    a, b = np.sort(np.array(one)), np.sort(np.array(other))
    if len(a) == len(b):
        return float(np.abs(a - b).mean())
    few, many = (a, b) if len(a) < len(b) else (b, a)
    return float(np.abs(many[:, None] - few[None, :]).min(axis=1).mean())


def _parallels(pairs: list[tuple[list[int], list[int]]]) -> float:
    """Share of changes in which the outer voices move in parallel fifths or octaves."""
    found = 0
    for a, b in pairs:
        before, after = (a[-1] - a[0]) % 12, (b[-1] - b[0]) % 12
        found += before == after and before in (0, 7) and b[0] != a[0] and (b[0] - a[0]) * (b[-1] - a[-1]) > 0
    return found / len(pairs)


def _crossings(reading: Reading) -> float:
    """Share of bass notes that lie above the lowest chord voice."""
    met = crossed = 0
    for voice in reading.of_code("b"):
        for number, pitch in zip(reading.chord_numbers(voice.start).tolist(), voice.pitch.tolist(), strict=True):
            voicing = reading.score.chords[number].voicing
            if voicing:
                met += 1
                crossed += pitch > min(voicing)
    return crossed / met if met else 0.0


def low_intervals(pitches: Sequence[int], raised: int) -> int:
    """How many neighbours in a sounding stack lie lower than their interval bears."""
    stack = sorted(set(pitches))
    return sum(low < LOWEST[high - low] + raised for low, high in pairwise(stack) if high - low in LOWEST)


def low_interval_limit(reading: Reading) -> Finding:
    """Chords a minute in which two neighbouring notes of chords, pads and bass lie lower than their interval bears.

    Every chord attack is looked at once, with everything that sounds at it; a sub bass under it raises the limits by
    five semitones. The other half of this check listens to the sound (`critic.audio.mud`).
    """
    chordal = [*reading.of_code(SUSTAINED_CODES), *reading.of_code("b")]
    attacks = sorted({int(t) for voice in reading.of_code(SUSTAINED_CODES) for t in voice.start})
    if not attacks:
        return skipped(LOW_INTERVALS, "no chords are played")
    sounding = [_sounding(voice, attacks) for voice in chordal]
    subs = [_sounding(voice, attacks) for voice in reading.of_code("u")]
    muddy = 0
    for index in range(len(attacks)):
        stack = [pitch for found in sounding for pitch in found[index]]
        raised = SUB_RAISES if any(found[index] for found in subs) else 0
        muddy += low_intervals(stack, raised) > 0
    return graded(
        LOW_INTERVALS,
        Measure(
            key="low_intervals_per_minute",
            words="the number of chords a minute that lie too low for their intervals",
            value=muddy / reading.minutes,
            warn_above=LOW_WARN_PER_MINUTE,
            fail_above=LOW_FAIL_PER_MINUTE,
        ),
    )


def _sounding(voice: Voice, attacks: list[int]) -> list[list[int]]:
    """Pitches of a voice that sound at each attack."""
    found: list[list[int]] = [[] for _ in attacks]
    ticks = np.array(attacks)
    firsts, lasts = np.searchsorted(ticks, voice.start), np.searchsorted(ticks, voice.end)
    for first, last, pitch in zip(firsts.tolist(), lasts.tolist(), voice.pitch.tolist(), strict=True):
        for index in range(first, last):
            found[index].append(pitch)
    return found
