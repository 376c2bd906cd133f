"""Planning transitions without a beat: a bridge of held tones between two tracks, and the plain fade."""

from sonicforge.music.pitch import class_name
from sonicforge.playout.block import RATE
from sonicforge.playout.dj.held import held_chord, station_level
from sonicforge.playout.dj.keys import TOGETHER
from sonicforge.playout.dj.match import Match
from sonicforge.playout.dj.phrases import Phrases
from sonicforge.playout.dj.transition import OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ, Extra, Lane, Points, Transition
from sonicforge.playout.item import Item

FADE_S = 5.0
_TAIL_S, _RISE_S, _HOLD_S = (5.0, 12.0), (5.0, 12.0), (6.0, 14.0)
_NEAR_SHARE = 0.35
"""When the new track enters, as a share of the old one's tail, where both may sound together."""
_PAD_BELOW_LU = 3.0
_DARK_HZ, _VEILED_HZ = 700.0, 500.0
_THIN_HZ = 120.0


def plan_bridge(out: Item, into: Item, phrases: tuple[Phrases | None, Phrases | None], match: Match) -> Transition:
    """The old track darkens and goes, a chord of common tones holds, the new one opens out of it.

    Where genres and keys are near, the two overlap and the chord is only a veil between them.
    """
    near = match.key >= TOGETHER and match.affinity >= 3
    rise = _four_bars(phrases[1], into, last=False, limits=_RISE_S)
    tail = _four_bars(phrases[0], out, last=True, limits=_TAIL_S)
    tail = min(tail, rise / (1 - _NEAR_SHARE)) if near else tail
    hold = min(max(2 * tail, _HOLD_S[0]), _HOLD_S[1])
    out_at = round(_leave_s(out, phrases[0], tail) * RATE)
    enters_after = _NEAR_SHARE * tail if near else tail + hold
    start, length = round(enters_after * RATE), round((enters_after + rise) * RATE)
    end_s, tail = length / RATE, min(tail, length / RATE)
    pad = Extra("pad", 0.0, end_s, station_level(out, into) - _PAD_BELOW_LU, pitches=held_chord(out, into))
    return Transition(
        "A", out_at / RATE, 0.0, (length - start) / RATE, end_s,
        _going(out_at / RATE, tail), _coming(start / RATE, end_s, rise), (pad,),
        score=match.score, reasons=(*match.reasons, _reason(near, end_s, pad.pitches)),
    )  # fmt: skip


def plan_fade(
    out: Item, into: Item, *, leave_at_s: float | None = None, length_s: float = FADE_S, reasons: tuple[str, ...] = ()
) -> Transition:
    """A plain fade of equal power in whose middle the low ends change hands.

    By default it ends with the old track; a skip leaves it at `leave_at_s`.
    """
    length = round(max(min(length_s, out.duration_s / 3, into.duration_s / 3), 0.05) * RATE)
    latest = out.duration_s - length / RATE
    leave = max(round(min(leave_at_s if leave_at_s is not None else latest, latest) * RATE), 0)
    end = length / RATE
    return Transition(
        "F", leave / RATE, 0.0, end, end,
        Lane(
            ((0.0, leave / RATE), (end, leave / RATE + end)),
            fader=((0.0, 1.0), (end, 0.0)),
            highpass_hz=((0.4 * end, OPEN_HIGHPASS_HZ), (0.6 * end, _THIN_HZ)),
        ),
        Lane(
            ((0.0, 0.0), (end, end)),
            fader=((0.0, 0.0), (end, 1.0)),
            highpass_hz=((0.4 * end, _THIN_HZ), (0.6 * end, OPEN_HIGHPASS_HZ)),
        ),
        bass_swap_s=0.5 * end,
        reasons=(*reasons, f"{end:.1f} s of equal power"),
    )  # fmt: skip


def _four_bars(phrases: Phrases | None, item: Item, *, last: bool, limits: tuple[float, float]) -> float:
    """Four bars in seconds within limits, and never more than a third of the item."""
    if phrases is None:
        wanted = limits[1] * 0.7
    elif last:
        wanted = phrases.line_s(phrases.bars) - phrases.line_s(phrases.bars - 4)
    else:
        wanted = phrases.line_s(4) - phrases.line_s(0)
    return min(max(wanted, limits[0]), limits[1], item.duration_s / 3)


def _leave_s(out: Item, phrases: Phrases | None, tail: float) -> float:
    """The last bar line from which the tail still fits into the file."""
    latest = out.duration_s - tail
    if phrases is None:
        return latest
    return max((line for line in phrases.lines.bars_s if 0 <= line <= latest), default=max(latest, 0.0))


def _going(out_at: float, tail: float) -> Lane:
    time_map: Points = ((0.0, out_at), (tail, out_at + tail))
    return Lane(
        time_map,
        fader=((0.0, 1.0), (0.3 * tail, 0.85), (tail, 0.0)),
        lowpass_hz=((0.0, OPEN_LOWPASS_HZ), (0.2 * tail, 9_000.0), (tail, _DARK_HZ)),
        highpass_hz=((0.3 * tail, OPEN_HIGHPASS_HZ), (0.6 * tail, _THIN_HZ)),
    )


def _coming(start: float, end: float, rise: float) -> Lane:
    opened = start + 0.85 * rise
    return Lane(
        ((start, 0.0), (end, end - start)),
        fader=((start, 0.0), (start + 0.5 * rise, 0.6), (end, 1.0)),
        lowpass_hz=((start, _VEILED_HZ), (opened, OPEN_LOWPASS_HZ)),
        highpass_hz=((start + 0.4 * rise, _THIN_HZ), (start + 0.6 * rise, OPEN_HIGHPASS_HZ)),
    )


def _reason(near: bool, seconds: float, pitches: tuple[int, ...]) -> str:
    kind = "they overlap without a beat" if near else "nothing of both sounds together"
    return f"{kind}, {seconds:.0f} s over a held {class_name(pitches[1])}"
