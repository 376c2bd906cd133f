"""Reading a track along a time map: untouched, at a moving speed, or stretched with its pitch kept."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.stretch import Stretcher
from sonicforge.effects.varispeed import TAPS, read_at
from sonicforge.playout.block import RATE
from sonicforge.playout.dj.excerpt import Excerpt
from sonicforge.playout.dj.transition import Lane
from sonicforge.sound.audio import Samples

STILL = 0.75
"""A map that strays less than this many samples from a plain shift is one."""
_STRAYS = 0.05
_JOIN = 1024
"""Samples over which untouched sound becomes stretched sound."""
_GROUPS = 8

Places = NDArray[np.float64]


def lane_span(lane: Lane, length: int) -> tuple[int, int]:
    """First and last sample (exclusive) of the bridge in which the track sounds."""
    first = max(int(np.ceil(lane.time_map[0][0] * RATE - 1e-6)), 0)
    return first, min(round(lane.time_map[-1][0] * RATE), length)


def read_along(lane: Lane, excerpt: Excerpt, length: int) -> Samples:
    """The track in the bridge (2, length) before faders and filters; silence outside its time map."""
    out = np.zeros((2, length), np.float32)
    first, last = lane_span(lane, length)
    if last <= first:
        return out
    at, second = np.array(lane.time_map).T
    places = np.interp(np.arange(first, last) / RATE, at, second) * RATE
    shift = _plain_shift(places, first)
    if shift is not None:
        out[:, first:last] = excerpt.span(first + shift, last + shift)
    elif lane.keeps_pitch:
        out[:, first:last] = _stretched(places, excerpt)
    else:
        out[:, first:last] = _varied(places, excerpt)
    return out


def _plain_shift(places: Places, first: int) -> int | None:
    """How many samples the file is ahead of the bridge, None when that changes; the end on a whole sample decides."""
    ahead = places[[0, -1]] - (first + np.array([0, places.size - 1]))
    anchor = min(ahead, key=lambda value: abs(value - round(value)))
    strays = np.abs(places - np.arange(first, first + places.size) - round(anchor)).max()
    return round(anchor) if strays < STILL else None


def _varied(places: Places, excerpt: Excerpt) -> Samples:
    origin = int(places[0]) - TAPS
    line = excerpt.span(origin, int(places[-1]) + 2 * TAPS)
    out = np.empty((2, places.size), np.float32)
    read_at(line, places - origin, out)
    return out


def _stretched(places: Places, excerpt: Excerpt) -> Samples:
    """Phases run from the end at which the track keeps its own speed, so that it joins itself there."""
    ends = abs(places[1] - places[0] - 1), abs(places[-1] - places[-2] - 1)
    if ends[0] <= ends[1]:
        first = round(places[0])
        return _onwards(places - first, excerpt.span(first, int(places[-1]) + RATE))
    last = round(places[-1])
    backwards = excerpt.span(int(places[0]) - RATE, last + 1)[:, ::-1]
    return np.ascontiguousarray(_onwards((last - places)[::-1], np.ascontiguousarray(backwards))[:, ::-1])


def _onwards(places: Places, line: Samples) -> Samples:
    """Places count from the start of `line`: it comes through as it is as long as they keep its speed."""
    strays = np.abs(places - np.arange(places.size)) > _STRAYS
    kept = int(strays.argmax()) if strays.any() else places.size
    if places.size - kept < _JOIN:
        return line[:, : places.size]
    origin = round(places[kept])
    rest = line[:, origin:]
    stretched = _Follower(places[kept:] - origin).whole(rest)
    share = np.linspace(0, 1, _JOIN, dtype=np.float32)
    stretched[:, :_JOIN] = share * stretched[:, :_JOIN] + (1 - share) * rest[:, :_JOIN]
    return np.concatenate([line[:, :kept], stretched], axis=1)


class _Follower(Stretcher):
    """A stretcher whose ratio is set before every step so that it arrives where the map wants it."""

    def __init__(self, places: Places) -> None:
        self._map = places
        super().__init__(1 / max(places[1] - places[0], 0.5), channels=2, sample_rate=RATE, groups=_GROUPS)

    def whole(self, line: Samples) -> Samples:
        """The map's stretch of `line`, silence after its end."""
        step = self._frames * self._ladder.hop
        parts, found, fed = [], 0, 0
        while found < self._map.size:
            self.ratio = step / (self._wished(self._centre + step) - self._place)
            block = line[:, fed : fed + self.wanted]
            missing = self.wanted - block.shape[1]
            fed += block.shape[1]
            parts.append(self.feed(np.pad(block, ((0, 0), (0, missing)))))
            found += parts[-1].shape[1]
        return np.concatenate(parts, axis=1)[:, : self._map.size]

    def _wished(self, at: float) -> float:
        """The map, going straight on at both ends."""
        last = self._map.size - 1
        if at < 0:
            return float(at * (self._map[1] - self._map[0]))
        if at > last:
            return float(self._map[-1] + (at - last) * (self._map[-1] - self._map[-2]))
        return float(np.interp(at, [int(at), int(at) + 1], [self._map[int(at)], self._map[min(int(at) + 1, last)]]))
