"""One voice of a patch: sources -> drive -> filter -> drive, and its loudness curve apart.

The sound before the amplifier depends on few things and can be kept; the amplifier is applied when it is added to the
stem, so that length and velocity stay exact.
"""

import numpy as np
from numpy.typing import NDArray

from sonicforge.chance import noise
from sonicforge.genres.timbre import Envelope, Lfo, Patch
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth import chip
from sonicforge.synth.additive import play_partials
from sonicforge.synth.banks import play_oscillators
from sonicforge.synth.drive import drive
from sonicforge.synth.envelopes import contour, glide, lfo_wave, release_samples
from sonicforge.synth.filters import apply_filter
from sonicforge.synth.fixed import filter_sections, highpass
from sonicforge.synth.fm import play_fm
from sonicforge.synth.formant import apply_formants
from sonicforge.synth.grains import play_grains
from sonicforge.synth.lines import SLIDE_MS, Voice
from sonicforge.synth.oscillators import HOP
from sonicforge.synth.piano import strike
from sonicforge.synth.plucked import pluck
from sonicforge.synth.setting import Moment, Setting, free_phase, lfo_rate

Doubles = NDArray[np.float64]

SOURCE_LEVEL = 0.5
OUTPUT_LEVEL = 0.5
DEFAULT = {"string": Envelope(1, 1, 1, 110), "piano": Envelope(1, 1, 1, 180), "partials": Envelope(1, 1, 1, 300)}
PLAIN = Envelope(3, 200, 0.8, 120)
ACCENT = 1.4
BOWED_MS = 500.0
CHIP_HIGHPASS_HZ = 70.0
"""A change of duty moves the mean; the consoles' output filters took that out too."""


def amp_envelope(patch: Patch) -> Envelope:
    if patch.amp_envelope:
        return patch.amp_envelope
    for name, envelope in DEFAULT.items():
        if getattr(patch, name):
            return envelope
    return PLAIN


def tail_samples(patch: Patch) -> int:
    """Samples a voice rings after its gate."""
    if patch.steps is not None:
        return chip.release_length(patch.steps)
    return release_samples(amp_envelope(patch)) + 2 * HOP


def sound(voice: Voice, setting: Setting, moment: Moment, length: int, variation: int) -> Samples:
    """`length` samples (channels, n) of the voice before its amplifier."""
    patch = setting.patch
    rng = noise(setting.seed, "synth", patch.name, "voice", variation)
    out = np.zeros((setting.channels, length), np.float32)
    hops = -(-length // HOP)
    pitch = _pitch(voice, setting, moment, hops + 1)
    inc = 440.0 * setting.tune / SAMPLE_RATE * 2 ** ((pitch - 69) / 12)
    _play_sources(voice, setting, moment, inc, rng, out)
    if patch.click is not None:
        _click(patch, rng, out)
    accent_db = 2.0 if voice.strikes[0].accent and patch.drive_db else 0.0
    drive(out, patch.drive_db + accent_db, dark=all(one.wave == "sin" for one in patch.oscillators))
    if patch.vowels is not None and patch.filter is not None:
        position = _vowel_position(voice, setting, moment, hops)
        apply_formants(out, patch.vowels.path, position, patch.filter.resonance)
    elif patch.filter is not None:
        apply_filter(out, patch.filter, _cutoff(voice, setting, moment, pitch, hops + 2, rng))
    if patch.drive_after_db:
        _level(out)
        drive(out, patch.drive_after_db)
    if patch.steps is not None and patch.steps.duty:
        filter_sections(out, [highpass(CHIP_HIGHPASS_HZ)])
    return out


def _level(x: Samples) -> None:
    """Brings the first half second to the level that a drive behind a filter counts on."""
    start = x[:, : SAMPLE_RATE // 2]
    x *= np.float32(np.clip(SOURCE_LEVEL / max(float(np.sqrt(np.mean(start * start))), 1e-6), 0.5, 8.0))


def loudness(voice: Voice, patch: Patch, bpm: float, length: int) -> Doubles:
    """The amplifier's curve, one point every 32 samples, zero at both ends."""
    points = length // HOP + 2
    if patch.steps is not None:
        curve = chip.volume_curve(patch.steps, voice.gate, points)
    else:
        at, fresh = _starts(voice)
        curve = contour(amp_envelope(patch), at, np.ones(len(at)), fresh, voice.gate, points)
    if len(voice.strikes) > 1:
        at, _ = _starts(voice)
        gains = np.array([velocity_gain(patch, one.velocity) for one in voice.strikes])
        curve *= glide(at, gains, np.full(len(at), 12.0), points)
    else:
        curve *= velocity_gain(patch, voice.velocity)
    for lfo in patch.lfos_of("amp"):
        if lfo.per_note and not lfo.partials:
            wave = lfo_wave(lfo, points, hz=lfo_rate(lfo, voice, bpm), phase=0.0)
            curve *= 1.0 - lfo.depth * (0.5 - 0.5 * wave)
    return curve * OUTPUT_LEVEL


def velocity_gain(patch: Patch, velocity: int) -> float:
    """-9 dB at velocity 40; struck and plucked strings -13 dB; chips in sixteen steps of their own."""
    span = 13.0 if patch.piano or patch.string else 9.0
    return float(10 ** (-span * (127 - velocity) / 87 / 20))


def velocity_octaves(velocity: int) -> float:
    """How far a soft note's filter closes: 0.7 octaves at velocity 40."""
    return -0.7 * (127 - velocity) / 87


def _starts(voice: Voice) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    return np.array([one.at for one in voice.strikes]), np.array([one.fresh for one in voice.strikes])


def _pitch(voice: Voice, setting: Setting, moment: Moment, points: int) -> Doubles:
    """MIDI pitch over time: notes, glides between them, vibrato."""
    patch = setting.patch
    at, _ = _starts(voice)
    steps = np.array([one.pitch for one in voice.strikes])
    time_ms = patch.glide_ms or SLIDE_MS
    if voice.origin is not None:
        at, steps = np.concatenate([[0], at]), np.concatenate([[voice.origin], steps])
    curve = glide(at, steps, np.full(len(at), time_ms), points) if len(at) > 1 else np.full(points, steps[0])
    for lfo in patch.lfos_of("pitch"):
        if lfo.per_note:
            starts = np.array([one.at for one in voice.strikes if one.fresh])
            wave = lfo_wave(lfo, points, hz=lfo_rate(lfo, voice, moment.bpm), phase=0.0, starts=starts)
            curve = curve + wave * lfo.depth / 100
    return curve


def _cutoff(
    voice: Voice, setting: Setting, moment: Moment, pitch: Doubles, points: int, rng: np.random.Generator
) -> Doubles:
    """Cutoff in hertz at each control point."""
    patch = setting.patch
    spec = patch.filter
    assert spec is not None
    octaves = np.full(points, np.log2(spec.hz) + velocity_octaves(voice.velocity) + rng.normal(0.0, 0.03))
    envelope = patch.filter_envelope or amp_envelope(patch)
    if spec.env_oct:
        at, fresh = _starts(voice)
        heights = np.array([ACCENT if one.accent else 1.0 for one in voice.strikes])
        octaves += spec.env_oct * contour(envelope, at, heights, fresh, voice.gate, points)
    octaves += spec.tracking * (np.pad(pitch, (0, points - len(pitch)), mode="edge") - 60) / 12
    for lfo in patch.lfos_of("cut"):
        octaves += lfo.depth * _free_wave(lfo, voice, moment, points)
    octaves += moment.octaves[:points] if isinstance(moment.octaves, np.ndarray) else moment.octaves
    return 2.0**octaves


def _free_wave(lfo: Lfo, voice: Voice, moment: Moment, points: int) -> Doubles:
    hz = lfo_rate(lfo, voice, moment.bpm)
    if lfo.per_note:
        return lfo_wave(lfo, points, hz=hz, phase=0.0)
    phase = free_phase(lfo.hz, lfo.beats, moment)
    if moment.moving or hz > 1.0:
        return lfo_wave(lfo, points, hz=hz, phase=phase)
    return np.zeros(points)


def _vowel_position(voice: Voice, setting: Setting, moment: Moment, points: int) -> Doubles:
    """Place on the path of vowels over time."""
    vowels = setting.patch.vowels
    assert vowels is not None
    seconds = np.arange(points) * (HOP / SAMPLE_RATE)
    count = len(vowels.path)
    if vowels.rate == "note":
        ramp = np.clip((seconds - 0.02) / max(vowels.glide_ms / 1000, 0.005), 0.0, 1.0)
        return vowel_of(voice, setting) + ramp
    if vowels.rate == "seq":
        hz = moment.bpm / 60 / (voice.lfo_beats or 0.5)
        return (count - 1) * (0.5 - 0.5 * np.cos(2 * np.pi * hz * seconds))
    hz = vowels.hz or moment.bpm / 60 / vowels.beats
    phase = free_phase(vowels.hz, vowels.beats, moment)
    return (count - 1) * (0.5 - 0.5 * np.cos(2 * np.pi * (hz * seconds * moment.moving + phase)))


def vowel_of(voice: Voice, setting: Setting) -> int:
    """Which vowel of the path a note starts on: two alternate, more are dealt by chance."""
    vowels = setting.patch.vowels
    if vowels is None or vowels.rate != "note":
        return 0
    count = len(vowels.path)
    if count <= 2:
        return voice.index % count
    return int(noise(setting.seed, "synth", setting.patch.name, "vowel", voice.index).integers(count))


def _play_sources(
    voice: Voice, setting: Setting, moment: Moment, inc: Doubles, rng: np.random.Generator, out: Samples
) -> None:
    patch = setting.patch
    if patch.oscillators:
        play_oscillators(voice, setting, moment, inc, rng, out)
    hz = float(inc[-1]) * SAMPLE_RATE
    velocity = voice.velocity / 127
    if patch.fm is not None:
        starts = [one.at for one in voice.strikes if one.fresh]
        growl = _growl(voice, patch, moment, len(inc))
        play_fm(patch.fm, inc[:-1], velocity=velocity, gain=0.7, starts=starts, growl=growl, out=out)
    if patch.string is not None:
        out += pluck(patch.string, hz, out.shape[1], velocity=velocity, rng=rng)
    if patch.partials:
        wander = sum(lfo.depth for lfo in patch.lfos if lfo.partials)
        bowed = amp_envelope(patch).attack_ms >= BOWED_MS
        play_partials(patch.partials, hz, out, velocity=velocity, wander=wander, bowed=bowed, rng=rng)
    if patch.piano is not None:
        strike(patch.piano, voice.pitch, voice.velocity, out, tune=setting.tune, rng=rng)
    if patch.grains is not None and setting.frozen is not None:
        play_grains(patch.grains, setting.frozen, hz, out, rng=rng)


def _growl(voice: Voice, patch: Patch, moment: Moment, points: int) -> Doubles | None:
    """Movement of the FM indices of a voice whose vowels follow the note's own period."""
    if patch.vowels is None or patch.vowels.rate != "seq":
        return None
    seconds = np.arange(points) * (HOP / SAMPLE_RATE)
    turns = 2 * np.pi * moment.bpm / 60 / (voice.lfo_beats or 0.5) * seconds
    return 1.0 - 0.65 * (0.5 - 0.5 * np.cos(turns))


def _click(patch: Patch, rng: np.random.Generator, out: Samples) -> None:
    """Noise of the attack: a mallet, a finger."""
    click = patch.click
    assert click is not None
    size = min(out.shape[1], int(click.tau_ms * 8 * SAMPLE_RATE / 1000))
    spectrum = np.fft.rfft(rng.standard_normal(size))
    ratio = np.fft.rfftfreq(size, 1 / SAMPLE_RATE) / click.hz
    shapes = {"bp": 1 / (1 + (1.5 * (ratio - 1 / np.maximum(ratio, 1e-3))) ** 2), "hp": ratio**2 / (1 + ratio**2)}
    burst = np.fft.irfft(spectrum * shapes.get(click.kind, 1 / (1 + ratio**2)), size)
    t = np.arange(size) / SAMPLE_RATE * 1000
    burst *= np.exp(-t / click.tau_ms) * np.minimum(t / 0.5, 1.0) / max(float(burst.std()), 1e-9)
    out[:, :size] += (burst * (SOURCE_LEVEL * 10 ** (click.level_db / 20))).astype(np.float32)
