"""`perform`: obeying a transition. Decodes only around the seam, touches no sound of either item outside of it.

read along the time maps -> filters -> faders -> sum + extras -> even loudness -> true-peak ceiling -> inspection
"""

import time

import numpy as np

from sonicforge.chance import subseed
from sonicforge.effects.limiter import limit
from sonicforge.playout.block import RATE
from sonicforge.playout.dj.bridge import Bridge
from sonicforge.playout.dj.excerpt import Excerpt, read_excerpt
from sonicforge.playout.dj.extras import add_extra
from sonicforge.playout.dj.fade_plan import FADE_S, plan_fade
from sonicforge.playout.dj.inspection import Inspection, inspect
from sonicforge.playout.dj.lanes import play_lane
from sonicforge.playout.dj.level import MOMENTARY, Sides, even_out, power_of, windows
from sonicforge.playout.dj.transition import Transition
from sonicforge.playout.dj.warp import read_along
from sonicforge.playout.item import Item
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.k_weighting import PIECES_PER_SECOND

CEILING_DB = -1.0
SIDE_S = 8.0
"""How much of both items is heard around the bridge to judge it."""
_ALONE_S = (3.0, 6.0)
_SEAM = 2048
_ENDING_S, _FADED_LU = 16.0, 15.0


def perform(transition: Transition, out: Item, into: Item) -> Bridge:
    """The bridge that a transition decided; the plain fade in its place when the result would be a defect on air.

    Raises `UnreadableAudio` when either file cannot be read.
    """
    begin = time.process_time()
    bridge, inspection = _render(transition, out, into)
    if not inspection.defects or transition.method == "F":
        return _told(bridge, begin)
    reason = f"{transition.words} was given up: {', '.join(inspection.defects)}"
    fade, faded = _render(_fade(out, into, reasons=(*transition.reasons, reason)), out, into)
    if len(faded.defects) >= len(inspection.defects):
        return _told(bridge, begin)
    return _told(fade, begin)


def plain_fade(out: Item, into: Item, *, leave_at_s: float | None = None, length_s: float = FADE_S) -> Bridge:
    """A fade of equal power that needs no bar lines: at the end of `out`, or from `leave_at_s` on for a skip.

    Raises `UnreadableAudio` when either file cannot be read.
    """
    begin = time.process_time()
    return _told(_render(_fade(out, into, leave_at_s=leave_at_s, length_s=length_s), out, into)[0], begin)


def _fade(
    out: Item, into: Item, *, leave_at_s: float | None = None, length_s: float = FADE_S, reasons: tuple[str, ...] = ()
) -> Transition:
    """The plain fade; where nobody says when, its middle lies where the old track has died away."""
    if leave_at_s is None:
        first_s = max(out.duration_s - _ENDING_S, 0.0)
        loud = windows(power_of(read_excerpt(out, first_s, out.duration_s).samples), MOMENTARY)
        sounding = np.flatnonzero(loud > loud.max(initial=-120.0) - _FADED_LU)
        if sounding.size:
            leave_at_s = max(first_s + int(sounding[-1]) / PIECES_PER_SECOND - length_s / 2, 0.0)
    return plan_fade(out, into, leave_at_s=leave_at_s, length_s=length_s, reasons=reasons)


def _told(bridge: Bridge, begin: float) -> Bridge:
    facts = {**bridge.facts, "cpu_s": round(time.process_time() - begin, 3)}
    return Bridge(bridge.samples, bridge.leaves_out_at_s, bridge.enters_in_at_s, bridge.transition, facts)


def _render(transition: Transition, out: Item, into: Item) -> tuple[Bridge, Inspection]:
    length = round(transition.length_s * RATE)
    old, new = _excerpts(transition, out, into)
    leave, enter = round(transition.out_at_s * RATE), round(transition.enters_in_at_s * RATE)
    sides = _sides(old, new, leave, enter, length)
    joined = play_lane(transition.out, old, length) + play_lane(transition.into, new, length)
    mix = joined.copy()
    if transition.extras:
        seed, dry = subseed(0, "dj", out.id, into.id), read_along(transition.out, old, length)
        for extra in transition.extras:
            add_extra(mix, extra, dry, seed)
    lowered = even_out(mix, sides)
    limited = _under_the_ceiling(mix)
    tracks = old.span(leave, leave + length), new.span(enter - length, enter)
    inspection = inspect(mix, sides, tracks, joined)
    facts = {**inspection.to_json(), "lowered_db": lowered, "limited_db": limited}
    return Bridge(mix, transition.out_at_s, transition.enters_in_at_s, transition, facts), inspection


def _excerpts(transition: Transition, out: Item, into: Item) -> tuple[Excerpt, Excerpt]:
    """Both items from where the bridge or the ear needs them, to where."""
    last_out, first_in = transition.out.time_map[-1][1], transition.into.time_map[0][1]
    leave, enter, length = transition.out_at_s, transition.enters_in_at_s, transition.length_s
    return (
        read_excerpt(out, leave - SIDE_S, max(last_out + 0.5, leave + min(length, _ALONE_S[0]))),
        read_excerpt(into, min(first_in, enter - min(length, _ALONE_S[1])), enter + SIDE_S),
    )


def _sides(old: Excerpt, new: Excerpt, leave: int, enter: int, length: int) -> Sides:
    side = round(SIDE_S * RATE)
    alone = [min(round(seconds * RATE), length) for seconds in _ALONE_S]
    return Sides(
        before=old.span(max(leave - side, old.start), leave),
        after=new.span(enter, min(enter + side, max(new.end, enter))),
        out_alone=old.span(leave, leave + alone[0]),
        in_alone=new.span(enter - alone[1], enter),
    )


def _under_the_ceiling(mix: Samples) -> float:
    """No true peak above -1 dBTP, in place; both seams stay as they are. Returns the deepest reduction in dB."""
    limited, reduction = limit(Audio(mix), CEILING_DB)
    if reduction.max_db == 0.0:
        return 0.0
    seam = min(_SEAM, mix.shape[1] // 2)
    share = np.ones(mix.shape[1], np.float32)
    share[:seam] = np.linspace(0, 1, seam)
    share[-seam:] = np.minimum(share[-seam:], np.linspace(1, 0, seam, dtype=np.float32))
    mix += share * (limited.samples - mix)
    return round(reduction.max_db, 2)
