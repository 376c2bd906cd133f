"""The score's curves and hits, drawn on the mixer's time: control points counted from where the audio starts."""

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.control import control_times
from sonicforge.music.score import Curve, Score
from sonicforge.music.time import Clock

Points = NDArray[np.float32]

NEUTRAL = {
    "lowpass_hz": 20_000.0,
    "highpass_hz": 20.0,
    "level_db": 0.0,
    "reverb_db": 0.0,
    "delay_db": 0.0,
    "width": 1.0,
    "gate": 1.0,
}
"""Values that change nothing, of every parameter the mixer obeys."""

_IN_OCTAVES = frozenset({"lowpass_hz", "highpass_hz"})
_SOFTEST_KEY = 50
"""Quieter hits do not duck anything."""

_COMBINE: dict[str, Callable[[Points, Points], Points]] = {
    "lowpass_hz": np.minimum,
    "highpass_hz": np.maximum,
    "level_db": np.add,
    "reverb_db": np.add,
    "delay_db": np.add,
    "width": np.multiply,
    "gate": np.minimum,
}


class Timeline:
    """A score laid along `length` samples of audio that begin at tick `start`."""

    def __init__(self, score: Score, length: int, sample_rate: int, *, start: int = 0) -> None:
        self.score, self.length, self.sample_rate = score, length, sample_rate
        self._clock = Clock.of(score)
        self._begin_s = self._clock.second(start)

    def second(self, tick: float) -> float:
        """Seconds from the start of the audio; negative before it."""
        return self._clock.second(tick) - self._begin_s

    @property
    def bpm(self) -> float:
        """The tempo that holds longest: delays follow it."""
        tempo = self.score.tempo
        ends = [tick for tick, _ in tempo[1:]] + [max(self.score.length, tempo[-1][0])]
        return max(zip(tempo, ends, strict=True), key=lambda pair: pair[1] - pair[0][0])[0][1]

    @cached_property
    def _times(self) -> NDArray[np.float64]:
        return control_times(self.length, sample_rate=self.sample_rate)

    def hits_s(self, codes: Iterable[str]) -> NDArray[np.float64]:
        """When the louder notes of those part codes sound, sorted, in seconds; micro-timing included."""
        notes = [
            note
            for part in self.score.of_code(codes)
            for note in part.notes
            if note.velocity >= _SOFTEST_KEY and not note.ghost
        ]
        return self._onsets(notes)

    def stem_hits_s(self, stem: str) -> NDArray[np.float64]:
        """When the notes of a stem sound, sorted, in seconds."""
        return self._onsets([note for part in self.score.of_stem(stem) for note in part.notes])

    def _onsets(self, notes: list) -> NDArray[np.float64]:  # type: ignore[type-arg]
        at = self._clock.seconds([note.start for note in notes]) - self._begin_s
        return np.sort(at + np.array([note.shift_ms for note in notes], np.float64) / 1000)

    def mix_curve(self, parameter: str) -> Points | None:
        """A parameter of the whole mix, None where the score says nothing."""
        return self._combined(parameter, self._aimed_at("mix", parameter))

    def stem_curve(self, parameter: str, stem: str) -> Points | None:
        """A parameter of one stem: what is aimed at the stem joined with what is aimed at the codes of its parts.

        Where parts of several codes share the stem, the most open of those that play in a section decides, so that a
        part that steps back does not pull down its neighbour. None where the score says nothing.
        """
        curves = [self._draw(curve) for curve in self._aimed_at(stem, parameter)]
        codes = {part.code for part in self.score.of_stem(stem) if part.notes}
        by_code = {code: self._aimed_at(code, parameter) for code in sorted(codes)}
        if any(by_code.values()):
            curves.append(self._shared(parameter, stem, by_code))
        return self._joined(parameter, curves)

    def _aimed_at(self, target: str, parameter: str) -> list[Curve]:
        return [curve for curve in self.score.curves if curve.target == target and curve.parameter == parameter]

    def _combined(self, parameter: str, curves: list[Curve]) -> Points | None:
        return self._joined(parameter, [self._draw(curve) for curve in curves])

    @staticmethod
    def _joined(parameter: str, drawn: list[Points]) -> Points | None:
        total: Points | None = None
        for points in drawn:
            total = points if total is None else _COMBINE[parameter](total, points)
        return total

    def _shared(self, parameter: str, stem: str, by_code: dict[str, list[Curve]]) -> Points:
        neutral = np.full(self._times.size, NEUTRAL[parameter], np.float32)
        drawn = {code: self._combined(parameter, curves) for code, curves in by_code.items()}
        if len(drawn) == 1:
            only = next(iter(drawn.values()))
            return neutral if only is None else only
        opener = np.minimum if parameter == "highpass_hz" else np.maximum
        resting = [points for points in drawn.values() if points is not None]
        result = np.array(opener.reduce(resting), np.float32)
        for first, last, playing in self._sections(stem):
            active = [neutral if drawn[code] is None else drawn[code] for code in playing]
            if active:
                result[first:last] = opener.reduce([points[first:last] for points in active])  # type: ignore[index]
        return result

    def _sections(self, stem: str) -> list[tuple[int, int, list[str]]]:
        """For every section its control points and the codes that have notes of the stem in it."""
        rate = self._times.size / max(self._times[-1], 1e-9)
        parts = self.score.of_stem(stem)
        found = []
        for section in self.score.sections:
            first, last = (
                max(int(self.second(tick) * rate), 0) for tick in (section.start, section.end)
            )  # fmt: skip
            playing = sorted(
                {
                    part.code
                    for part in parts
                    if any(note.start < section.end and note.end > section.start for note in part.notes)
                }
            )
            found.append((first, last, playing))
        return found

    def _draw(self, curve: Curve) -> Points:
        at = self._clock.seconds([tick for tick, _ in curve.points]) - self._begin_s
        values = np.array([value for _, value in curve.points], np.float64)
        if curve.parameter in _IN_OCTAVES:
            return np.exp2(np.interp(self._times, at, np.log2(np.maximum(values, 1.0)))).astype(np.float32)
        return np.interp(self._times, at, values).astype(np.float32)
