"""The channel strip: high-pass, low-pass, bells -> sweeps -> compressor -> width -> fader with ducking and automation."""

import numpy as np
from numba import njit

from sonicforge.effects.biquad import Sections, bell, high_shelf, highpass, low_shelf, lowpass
from sonicforge.effects.compressor import Compressor
from sonicforge.effects.control import CONTROL, ride, smooth
from sonicforge.effects.ducker import duck_db
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.stereo import widen
from sonicforge.effects.sweep import Sweep
from sonicforge.mix.automation import Points, Timeline
from sonicforge.mix.decision import StemDecision
from sonicforge.sound.audio import Samples

CHUNK = 16_384
SILENT = 1e-7
SHAPES = {"bell": bell, "low_shelf": low_shelf, "high_shelf": high_shelf}
OPEN_LOWPASS_HZ = 19_000.0
CLOSED_HIGHPASS_HZ = 15.0


class Strip:
    """One channel, ready to run over any stretch of its stem. Positions are samples of the whole stem."""

    def __init__(self, decision: StemDecision, timeline: Timeline) -> None:
        rate = timeline.sample_rate
        self._decision, self._rate = decision, rate
        self._sections = equaliser_sections(decision, rate)
        self._sweeps = [
            Sweep(corner, high=parameter == "highpass_hz", sample_rate=rate)
            for parameter in ("highpass_hz", "lowpass_hz")
            if (corner := timeline.stem_curve(parameter, decision.stem)) is not None
        ]
        self._sweeps = [sweep for sweep in self._sweeps if not sweep.idle]
        self._duck = duck_points(decision, timeline)
        self._level = level_points(decision.stem, timeline)
        self._width = timeline.stem_curve("width", decision.stem)

    def rehearse(self, samples: Samples, start: int, stop: int) -> Samples:
        """samples[:, start:stop] through the strip with the fader at 0 dB and no level automation."""
        return self._process(samples, start, stop, self._duck)

    def play(self, samples: Samples) -> Samples:
        """The whole stem through the strip; a stem without width comes back mono."""
        gain = 10 ** (self._decision.gain_db / 20)
        curve = self._level * np.float32(gain)
        if self._duck is not None:
            curve *= self._duck
        return self._process(samples, 0, samples.shape[1], curve)

    def equalised(self, samples: Samples, start: int, stop: int) -> Samples:
        """samples[:, start:stop] through the filters alone: what the compressor listens to."""
        piece = self._folded(samples, start, stop)
        Equaliser([self._sections]).run(piece, piece, 0, piece.shape[1])
        return piece

    def _folded(self, samples: Samples, start: int, stop: int) -> Samples:
        if samples.shape[0] == 2 and self._decision.width == 0 and self._width is None:
            return np.ascontiguousarray((samples[:1, start:stop] + samples[1:, start:stop]) * np.float32(0.5))
        return np.array(samples[:, start:stop], np.float32, order="C")

    def _process(self, samples: Samples, start: int, stop: int, curve: Points | None) -> Samples:
        out = self._folded(samples, start, stop)
        equaliser = Equaliser([self._sections])
        squeeze = self._decision.compression
        compressor = None
        if squeeze is not None:
            compressor = Compressor(
                threshold_db=squeeze.threshold_db,
                ratio=squeeze.ratio,
                attack_ms=squeeze.attack_ms,
                release_ms=squeeze.release_ms,
                sample_rate=self._rate,
            )
        for sweep in self._sweeps:
            sweep.reset()
        asleep = True
        for first in range(0, out.shape[1], CHUNK):
            last = min(first + CHUNK, out.shape[1])
            heard = loudest(out, first, last) > SILENT
            if asleep and not heard:
                out[:, first:last] = 0.0
                continue
            equaliser.run(out, out, first, last)
            asleep = not heard and equaliser.quiet
            for sweep in self._sweeps:
                sweep.run(out, first, last, start + first)
            if compressor is not None:
                compressor.run(out, first, last)
            self._widen(out, first, last, start + first)
            if curve is not None:
                ride(out, curve, start=first, stop=last, at=start + first)
        return out

    def _widen(self, x: Samples, first: int, last: int, at: int) -> None:
        if x.shape[0] == 1:
            return
        if self._width is None:
            widen(x, first, last, self._decision.width)
        else:
            _widen_along(x, first, last, at, self._width * np.float32(self._decision.width))


def equaliser_sections(decision: StemDecision, sample_rate: int) -> Sections:
    """The static filters of a decision."""
    rows = []
    if decision.highpass_hz > CLOSED_HIGHPASS_HZ:
        rows.append(highpass(decision.highpass_hz, sample_rate=sample_rate))
    if decision.lowpass_hz < OPEN_LOWPASS_HZ:
        rows.append(lowpass(decision.lowpass_hz, slope=decision.lowpass_slope, sample_rate=sample_rate))
    rows += [SHAPES[band.shape](band.hz, band.gain_db, sample_rate=sample_rate) for band in decision.bells]
    return np.concatenate(rows) if rows else np.zeros((0, 5))


def duck_points(decision: StemDecision, timeline: Timeline) -> Points | None:
    """Gain of the sidechain on the control grid; None without one."""
    duck = decision.duck
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
        for v in x[channel, start:stop]:
            v = abs(v)
            peak = v if v > peak else peak
    return peak


@njit(cache=True, nogil=True, fastmath=True)
def _widen_along(x, start, stop, at, width):  # type: ignore[no-untyped-def]
    last = width.size - 1
    left, right = x[0], x[1]
    i = start
    while i < stop:
        n = at + i - start
        c = n // CONTROL
        end = min(stop, i + CONTROL - (n - c * CONTROL))
        half = np.float32(0.5) * width[min(c, last)]
        step = np.float32(0.5) * (width[min(c + 1, last)] - width[min(c, last)]) / np.float32(CONTROL)
        for j in range(i, end):
            side = (half + step * np.float32(n - c * CONTROL + j - i)) * (left[j] - right[j])
            mid = np.float32(0.5) * (left[j] + right[j])
            left[j] = mid + side
            right[j] = mid - side
        i = end
