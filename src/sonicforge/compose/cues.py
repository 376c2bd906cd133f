"""Transition effects as cues: those the form asks for, the impacts of its drops, crashes, and ear candy."""

from itertools import pairwise

from sonicforge.chance import choices
from sonicforge.compose.form import DROP_STEP
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Move, bursts_of
from sonicforge.music.score import TICKS, Cue

CRASH_BARS, MOST_CRASHES = 8, 12
"""Bars between crashes, and how many a track bears."""
CRASH_FROM = 0.55
CANDY_BARS = 24
"""The same piece of candy does not come back within this many bars."""
RISER_PITCH = 48
LAST_HIT_DB = -3.0


def write_cues(sketch: Sketch, moves: tuple[Move, ...]) -> tuple[Cue, ...]:
    """All cues in order of time; kinds that the genre bans are left out."""
    banned = set(sketch.genre.identity.get("ban", {}).get("cues", ()))
    root = RISER_PITCH + sketch.key.tonic
    cues = [Cue(m.kind, m.start, m.end - m.start, pitch=root if m.kind == "RIS" else 60) for m in moves]
    cues = [cue for cue in cues if cue.kind != "CRS"]
    if sketch.genre.club:
        cues += [*_impacts(sketch, moves), *_last_hit(sketch)]
    if "crash" in sketch.genre.kit:
        cues += _crashes(sketch, moves)
    cues += _candy(sketch, moves)
    return tuple(sorted((cue for cue in cues if cue.kind not in banned), key=lambda cue: (cue.start, cue.kind)))


def _impacts(sketch: Sketch, moves: tuple[Move, ...]) -> list[Cue]:
    """An impact where the energy jumps up or a build ends, a downlifter where it falls away."""
    found = []
    asked = {move.start for move in moves if move.kind in ("DWN", "IMP")}
    bursts = bursts_of(sketch, moves)
    for before, after in pairwise(sketch.sections):
        rise = after.energy[0] - before.energy[1]
        if after.start in asked:
            continue
        if after.start in bursts or rise >= DROP_STEP:
            found.append(Cue("IMP", after.start, 2 * TICKS))
        elif rise <= -DROP_STEP:
            found.append(Cue("DWN", after.start, 2 * sketch.bar))
    return found


def _last_hit(sketch: Sketch) -> list[Cue]:
    """Something that rings behind the last bar line, unless the piece fades; it begins a tick before it."""
    if sketch.directions(sketch.sections[-1]).fade_out_s:
        return []
    return [Cue("IMP", sketch.length - 1, 2 * TICKS, LAST_HIT_DB)]


def _crashes(sketch: Sketch, moves: tuple[Move, ...]) -> list[Cue]:
    """Crashes on the one of loud sections and inside long ones, never closer than eight bars."""
    wanted = {move.start for move in moves if move.kind == "CRS"}
    for section in sketch.sections:
        if section.mean_energy >= CRASH_FROM and sketch.presence("k", section):
            wanted |= set(range(section.start, section.end, 2 * CRASH_BARS * sketch.bar))
    kept: list[int] = []
    for tick in sorted(wanted):
        if tick < sketch.length and (not kept or tick - kept[-1] >= CRASH_BARS * sketch.bar):
            kept.append(tick)
    while len(kept) > MOST_CRASHES:
        gaps = [kept[i + 1] - kept[i - 1] for i in range(1, len(kept) - 1)]
        kept.pop(1 + gaps.index(min(gaps)))
    return [Cue("CRS", tick, 4 * TICKS) for tick in kept]


def _candy(sketch: Sketch, moves: tuple[Move, ...]) -> list[Cue]:
    """Small surprises on the last beats of eight-bar phrases inside long sections of electronic genres."""
    if not _sweet(sketch):
        return []
    rng = choices(sketch.seed, "compose", "cues", "candy")
    menu = ["REV", "NSE"] if sketch.genre.club else ["REV"]
    last: dict[str, int] = {}
    found = []
    busy = [(m.start, m.end) for m in moves if m.end > m.start]
    for section in sketch.sections:
        for bar in range(8, section.bars, 8):
            seam = section.start + bar * sketch.bar
            length = rng.choice((2, 4)) * TICKS
            free = [k for k in menu if seam - last.get(k, -(10**9)) >= CANDY_BARS * sketch.bar]
            if not free or any(start < seam and seam - length < end for start, end in busy):
                continue
            kind = rng.choice(free)
            last[kind] = seam
            found.append(Cue(kind, seam - length, length, -4.0))
    return found


def _sweet(sketch: Sketch) -> bool:
    """Candy suits produced music: not chips without reverb, not rooms with players, not beatless drift."""
    identity = sketch.genre.identity
    beatless = not identity.get("backbeat", (4,)) and not sketch.genre.club
    played = identity.get("ride_or_brush") or beatless
    return not played and not identity.get("ban", {}).get("filter_sweeps")
