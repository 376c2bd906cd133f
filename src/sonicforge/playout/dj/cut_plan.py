"""Planning transitions on the one: the old track ends on a bar line, the next one's first bar begins there.

Echo-out leaves its last beats ringing, a tape stop slows them down to nothing, a cut lifts them up to a beat of air.
"""

from dataclasses import dataclass

from sonicforge.playout.block import RATE
from sonicforge.playout.dj.held import held_chord, station_level
from sonicforge.playout.dj.pair import Pair
from sonicforge.playout.dj.phrases import Phrases, calm, leaving_bar
from sonicforge.playout.dj.transition import OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ, Extra, Lane, Method, Points, Transition

CLOSE_S = 0.008
"""A fader that shuts faster would click, a slower one would blur the last beat."""
ECHO_BEATS, LONGEST_ECHO_S = 8, 6.0
LONGEST_GAP_S = 0.4
STOP_BEND = 1.6
_STOP_POINTS = 48
_AFTER_S = 0.25
_RISER_LUFS, _IMPACT_LUFS = -17.0, -20.0
_LIFT_HZ = 180.0
_IMPACT_S = 2.5
_VEIL_S, _VEIL_BELOW_LU = 7.0, 8.0


@dataclass(frozen=True, slots=True)
class _Seam:
    """The one lies `one_s` into the bridge, which begins at `out_at_s` of the old track, with beats of `beat_s`."""

    out_at_s: float
    one_s: float
    beat_s: float
    bar: int


def plan_echo(pair: Pair) -> Transition:
    """The last beats repeat, thinner and thinner, over the first ones of the next track."""
    seam = _seam(pair.out_bars, leaving_bar(pair.out_bars), 1)
    tail = min(ECHO_BEATS * seam.beat_s, LONGEST_ECHO_S, pair.into.duration_s / 4)
    lane = Lane(_straight(seam.out_at_s, seam.one_s), fader=((seam.one_s - CLOSE_S, 1.0), (seam.one_s, 0.0)))
    echo = Extra("echo", seam.one_s, tail, beat_s=seam.beat_s)
    veil = _veil(pair, seam)
    tail = max([tail, *(extra.at_s + extra.length_s - seam.one_s for extra in veil)])
    reason = f"left on bar {seam.bar + 1} with {echo.length_s:.1f} s of echoes"
    return _onto_the_one("E", pair, seam, lane, (echo, *veil), tail, reason)


def plan_stop(pair: Pair) -> Transition:
    """The platter is stopped over the last bar, two seconds at most, and the next track starts on the one."""
    seam = _seam(pair.out_bars, leaving_bar(pair.out_bars), 2)
    length = min(pair.out_bars.lines.beats_per_bar * seam.beat_s, 2.0, seam.one_s / 2)
    begin = seam.one_s - length
    lane = Lane(
        _stopping(seam.out_at_s, begin, length),
        fader=((begin + 0.75 * length, 1.0), (seam.one_s, 0.0)),
        lowpass_hz=((begin, OPEN_LOWPASS_HZ), (begin + 0.3 * length, 7_000.0), (begin + 0.85 * length, 600.0)),
    )
    veil = _veil(pair, seam)
    after = max([_AFTER_S, *(extra.at_s + extra.length_s - seam.one_s for extra in veil)])
    return _onto_the_one("S", pair, seam, lane, veil, after, f"tape stop before bar {seam.bar + 1}")


def plan_cut(pair: Pair) -> Transition:
    """Riser over the last bars, up to a beat of air with an echo in it, impact on the one."""
    bars = 4 if pair.out_bars.beat_s(pair.out_bars.bars - 1) * pair.out_bars.lines.beats_per_bar < 2.0 else 2
    seam = _seam(pair.out_bars, leaving_bar(pair.out_bars, hot=True), bars)
    gap = seam.one_s - min(seam.beat_s, LONGEST_GAP_S)
    lane = Lane(
        _straight(seam.out_at_s, seam.one_s),
        fader=((gap - CLOSE_S, 1.0), (gap, 0.0)),
        highpass_hz=((0.5 * gap, OPEN_HIGHPASS_HZ), (gap, _LIFT_HZ)),
    )
    extras = (
        Extra("riser", 0.0, gap, _RISER_LUFS, seam.beat_s),
        Extra("echo", gap, seam.one_s - gap + 2 * seam.beat_s, beat_s=seam.beat_s),
        Extra("impact", seam.one_s, _IMPACT_S, _IMPACT_LUFS, seam.beat_s),
    )
    after = min(_IMPACT_S, pair.into.duration_s / 4)
    return _onto_the_one("C", pair, seam, lane, extras, after, f"cut on bar {seam.bar + 1}")


def _veil(pair: Pair, seam: _Seam) -> tuple[Extra, ...]:
    """A chord of the new key under the seam when the new track begins so softly that there would be a hole."""
    if not calm(pair.in_bars, pair.into, 0):
        return ()
    before = min(seam.one_s, 2 * seam.beat_s)
    length = before + min(_VEIL_S, pair.into.duration_s / 4)
    level = station_level(pair.out, pair.into) - _VEIL_BELOW_LU
    return (Extra("pad", seam.one_s - before, length, level, pitches=held_chord(pair.into, pair.into)),)


def _seam(phrases: Phrases, bar: int, before: int) -> _Seam:
    """The bridge begins `before` bars before bar line `bar`."""
    start = max(bar - before, 0)
    out_at = max(round(phrases.line_s(start) * RATE), 0) / RATE
    return _Seam(out_at, phrases.line_s(bar) - out_at, phrases.beat_s(bar - 1), bar)


def _onto_the_one(
    method: Method, pair: Pair, seam: _Seam, lane: Lane, extras: tuple[Extra, ...], after_s: float, reason: str
) -> Transition:
    """The next track untouched, its first bar on the one, up to `after_s` behind it."""
    first = pair.in_bars.line_s(0)
    shift = round((first - seam.one_s) * RATE)
    # Where the file begins after its first bar line, the bridge lasts until it is heard.
    length = round((seam.one_s + max(after_s, _AFTER_S - first)) * RATE)
    begins = max(0, -shift)
    in_map = ((begins / RATE, (begins + shift) / RATE), (length / RATE, (length + shift) / RATE))
    extras = tuple(extra for extra in extras if extra.at_s < length / RATE)
    return Transition(
        method, seam.out_at_s, in_map[0][1], in_map[1][1], length / RATE, lane, Lane(in_map), extras,
        score=pair.match.score, reasons=(*pair.match.reasons, reason),
    )  # fmt: skip


def _straight(out_at: float, length: float) -> Points:
    return ((0.0, out_at), (length, out_at + length))


def _stopping(out_at: float, begin: float, length: float) -> Points:
    """Own speed up to `begin`, then (1 - x)^1.6 of it."""
    bend = STOP_BEND + 1
    shares = [point / _STOP_POINTS for point in range(1, _STOP_POINTS + 1)]
    slowing = ((begin + length * x, out_at + begin + length * (1 - (1 - x) ** bend) / bend) for x in shares)
    start = ((0.0, out_at), (begin, out_at + begin)) if begin > 1e-3 else ((0.0, out_at),)
    return (*start, *slowing)
