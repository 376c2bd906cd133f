"""`Listening`: a finished sound with whatever is known about what it should be. Read by every audio check."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sonicforge.critic.hearing import Floats, Hearing
from sonicforge.genres.genre import Genre, Target
from sonicforge.music.score import Score, Section
from sonicforge.music.time import Clock
from sonicforge.sound.loudness import power_to_lufs
from sonicforge.sound.spectrum import OCTAVES_HZ, THIRDS_HZ
from sonicforge.sound.stages import Master

CORE = slice(1, 9)
"""The octaves 63 Hz .. 8 kHz, over which tonal balances are compared."""
MEAN_BAR_S = 2.0
"""Length of a bar where no score tells it."""


@dataclass(frozen=True)
class Listening:
    """A sound that was heard; genre, score, master and clock may be unknown."""

    hearing: Hearing
    genre: Genre | None = None
    score: Score | None = None
    master: Master | None = None
    clock: Clock | None = None
    station_lufs: float | None = None

    @property
    def target(self) -> Target | None:
        return self.genre.target if self.genre is not None else None

    @property
    def sections(self) -> tuple[Section, ...]:
        return self.score.sections if self.score is not None else ()

    @cached_property
    def peaks(self) -> tuple[Section, ...]:
        """Sections whose planned energy is within 0.1 of the highest."""
        top = max((section.mean_energy for section in self.sections), default=0.0)
        return tuple(section for section in self.sections if section.mean_energy >= top - 0.1)

    def second(self, tick: float) -> float:
        """Seconds from the start of the sound, of which the master may have cut a little silence."""
        assert self.clock is not None
        return self.clock.second(tick) - self.cut_s

    @property
    def cut_s(self) -> float:
        """How much of the beginning was cut off by the master."""
        if self.master is None:
            return 0.0
        return float(self.master.decision.get("start", 0)) / self.hearing.audio.sample_rate

    def span(self, section: Section) -> tuple[float, float]:
        """Start and end of a section in seconds."""
        return self.second(section.start), self.second(section.end)

    @property
    def bar_s(self) -> float:
        """Mean length of a bar in seconds."""
        if self.score is not None and self.clock is not None and self.score.length:
            return self.clock.duration_s * self.score.bar / self.score.length
        if self.genre is not None:
            return 60 * self.genre.beats_per_bar / self.genre.bpm_default
        return MEAN_BAR_S

    def balance(self, sections: tuple[Section, ...] = ()) -> Floats:
        """Octave-band levels in dB of some sections, of the whole sound without any; mean 63 Hz .. 8 kHz is 0."""
        octaves = self.hearing.octaves
        if sections:
            octaves = np.concatenate([octaves[self.hearing.frames(*self.span(section))] for section in sections])
        level = decibels(octaves.mean(axis=0))
        return np.asarray(level - level[CORE].mean(), np.float64)

    def short_term(self, start_s: float, end_s: float) -> Floats:
        """Loudness of every 3 s that lie inside a stretch, ten a second; of the stretch itself when it is shorter."""
        power = self.hearing.power[self.hearing.pieces(start_s, end_s)]
        if len(power) <= 300:
            return power_to_lufs(np.array([power.mean() if len(power) else 0.0]))
        total = np.concatenate([[0.0], np.cumsum(power)])
        return power_to_lufs(np.maximum(total[300:] - total[:-300], 0.0)[::10] / 300)


def decibels(power: Floats | float) -> Floats:
    """10 log10, floored at -200 dB."""
    return np.asarray(10 * np.log10(np.maximum(power, 1e-20)), np.float64)


def target_balance(target: Target) -> Floats:
    """The genre's octave balance with its mean over 63 Hz .. 8 kHz at 0."""
    told = np.array(target.balance, np.float64)
    return np.asarray(told - told[CORE].mean(), np.float64)


def target_thirds(target: Target) -> Floats:
    """The genre's balance read between its octaves, as levels of the thirty third octaves."""
    octaves = target_balance(target) - decibels(3.0)
    return np.interp(np.log2(THIRDS_HZ), np.log2(OCTAVES_HZ), octaves)


def target_band(target: Target, bottom_hz: float, top_hz: float) -> float:
    """Level in dB of any band of the genre's balance, from its density between the octaves."""
    points = np.geomspace(bottom_hz, top_hz, 25)
    density = 10 ** (np.interp(np.log2(points), np.log2(OCTAVES_HZ), target_balance(target)) / 10)
    return float(decibels(density.mean() * np.log2(top_hz / bottom_hz)))


def sliding_mean(values: Floats, size: int) -> Floats:
    """Means of every stretch of `size` values; of all of them when there are fewer."""
    size = max(1, min(size, len(values)))
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray((total[size:] - total[:-size]) / size, np.float64)
