"""One drum hit: layers added -> drive -> high-pass, low-pass -> bit depth -> level."""

from dataclasses import dataclass

import numpy as np

from sonicforge.chance import noise
from sonicforge.genres.kit import Clap, DrumVoice, Finish, NoiseBand
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth.drums import kernels, levels
from sonicforge.synth.drums.levels import SINE, amplitude, cycles

LONGEST_S = 6.5
LONG_FADE_S = 2.0
SILENT_AFTER = 7.0
"""A layer is rendered for this many time constants: 61 dB."""
AUDIBLE = 0.0008
EDGE = int(0.005 * SAMPLE_RATE)
SOFT_START = int(0.001 * SAMPLE_RATE)
CLICKED_START = SOFT_START // 2
HAT_DRIVE_DB = 4.0
"""Synthesised noise peaks 16..20 dB above its loudness, recorded hats 10..13: a tanh takes the difference."""
HAT_TIGHTEN = 0.86
"""The same tanh makes a hat ring longer; its time constants are shortened by as much."""
CLAP_TAIL = amplitude(-1.5)
CYMBAL_LOWER = 0.15
CHIP_TICK = SAMPLE_RATE / 60.0
CHIP_CLOCK_HZ = 1_789_773.0
CHIP_BLOCK_HZ = 37.0
"""The capacitor behind a console's mixer; the short register is not balanced around zero."""
OVERSAMPLING = 4
STRAIGHT_BELOW = 0.025
DRIVE_REACH = 64
"""Samples around a driven one that its filters look at."""


@dataclass(frozen=True, slots=True)
class Strike:
    """How a voice is hit.

    `ratio` tunes all pitches, `brightness` 0.55..1 scales upper noise edges and the low-pass, `decay` all times,
    `band` the click and noise corners, `sweep` depth and time of the pitch fall; `base` 0..1 picks the pitch of
    metallic hits; `bell` strikes a ride on its bell; `seed` gives noise and phases.
    """

    seed: int
    ratio: float = 1.0
    brightness: float = 1.0
    decay: float = 1.0
    band: float = 1.0
    sweep: float = 1.0
    base: float = 0.5
    open: bool = False
    bell: bool = False


def render_hit(voice: DrumVoice, strike: Strike) -> Samples:
    """One hit as mono samples of shape (n,), at the levels of the layers; velocity and mix level come later."""
    work = _Hit(voice, strike)
    for layer in (work.body, work.click, work.bands, work.clap, work.tones, work.metal, work.fm, work.shift_noise):
        layer()
    finish(work.out, voice.finish, strike.brightness, is_hat=voice.is_hat)
    return _trimmed(work.out)


def _trimmed(x: Samples) -> Samples:
    """Ends 5 ms after the last sample that is less than 62 dB below the peak, with a fade over these 5 ms.

    What is longer than a hit may be fades over its last two seconds.
    """
    above = np.flatnonzero(np.abs(x) > AUDIBLE * max(float(np.abs(x).max()), 1e-9))
    hit = x[: int(above[-1]) + EDGE if above.size else EDGE].copy()
    edge = min(int(LONG_FADE_S * SAMPLE_RATE) if hit.size >= LONGEST_S * SAMPLE_RATE else EDGE, hit.size)
    hit[-edge:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, edge + 1, dtype=np.float32) / edge)
    return hit


def finish(x: Samples, stage: Finish, brightness: float = 1.0, *, is_hat: bool = False) -> None:
    """Applies drive, filters, bit depth and level in place; hats are driven behind their high-pass, as on a bus."""
    if is_hat:
        _highpass(x, stage)
        loudest = max(float(np.sqrt(np.mean(np.square(x[: SAMPLE_RATE // 50])))), 1e-6)
        gain = levels.NOISE_RMS / loudest * amplitude(max(stage.drive_db, HAT_DRIVE_DB))
        _bend(x, gain)
    else:
        if stage.drive_db:
            _bend(x, amplitude(stage.drive_db))
        _highpass(x, stage)
    if stage.lowpass_hz:
        kernels.filter_in_place(x, cycles(stage.lowpass_hz * brightness), False)
    if stage.bits:
        kernels.round_to_bits(x, float(stage.bits))
    if stage.level_db:
        x *= np.float32(amplitude(stage.level_db))


def _bend(x: Samples, gain: float) -> None:
    """tanh in place, peaks of 1 stay 1; the tail, where tanh is straight within 0.02 %, is only scaled."""
    loud = np.flatnonzero(np.abs(x) > STRAIGHT_BELOW / gain)
    head = int(loud[-1]) + 1 if loud.size else 0
    bent = x[: head + DRIVE_REACH].copy()
    kernels.drive_oversampled(bent, levels.resampling_phases(), gain)
    bent /= np.float32(np.tanh(gain))
    x[:head] = bent[:head]
    x[head:] *= np.float32(gain / np.tanh(gain))


def _highpass(x: Samples, stage: Finish) -> None:
    if stage.highpass_hz:
        kernels.filter_in_place(x, cycles(stage.highpass_hz), True)


class _Hit:
    """The buffer of one hit while its layers are added."""

    def __init__(self, voice: DrumVoice, strike: Strike) -> None:
        self.voice, self.strike = voice, strike
        self.chance = noise(strike.seed)
        opened = voice.open_tau_ms / voice.ring_ms if strike.open and voice.open_tau_ms else 1.0
        self.stretch = strike.decay * opened * (HAT_TIGHTEN if voice.is_hat else 1.0)
        self.out: Samples = np.zeros(self._length(), np.float32)

    def _length(self) -> int:
        voice, stretch = self.voice, self.stretch * SILENT_AFTER
        ends = [30.0]
        if voice.body:
            ends.append(voice.body.hold_ms + voice.body.tau_ms * stretch)
        if voice.metal or voice.fm:
            ends.append(voice.attack_ms + voice.ring_ms * stretch)
        ends += [voice.attack_ms + band.tau_ms * stretch for band in voice.noise]
        ends += [mode.tau_ms * stretch for mode in voice.modes]
        if voice.cloud:
            ends.append(max(voice.cloud.tau_ms) * stretch)
        if voice.clap:
            ends.append(voice.clap.bursts * (voice.clap.gap_ms + 3.0) + voice.clap.tail_tau_ms * stretch)
        if voice.shift_noise and voice.shift_noise.volumes:
            ends.append(len(voice.shift_noise.volumes) * 1000.0 / 60.0)
        elif voice.shift_noise:
            ends.append(voice.hold_ms + voice.ring_ms * stretch)
        longest = LONGEST_S + 1.6 * voice.attack_ms / 1000.0
        return int(min(longest, max(ends) / 1000.0 + 0.005) * SAMPLE_RATE)

    def _tau(self, ms: float) -> float:
        return max(ms * self.stretch * SAMPLE_RATE / 1000.0, 1.0)

    def _white(self, length: int) -> Samples:
        """Uniform noise of variance 1."""
        white = self.chance.random(length, np.float32)
        white -= np.float32(0.5)
        white *= np.float32(12.0**0.5)
        return white

    def body(self) -> None:
        body = self.voice.body
        if body is None:
            return
        if body.wave == "triangle":
            self._chip_body()
            return
        ratio = self.strike.ratio / SAMPLE_RATE
        kernels.add_body(
            self.out,
            min((body.end_hz + (body.start_hz - body.end_hz) * self.strike.sweep) * ratio, 0.45),
            body.end_hz * ratio,
            max(body.fall_ms * self.strike.sweep * SAMPLE_RATE / 1000.0, 1.0),
            body.zap_hz * ratio,
            max(body.zap_ms * SAMPLE_RATE / 1000.0, 1.0),
            CLICKED_START if self.voice.click else SOFT_START,
            int(body.hold_ms * SAMPLE_RATE / 1000.0),
            self._tau(body.tau_ms),
            SINE,
        )

    def _chip_body(self) -> None:
        body = self.voice.body
        assert body is not None
        rate = SAMPLE_RATE * OVERSAMPLING
        wide = np.zeros(self.out.size * OVERSAMPLING, np.float32)
        ratio, per_ms = self.strike.ratio / rate, rate / 1000.0
        kernels.add_chip_triangle(
            wide,
            body.start_hz * ratio,
            body.end_hz * ratio,
            body.fall_ms * per_ms,
            int(body.hold_ms * per_ms),
            body.tau_ms * per_ms,
            SINE,
        )
        kernels.decimate(wide, levels.resampling_taps(), self.out)

    def click(self) -> None:
        click = self.voice.click
        if click is None:
            return
        corner = cycles(click.hz * self.strike.band)
        tau = max(click.tau_ms * SAMPLE_RATE / 1000.0, 1.0)
        white = self._white(min(int(SILENT_AFTER * tau), self.out.size))
        part, level = self.out[: white.size], amplitude(click.level_db)
        banded = click.shape == "bp"
        kernels.add_click(part, white, corner, banded, tau, level * levels.click_gain(banded, corner))

    def bands(self) -> None:
        attack = int(self.voice.attack_ms * SAMPLE_RATE / 1000.0)
        for band in self.voice.noise:
            self._band(band, 0, attack, amplitude(band.level_db))

    def _band(self, band: NoiseBand, delay: int, attack: int, gain: float) -> None:
        low = band.low_hz * self.strike.band * self.strike.ratio
        high = max(band.high_hz * self.strike.band * self.strike.ratio * self.strike.brightness, 1.15 * low)
        tau = self._tau(band.tau_ms)
        length = min(delay + attack + int(SILENT_AFTER * tau) + EDGE, self.out.size)
        corners = cycles(low), cycles(high)
        kernels.add_noise(
            self.out[:length], self._white(length), *corners, delay, attack, tau, gain * levels.noise_gain(*corners)
        )

    def clap(self) -> None:
        clap = self.voice.clap
        if clap is None:
            return
        at = 0.0
        for burst in range(clap.bursts):
            self._band(_burst(clap, clap.burst_tau_ms / self.stretch), int(at * SAMPLE_RATE / 1000.0), 12, 1.0)
            if burst < clap.bursts - 1:
                at += max(3.0, clap.gap_ms + self.chance.uniform(-1.5, 1.5))
        self._band(_burst(clap, clap.tail_tau_ms), int(at * SAMPLE_RATE / 1000.0), 12, CLAP_TAIL)

    def tones(self) -> None:
        voice, strike = self.voice, self.strike
        hz = [mode.hz for mode in voice.modes]
        tau = [mode.tau_ms for mode in voice.modes]
        gain = [SINE * amplitude(mode.level_db + self.chance.uniform(-0.8, 0.8)) for mode in voice.modes]
        if voice.cloud:
            cloud, spread = voice.cloud, (np.arange(voice.cloud.count) + 0.5) / voice.cloud.count
            hz += list(cloud.low_hz * (cloud.high_hz / cloud.low_hz) ** spread)
            tau += list(max(cloud.tau_ms) * (min(cloud.tau_ms) / max(cloud.tau_ms)) ** spread)
            gain += [SINE * amplitude(cloud.level_db + self.chance.uniform(-2.0, 2.0)) for _ in spread]
        if not hz:
            return
        if strike.bell:
            gain = [level * (2.0 if 1200.0 < f < 5000.0 else 1.0) for f, level in zip(hz, gain, strict=True)]
        plucked = voice.click is None and not voice.noise
        phases = np.zeros(len(hz)) if len(hz) < 6 else self.chance.random(len(hz)) * 2 * np.pi
        kernels.add_modes(
            self.out,
            np.minimum(np.array(hz) * strike.ratio / SAMPLE_RATE, 0.45),
            np.maximum(np.array(tau) * self.stretch * SAMPLE_RATE / 1000.0, 1.0),
            np.array(gain),
            phases,
            SOFT_START if plucked or len(hz) >= 6 else 0,
            voice.bend_semitones / 12.0,
            max(voice.bend_ms * SAMPLE_RATE / 1000.0, 1.0),
        )

    def metal(self) -> None:
        metal = self.voice.metal
        if metal is None:
            return
        lower = CYMBAL_LOWER if self.voice.is_cymbal else 0.0
        scale = metal.multiplier * self.strike.ratio / SAMPLE_RATE
        gain = amplitude(metal.level_db) * levels.metal_gain(metal.multiplier, lower)
        kernels.add_metal(
            self.out,
            np.array(levels.METAL_HZ) * scale,
            self.chance.random(6),
            cycles(levels.METAL_CENTRE_HZ * self.strike.band),
            cycles(levels.METAL_LOWER_HZ * self.strike.band),
            lower,
            int(self.voice.attack_ms * SAMPLE_RATE / 1000.0),
            self._tau(self.voice.ring_ms),
            gain,
        )

    def fm(self) -> None:
        fm, strike = self.voice.fm, self.strike
        if fm is None:
            return
        base = fm.base_hz[0] * (fm.base_hz[1] / fm.base_hz[0]) ** strike.base * strike.ratio / SAMPLE_RATE
        soft = (1.0 - strike.brightness) / 0.45
        kernels.add_fm(
            self.out,
            min(base * fm.ratio, 0.4),
            np.array([base * ratio for ratio, *_ in fm.modulators]),
            np.array([index * (1.0 - share * soft) for _, index, _, share in fm.modulators]),
            np.array([self._tau(decay) for _, _, decay, _ in fm.modulators]),
            SOFT_START,
            self._tau(self.voice.ring_ms),
            SINE * fm.level,
        )

    def shift_noise(self) -> None:
        chip = self.voice.shift_noise
        if chip is None:
            return
        rate = SAMPLE_RATE * OVERSAMPLING
        wide = np.zeros(self.out.size * OVERSAMPLING, np.float32)
        short = chip.bits == 7
        tabled = bool(chip.volumes)
        kernels.add_shift_noise(
            wide,
            short,
            np.array(chip.dividers) ** -1.0 * CHIP_CLOCK_HZ * self.strike.ratio / rate,
            np.array(chip.volumes or (15.0,)) / 15.0 * levels.NOISE_RMS * 2.0,
            CHIP_TICK * OVERSAMPLING,
            wide.size if tabled else int(self.voice.hold_ms * rate / 1000.0),
            max(self.voice.ring_ms * rate / 1000.0, 1.0),
            1 if short else int(self.chance.integers(1, 1 << 15)),
        )
        kernels.decimate(wide, levels.resampling_taps(), self.out)
        kernels.filter_in_place(self.out, cycles(CHIP_BLOCK_HZ), True)


def _burst(clap: Clap, tau_ms: float) -> NoiseBand:
    return NoiseBand(clap.low_hz, clap.high_hz, tau_ms, 0.0)
