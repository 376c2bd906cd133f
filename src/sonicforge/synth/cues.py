"""Transition effects on the fx stem: risers, downlifters, impacts, crashes, swells and things played backwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sonicforge.chance import choices, noise, subseed
from sonicforge.genres.genre import Genre
from sonicforge.genres.kit import parse_voice
from sonicforge.music.score import AUDIBLE_CUES, TICKS, Cue, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples
from sonicforge.synth.beds import kernels
from sonicforge.synth.beds.curves import PER_S, Curve, points
from sonicforge.synth.drums.kernels import add_body, add_modes, filter_in_place
from sonicforge.synth.drums.tuning import hertz
from sonicforge.synth.drums.voice import Strike, render_hit

CUT = int(0.005 * SAMPLE_RATE)
LOUDEST = 0.25
"""RMS of an impact's first 100 ms; the others lie below it by `BELOW_DB`."""
BELOW_DB = {"IMP": 0.0, "SUB": 2.0, "RIS": 4.0, "DWN": 6.0, "RCR": 7.0, "REV": 7.0, "CRS": 8.0, "NSE": 8.0}
CRASH = {"met": [1.6, -3], "nz": [[3000, 15000, 1100, 0]], "tau": 1200, "post": {"hp": 2500}}
SHORTEST_S = 0.25
SUB_HZ = (28.0, 56.0)
IMPACT_TAIL_S = 3.5


@dataclass(frozen=True, slots=True)
class Scene:
    """One cue in samples: it starts at `start`; kinds that lead somewhere end exactly at `end`."""

    cue: Cue
    start: int
    end: int
    genre: Genre
    score: Score
    clock: Clock

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def seed(self) -> int:
        return subseed(self.score.seed, "synth", "cue", self.cue.kind, self.cue.start)

    @property
    def leads(self) -> bool:
        """Whether the cue ends on its last tick; the others ring freely from their first."""
        return self.cue.kind in ("RIS", "RCR", "NSE", "REV")


def render_cues(score: Score, genre: Genre, clock: Clock, length: int) -> Audio:
    """All audible cues of a score as stereo at 48 kHz, `length` samples.

    At 0 dB an impact has an RMS of 0.25 and the other kinds keep their usual distance to it. Risers, swells and
    reversed sounds end with a 5 ms fade on the sample of the cue's last tick. No cues, silence.
    """
    out: Samples = np.zeros((2, length), np.float32)
    for cue in score.cues:
        if cue.kind in AUDIBLE_CUES:
            _add(out, _scene(cue, genre, score, clock))
    return Audio(out)


def _scene(cue: Cue, genre: Genre, score: Score, clock: Clock) -> Scene:
    start = round(clock.second(cue.start) * SAMPLE_RATE)
    end = round(clock.second(cue.start + cue.length) * SAMPLE_RATE)
    if cue.kind in ("DWN", "NSE") and cue.length == 0:
        end = round(clock.second(cue.start + 2 * score.bar) * SAMPLE_RATE)
    return Scene(cue, start, max(end, start + int(SHORTEST_S * SAMPLE_RATE)), genre, score, clock)


def _add(out: Samples, scene: Scene) -> None:
    sound = RECIPES[scene.cue.kind](scene)
    at = scene.end - sound.shape[1] if scene.leads else scene.start
    first, last = max(0, -at), min(sound.shape[1], out.shape[1] - at)
    if last <= first:
        return
    level = 10.0 ** ((scene.cue.level_db - BELOW_DB[scene.cue.kind]) / 20.0)
    out[:, at + first : at + last] += np.float32(level) * sound[:, first:last]


def _empty(length: int) -> Samples:
    return np.zeros((2, length), np.float32)


def _white(scene: Scene, length: int) -> Samples:
    return noise(scene.seed, "white").standard_normal((2, length), np.float32)


def _to_level(sound: Samples, window_s: float = 0.1, *, at_end: bool = False) -> Samples:
    """Scales so that the loudest stretch, the first or the last `window_s`, has RMS `LOUDEST`; fades both edges."""
    span = min(sound.shape[1], int(window_s * SAMPLE_RATE))
    loud = sound[:, -span:] if at_end else sound[:, :span]
    sound *= np.float32(LOUDEST / max(float(np.sqrt(np.mean(np.square(loud)))), 1e-9))
    edge = min(CUT, sound.shape[1] // 2)
    fall = (0.5 + 0.5 * np.cos(np.pi * np.arange(1, edge + 1) / edge)).astype(np.float32)
    sound[:, -edge:] *= fall
    return sound


def _progress(length: int) -> Curve:
    """0 at the start to 1 at the last sample, per hop."""
    return np.minimum(np.arange(points(length)) * kernels.HOP / max(length - 1, 1), 1.0)


def riser(scene: Scene) -> Samples:
    """Noise 400 -> 9000 Hz and a saw an octave or two up, convex in level; tremolo in the last two bars."""
    out, along = _empty(scene.length), _progress(scene.length)
    gain = 10.0 ** (-18.0 * (1.0 - along**2) / 20.0) * _tremolo(scene)
    hz = 400.0 * (9000.0 / 400.0) ** along / SAMPLE_RATE
    side = 0.25 + 0.45 * along
    kernels.add_sweep(out[0], out[1], _white(scene, scene.length), hz, 1.6, gain, side)
    octaves = 1.0 if scene.length < 4 * SAMPLE_RATE else 2.0
    root = hertz(48 + scene.cue.pitch % 12) / SAMPLE_RATE
    tone = root * 2.0 ** (octaves * along**1.5)
    kernels.add_saw(out[0], out[1], tone, 0.16 * gain * np.minimum(along * 4.0, 1.0), 0.003)
    for channel in out:
        filter_in_place(channel, 180.0 / SAMPLE_RATE, True)
    return _to_level(out, 0.4, at_end=True)


def _tremolo(scene: Scene) -> Curve:
    """1/4, then 1/8, then 1/16 pulses over the last two bars, deepening."""
    seconds = scene.start / SAMPLE_RATE + np.arange(points(scene.length)) / PER_S
    beat_s = 60.0 / scene.clock.bpm(scene.cue.start + scene.cue.length)
    left = np.maximum(scene.end / SAMPLE_RATE - seconds, 0.0) / beat_s
    bar = scene.score.bar / TICKS
    rate = np.where(left > bar, 1.0, np.where(left > bar / 2, 2.0, 4.0))
    depth = np.clip(1.0 - left / (2 * bar), 0.0, 1.0) * 0.6
    return np.asarray(1.0 - depth * (0.5 + 0.5 * np.cos(2 * np.pi * (left * rate + 0.5))))


def downlifter(scene: Scene) -> Samples:
    """Noise 6000 -> 300 Hz and a sine 400 -> 60 Hz, both dying away."""
    out, along = _empty(scene.length), _progress(scene.length)
    gain = 10.0 ** (-24.0 * along / 20.0) * np.clip((1.0 - along) * 6.0, 0.0, 1.0)
    hz = 6000.0 * (300.0 / 6000.0) ** along / SAMPLE_RATE
    kernels.add_sweep(out[0], out[1], _white(scene, scene.length), hz, 1.2, gain, 0.3 + 0.4 * along)
    fall = scene.length / 3.0
    tone = np.zeros(scene.length, np.float32)
    add_body(tone, 400.0 / SAMPLE_RATE, 60.0 / SAMPLE_RATE, fall, 0.0, 1.0, CUT, 0, fall, 0.12)
    out += tone
    _soft_start(out, 0.012)
    return _to_level(out, 0.25)


def impact(scene: Scene) -> Samples:
    """Sine 90 -> root near 34 Hz, a thud of dark noise, and a long stereo tail above 150 Hz."""
    length = int(IMPACT_TAIL_S * SAMPLE_RATE)
    out, tone = _empty(length), np.zeros(length, np.float32)
    end = _low_root(scene.cue.pitch)
    tau = 0.35 * SAMPLE_RATE
    add_body(tone, 2.65 * end / SAMPLE_RATE, end / SAMPLE_RATE, 0.07 * SAMPLE_RATE, 0.0, 1.0, 48, 2880, tau, 1.0)
    seconds = np.arange(points(length)) / PER_S
    thud = 0.9 * np.exp(-seconds / 0.18)
    _add_noise(out, _white(scene, length), (40.0, 2500.0), thud, pink=False, side=0.3)
    tail = 0.16 * np.exp(-6.9 * seconds / IMPACT_TAIL_S) * np.minimum(seconds / 0.04, 1.0)
    white = noise(scene.seed, "tail").standard_normal((2, length), np.float32)
    _add_noise(out, white, (150.0, 5500.0), tail, pink=True, side=0.9)
    out += tone
    _soft_start(out, 0.001)
    return _to_level(out)


def _add_noise(
    out: Samples, white: Samples, band_hz: tuple[float, float], gain: Curve, *, pink: bool, side: float
) -> None:
    low, high = (np.full(gain.size, hz / SAMPLE_RATE) for hz in band_hz)
    kernels.add_wide_noise(out[0], out[1], white, pink, low, high, gain, side, 0, np.zeros(kernels.STATE))


def _low_root(pitch: int) -> float:
    """The root of the key as a sub frequency between 28 and 56 Hz."""
    return next(hertz(low) for low in range(21, 34) if low % 12 == pitch % 12 and hertz(low) >= SUB_HZ[0])


def sub_drop(scene: Scene) -> Samples:
    """Sine falling to the root near 35 Hz within 900 ms, mono."""
    length, end = int(1.1 * SAMPLE_RATE), _low_root(scene.cue.pitch)
    tone = np.zeros(length, np.float32)
    fall, tau = 0.17 * SAMPLE_RATE, 0.12 * SAMPLE_RATE
    add_body(tone, 2.3 * end / SAMPLE_RATE, end / SAMPLE_RATE, fall, 0.0, 1.0, 480, int(0.65 * SAMPLE_RATE), tau, 1.0)
    return _to_level(np.stack([tone, tone]), 0.5)


def crash(scene: Scene) -> Samples:
    """The crash of the kit, else one of our own, with noise that differs between the sides."""
    return _to_level(_cymbal(scene, 1.0))


def _cymbal(scene: Scene, decay: float) -> Samples:
    voice = parse_voice("crash", scene.genre.kit.get("crash", CRASH))
    seeds = (subseed(scene.seed, side) for side in ("middle", "side"))
    middle, side = (render_hit(voice, Strike(seed=seed, brightness=0.9, decay=decay)) for seed in seeds)
    size = min(middle.size, side.size)
    left = middle[:size] + np.float32(0.5) * side[:size]
    return np.stack([left, 2.0 * middle[:size] - left])


def reverse_crash(scene: Scene) -> Samples:
    """A crash played backwards that ends on the one; its decay is fitted to the time it has."""
    sound = _cymbal(scene, min(1.0, scene.length / SAMPLE_RATE / 2.5))[:, : scene.length]
    return _to_level(_backwards(sound), at_end=True)


def noise_swell(scene: Scene) -> Samples:
    """A band of noise that grows and is gone on the last tick."""
    out, along = _empty(scene.length), _progress(scene.length)
    gain = np.where(along < 0.8, np.sin(0.5 * np.pi * along / 0.8) ** 3, np.cos(0.5 * np.pi * (along - 0.8) / 0.2))
    centre = choices(scene.seed, "centre").uniform(1200.0, 2400.0)
    hz = centre * (0.5 + 1.5 * gain) / SAMPLE_RATE
    kernels.add_sweep(
        out[0], out[1], _white(scene, scene.length), hz, 0.9, np.maximum(gain, 0.0), np.full(gain.size, 0.6)
    )
    loudest = int(scene.length * 0.75)
    out *= np.float32(LOUDEST / max(float(np.sqrt(np.mean(np.square(out[:, loudest : loudest + 9600])))), 1e-9))
    return out


def reversed_chord(scene: Scene) -> Samples:
    """The chord of the section to come, plucked, ringing and turned round."""
    chord = scene.score.chord_at(scene.cue.start + scene.cue.length) if scene.score.chords else None
    root = 48 + scene.cue.pitch % 12
    pitches = [p for p in (chord.voicing if chord else ()) if 40 <= p <= 88] or [root, root + 7, root + 12]
    tones = []
    for cents in (0.0, 5.0):
        hz = np.array([hertz(p + cents / 100.0) * k / SAMPLE_RATE for p in pitches for k in range(1, 7)])
        gain = np.array([1.0 / k**1.3 for _ in pitches for k in range(1, 7)])
        tau = np.array([scene.length / 3.0 / k**0.5 for _ in pitches for k in range(1, 7)])
        phase = noise(scene.seed, "phase", cents).random(hz.size) * 2 * np.pi
        tone = np.zeros(scene.length, np.float32)
        add_modes(tone, np.minimum(hz, 0.4), tau, gain, phase, 1, 0.0, 1.0)
        tones.append(tone)
    middle, side = tones[0], 0.45 * tones[1]
    sound = _backwards(np.stack([middle + side, middle - side]).astype(np.float32))
    for channel in sound:
        filter_in_place(channel, 180.0 / SAMPLE_RATE, True)
    return _to_level(sound, at_end=True)


def _backwards(sound: Samples) -> Samples:
    """Turned round, with a swell over the first fifth so that it comes from nothing."""
    turned = np.ascontiguousarray(sound[:, ::-1])
    _soft_start(turned, 0.2 * turned.shape[1] / SAMPLE_RATE)
    return turned


def _soft_start(sound: Samples, seconds: float) -> None:
    span = max(1, min(int(seconds * SAMPLE_RATE), sound.shape[1]))
    sound[:, :span] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(span) / span)).astype(np.float32)


RECIPES: Mapping[str, Callable[[Scene], Samples]] = {
    "RIS": riser,
    "DWN": downlifter,
    "IMP": impact,
    "CRS": crash,
    "RCR": reverse_crash,
    "SUB": sub_drop,
    "NSE": noise_swell,
    "REV": reversed_chord,
}
