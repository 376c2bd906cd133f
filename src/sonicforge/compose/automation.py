"""Automation: the form's movements, brightness and loudness that follow the energy, builds, throws, fades."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from sonicforge.compose.directions import Movement
from sonicforge.compose.sketch import Sketch
from sonicforge.compose.transitions import Move, bursts_of
from sonicforge.music.score import STEP, TICKS, Curve, Section

CLUB_DB = ((0.0, -13.0), (0.1, -12.0), (0.25, -9.0), (0.4, -6.0), (0.6, -3.0), (0.8, -1.0), (1.0, 0.0))
CALM_DB = ((0.0, -9.0), (0.1, -8.0), (0.25, -6.0), (0.4, -4.0), (0.6, -2.0), (0.8, -1.0), (1.0, 0.0))
"""Loudness wanted at an energy, relative to energy 1."""
MACRO = 0.4
"""Share of that loudness done by gain; arrangement and velocities do the rest."""
REDUCED_DB = -3.0
DARKEST_OCT = -0.7
"""Octaves that a synth closes at energy 0."""
OPENING, OPENING_OCT = "cda", 0.36
"""Parts whose filter breathes with the eight-bar phrase, and by how many octaves either way."""
DIP_DB, DIP_BARS, DIP_HIGHPASS_HZ = -5.0, 2, 160.0
"""How far the mix steps back in the last bar before a drop, over how many bars, and how thin it gets there."""
GATE = "x.xxx.xx.xx.xxx."
"""A trance gate of 16ths over a held chord."""
GATE_FLOOR = 0.12
FADE_DB = -54.0
THROW_DB = 9.0
BUILD_REVERB_DB, BUILD_WIDTH = 5.0, 0.7
SWELL_DB = -3.5
OPEN = {"lowpass_hz": 20000.0, "highpass_hz": 20.0, "width": 1.0, "gate": 1.0}
_UNIT = {
    "lowpass": "lowpass_hz", "highpass": "highpass_hz", "cutoff": "cutoff_oct", "level": "level_db",
    "reverb": "reverb_db", "delay": "delay_db", "width": "width",
}  # fmt: skip

Points = list[tuple[int, float]]


@dataclass(slots=True)
class _Lanes:
    """Points by (target, parameter); sums for dB and octaves."""

    points: dict[tuple[str, str], Points] = field(default_factory=dict)

    def add(self, target: str, parameter: str, *points: tuple[int, float]) -> None:
        self.points.setdefault((target, parameter), []).extend(points)

    def curves(self) -> tuple[Curve, ...]:
        found = []
        for (target, parameter), points in sorted(self.points.items()):
            kept = _thinned(points)
            neutral = OPEN.get(parameter, 0.0)
            if any(abs(value - neutral) > 1e-6 for _, value in kept):
                found.append(Curve(target, parameter, kept))
        return tuple(found)


def write_curves(sketch: Sketch, moves: tuple[Move, ...]) -> tuple[Curve, ...]:
    """All automation of a piece, a few points per curve; targets are part codes or "mix"."""
    lanes = _Lanes()
    codes = [code for code in sketch.plan.cast if any(sketch.presence(code, s) for s in sketch.sections)]
    for code in codes:
        for parameter in ("lowpass_hz", "highpass_hz", "cutoff_oct", "level_db", "reverb_db", "delay_db", "width"):
            _sections(lanes, sketch, code, parameter)
    _loudness(lanes, sketch, moves)
    _gates(lanes, sketch)
    _builds(lanes, sketch, moves)
    _throws(lanes, sketch, moves)
    return lanes.curves()


def _sections(lanes: _Lanes, sketch: Sketch, code: str, parameter: str) -> None:
    """One parameter of one code over the form: movements where asked, else the section's resting value."""
    points: Points = []
    for section in sketch.sections:
        if not sketch.presence(code, section):
            continue
        asked = [m for m in sketch.directions(section).movements if m.code == code and _UNIT[m.parameter] == parameter]
        rest = _resting(sketch, code, parameter, section)
        if asked:
            start = section.start + min(sketch.directions(section).begins.get(code, 0), section.bars - 1) * sketch.bar
            first, last = _values(sketch, asked[0], rest)
            points += [(section.start, first), (start, first), (section.end - 1, last)]
        elif parameter == "level_db" and code == "d" and "strings" in sketch.genre.drums.timing:
            points += _swells(sketch, section, rest)
        elif parameter == "cutoff_oct" and code in OPENING and section.bars >= 8 and not _still(sketch):
            points += _breath(section, sketch.bar, rest, late=code == "d")
        else:
            points += [(section.start, rest), (section.end - 1, rest)]
    lanes.add(code, parameter, *points)


def _breath(section: Section, bar: int, rest: float, *, late: bool) -> Points:
    """A filter that opens over eight bars and closes over the next eight; `late` ones follow four bars behind."""
    first = section.start + (4 * bar if late else 0)
    marks = [*range(first, section.end - 1, 8 * bar), section.end - 1]
    signs = [1 if (turn % 2 == 0) == late else -1 for turn in range(len(marks))]
    opened = [(mark, round(rest + sign * OPENING_OCT, 2)) for mark, sign in zip(marks, signs, strict=True)]
    return [(section.start, rest), *opened] if late else opened


def _still(sketch: Sketch) -> bool:
    return bool(sketch.genre.identity.get("ban", {}).get("filter_sweeps"))


def _resting(sketch: Sketch, code: str, parameter: str, section: Section) -> float:
    if parameter == "level_db":
        return REDUCED_DB if sketch.presence(code, section) == "reduced" else 0.0
    if code not in "bcadlv":
        return OPEN.get(parameter, 0.0)
    if parameter == "reverb_db":
        return round(max(-3.0, min(3.0, 0.6 * sketch.plan.mood.reverb_db)), 2)
    if parameter == "cutoff_oct" and not _still(sketch):
        tone = 0.7 * math.log2(max(0.3, sketch.plan.mood.brightness))
        closed = DARKEST_OCT * (1.0 - section.mean_energy / _peak(sketch)) if sketch.genre.club and code != "b" else 0.0
        return round(tone + closed, 2)
    return OPEN.get(parameter, 0.0)


def _values(sketch: Sketch, movement: Movement, rest: float) -> tuple[float, float]:
    if movement.parameter == "cutoff":
        own = _cutoff_hz(sketch, movement.code)
        return tuple(round(max(-4.0, min(4.0, math.log2(hz / own))), 2) for hz in (movement.start, movement.end))  # type: ignore[return-value]
    if movement.parameter in ("reverb", "delay", "level"):
        return rest + movement.start, rest + movement.end
    return movement.start, movement.end


def _cutoff_hz(sketch: Sketch, code: str) -> float:
    patch = sketch.genre.patches.get(sketch.plan.cast[code][0].voice, {})
    filtered = patch.get("flt")
    return float(filtered[1]) if filtered else 2000.0


def _swells(sketch: Sketch, section: Section, rest: float) -> Points:
    """Bowed notes grow and fade: one swell for each chord of a bar or more."""
    points: Points = []
    for chord in sketch.chords_between(section.start, section.end):
        start, end = max(chord.start, section.start), min(chord.end, section.end)
        if end - start >= sketch.bar:
            height = start + (end - start) * 3 // 5
            points += [(start, rest + SWELL_DB), (height, rest), (end - 1, rest + SWELL_DB * 0.7)]
    return points


def _gates(lanes: _Lanes, sketch: Sketch) -> None:
    """Held chords chopped into 16ths where the form asks for it; open everywhere else."""
    for code in "dc":
        points: Points = []
        for section in sketch.sections:
            if sketch.directions(section).treated("gate", code) and sketch.presence(code, section):
                for bar in sketch.bars_of(section):
                    points += _chopped(bar)
                points.append((section.end, 1.0))
        if points:
            lanes.add(code, "gate", (0, 1.0), (max(1, points[0][0] - 1), 1.0), *points)


def _chopped(bar: int) -> Points:
    """One bar of the gate: edges of each run of open or closed 16ths."""
    levels = [1.0 if step == "x" else GATE_FLOOR for step in GATE]
    edges = [n for n in range(len(levels)) if n == 0 or levels[n] != levels[n - 1]] + [len(levels)]
    return [
        point
        for first, end in pairwise(edges)
        for point in ((bar + first * STEP, levels[first]), (bar + end * STEP - 1, levels[first]))
    ]


def _loudness(lanes: _Lanes, sketch: Sketch, moves: tuple[Move, ...]) -> None:
    table = CLUB_DB if sketch.genre.club else CALM_DB
    top = _interpolated(table, _peak(sketch))
    points: Points = []
    for section in sketch.sections:
        for tick, energy in ((section.start, section.energy[0]), (section.end - 1, section.energy[1])):
            points.append((tick, round(MACRO * (_interpolated(table, energy) - top), 2)))
    if sketch.genre.club:
        for seam in bursts_of(sketch, moves):
            points = _dipped(sketch, points, seam)
    lanes.add("mix", "level_db", *_faded(sketch, points))


def _dipped(sketch: Sketch, points: Points, seam: int) -> Points:
    """The loudness points with a step back before a drop, so that the drop is one."""
    section = sketch.section_at(seam - 1)
    start = max(section.start + 1, seam - DIP_BARS * sketch.bar)
    low = max(start + 1, seam - sketch.bar)
    shape = ((start, 0.0), (low, DIP_DB), (seam - 1, DIP_DB))
    dip = [(tick, round(_joined(points, tick) + db, 2)) for tick, db in shape]
    return sorted([point for point in points if not start <= point[0] < seam] + dip)


def _faded(sketch: Sketch, points: Points) -> Points:
    """The loudness points with a fade in from and a fade out to near silence."""
    per_second = sketch.plan.bpm / 60 * TICKS
    first, last = sketch.directions(sketch.sections[0]), sketch.directions(sketch.sections[-1])
    if first.fade_in_s:
        end = min(round(first.fade_in_s * per_second), sketch.sections[0].length - 2)
        points = _ramp(points, 0, end, rising=True)
    if last.fade_out_s:
        start = max(sketch.sections[-1].start + 1, sketch.length - round(last.fade_out_s * per_second))
        points = _ramp(points, start, sketch.length, rising=False)
    return points


def _ramp(points: Points, start: int, end: int, *, rising: bool) -> Points:
    """Points replaced between two ticks by a fade that is fast while quiet and slow while loud."""
    shape = ((0.0, FADE_DB), (0.12, FADE_DB * 0.5), (0.4, FADE_DB * 0.2), (1.0, 0.0))
    faded = []
    for share, db in shape:
        tick = start + round(share * (end - start)) if rising else end - round(share * (end - start))
        faded.append((tick, round(_joined(points, tick) + db, 2)))
    return sorted([point for point in points if not start <= point[0] <= end] + faded)


def _builds(lanes: _Lanes, sketch: Sketch, moves: tuple[Move, ...]) -> None:
    """High-pass sweeps where asked; more room and less width in the last bars before a drop."""
    swept = {move.seam for move in moves if move.kind == "HPF"}
    if sketch.genre.club:
        for seam in bursts_of(sketch, moves) - swept:
            lanes.add("mix", "highpass_hz", (seam - 2 * sketch.bar, 20.0), (seam - 1, DIP_HIGHPASS_HZ), (seam, 20.0))
    for move in moves:
        if move.kind == "HPF":
            lanes.add("mix", "highpass_hz", (move.start, 20.0), (move.end - 1, 300.0), (move.end, 20.0))
        elif move.kind == "LPF":
            lanes.add("mix", "lowpass_hz", (move.start, 20000.0), (move.end - 1, 900.0), (move.end, 20000.0))
        elif move.kind == "SNR" and move.end - move.start >= 2 * sketch.bar:
            start = max(move.start, move.end - 4 * sketch.bar)
            lanes.add("mix", "width", (start, 1.0), (move.seam - 1, BUILD_WIDTH), (move.seam, 1.0))
            lanes.add("s", "reverb_db", (start, 0.0), (move.seam - 1, BUILD_REVERB_DB), (move.seam, 0.0))


def _throws(lanes: _Lanes, sketch: Sketch, moves: tuple[Move, ...]) -> None:
    """Delay throws: on the last lead note before an echo seam, on the last stab of every eighth bar."""
    for move in moves:
        if move.kind == "ECH":
            code = next((c for c in "lvcs" if _last_onset(sketch, c, move.seam - 4 * sketch.bar, move.seam)), "")
            if code:
                _throw(lanes, code, _last_onset(sketch, code, move.seam - 4 * sketch.bar, move.seam), 2 * TICKS)
    stems = [layer.stem for layer in sketch.plan.cast.get("c", ())]
    if not any(sketch.genre.mix[stem].delay for stem in stems if stem in sketch.genre.mix):
        return
    for section in sketch.sections:
        if sketch.presence("c", section) and not any(m.code == "c" and m.parameter == "delay"
                                                     for m in sketch.directions(section).movements):  # fmt: skip
            for end in range(section.start + 8 * sketch.bar, section.end + 1, 8 * sketch.bar):
                onset = _last_onset(sketch, "c", end - 2 * sketch.bar, end)
                if onset:
                    _throw(lanes, "c", onset, TICKS)


def _throw(lanes: _Lanes, code: str, onset: int, length: int) -> None:
    lanes.add(code, "delay_db", (onset - STEP // 4, 0.0), (onset, THROW_DB), (onset + length, THROW_DB))
    lanes.add(code, "delay_db", (onset + length + STEP, 0.0))


def _last_onset(sketch: Sketch, code: str, start: int, end: int) -> int:
    onsets = (note.start for part in sketch.parts if part.code == code for note in part.notes)
    return max((tick for tick in onsets if start <= tick < end), default=0)


def _peak(sketch: Sketch) -> float:
    return max(0.01, *(max(section.energy) for section in sketch.sections))


def _interpolated(table: Iterable[tuple[float, float]], at: float) -> float:
    rows = list(table)
    for (x0, y0), (x1, y1) in pairwise(rows):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return rows[-1][1]


def _joined(points: Points, tick: int) -> float:
    return _interpolated([(float(t), v) for t, v in points], float(tick))


def _thinned(points: Points) -> tuple[tuple[int, float], ...]:
    """Points in order, without those that lie between two of the same value."""
    ordered: Points = []
    for tick, value in sorted(points, key=lambda point: point[0]):
        if ordered and ordered[-1][0] == tick:
            ordered[-1] = (tick, value)
        else:
            ordered.append((tick, value))
    kept: Points = []
    for index, (tick, value) in enumerate(ordered):
        inner = 0 < index < len(ordered) - 1
        if inner and kept and kept[-1][1] == value == ordered[index + 1][1]:
            continue
        kept.append((tick, value))
    return tuple(kept)
