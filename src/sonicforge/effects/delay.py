"""Delay: two lines with high-pass, low-pass and soft saturation in the loop, crossing sides; sways and steps back.

Like the reverb it is made for 24 kHz and moves in blocks of 64 samples.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.biquad import highpass, lowpass
from sonicforge.effects.insert import Insert
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.effects.presets import DELAYS, DelayPreset
from sonicforge.effects.reverb import EFFECT_RATE, NAP, SILENT
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import Samples

BLOCK = 64
SWING_STRAIGHT = 50.0
FREE = "free"
NOTES = {"1/16": 0.25, "1/8 triplet": 1 / 3, "1/8": 0.5, "1/8 dotted": 0.75, "1/4": 1.0, "1/4 dotted": 1.5, "1/2": 2.0}
"""Beats."""


class Delay:
    """Echoes without the direct sound. Mono or stereo in (heard as mono), stereo out.

    The first echo on each side is as loud as the source panned to the centre. `bpm` sets synchronised times;
    `swing_percent` places the dotted eighth on the swung 16th. Times shorter than 10 ms cannot be had. `nap` is that of
    the reverb.
    """

    latency = 0

    def __init__(
        self,
        preset: str | DelayPreset,
        *,
        bpm: float = 120.0,
        swing_percent: float = SWING_STRAIGHT,
        sample_rate: int = EFFECT_RATE,
        nap: int = 0,
    ) -> None:
        self.preset = delay_preset(preset)
        self._nap = nap
        self._rate = sample_rate
        self._times = np.array(echo_times_s(self.preset, bpm, swing_percent)) * sample_rate
        self._sections = np.ascontiguousarray(
            np.concatenate(
                [
                    highpass(self.preset.highpass_hz, sample_rate=sample_rate),
                    lowpass(self.preset.lowpass_hz, sample_rate=sample_rate),
                ]
            )
        )
        ratio = 2 ** (self.preset.wow_cents / 1200) - 1
        self._sway = ratio * sample_rate / (2 * math.pi * self.preset.wow_hz)
        self.reset()

    def reset(self) -> None:
        longest = int(self._times.max() + self._sway) + 4 * BLOCK
        self._lines = np.zeros((2, 1 << longest.bit_length()), np.float32)
        self._filters = np.zeros((2, 4))
        self._follow = np.zeros(2)
        self._blocks = 0
        self._asleep = True
        self._loud = False
        self._pending = np.zeros(0, np.float32)
        self._ready = np.zeros((2, BLOCK), np.float32)

    def process(self, block: Samples) -> Samples:
        mono = block[0] if block.shape[0] == 1 else (block[0] + block[1]) * np.float32(0.5**0.5)
        self._pending = np.concatenate([self._pending, mono])
        whole = self._pending.size // BLOCK * BLOCK
        if whole:
            self._ready = np.concatenate([self._ready, self._on_grid(self._pending[:whole])], axis=1)
            self._pending = self._pending[whole:]
        out = self._ready[:, : block.shape[1]]
        self._ready = self._ready[:, block.shape[1] :]
        return np.ascontiguousarray(out)

    def _on_grid(self, mono: Samples) -> Samples:
        if not self._nap:
            return self._echo(mono, may_sleep=True)
        parts, done = [], 0
        while done < mono.size:
            at = self._blocks * BLOCK
            count = min(self._nap - at % self._nap, mono.size - done)
            piece = mono[done : done + count]
            self._loud |= self._heard(piece)
            full = (at + count) % self._nap == 0
            parts.append(self._echo(piece, may_sleep=full and not self._loud))
            self._loud &= not full
            done += count
        return np.concatenate(parts, axis=1)

    def _heard(self, mono: Samples) -> bool:
        return bool(mono.any()) if self._nap else float(np.abs(mono).max(initial=0.0)) > SILENT

    def _echo(self, mono: Samples, *, may_sleep: bool) -> Samples:
        heard = self._heard(mono)
        out = np.zeros((2, mono.size), np.float32)
        if heard or not self._asleep:
            _echoes(
                mono, out, self._blocks, self._lines, self._delays(mono.size // BLOCK), self._sections, self._filters,
                self._loop(), self._follow,
            )  # fmt: skip
            self._asleep = may_sleep and not heard and float(np.abs(self._lines).max()) < 1e-6
            if self._asleep:
                self._lines[:] = 0.0
                self._filters[:] = 0.0
                if self._nap:
                    self._follow[:] = 0.0
        self._blocks += mono.size // BLOCK
        return out

    def _delays(self, blocks: int) -> NDArray[np.float64]:
        """Delay in samples of each side at every block edge, the block delay taken off."""
        at = (self._blocks + np.arange(blocks + 1)) * BLOCK / self._rate
        sway = self._sway * np.sin(2 * math.pi * self.preset.wow_hz * at)
        return np.stack([self._times[0] - BLOCK + sway, self._times[1] - BLOCK - sway])

    def _loop(self) -> NDArray[np.float64]:
        preset = self.preset
        drive = 10 ** (preset.drive_db / 20) if preset.drive_db > 0 else 0.0
        return np.array(
            [
                preset.feedback * (1 - preset.cross),
                preset.feedback * preset.cross,
                drive,
                preset.duck_db / 20,
                1 - math.exp(-BLOCK / (0.12 * self._rate)),
                1 - math.exp(-BLOCK / (4.0 * self._rate)),
            ]
        )


def delay_preset(preset: str | DelayPreset) -> DelayPreset:
    """The preset of that name."""
    if isinstance(preset, DelayPreset):
        return preset
    if preset not in DELAYS:
        raise UnknownName("delay", preset, DELAYS)
    return DELAYS[preset]


def echo_times_s(preset: DelayPreset, bpm: float, swing_percent: float = SWING_STRAIGHT) -> tuple[float, float]:
    """Seconds to the first echo left and right."""
    if preset.times_ms is not None:
        left, right = preset.times_ms
        return left / 1000, right / 1000
    beat = 60.0 / bpm
    left, right = (_swung(beats, swing_percent) * beat for beats in preset.beats)
    return left, right + preset.spread_ms / 1000


def _swung(beats: float, swing_percent: float) -> float:
    sixteenths = beats * 4
    odd = abs(sixteenths % 2 - 1) < 1e-6
    return beats + (swing_percent - SWING_STRAIGHT) / 100 * 0.5 if odd else beats


@njit(cache=True, nogil=True, fastmath=True)
def _echoes(mono, out, blocks, lines, delays, sections, filters, loop, follow):  # type: ignore[no-untyped-def]
    same, cross, drive, duck, fall, forget = loop
    b00, b01, b02, a01, a02 = sections[0]
    b10, b11, b12, a11, a12 = sections[1]
    mask = lines.shape[1] - 1
    echo = np.empty((2, BLOCK), np.float32)
    for block in range(mono.size // BLOCK):
        first = block * BLOCK
        at = (blocks + block) * BLOCK
        peak = np.float32(0.0)
        piece = mono[first : first + BLOCK]
        for t in range(BLOCK):
            v = abs(piece[t])
            if v > peak:
                peak = v
        # How far the source stands above a twentieth of its own recent height decides how far the echoes step back.
        before = follow[0] / max(follow[1], 1e-9)
        follow[0] = max(np.float64(peak), follow[0] - fall * follow[0])
        follow[1] = max(follow[0], follow[1] - forget * follow[1])
        after = follow[0] / max(follow[1], 1e-9)
        gain0, gain1 = 10.0 ** (-duck * min(before, 1.0)), 10.0 ** (-duck * min(after, 1.0))
        for side in range(2):
            d0, d1 = delays[side, block], delays[side, block + 1]
            step = (d1 - d0) / BLOCK
            line = lines[side]
            p0, q0, p1, q1 = filters[side]
            for t in range(BLOCK):
                lag = d0 + step * t
                whole = int(lag)
                f = lag - whole
                k = at + t - whole
                y0, y1, y2, y3 = line[(k + 1) & mask], line[k & mask], line[(k - 1) & mask], line[(k - 2) & mask]
                c1 = 0.5 * (y2 - y0)
                c2 = y0 - 2.5 * y1 + 2.0 * y2 - 0.5 * y3
                c3 = 0.5 * (y3 - y0) + 1.5 * (y1 - y2)
                v = ((c3 * f + c2) * f + c1) * f + y1
                w = b00 * v + p0
                p0 = b01 * v - a01 * w + q0
                q0 = b02 * v - a02 * w
                v = b10 * w + p1
                p1 = b11 * w - a11 * v + q1
                q1 = b12 * w - a12 * v
                echo[side, t] = v
            filters[side, 0], filters[side, 1], filters[side, 2], filters[side, 3] = p0, q0, p1, q1
        slope = (gain1 - gain0) / BLOCK
        for t in range(BLOCK):
            left, right = echo[0, t], echo[1, t]
            gain = np.float32(0.7071067811865476 * (gain0 + slope * t))
            out[0, first + t] = gain * left
            out[1, first + t] = gain * right
            x = mono[first + t]
            u = x + np.float32(same) * left + np.float32(cross) * right
            v = x + np.float32(same) * right + np.float32(cross) * left
            if drive > 0.0:
                g = np.float32(drive)
                u = u / np.sqrt(np.float32(1.0) + g * g * u * u)
                v = v / np.sqrt(np.float32(1.0) + g * g * v * v)
            lines[0, (at + t) & mask] = u
            lines[1, (at + t) & mask] = v
    for side in range(2):
        for k in range(4):
            if abs(filters[side, k]) < 1e-30:
                filters[side, k] = 0.0


def _insert(
    *, note: str, bpm: float, time_ms: float, spread_ms: float, feedback: float, cross: float, low_cut_hz: float,
    high_cut_hz: float, drive_db: float, wow_cents: float, duck_db: float, mix: float, sample_rate: int, channels: int,
) -> Insert:  # fmt: skip
    time = time_ms if note == FREE else 60_000 * NOTES[note] / bpm
    echo = DelayPreset(
        beats=(0.0, 0.0),
        times_ms=(time, time + spread_ms),
        feedback=feedback,
        lowpass_hz=high_cut_hz,
        highpass_hz=low_cut_hz,
        cross=cross,
        drive_db=drive_db,
        wow_cents=wow_cents,
        duck_db=duck_db,
    )
    return Insert(
        lambda: Delay(echo, sample_rate=sample_rate, nap=NAP), channels=channels, dry=min(2 - 2 * mix, 1.0),
        wet=min(2 * mix, 1.0) * math.sqrt(2),
    )  # fmt: skip


EFFECT = Effect(
    "delay",
    "echoes that darken, wander between the sides and step back while you play",
    _insert,
    (
        Choice("note", (FREE, *NOTES), FREE),
        Parameter("bpm", 40.0, 240.0, 120.0, "", "slow", "fast"),
        Parameter("time_ms", 30.0, 2000.0, 350.0, "ms", "slap", "far behind"),
        Parameter("spread_ms", 0.0, 100.0, 12.0, "ms", "in the middle", "left, then right"),
        Parameter("feedback", 0.0, 0.95, 0.4, "", "one echo", "hardly ends"),
        Parameter("cross", 0.0, 1.0, 0.0, "", "sides keep to themselves", "every echo changes sides"),
        Parameter("low_cut_hz", 20.0, 1000.0, 150.0, "Hz", "warm", "thin"),
        Parameter("high_cut_hz", 1000.0, 20_000.0, 5000.0, "Hz", "dub", "as bright as the sound"),
        Parameter("drive_db", 0.0, 18.0, 0.0, "dB", "clean", "an old tape loop"),
        Parameter("wow_cents", 0.0, 15.0, 3.0, "cents", "steady", "drunk"),
        Parameter("duck_db", 0.0, 24.0, 3.0, "dB", "always there", "only in the pauses"),
        Parameter("mix", 0.0, 1.0, 0.2, "", "dry", "only the echoes"),
    ),
    "Smith, Physical Audio Signal Processing: delay lines; Catmull-Rom interpolation",
)
