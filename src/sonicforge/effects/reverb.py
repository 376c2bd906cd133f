"""Reverb: high-pass, low-pass -> pre-delay -> early reflections + diffusers -> feedback delay network -> width.

The network follows Jot and Chaigne, "Digital delay networks for designing artificial reverberators" (AES 90, 1991):
lines of mutually prime lengths, a lossless matrix, and in every line a one-pole that gives each frequency its own
decay. Instead of modulated delays, whose interpolation eats treble, the matrix itself turns slowly (Schlecht and
Habets, "Time-varying feedback matrices in feedback delay networks", JASA 138, 2015). Everything moves in blocks of 64
samples, shorter than any line, so all but the one-poles runs in vectors. Made for 24 kHz: no preset lets anything
above 9 kHz through.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects._tank import BLOCK, Tank
from sonicforge.effects.biquad import highpass, lowpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.insert import Insert, dry_wet
from sonicforge.effects.parameter import Effect, Parameter
from sonicforge.effects.presets import REVERBS, ReverbPreset
from sonicforge.effects.stereo import widen
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import Samples

EFFECT_RATE = 24_000
SILENT = 1e-7
NAP = 16_384
"""Samples of silence after which an effect in a channel looks whether it may sleep."""
SIZES_MS = ((9.0, 31.0), (43.0, 113.0))
"""Shortest and longest line of the smallest and of the largest room."""
EARLY_MS = (20.0, 90.0)
CALIBRATION_RATE = 48_000
"""Higher rates change nothing in the band that is measured."""
NO_SHIMMER_DB = -40.0


class Reverb:
    """A room without the direct sound. Mono or stereo in (heard as mono), stereo out.

    Calibrated: pink noise within the preset's band comes back as loud as it went in, so that a send level is the
    wet/dry ratio. The pre-delay contains the block delay, hence no latency. `shimmer` off leaves out the octave that
    rises in presets that have it. With `nap` (a multiple of 64) the reverb falls asleep only at multiples of so many
    samples; without, wherever a block of silence ends, which may change the last -120 dB.
    """

    latency = 0

    def __init__(
        self, preset: str | ReverbPreset, *, shimmer: bool = True, sample_rate: int = EFFECT_RATE, nap: int = 0
    ) -> None:
        self.preset = reverb_preset(preset)
        self._nap = nap
        self._rate = sample_rate
        self._shimmer = shimmer
        self._gain = _calibration(self.preset, min(sample_rate, CALIBRATION_RATE))
        self.reset()

    def reset(self) -> None:
        self._raw = _Room(self.preset, self._rate, shimmer=self._shimmer, nap=self._nap)
        self._pending = np.zeros(0, np.float32)
        self._ready = np.zeros((2, BLOCK), np.float32)

    def process(self, block: Samples) -> Samples:
        mono = block[0] if block.shape[0] == 1 else (block[0] + block[1]) * np.float32(0.5**0.5)
        self._pending = np.concatenate([self._pending, mono * np.float32(self._gain)])
        whole = self._pending.size // BLOCK * BLOCK
        if whole:
            wet = self._raw.process(self._pending[None, :whole])
            self._pending = self._pending[whole:]
            self._ready = np.concatenate([self._ready, wet], axis=1)
        out = self._ready[:, : block.shape[1]]
        self._ready = self._ready[:, block.shape[1] :]
        return np.ascontiguousarray(out)


def reverb_preset(preset: str | ReverbPreset) -> ReverbPreset:
    """The preset of that name."""
    if isinstance(preset, ReverbPreset):
        return preset
    if preset not in REVERBS:
        raise UnknownName("reverb", preset, REVERBS)
    return REVERBS[preset]


class _Room:
    """The uncalibrated chain; takes whole blocks only."""

    def __init__(self, preset: ReverbPreset, sample_rate: int, *, shimmer: bool, nap: int = 0) -> None:
        # Everything behind is linear, so the low-pass of the return may as well stand here, where the sound is mono.
        self._tone = Equaliser(
            [
                highpass(preset.highpass_hz, sample_rate=sample_rate),
                lowpass(preset.lowpass_hz, sample_rate=sample_rate),
            ]
        )
        self._tank = Tank(preset, sample_rate, shimmer=shimmer)
        self._width = preset.width
        self._asleep = True
        self._nap, self._at, self._loud = nap, 0, False

    def process(self, mono: Samples) -> Samples:
        """(1, m * BLOCK) -> (2, m * BLOCK); skips silence once the tail has gone."""
        if not self._nap:
            return self._run(mono, may_sleep=mono.shape[1] >= 16 * BLOCK)
        parts, done = [], 0
        while done < mono.shape[1]:
            count = min(self._nap - self._at % self._nap, mono.shape[1] - done)
            piece = mono[:, done : done + count]
            self._loud |= self._heard(piece)
            done, self._at = done + count, self._at + count
            full = self._at % self._nap == 0
            parts.append(self._run(piece, may_sleep=full and not self._loud))
            self._loud &= not full
        return np.concatenate(parts, axis=1)

    def _heard(self, mono: Samples) -> bool:
        return bool(mono.any()) if self._nap else float(np.abs(mono).max(initial=0.0)) > SILENT

    def _run(self, mono: Samples, *, may_sleep: bool) -> Samples:
        heard = self._heard(mono)
        if self._asleep and not heard:
            self._tank.rest(mono.shape[1] // BLOCK)
            return np.zeros((2, mono.shape[1]), np.float32)
        self._asleep = False
        wet = self._tank.process(self._tone.process(mono))
        widen(wet, 0, wet.shape[1], self._width)
        if not heard and may_sleep and self._tank.quiet:
            self._tank.clear()
            self._tone.reset()
            self._asleep = True
        return wet


@lru_cache(maxsize=64)
def _calibration(preset: ReverbPreset, sample_rate: int) -> float:
    """Gain that makes pink noise inside the band of the preset come back with the power it went in with."""
    response = impulse_response(preset, sample_rate)
    power = (np.abs(np.fft.rfft(response.astype(np.float64), axis=1)) ** 2).sum(axis=0)
    hz = np.fft.rfftfreq(response.shape[1], 1 / sample_rate)
    band = (hz > 2 * preset.highpass_hz) & (hz < preset.lowpass_hz / 1.5)
    return float(np.sqrt((1 / hz[band]).sum() / (power[band] / hz[band]).sum()))


def impulse_response(preset: ReverbPreset, sample_rate: int = EFFECT_RATE, *, seconds: float | None = None) -> Samples:
    """Stereo response of the uncalibrated chain without shimmer, by default as long as its T60."""
    length = int((preset.t60_s if seconds is None else seconds) * sample_rate) // BLOCK * BLOCK + 16 * BLOCK
    impulse = np.zeros((1, length), np.float32)
    impulse[0, 0] = 1.0
    return _Room(preset, sample_rate, shimmer=False).process(impulse)


def t60_curve(
    preset: str | ReverbPreset, hz: NDArray[np.float64], sample_rate: int = EFFECT_RATE
) -> NDArray[np.float64]:
    """Designed decay time in seconds at each frequency."""
    return Tank(reverb_preset(preset), sample_rate, shimmer=False).t60_s(hz)


def _insert(
    *, decay_s: float, predelay_ms: float, size: float, treble: float, early_db: float, low_cut_hz: float,
    high_cut_hz: float, width: float, sway: float, shimmer_db: float, mix: float, sample_rate: int, channels: int,
) -> Insert:  # fmt: skip
    small, large = SIZES_MS
    room = ReverbPreset(
        t60_s=decay_s,
        predelay_ms=predelay_ms,
        highpass_hz=low_cut_hz,
        lowpass_hz=high_cut_hz,
        lines=16,
        lines_ms=(small[0] ** (1 - size) * large[0] ** size, small[1] ** (1 - size) * large[1] ** size),
        treble=treble,
        early_db=early_db,
        early_ms=EARLY_MS[0] ** (1 - size) * EARLY_MS[1] ** size,
        width=width,
        turn=0.8 * sway,
        shimmer_db=shimmer_db if shimmer_db > NO_SHIMMER_DB else None,
    )
    return Insert(lambda: Reverb(room, sample_rate=sample_rate, nap=NAP), channels=channels, **dry_wet(mix))


EFFECT = Effect(
    "reverb",
    "a room, from a cupboard to a cathedral",
    _insert,
    (
        Parameter("decay_s", 0.2, 12.0, 1.8, "s", "a cupboard", "a cathedral"),
        Parameter("predelay_ms", 0.0, 250.0, 20.0, "ms", "far from you", "in front of you"),
        Parameter("size", 0.0, 1.0, 0.6, "", "walls are near", "walls are far"),
        Parameter("treble", 0.1, 0.95, 0.55, "of decay_s", "curtains", "tiles"),
        Parameter("early_db", -60.0, 6.0, -8.0, "dB", "only the tail", "first reflections stand out"),
        Parameter("low_cut_hz", 20.0, 1000.0, 220.0, "Hz", "booms", "thin"),
        Parameter("high_cut_hz", 1000.0, 20_000.0, 8500.0, "Hz", "dark", "hissing"),
        Parameter("width", 0.0, 1.5, 1.0, "", "mono", "very wide"),
        Parameter("sway", 0.0, 1.0, 0.35, "", "still", "moves like a chorus"),
        Parameter("shimmer_db", NO_SHIMMER_DB, -10.0, NO_SHIMMER_DB, "dB", "none", "a choir above"),
        Parameter("mix", 0.0, 1.0, 0.25, "", "dry", "only the room"),
    ),
    "Jot and Chaigne, AES 90 (1991); Schlecht and Habets, JASA 138 (2015)",
)
