"""The channel strip: high-pass, low-pass, bells -> sweeps -> compressor -> width -> fader, ducking, automation."""

from functools import cached_property

import numpy as np
from numba import njit

from sonicforge.effects.biquad import Sections, bell, high_shelf, highpass, low_shelf, lowpass
from sonicforge.effects.compressor import Compressor
from sonicforge.effects.control import CONTROL, ride, smooth
from sonicforge.effects.ducker import duck_db
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.stereo import widen, widen_along
from sonicforge.effects.sweep import Sweep
from sonicforge.genres.genre import Duck
from sonicforge.mix.automation import Points, Timeline
from sonicforge.mix.decision import Squeeze, StemDecision
from sonicforge.sound.audio import Samples

CHUNK = 16_384
SILENT = 1e-7
KINDS = ("highpass", "lowpass")
SHAPES = {"bell": bell, "low_shelf": low_shelf, "high_shelf": high_shelf}
OPEN_LOWPASS_HZ = 19_000.0
CLOSED_HIGHPASS_HZ = 15.0


class StemCurves:
    """What the score and the sidechain do to one stem over time, drawn when first asked for."""

    def __init__(self, stem: str, duck: Duck, timeline: Timeline) -> None:
        self._stem, self._duck, self._timeline = stem, duck, timeline
        self.sample_rate = timeline.sample_rate

    @cached_property
    def ducking(self) -> Points | None:
        """Gain of the sidechain; None without one."""
        return duck_points(self._duck, self._timeline)

    @cached_property
    def fader(self) -> Points:
        """Gain that level and gate curves ask for, times the ducking."""
        curve = level_points(self._stem, self._timeline)
        return curve if self.ducking is None else curve * self.ducking

    @cached_property
    def width(self) -> Points | None:
        return self._timeline.stem_curve("width", self._stem)

    @cached_property
    def corners(self) -> tuple[tuple[Points, bool], ...]:
        """Corner frequencies of sweeps, and whether each is a high-pass."""
        drawn = [(self._timeline.stem_curve(f"{kind}_hz", self._stem), kind == "highpass") for kind in KINDS]
        return tuple((points, high) for points, high in drawn if points is not None)


class Strip:
    """One channel, ready to run over any stretch of its stem. Positions are samples of the whole stem."""

    def __init__(self, decision: StemDecision, curves: StemCurves) -> None:
        self._decision, self._curves, self._rate = decision, curves, curves.sample_rate

    def play(self, samples: Samples, *, in_place: bool = False) -> Samples:
        """The whole stem through the strip; a stem without width comes back mono. `in_place` uses up the samples."""
        keep = in_place and samples.flags.c_contiguous and samples.flags.writeable and not self._folds(samples)
        out = samples if keep else self._folded(samples, 0, samples.shape[1])
        gain = np.float32(10 ** (self._decision.gain_db / 20))
        self._process(out, 0, self._curves.fader * gain, equalise=True)
        return out

    def equalised(self, samples: Samples, start: int, stop: int) -> Samples:
        """samples[:, start:stop] through the filters alone: what the compressor listens to."""
        piece = self._folded(samples, start, stop)
        Equaliser([equaliser_sections(self._decision, self._rate)]).run(piece, piece, 0, piece.shape[1])
        return piece

    def rehearse(self, equalised: Samples, start: int) -> Samples:
        """An equalised stretch through the rest of the strip, fader at 0 dB, without level automation."""
        out = equalised.copy()
        self._process(out, start, self._curves.ducking, equalise=False)
        return out

    def _folds(self, samples: Samples) -> bool:
        return samples.shape[0] == 2 and self._decision.width == 0 and self._curves.width is None

    def _folded(self, samples: Samples, start: int, stop: int) -> Samples:
        if self._folds(samples):
            return np.ascontiguousarray((samples[:1, start:stop] + samples[1:, start:stop]) * np.float32(0.5))
        return np.array(samples[:, start:stop], np.float32, order="C")

    def _process(self, out: Samples, start: int, gain: Points | None, *, equalise: bool) -> None:
        equaliser = Equaliser([equaliser_sections(self._decision, self._rate)] if equalise else [])
        sweeps = [Sweep(corner, high=high, sample_rate=self._rate) for corner, high in self._curves.corners]
        sweeps = [sweep for sweep in sweeps if not sweep.idle]
        compressor = make_compressor(self._decision.compression, self._rate)
        asleep = True
        for first in range(0, out.shape[1], CHUNK):
            last = min(first + CHUNK, out.shape[1])
            height = loudest(out, first, last)
            heard = height > SILENT
            if asleep and not heard:
                if height > 0:
                    out[:, first:last] = 0.0
                continue
            equaliser.run(out, out, first, last)
            asleep = not heard and equaliser.quiet
            for sweep in sweeps:
                sweep.run(out, first, last, start + first)
            if compressor is not None:
                compressor.run(out, first, last)
            self._widen(out, first, last, start + first)
            if gain is not None:
                ride(out, gain, start=first, stop=last, at=start + first)

    def _widen(self, x: Samples, first: int, last: int, at: int) -> None:
        if x.shape[0] == 1:
            return
        if self._curves.width is None:
            widen(x, first, last, self._decision.width)
        else:
            widen_along(x, first, last, self._curves.width, at=at, scale=self._decision.width)


def make_compressor(squeeze: Squeeze | None, sample_rate: int) -> Compressor | None:
    """The compressor of a setting, if there is one."""
    if squeeze is None:
        return None
    return Compressor(
        threshold_db=squeeze.threshold_db,
        ratio=squeeze.ratio,
        attack_ms=squeeze.attack_ms,
        release_ms=squeeze.release_ms,
        sample_rate=sample_rate,
    )


def equaliser_sections(decision: StemDecision, sample_rate: int) -> Sections:
    """The static filters of a decision."""
    rows = []
    if decision.highpass_hz > CLOSED_HIGHPASS_HZ:
        rows.append(highpass(decision.highpass_hz, sample_rate=sample_rate))
    if decision.lowpass_hz < OPEN_LOWPASS_HZ:
        rows.append(lowpass(decision.lowpass_hz, slope=decision.lowpass_slope, sample_rate=sample_rate))
    rows += [SHAPES[band.shape](band.hz, band.gain_db, sample_rate=sample_rate) for band in decision.bells]
    return np.concatenate(rows) if rows else np.zeros((0, 5))


def duck_points(duck: Duck, timeline: Timeline) -> Points | None:
    """Gain of the sidechain on the control grid; None without one."""
    if not duck.key or duck.depth_db <= 0:
        return None
    hits = timeline.hits_s(duck.key)
    if hits.size == 0:
        return None
    decibels = duck_db(
        hits, timeline.length, depth_db=duck.depth_db, release_ms=duck.release_ms, sample_rate=timeline.sample_rate
    )
    return np.exp2(decibels * np.float32(np.log2(10) / 20))


def level_points(stem: str, timeline: Timeline) -> Points:
    """Gain that the score's level and gate curves ask for, steps rounded."""
    level = timeline.stem_curve("level_db", stem)
    gate = timeline.stem_curve("gate", stem)
    return gain_points(level, gate, timeline)


def gain_points(level: Points | None, gate: Points | None, timeline: Timeline) -> Points:
    """Level in dB and gate 0..1 as one gain on the control grid."""
    curve = np.ones(-(-timeline.length // CONTROL) + 1, np.float32)
    if level is not None:
        curve *= np.exp2(level * np.float32(np.log2(10) / 20))
    if gate is not None:
        curve *= gate
    if level is None and gate is None:
        return curve
    return np.clip(smooth(curve, sample_rate=timeline.sample_rate), 0.0, None)


@njit(cache=True, nogil=True, fastmath=True)
def loudest(x, start, stop):  # type: ignore[no-untyped-def]
    """Highest magnitude in x[:, start:stop]."""
    peak = np.float32(0.0)
    for channel in range(x.shape[0]):
        piece = x[channel, start:stop]
        for i in range(piece.size):
            v = abs(piece[i])
            if v > peak:
                peak = v
    return peak
