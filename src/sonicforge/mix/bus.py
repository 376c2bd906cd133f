"""The mix bus: drums, music, returns -> glue -> saturation -> tape -> tone -> clip -> automation -> mono bass."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.biquad import high_shelf, lowpass
from sonicforge.effects.control import ride
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.halfband import double_into
from sonicforge.effects.saturation import Saturation, drive_for
from sonicforge.effects.stereo import MonoBass, widen_along
from sonicforge.effects.sweep import Sweep
from sonicforge.effects.tape import Tape, drive_on_peaks
from sonicforge.genres.genre import Bus
from sonicforge.mix.automation import Timeline
from sonicforge.mix.decide import over_threshold_db
from sonicforge.mix.decision import BusDecision, Squeeze
from sonicforge.mix.strip import gain_points, loudest, make_compressor
from sonicforge.sound.audio import Samples
from sonicforge.sound.relay import relay

CHUNK = 16_384
STRIDE = 4 * CHUNK
BLOCK = 480
HISS_DB = -67.0
TAPE_DRIVE_DB = 3.0
"""What a full amount of tape takes off the highest peaks."""
TILT_HZ = 4000.0
LOUD_SHARE = 90
PEAK_SHARE = 99.5
END_FADE_S = 1.5
PARAMETERS = ("highpass_hz", "lowpass_hz", "level_db", "gate", "width")


def decide_bus(wish: Bus, peaks: NDArray[np.float64], drum_drive_db: float | None) -> BusDecision:
    """The genre's bus as numbers, for a sum with these heights (of every 10 ms).

    "N dB" of clipping or saturation means that the highest half percent of peaks loses N dB; glue reduces its louder
    moments as far as the genre says.
    """
    high, loud = _height(peaks, PEAK_SHARE), _height(peaks, LOUD_SHARE)
    glue = None
    if wish.glue is not None and loud > 0:
        threshold = 20 * np.log10(loud) - over_threshold_db(wish.glue.reduction_db, wish.glue.ratio)
        glue = Squeeze(round(float(threshold), 2), wish.glue.ratio, wish.glue.attack_ms, wish.glue.release_ms)
    return BusDecision(
        drum_drive_db=drum_drive_db,
        glue=glue,
        saturation_drive_db=_drive(high, wish.saturation_db),
        tape=wish.tape,
        tape_peak=round(high, 4) or 0.5,
        hiss_db=HISS_DB,
        lowpass_hz=wish.lowpass_hz,
        tilt_db=wish.tilt_db,
        clip_drive_db=_drive(high, wish.soft_clip_db),
    )


def block_peaks(x: Samples) -> NDArray[np.float64]:
    """Height of every 10 ms (at 48 kHz)."""
    peaks = np.empty(-(-x.shape[1] // BLOCK))
    _block_peaks(x, peaks)
    return peaks


def decide_drum_drive(wish: Bus, drums: Samples) -> float | None:
    """The drive that takes the genre's clipping off the highest half percent of the drum bus's peaks."""
    return _drive(_height(block_peaks(drums), PEAK_SHARE), wish.drum_clip_db)


def clip_drums(x: Samples, drive_db: float | None) -> None:
    """The drum bus into its soft clipper, in place."""
    if drive_db is not None:
        Saturation(drive_db=drive_db).run(x, 0, x.shape[1])


def join(bus: Samples, wet: Samples) -> None:
    """Add the returns (half rate) to the bus, in place."""
    for first in range(0, bus.shape[1], CHUNK):
        double_into(wet, bus, first, min(first + CHUNK, bus.shape[1]))


def run_bus(bus: Samples, decision: BusDecision, timeline: Timeline, *, seed: int) -> None:
    """Everything behind the sum, in place: up to the tape on one thread, what follows on another."""
    rate, length = timeline.sample_rate, bus.shape[1]
    shape, finish = _Shaping(decision, rate), _Finish(decision, timeline)
    tape = _tape(decision, rate, seed)
    late = tape.latency if tape is not None else 0

    def to_tape(first: int, last: int) -> None:
        for start in range(first, last, CHUNK):
            stop = min(start + CHUNK, last)
            if start < length:
                shape.before_tape(bus, start, min(stop, length))
            if tape is not None:
                _through_tape(bus, tape, start, stop, late)

    def from_tape(first: int, last: int) -> None:
        for start in range(first, last, CHUNK):
            finish.run(bus, start, min(start + CHUNK, last))

    relay(to_tape, from_tape, length, stride=STRIDE, late=late)
    fade = min(int(END_FADE_S * rate), length)
    bus[:, length - fade :] *= (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fade))).astype(np.float32)


class _Shaping:
    """Glue and saturation."""

    def __init__(self, decision: BusDecision, rate: int) -> None:
        self._glue = make_compressor(decision.glue, rate)
        self._drive = (
            Saturation(drive_db=decision.saturation_drive_db) if decision.saturation_drive_db is not None else None
        )

    def before_tape(self, x: Samples, first: int, last: int) -> None:
        if self._glue is not None:
            self._glue.run(x, first, last)
        if self._drive is not None:
            self._drive.run(x, first, last)


class _Finish:
    """Tone, soft clip, the automation of the whole mix, mono bass."""

    def __init__(self, decision: BusDecision, timeline: Timeline) -> None:
        rate = timeline.sample_rate
        tone = []
        if decision.lowpass_hz < 19_000:
            tone.append(lowpass(decision.lowpass_hz, sample_rate=rate))
        if decision.tilt_db:
            tone.append(high_shelf(TILT_HZ, decision.tilt_db, sample_rate=rate))
        self._tone = Equaliser(tone)
        self._clip = Saturation(drive_db=decision.clip_drive_db) if decision.clip_drive_db is not None else None
        curves = {name: timeline.mix_curve(name) for name in PARAMETERS}
        self._sweeps = [
            Sweep(curve, high=name == "highpass_hz", sample_rate=rate)
            for name in ("highpass_hz", "lowpass_hz")
            if (curve := curves[name]) is not None
        ]
        level, gate = curves["level_db"], curves["gate"]
        self._level = None if level is None and gate is None else gain_points(level, gate, timeline)
        self._width = curves["width"]
        self._bass = MonoBass(slope=24, sample_rate=rate)

    def run(self, x: Samples, first: int, last: int) -> None:
        self._tone.run(x, x, first, last)
        if self._clip is not None:
            self._clip.run(x, first, last)
        for sweep in self._sweeps:
            sweep.run(x, first, last, first)
        if self._width is not None:
            widen_along(x, first, last, self._width, at=first)
        if self._level is not None:
            ride(x, self._level, start=first, stop=last, at=first)
        self._bass.run(x, first, last)


def _through_tape(bus: Samples, tape: Tape, first: int, last: int, late: int) -> None:
    """The tape lags by `late`: what comes out is written that much earlier, and silence pushes the end out."""
    length = bus.shape[1]
    block = bus[:, first : min(last, length)]
    if last > length:
        block = np.concatenate([block, np.zeros((2, last - max(first, length)), np.float32)], axis=1)
    out = tape.process(np.ascontiguousarray(block))
    skip = max(late - first, 0)
    bus[:, first - late + skip : last - late] = out[:, skip:]


def _tape(decision: BusDecision, rate: int, seed: int) -> Tape | None:
    if decision.tape <= 0:
        return None
    amount = decision.tape
    drive = drive_on_peaks(decision.tape_peak, TAPE_DRIVE_DB * amount, amount=amount)
    return Tape(amount=amount, drive_db=drive, hiss_db=decision.hiss_db, seed=seed, sample_rate=rate)


def _drive(peak: float, reduction_db: float) -> float | None:
    return round(drive_for(peak, reduction_db), 2) if reduction_db > 0 and peak > 0 else None


def _height(peaks: NDArray[np.float64], share: float) -> float:
    heard = peaks[peaks > 1e-4]
    return float(np.percentile(heard, share)) if heard.size else 0.0


@njit(cache=True, nogil=True, fastmath=True)
def _block_peaks(x, peaks):  # type: ignore[no-untyped-def]
    for k in range(peaks.size):
        peaks[k] = loudest(x, k * BLOCK, min((k + 1) * BLOCK, x.shape[1]))
