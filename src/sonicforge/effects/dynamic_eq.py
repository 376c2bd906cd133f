"""Dynamic equaliser: bands that come in only when their part of the spectrum is loud.

Each band is a fixed filter (band-pass for a bell, first-order low- or high-pass for a shelf) whose output is both the
detector's key and what is added to the sound, times gain - 1. So the gain may move as fast as it likes without stirring
any filter, and a band at rest passes the sound bit for bit.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from sonicforge.effects.biquad import Sections, highpass, lowpass
from sonicforge.effects.control import ride
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.grid import HOP, Ear, GainLine, LookAhead, by_chunks, share
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

SHAPES = ("bell", "low_shelf", "high_shelf")
HOLD_MS = 8.0
MEAN_MS = 12.0
SILENT = 1e-14


@dataclass(frozen=True, slots=True)
class DynamicBand:
    """One band. Over `threshold_db` (dBFS peak in the band) every decibel is turned into 1 / `ratio`, for at most
    `range_db`; a negative range lifts the loud moments instead.

    With `relative` the threshold is the band's power against that of the whole sound, in dB: harshness is found at
    any loudness. `q` is the bell's centre over its width.
    """

    hz: float = 3500.0
    shape: str = "bell"
    q: float = 1.4
    threshold_db: float = -30.0
    ratio: float = 3.0
    range_db: float = 6.0
    attack_ms: float = 5.0
    release_ms: float = 80.0
    relative: bool = False


class DynamicEqualiser:
    """Bands one after the other, channels linked. `look_ahead_ms` counts once for each band (`latency`)."""

    def __init__(
        self,
        bands: tuple[DynamicBand, ...] = (DynamicBand(),),
        *,
        look_ahead_ms: float = 0.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        self._bands = [_Running(band, round(look_ahead_ms * sample_rate / 1000), sample_rate) for band in bands]
        self.latency = sum(band.latency for band in self._bands)

    def reset(self) -> None:
        for band in self._bands:
            band.reset()

    @property
    def gains_db(self) -> tuple[float, ...]:
        """Gain of each band at this moment."""
        return tuple(band.gain_db for band in self._bands)

    def process(self, block: Samples) -> Samples:
        return by_chunks(self._chunk, block)

    def _chunk(self, block: Samples) -> Samples:
        out = np.array(block, np.float32, order="C")
        for band in self._bands:
            out = band.process(out)
        return out


class _Running:
    """A band with its filter, detector and gain."""

    def __init__(self, band: DynamicBand, ahead: int, sample_rate: int) -> None:
        self._filter = Equaliser([band_sections(band, sample_rate)])
        self._relative, self._sign = band.relative, 1.0 if band.range_db >= 0 else -1.0
        self._band_ear, self._whole_ear = Ear(power=band.relative), Ear(power=True)
        self._ahead, self._ahead_band, self._line = LookAhead(ahead), LookAhead(ahead), GainLine()
        self.latency = ahead
        self._numbers = np.array(
            [
                band.threshold_db,
                1.0 - 1.0 / max(band.ratio, 1.0),
                abs(band.range_db),
                share(band.attack_ms, sample_rate),
                share(band.release_ms, sample_rate),
                max(HOLD_MS * sample_rate / 1000 / HOP, 1.0),
                share(MEAN_MS, sample_rate),
            ]
        )
        self.reset()

    def reset(self) -> None:
        for part in (self._filter, self._band_ear, self._whole_ear, self._ahead, self._ahead_band, self._line):
            part.reset()
        self._state = np.zeros(4)

    @property
    def gain_db(self) -> float:
        return -self._sign * float(self._state[0])

    def process(self, block: Samples) -> Samples:
        band = self._filter.process(block)
        heard = self._band_ear.process(band)
        moved = np.empty_like(heard)
        if self._relative:
            _relative(heard, self._whole_ear.process(block), self._numbers, self._state, moved)
        else:
            _absolute(heard, self._numbers, self._state, moved)
        out, band = self._ahead.process(block), self._ahead_band.process(band)
        gains = np.where(moved > 0, 10 ** (moved * (-self._sign / 20)), 1.0)
        curve, at = self._line.curve(gains), self._line.phase
        if (curve != 1.0).any():
            ride(band, curve - np.float32(1.0), at=at)
            out += band
        self._line.advance(curve, block.shape[1])
        return out


def band_sections(band: DynamicBand, sample_rate: int) -> Sections:
    """The fixed filter of a band; raises `UnknownName`."""
    if band.shape not in SHAPES:
        raise UnknownName("shape of a dynamic band", band.shape, SHAPES)
    if band.shape == "low_shelf":
        return lowpass(band.hz, slope=6, sample_rate=sample_rate)
    if band.shape == "high_shelf":
        return highpass(band.hz, slope=6, sample_rate=sample_rate)
    w = 2 * math.pi * min(band.hz, 0.45 * sample_rate) / sample_rate
    alpha = math.sin(w) / (2 * band.q)
    a0 = 1 + alpha
    return np.array([[alpha / a0, 0.0, -alpha / a0, -2 * math.cos(w) / a0, (1 - alpha) / a0]])


@njit(cache=True, nogil=True)
def _absolute(heard, numbers, state, moved):  # type: ignore[no-untyped-def]
    threshold, slope, most, attack, release, hold, _ = numbers
    now, slot, older, younger = state
    for k in range(heard.size):
        if slot <= 0.0:
            slot, older, younger = hold, younger, 0.0
        slot -= 1.0
        younger = max(younger, heard[k])
        level = 20.0 * math.log10(max(younger, older, 1e-15))
        now = _moved(now, min(max(slope * (level - threshold), 0.0), most), attack, release)
        moved[k] = now
    state[0], state[1], state[2], state[3] = now, slot, older, younger


@njit(cache=True, nogil=True)
def _relative(heard, whole, numbers, state, moved):  # type: ignore[no-untyped-def]
    threshold, slope, most, attack, release, _, step = numbers
    now, band_mean, whole_mean = state[0], state[1], state[2]
    for k in range(heard.size):
        band_mean += step * (heard[k] - band_mean)
        whole_mean += step * (whole[k] - whole_mean)
        wanted = 0.0
        if band_mean > SILENT:
            portion = 10.0 * math.log10(band_mean / max(whole_mean, band_mean))
            wanted = min(max(slope * (portion - threshold), 0.0), most)
        now = _moved(now, wanted, attack, release)
        moved[k] = now
    state[0] = now
    state[1] = band_mean if band_mean > 1e-30 else 0.0
    state[2] = whole_mean if whole_mean > 1e-30 else 0.0


@njit(cache=True, nogil=True, inline="always")
def _moved(now, wanted, attack, release):  # type: ignore[no-untyped-def]
    now += (attack if wanted > now else release) * (wanted - now)
    return now if wanted > 0.0 or now > 1e-3 else 0.0


def one_band(
    *,
    hz: float,
    shape: str,
    q: float,
    threshold_db: float,
    ratio: float,
    range_db: float,
    attack_ms: float,
    release_ms: float,
    detector: str,
    look_ahead_ms: float,
    sample_rate: int = SAMPLE_RATE,
) -> DynamicEqualiser:
    """A dynamic equaliser of one band; `detector` "level" hears dBFS, "share" the band's part of the whole."""
    band = DynamicBand(hz, shape, q, threshold_db, ratio, range_db, attack_ms, release_ms, detector == "share")
    return DynamicEqualiser((band,), look_ahead_ms=look_ahead_ms, sample_rate=sample_rate)


EFFECT = Effect(
    "dynamic_eq",
    "an equaliser band that works only while its part of the spectrum is too loud",
    one_band,
    (
        Parameter("hz", 30, 16_000, 3500, "Hz", "boom", "air"),
        Choice("shape", SHAPES, "bell"),
        Parameter("q", 0.3, 8, 1.4, "", "a wide region", "a single resonance"),
        Parameter("threshold_db", -80, 0, -30, "dBFS or dB of the whole", "works all the time", "only on outbursts"),
        Parameter("ratio", 1, 20, 3, ":1", "nothing happens", "held at the threshold"),
        Parameter("range_db", -12, 24, 6, "dB", "loud moments are lifted", "cut to nothing"),
        Parameter("attack_ms", 0.5, 100, 5, "ms", "from the first moment", "transients stay"),
        Parameter("release_ms", 5, 2000, 80, "ms", "back at once", "slow tone control"),
        Choice("detector", ("level", "share"), "level"),
        Parameter("look_ahead_ms", 0, 10, 0, "ms", "answers after the fact", "ready before it comes"),
    ),
    source="parallel band structure; filters after Bristow-Johnson's cookbook",
)
