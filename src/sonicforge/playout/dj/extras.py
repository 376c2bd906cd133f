"""Sounds of the bridge's own: echoes of the old track, a held chord, a riser, an impact. All (2, n)."""

from collections.abc import Callable

import numpy as np

from sonicforge.chance import noise, subseed
from sonicforge.effects.control import points_for, ride
from sonicforge.effects.delay import Delay
from sonicforge.effects.sweep import Sweep
from sonicforge.music.pitch import hertz
from sonicforge.playout.block import RATE
from sonicforge.playout.dj.lanes import fader_curve, hertz_curve
from sonicforge.playout.dj.level import MOMENTARY, SHORT, power_of, windows
from sonicforge.playout.dj.transition import Extra
from sonicforge.sound.audio import Samples

_SENT_BEATS = 2.0
_ECHO_DB = -3.0
_LOOP = 1 << 19
"""Samples of the chord's loop: 10.9 s, which has no seam because every partial fits into it."""
_PARTIALS, _SPREAD_CENTS, _TILT = 10, 18.0, 1.6


def add_extra(mix: Samples, extra: Extra, out: Samples, seed: int) -> None:
    """Add an extra to the bridge `mix` (2, n) in place; `out` is the old track in it before faders and filters."""
    if extra.kind == "echo":
        _echo(mix, extra, out)
    else:
        _MAKERS[extra.kind](mix, extra, seed)


def _echo(mix: Samples, extra: Extra, out: Samples) -> None:
    """The old track's last beats in a dub delay, thinner and thinner."""
    at, end = round(extra.at_s * RATE), min(round((extra.at_s + extra.length_s) * RATE), mix.shape[1])
    first = max(at - round(_SENT_BEATS * extra.beat_s * RATE), 0)
    sent = np.zeros((2, end - first), np.float32)
    sent[:, : at - first] = out[:, first:at]
    rise, length = (at - first) / RATE, (end - first) / RATE
    ride(sent, fader_curve(((0.0, 0.0), (max(0.8 * rise, 1e-3), 1.0), (rise + 1e-3, 1.0)), sent.shape[1]))
    echoes = Delay("DUB", bpm=60 / extra.beat_s, sample_rate=RATE).process(sent)
    echoes = Sweep(hertz_curve(((rise, 200.0), (length, 900.0)), echoes.shape[1]), high=True).process(echoes)
    ride(
        echoes,
        fader_curve(
            ((0.5 * rise, 0.0), (rise, 1.0), (rise + 0.3 * (length - rise), 0.8), (length, 0.0)), sent.shape[1]
        ),
    )
    mix[:, first:end] += np.float32(10 ** (_ECHO_DB / 20)) * echoes


def _pad(mix: Samples, extra: Extra, seed: int) -> None:
    """A chord that breathes: partials as narrow noise bands of random phase (after P. N. Octavian, PADsynth)."""
    length = min(round(extra.length_s * RATE), mix.shape[1] - round(extra.at_s * RATE))
    loop = np.stack([_chord_loop(extra.pitches, subseed(seed, "pad", side)) for side in range(2)])
    sound = np.tile(loop, (1, -(-length // _LOOP)))[:, :length]
    sound *= _gain_to(extra.level_lufs, sound[:, : min(length, 4 * RATE)], SHORT)
    end = length / RATE
    ride(sound, fader_curve(((0.0, 0.0), (0.35 * end, 1.0), (0.6 * end, 1.0), (end, 0.0)), length))
    at = round(extra.at_s * RATE)
    mix[:, at : at + length] += sound


def _chord_loop(pitches: tuple[int, ...], seed: int) -> Samples:
    spectrum = np.zeros(_LOOP // 2 + 1, np.complex64)
    dice = np.random.Generator(np.random.PCG64(seed))
    width = 2 ** (_SPREAD_CENTS / 1200) - 1
    for pitch in pitches:
        for partial in range(1, _PARTIALS + 1):
            middle = hertz(pitch) * partial * _LOOP / RATE
            bins = np.arange(int(middle * (1 - 3 * width)), int(middle * (1 + 3 * width)) + 2)
            shape = np.exp(-0.5 * ((bins - middle) / (middle * width)) ** 2) / np.sqrt(middle * width)
            phases = np.exp(2j * np.pi * dice.random(bins.size))
            spectrum[bins] += (shape * phases * partial**-_TILT).astype(np.complex64)
    return np.asarray(np.fft.irfft(spectrum, _LOOP), np.float32)


def _riser(mix: Samples, extra: Extra, seed: int) -> None:
    """White noise, thinner and wider open, rising to a hard stop; it trembles in eighths and then sixteenths."""
    length, at = round(extra.length_s * RATE), round(extra.at_s * RATE)
    hiss = noise(seed, "riser").standard_normal((2, length), np.float32)
    end = length / RATE
    hiss = Sweep(hertz_curve(((0.0, 300.0), (end, 4_000.0)), length), high=True, q=1.2).process(hiss)
    hiss = Sweep(hertz_curve(((0.0, 900.0), (end, 14_000.0)), length), high=False, q=0.8).process(hiss)
    times = np.arange(points_for(length)) * (32 / RATE)
    shape = 10 ** (-8 * (1 - np.clip(times / end, 0, 1)) / 20)
    beats = (times - end) / extra.beat_s
    tremble = 0.75 + 0.25 * np.cos(2 * np.pi * np.where(beats > -4, 4, 2) * beats)
    ends = np.clip((end - times) / 0.006, 0, 1) * np.clip(times / 0.05, 0, 1)
    ride(hiss, (shape * tremble * ends).astype(np.float32))
    mix[:, at : at + length] += hiss * _gain_to(extra.level_lufs, hiss, MOMENTARY)


def _impact(mix: Samples, extra: Extra, seed: int) -> None:
    """A falling sine under a burst of dark noise."""
    at = round(extra.at_s * RATE)
    length = min(round(extra.length_s * RATE), mix.shape[1] - at)
    t = np.arange(length) / RATE
    falling = 34 + 56 * np.exp(-t / 0.09)
    boom = np.sin(2 * np.pi * np.cumsum(falling) / RATE) * np.exp(-t / 0.35)
    burst = noise(seed, "impact").standard_normal((2, length), np.float32) * np.exp(-t / 0.18).astype(np.float32)
    burst = Sweep(np.full(1, 2_500.0, np.float32), high=False).process(burst)
    sound = (0.8 * boom + 0.25 * burst).astype(np.float32) * _ends(length)
    mix[:, at : at + length] += sound * _gain_to(extra.level_lufs, sound, MOMENTARY)


def _ends(length: int) -> Samples:
    """2 ms in, a third of the length out."""
    place = np.arange(length)
    rise, fall = np.clip(place / (0.002 * RATE), 0, 1), np.clip((length - 1 - place) / (length / 3), 0, 1)
    return (rise * fall).astype(np.float32)


def _gain_to(lufs: float, sound: Samples, window: int) -> np.float32:
    """The factor that makes the loudest window of a sound `lufs` loud; 0 for silence."""
    loudest = float(windows(power_of(sound), window).max(initial=-120.0))
    return np.float32(10 ** ((lufs - loudest) / 20)) if loudest > -119 else np.float32(0)


_MAKERS: dict[str, Callable[[Samples, Extra, int], None]] = {
    "pad": _pad,
    "riser": _riser,
    "impact": _impact,
}
