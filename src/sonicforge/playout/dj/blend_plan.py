"""Planning a beat-matched blend: which bars run side by side, at which tempo, and who owns the low end.

The new track enters thin and quiet on a phrase of the old one; on a bar line the low ends are swapped within a beat;
then the old one darkens and goes. Both tempos meet: each track starts or ends the blend at its own, and every bar in
between moves by no more than an ear lets pass.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil, log2

from sonicforge.playout.block import RATE
from sonicforge.playout.dj.affinity import phrase_bars
from sonicforge.playout.dj.lock import Lock
from sonicforge.playout.dj.match import Match
from sonicforge.playout.dj.pair import Pair
from sonicforge.playout.dj.phrases import Phrases
from sonicforge.playout.dj.transition import OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ, Lane, Method, Points, Transition

STEP, GENTLE = 0.0025, 0.002
"""Largest change of tempo from one unit of bars to the next while a beat is heard, and the one that is aimed at."""
MOST, MOST_BEATLESS = 0.04, 0.08
PLATTER = 0.0085
"""Up to this change of speed the pitch may move with it (15 cents); beyond, time is stretched and pitch stays."""
LONGEST_BLEND_S = 48.0
THIN_HZ = 250.0
_SHARES = (64, 32, 16, 8, 4)
_QUIET, _HALF = 1 / 3, 0.5
"""Faders at -6 and -3 dB."""
_FREE_MELODIES = 0.85


@dataclass(frozen=True, slots=True)
class Overlap:
    """`units` units of `lock` bars: the old track from bar `out_bar`, the new one from its first bar."""

    out: Phrases
    into: Phrases
    lock: Lock
    units: int
    out_bar: int

    @property
    def in_bar(self) -> int:
        """The new track's bar on which it goes on alone."""
        return self.units * self.lock.in_bars

    def out_unit_s(self, unit: int) -> float:
        first = self.out_bar + unit * self.lock.out_bars
        return self.out.line_s(first + self.lock.out_bars) - self.out.line_s(first)

    def in_unit_s(self, unit: int) -> float:
        first = unit * self.lock.in_bars
        return self.into.line_s(first + self.lock.in_bars) - self.into.line_s(first)

    def lengths_s(self) -> tuple[float, ...]:
        """Length of every unit in the bridge: the old track's up to the ramp, the new one's after it."""
        first, ramp = self.ramp()
        shares = [min(max((unit - first) / ramp, 0.0), 1.0) for unit in range(self.units)]
        return tuple(
            self.out_unit_s(unit) ** (1 - share) * self.in_unit_s(unit) ** share for unit, share in enumerate(shares)
        )

    def ramp(self) -> tuple[int, int]:
        """The unit from which on the tempo moves, and for how many: in the middle, as few as an ear lets pass."""
        needed = ceil(self.change() / GENTLE)
        units = min(max(needed, 1), self.units - 1)
        return (self.units - 1 - units) // 2, units

    def change(self) -> float:
        """How far the tempo has to move, as share."""
        return abs(self.in_unit_s(self.units - 1) / self.out_unit_s(0) - 1)

    def starts_s(self) -> tuple[float, ...]:
        """Where the units begin in the bridge, and where the last one ends; the first lies under a sample from 0."""
        first = self.out.line_s(self.out_bar)
        return tuple(accumulate(self.lengths_s(), initial=first - round(first * RATE) / RATE))

    def both(self, what: str) -> int:
        """In how many units both tracks have drums, bass or lead."""
        p, q = self.lock.out_bars, self.lock.in_bars
        return sum(
            self.out.plays(self.out_bar + unit * p, what) and self.into.plays(unit * q, what)
            for unit in range(self.units)
        )

    def beatless(self) -> bool:
        """Whether nothing marks the beat in either track."""
        p, q = self.lock.out_bars, self.lock.in_bars
        return not any(
            self.out.plays(self.out_bar + unit * p, "drums") or self.into.plays(unit * q, "drums")
            for unit in range(self.units)
        )


def plan_blend(pair: Pair, lock: Lock, method: Method) -> Transition | None:
    """The best blend of two items, None where their tempos or bars allow none."""
    out, into = pair.out_bars, pair.in_bars
    if out.lines.beats_per_bar != into.lines.beats_per_bar:
        return None
    overlaps = [overlap for bars in _SHARES if (overlap := _overlap(out, into, lock, bars)) is not None]
    if not overlaps:
        return None
    # Half a minute of stretched sound is all that a transition may cost.
    near = abs(lock.residual) < PLATTER
    wanted = phrase_bars(pair.out.genre) if near else _SHARES[2]
    best = max(overlaps, key=lambda overlap: _fitness(overlap, wanted, pair.match.key))
    return _transition(best, pair.match, method)


def _overlap(out: Phrases, into: Phrases, lock: Lock, bars: int) -> Overlap | None:
    """The last `bars` bars of the old track over the first of the new one, if tempo and lengths allow it."""
    units = bars // lock.out_bars
    if units < 2 or bars > 0.6 * out.bars or units * lock.in_bars > 0.6 * into.bars:
        return None
    overlap = Overlap(out, into, lock, units, out.bars - units * lock.out_bars)
    if min(lock.out_bars, lock.in_bars) > 1 and overlap.both("drums"):
        return None  # Three kicks against four or two are no mix but a mess.
    lengths = overlap.lengths_s()
    most = MOST_BEATLESS if overlap.beatless() else MOST
    change = overlap.change()
    if sum(lengths) > LONGEST_BLEND_S or change > most or (change > STEP * (units - 1) and not overlap.beatless()):
        return None
    return overlap


def _fitness(overlap: Overlap, wanted: int, key: float) -> float:
    """How well an overlap sits on the phrases of both tracks; leads that meet weigh more where keys differ."""
    bars = overlap.units * overlap.lock.out_bars
    clash = overlap.both("lead") * overlap.lock.out_bars / 4
    return (
        _on_phrase(overlap.out, overlap.out_bar) * 3
        + _on_phrase(overlap.into, overlap.in_bar) * 1.5
        - abs(log2(bars / wanted))
        - clash * (0.5 if key >= _FREE_MELODIES else 1.0)
    )


def _on_phrase(phrases: Phrases, bar: int) -> float:
    """1 on the first bar of a section, less on later fours and eights, -1 elsewhere."""
    within = phrases.into_section(bar)
    return 1.0 if within == 0 else 0.6 if within % 8 == 0 else 0.1 if within % 4 == 0 else -1.0


def _transition(overlap: Overlap, match: Match, method: Method) -> Transition:
    starts = overlap.starts_s()
    length = round(starts[-1] * RATE) / RATE
    out_at = round(overlap.out.line_s(overlap.out_bar) * RATE) / RATE
    enters = round(overlap.into.line_s(overlap.in_bar) * RATE) / RATE
    swap = _swap_unit(overlap)
    late = min(round(overlap.units * 0.75), overlap.units - 1)
    leaves = late if swap == overlap.units else max(swap, late)
    beat = overlap.out.beat_s(overlap.out_bar)
    swap_s = min(starts[swap], length - 2 * beat)
    out_map, in_map = _maps(overlap, starts, out_at, enters, length)
    edges = (swap_s, starts[leaves], length)
    out = _out_lane(out_map, edges, beat)
    into = _in_lane(in_map, edges, beat, starts[max(1, overlap.units // 4)])
    tempo = round(out.speeds[-1], 6), round(into.speeds[0], 6)
    return Transition(
        method, out_at, max(in_map[0][1], 0.0), enters, length, out, into,
        tempo=tempo, bass_swap_s=swap_s, score=match.score, reasons=(*match.reasons, *_reasons(overlap, swap)),
    )  # fmt: skip


def _maps(
    overlap: Overlap, starts: tuple[float, ...], out_at: float, enters: float, length: float
) -> tuple[Points, Points]:
    """Both time maps, bar by bar. The old one holds to the sample at the start, the new one at the end."""
    p, q = overlap.lock.out_bars, overlap.lock.in_bars
    late = (length - enters + overlap.into.line_s(overlap.in_bar)) - starts[-1]
    out_map, in_map = [(0.0, out_at)], []
    for unit, (start, end) in enumerate(pairwise(starts)):
        first = overlap.out.line_s(overlap.out_bar + unit * p)
        scale = (end - start) / overlap.out_unit_s(unit)
        for bar in range(1, p + 1):
            second = overlap.out.line_s(overlap.out_bar + unit * p + bar)
            out_map.append((start + (second - first) * scale, second))
        first, scale = overlap.into.line_s(unit * q), (end - start) / overlap.in_unit_s(unit)
        for bar in range(q):
            second = overlap.into.line_s(unit * q + bar)
            in_map.append((start + late + (second - first) * scale, second))
    return tuple(out_map), (*in_map, (length, enters))


def _swap_unit(overlap: Overlap) -> int:
    """The unit before which the low end changes hands: as few without one as can be, else near the middle.

    `units` itself is the end, for a new track whose low end comes later.
    """
    units, p, q = overlap.units, overlap.lock.out_bars, overlap.lock.in_bars
    places = sorted({max(1, units * quarter // 4) for quarter in range(1, 5)}, key=lambda unit: abs(unit - units / 2))

    def hollow(swap: int) -> int:
        before = sum(not overlap.out.low_end(overlap.out_bar + unit * p) for unit in range(swap))
        return before + sum(not overlap.into.low_end(unit * q) for unit in range(swap, units))

    return min(places, key=hollow)


def _out_lane(time_map: Points, edges: tuple[float, float, float], beat: float) -> Lane:
    swap, leaves, end = edges
    first = min(swap, leaves)
    dark = leaves if leaves > first + 2 * beat else end
    return Lane(
        time_map,
        fader=((leaves, 1.0), (end, 0.0)),
        highpass_hz=((swap, OPEN_HIGHPASS_HZ), (swap + beat, THIN_HZ)),
        lowpass_hz=((first, OPEN_LOWPASS_HZ), (first + beat, 12_000.0), (dark, 1_500.0)),
        keeps_pitch=_keeps_pitch(time_map),
    )


def _in_lane(time_map: Points, edges: tuple[float, float, float], beat: float, louder: float) -> Lane:
    swap, leaves, end = edges
    steps = [(0.0, 0.0), (0.005, _QUIET), (louder, _QUIET), (louder + beat, _HALF)]
    steps += [(max(leaves, louder + 2 * beat), _HALF), (end, 1.0)]
    return Lane(
        time_map,
        fader=tuple(steps),
        highpass_hz=((swap, THIN_HZ), (swap + beat, OPEN_HIGHPASS_HZ)),
        keeps_pitch=_keeps_pitch(time_map),
    )


def _keeps_pitch(time_map: Points) -> bool:
    return max(abs(speed - 1) for speed in Lane(time_map).speeds) > PLATTER


def _reasons(overlap: Overlap, swap: int) -> tuple[str, ...]:
    p, q = overlap.lock.out_bars, overlap.lock.in_bars
    bars, speed = overlap.units * p, overlap.out_unit_s(0) / overlap.in_unit_s(overlap.units - 1)
    side = f"{bars} bars side by side" if p == q else f"{bars} bars over {overlap.in_bar} of the next ({p} to {q})"
    tempo = "the tempos are the same" if abs(speed - 1) < 1e-4 else f"the tempo moves by {100 * (speed - 1):+.1f} %"
    place = f"on bar {swap * p + 1}" if swap < overlap.units else "at the very end"
    low = f"low end swapped {place}"
    return f"{side}, from bar {overlap.out_bar + 1} of {overlap.out.bars}", tempo, low
