"""`decide`: which transition joins two items, as named numbers. It opens no file and draws no chance."""

from dataclasses import dataclass, replace

from sonicforge.playout.dj.affinity import affinity
from sonicforge.playout.dj.blend_plan import plan_blend
from sonicforge.playout.dj.cut_plan import plan_cut, plan_echo, plan_stop
from sonicforge.playout.dj.fade_plan import plan_bridge, plan_fade
from sonicforge.playout.dj.keys import TOGETHER
from sonicforge.playout.dj.lock import Lock, nearest_lock
from sonicforge.playout.dj.match import LEAST, Match, compatible
from sonicforge.playout.dj.pair import Pair
from sonicforge.playout.dj.phrases import Phrases, calm, phrases_of
from sonicforge.playout.dj.transition import METHODS, Method, Transition
from sonicforge.playout.item import Item

BLENDS: frozenset[Method] = frozenset({"B", "R", "H", "K"})
_PLANS = {"E": plan_echo, "S": plan_stop, "C": plan_cut}


@dataclass(frozen=True, slots=True)
class Context:
    """What else the DJ should know. `wish` asks for a method where it can be had; `cuts` allows riser and cut."""

    wish: Method | None = None
    cuts: bool = True


def decide(out: Item, into: Item, *, context: Context | None = None) -> Transition:
    """The transition from `out` to `into`.

    The genres' method comes first; where keys, tempos or bars forbid it, echo-out or a beatless bridge takes its place,
    and a plain fade where bar lines are unknown. Same items, same transition.
    """
    context = context or Context()
    match = compatible(out, into)
    sides = phrases_of(out), phrases_of(into)
    method, why = _wanted(out, into, match, context)
    if sides[0] is not None and sides[1] is not None:
        planned, why = _with_bars(Pair(out, into, sides[0], sides[1], match), method, why)
    elif method == "A" or (calm(sides[0], out, -1) and calm(sides[1], into, 0)):
        planned = plan_bridge(out, into, sides, match)
    else:
        return plan_fade(out, into, reasons=(*match.reasons, *why, "no bar lines are known"))
    return replace(planned, reasons=(*planned.reasons, *why))


def _wanted(out: Item, into: Item, match: Match, context: Context) -> tuple[Method, tuple[str, ...]]:
    """The method to begin with, and why it is not the first choice of the genres."""
    if context.wish is not None:
        return context.wish, (f"asked for: {METHODS[context.wish]}",)
    first = affinity(out.genre, into.genre).method
    if first is None or match.affinity <= 1:
        return "A", ("the genres need a reset between them",)
    if match.score < LEAST:
        return "A", (f"score {match.score:.2f} is below {LEAST}",)
    if first == "C" and not context.cuts:
        return "E", ("no cut now",)
    return first, ()


def _with_bars(pair: Pair, method: Method, why: tuple[str, ...]) -> tuple[Transition, tuple[str, ...]]:
    """The wanted method or what comes nearest to it."""
    out, into = pair.out, pair.into
    ends_still = calm(pair.out_bars, out, pair.out_bars.bars - 1)
    if method == "F":
        return plan_fade(out, into, reasons=pair.match.reasons), why
    if method == "A":
        return _bridge(pair), why
    if method in _PLANS:
        return _PLANS[method](pair), why
    if ends_still and calm(pair.in_bars, into, 0):
        return _bridge(pair), (*why, "there is no beat to match")
    if pair.match.key < TOGETHER:
        return plan_echo(pair), (*why, "the keys must not sound together")
    lock = _lock(pair.out_bars, pair.in_bars)
    blend = plan_blend(pair, lock, _name(method, lock))
    if blend is not None:
        return blend, why
    plan = _bridge if method == "K" or ends_still else plan_echo
    return plan(pair), (*why, "the tempos cannot be led together")


def _bridge(pair: Pair) -> Transition:
    return plan_bridge(pair.out, pair.into, (pair.out_bars, pair.in_bars), pair.match)


def _lock(out: Phrases, into: Phrases) -> Lock:
    """By the bars that will meet, not by the tempo that an item states for its whole length."""
    return nearest_lock(1 / out.beat_s(out.bars - 4), 1 / into.beat_s(1))


def _name(method: Method, lock: Lock) -> Method:
    """What a blend is really called: by its lock, and by whether its tempo moves."""
    if not lock.even:
        return "H"
    if method == "K":
        return "K"
    return "B" if abs(lock.residual) < 0.01 else "R"
