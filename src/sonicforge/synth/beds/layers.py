"""The beds a texture is layered from: noise, vinyl, rain, wind, waves, room tone, rumble."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sonicforge.chance import choices, noise
from sonicforge.effects.groove import Groove, Surface
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth.beds import kernels
from sonicforge.synth.beds.curves import PER_S, Curve, decibels, swells, walk
from sonicforge.synth.beds.kernels import HOP

BLOCK = 128 * HOP
SLOW = 32
"""Rumble is made at 1.5 kHz and joined by curves."""
NATURAL_SIDE = 0.55
LOVED = Groove(
    crackle_db=-14.5, pop_db=-27.0, scratches=1.5, scratch_db=-21.0, hiss_db=-54.0,
    rumble_db=-50.0, rumble_hz=(30.0, 120.0), rumble_side=0.0,
)  # fmt: skip
"""The record under a track: its rumble is audible on small speakers and stays in the middle, as all lows do."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What every bed gets: stereo buffer (2, n), level curve, seed, and its entry in the genre file."""

    out: Samples
    level: Curve
    seed: int
    settings: Mapping[str, Any]

    @property
    def chance(self) -> random.Random:
        return choices(self.seed, "curves")

    def number(self, key: str, default: float) -> float:
        return float(self.settings.get(key, default))

    @property
    def side(self) -> float:
        return NATURAL_SIDE * self.number("width", 1.0)


def gain_to(rms_db: float, low_hz: float, high_hz: float, *, pink: bool) -> float:
    """Gain that brings noise between two corners to a level in dBFS."""
    hz = np.linspace(20.0, SAMPLE_RATE / 2 - 20.0, 2048)
    power = hz**4 / (hz**4 + low_hz**4) / (1.0 + (hz / high_hz) ** 4)
    if pink:
        power *= _pink_power(hz)
    return float(10.0 ** (rms_db / 20.0) / np.sqrt(np.mean(power)))


def _pink_power(hz: Curve) -> Curve:
    """Power response of the tilt in `add_wide_noise`."""
    turn = np.exp(-2j * np.pi * hz / SAMPLE_RATE)
    poles = ((0.0990460, 0.99765), (0.2965164, 0.96300), (1.0526913, 0.57000))
    response = 0.1848 + sum(gain / (1.0 - pole * turn) for gain, pole in poles)
    return np.asarray(np.abs(0.33 * response) ** 2)


def band_noise(ground: Ground, low_hz: Curve, high_hz: Curve, gain: Curve, *, pink: bool) -> None:
    """Adds stereo noise with moving corners; stretches where the gain is 0 cost nothing."""
    low, high = np.clip(low_hz / SAMPLE_RATE, 0.0002, 0.4), np.clip(high_hz / SAMPLE_RATE, 0.0005, 0.45)
    chance, state = noise(ground.seed, "white"), np.zeros(kernels.STATE)
    white: Samples = np.empty((2, BLOCK), np.float32)
    length = ground.out.shape[1]
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        if not gain[start // HOP : end // HOP + 2].any():
            state[:] = 0.0
            continue
        chance.random(out=white, dtype=np.float32)
        np.subtract(white, np.float32(0.5), out=white)
        np.multiply(white, np.float32(12.0**0.5), out=white)
        left, right = ground.out[0, start:end], ground.out[1, start:end]
        kernels.add_wide_noise(left, right, white, pink, low, high, gain, ground.side, start, state)


def _held(value: float, like: Curve) -> Curve:
    return np.full(like.size, value)


def _wander(ground: Ground, default_db: float, default_s: tuple[float, float]) -> Curve:
    every = ground.settings.get("walk_s", default_s)
    steps = walk(ground.chance, ground.level.size, ground.number("walk_db", default_db), (every[0], every[1]))
    return decibels(steps)


def noise_bed(ground: Ground) -> None:
    """Pink noise whose band moves slowly up and down together."""
    low, high = ground.number("highpass_hz", 300.0), ground.number("lowpass_hz", 4000.0)
    turn = 2 * np.pi * ground.number("lfo_hz", 0.05) * np.arange(ground.level.size) / PER_S
    phase = ground.chance.uniform(0.0, 2 * np.pi)
    move = 2.0 ** (ground.number("lfo_oct", 0.7) * np.sin(turn + phase))
    gain = ground.level * gain_to(-36.0, low, high, pink=True)
    band_noise(ground, _held(low, gain), high * move, gain, pink=True)


def room_tone(ground: Ground) -> None:
    low, high = ground.number("highpass_hz", 60.0), ground.number("lowpass_hz", 700.0)
    gain = ground.level * _wander(ground, 1.5, (4.0, 9.0)) * gain_to(-50.0, low, high, pink=True)
    band_noise(ground, _held(low, gain), _held(high, gain), gain, pink=True)


def rain(ground: Ground) -> None:
    """A hiss that comes and goes, and single drops."""
    low, high = ground.number("highpass_hz", 900.0), ground.number("lowpass_hz", 6000.0)
    level = ground.level * _wander(ground, 4.0, (3.0, 8.0))
    gain = level * gain_to(-36.0, low, high, pink=False)
    band_noise(ground, _held(low, gain), _held(high, gain), gain, pink=False)
    _drops(ground, level, ground.number("rate", 40.0), (2000.0, 5000.0), (0.0003, 0.0012), -29.0, 5.0)


def wind(ground: Ground) -> None:
    """A narrow band whose pitch and level rise together in gusts."""
    low, high = ground.number("highpass_hz", 180.0), ground.number("lowpass_hz", 700.0)
    every = ground.settings.get("walk_s", (5.0, 20.0))
    gust = walk(ground.chance, ground.level.size, 1.0, (every[0], every[1]))
    flutter = walk(choices(ground.seed, "flutter"), ground.level.size, 0.3, (0.4, 1.5))
    move = 2.0 ** (0.6 * gust + 0.4 * flutter)
    gain = (
        ground.level * decibels(ground.number("walk_db", 4.0) * (gust + flutter)) * gain_to(-34.0, low, high, pink=True)
    )
    band_noise(ground, low * move, high * move, gain, pink=True)


def waves(ground: Ground) -> None:
    """Surf: a swell opens the band as it grows and pulls it down as it runs out."""
    low, high = ground.number("highpass_hz", 300.0), ground.number("lowpass_hz", 3000.0)
    rise, fall = ground.settings.get("swell_s", (3.0, 8.0))
    swell = swells(ground.chance, ground.level.size, rise, fall)
    gain = ground.level * swell * gain_to(-32.0, low, high, pink=True)
    band_noise(ground, _held(low, gain), high * (0.45 + 0.55 * swell), gain, pink=True)


def vinyl(ground: Ground) -> None:
    """The empty groove of a loved record: crackle, pops, scratches that return with each turn, hiss, rumble."""
    rate = ground.number("rate", 6.0)
    surface = Surface(replace(LOVED, crackle_rate=rate, pop_rate=rate / 12.0), seed=ground.seed)
    length = ground.out.shape[1]
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        if not ground.level[start // HOP : end // HOP + 2].any():
            surface.seek(end)
            continue
        left, right = ground.out[0, start:end], ground.out[1, start:end]
        kernels.add_levelled(left, right, surface.take(end - start), ground.level, start)


def rumble(ground: Ground) -> None:
    _slow_noise(ground, -28.0, 25.0, ground.number("lowpass_hz", 90.0))


def _slow_noise(ground: Ground, rms_db: float, low_hz: float, high_hz: float) -> None:
    rate = SAMPLE_RATE / SLOW
    white = noise(ground.seed, "slow").standard_normal(ground.out.shape[1] // SLOW + 8, np.float32)
    slow = kernels.lowpassed_pink(white, low_hz / rate, high_hz / rate)
    slow *= np.float32(10.0 ** (rms_db / 20.0) / max(float(np.sqrt(np.mean(np.square(slow)))), 1e-9))
    kernels.add_slow(ground.out[0], ground.out[1], slow, SLOW, ground.level)


def _drops(
    ground: Ground,
    level: Curve,
    rate: float,
    hz: tuple[float, float],
    tau_s: tuple[float, float],
    peak_db: float,
    sigma_db: float,
) -> None:
    """Poisson events with a log-normal level, each somewhere between left and right."""
    chance = noise(ground.seed, "drops", hz)
    length = ground.out.shape[1]
    count = int(chance.poisson(rate * length / SAMPLE_RATE))
    at = np.sort(chance.integers(0, max(length, 1), count))
    _add_events(ground, level, at, hz, tau_s, peak_db + np.minimum(chance.normal(0.0, sigma_db, count), 2.2 * sigma_db))


def _add_events(
    ground: Ground,
    level: Curve,
    at: np.ndarray[Any, np.dtype[np.int64]],
    hz: tuple[float, float],
    tau_s: tuple[float, float],
    levels_db: Curve,
) -> None:
    chance, count = noise(ground.seed, "events", hz), at.size
    kernels.add_drops(
        ground.out[0],
        ground.out[1],
        at,
        hz[0] * (hz[1] / hz[0]) ** chance.random(count) / SAMPLE_RATE,
        tau_s[0] * (tau_s[1] / tau_s[0]) ** chance.random(count) * SAMPLE_RATE,
        10.0 ** (levels_db / 20.0) * level[at // HOP] * chance.choice((-1.0, 1.0), count),
        chance.uniform(-0.8, 0.8, count),
    )


BEDS: Mapping[str, Callable[[Ground], None]] = {
    "noise": noise_bed,
    "vinyl": vinyl,
    "rain": rain,
    "wind": wind,
    "waves": waves,
    "room_tone": room_tone,
    "rumble": rumble,
}
