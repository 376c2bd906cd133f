"""A pitched part as sound: voices -> kept or fresh notes -> amplifier -> added at exact samples -> insert effects."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.chance import subseed
from sonicforge.genres.genre import Genre
from sonicforge.genres.patch import parse_patch
from sonicforge.genres.timbre import Patch
from sonicforge.music.score import TICKS, Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth.cache import NoteCache
from sonicforge.synth.inserts import TAIL_S, apply_inserts, needs_stereo
from sonicforge.synth.lines import Voice, voices
from sonicforge.synth.mutation import mutate
from sonicforge.synth.oscillators import HOP
from sonicforge.synth.piano import thump
from sonicforge.synth.setting import Moment, Setting, free_phase
from sonicforge.synth.voice import (
    BOWED_MS,
    OUTPUT_LEVEL,
    amp_envelope,
    loudness,
    sound,
    tail_samples,
    velocity_gain,
    velocity_octaves,
    vowel_of,
)

Doubles = NDArray[np.float64]

VELOCITY_STEP = 16
CLOUDS = 48
GATES_PER_OCTAVE = 24
OCTAVE_STEP = 1 / 4
"""Notes whose cutoffs lie this close share their sound."""
STEADY_OCTAVES = 0.4
"""Long notes whose cutoff roams less than this are played at its mean."""
SETTLE = HOP * 750
"""Half a second before a window in which effects settle."""
BASS_CODES = frozenset("bu")
THUMP_DB = -38.0
NEVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples of the track: `begin` (a multiple of 32), `length`; notes from tick `end` on do not sound."""

    begin: int
    length: int
    end: int


@dataclass(frozen=True, slots=True)
class _Take:
    """A voice ready to be played: how its sound is found again, how long it is, what surrounds it."""

    voice: Voice
    key: Hashable | None
    length: int
    moment: Moment
    variation: int
    velocity: int
    """Of the sound before the amplifier."""


class _Sweep:
    """How far the cutoff of a part is moved over time: by the score's curves, and by slow free LFOs."""

    def __init__(self, part: Part, patch: Patch, score: Score, clock: Clock) -> None:
        wanted = (part.code, part.stem, "mix") if patch.filter is not None and patch.vowels is None else ()
        curves = [one for one in score.curves if one.parameter == "cutoff_oct" and one.target in wanted]
        self._curves = [
            (clock.seconds([tick for tick, _ in one.points]), np.array([value for _, value in one.points]))
            for one in curves
        ]
        self._lfos = [lfo for lfo in patch.lfos_of("cut") if not lfo.per_note]

    def octaves(self, start: int, length: int) -> Doubles:
        """What the curves add: a point every 32 samples of a note, or one point for a note shorter than a second."""
        count = -(-length // HOP) + 2 if length >= SAMPLE_RATE else 1
        seconds = (np.arange(count) * HOP + start) / SAMPLE_RATE
        return sum((np.interp(seconds, *curve) for curve in self._curves), np.zeros(count))

    def wander(self, octaves: Doubles, at_s: float, beats: float, bpm: float) -> Doubles:
        """As many points with LFOs of at most 1 Hz added."""
        for lfo in self._lfos:
            hz = _hz(lfo.hz, lfo.beats, bpm)
            if hz <= 1.0:
                phase = lfo.hz * at_s if lfo.hz else beats / lfo.beats
                turns = hz * (HOP / SAMPLE_RATE) * np.arange(octaves.size) + phase
                octaves = octaves + lfo.depth * np.sin(2 * np.pi * turns)
        return octaves


def render_part(part: Part, genre: Genre, score: Score, clock: Clock, stretch: Stretch, *, wide: bool) -> Samples:
    """The part over the stretch, (1, n) when it has no width of its own or `wide` is false, else (2, n)."""
    setting = _setting(part, genre, score, wide)
    takes = _takes(part, setting, score, clock, stretch)
    out = np.zeros((setting.channels, stretch.length), np.float32)
    cache = NoteCache()
    longest = _longest(takes)
    for take in takes:
        _play(take, setting, cache, longest, stretch, out)
    bpm = clock.bpm(0)
    for begin, end in _sounding(takes, stretch):
        apply_inserts(setting.patch, out[:, begin:end], (stretch.begin + begin) / SAMPLE_RATE, bpm=bpm)
    return out


def _setting(part: Part, genre: Genre, score: Score, wide: bool) -> Setting:
    patch = mutate(parse_patch(part.voice, genre.patches[part.voice]), score.seed)
    frozen = None
    if patch.grains is not None:
        frozen = parse_patch(patch.grains.of, genre.patches[patch.grains.of])
    return Setting(
        patch=patch,
        seed=subseed(score.seed, part.name),
        channels=2 if wide and has_width(patch) else 1,
        fixed_phase=part.code in BASS_CODES and patch.unison.voices == 1,
        tune=2 ** (float(score.facts.get("detune_cents", 0)) / 1200),
        frozen=frozen,
    )


def has_width(patch: Patch) -> bool:
    """Whether anything in the patch differs between left and right."""
    spread = patch.unison.voices > 1 and patch.unison.spread > 0
    ladder = patch.filter is not None and patch.filter.kind == "lad24"
    pairs = any(one.cents or one.wave in ("spr", "nzw", "nzp") for one in patch.oscillators)
    pairs = pairs and patch.steps is None and not ladder
    sources = patch.fm or patch.partials or patch.piano or patch.grains
    return bool(spread or pairs or sources or needs_stereo(patch) or patch.phaser_db is not None)


def _takes(part: Part, setting: Setting, score: Score, clock: Clock, stretch: Stretch) -> list[_Take]:
    """All voices within the stretch, cut at its end; versions of a note take turns through the whole part."""
    patch = setting.patch
    sweep = _Sweep(part, patch, score, clock)
    last = round(clock.second(stretch.end) * SAMPLE_RATE)
    tail = tail_samples(patch)
    turns = 1 if setting.fixed_phase or patch.steps is not None else _round_robin(patch)
    played: dict[Hashable, int] = {}
    takes = []
    for voice in voices(part.notes, patch, clock):
        if voice.tick >= stretch.end:
            continue
        take = _take(voice, tail, setting, sweep, clock)
        key, variation = take.key, take.variation
        if key is not None:
            variation = played[key] = (played.get(key, -1) + 1) % turns
            key = (key, variation)
        voice = _shortened(voice, patch, last)
        length = voice.gate + tail
        if voice.start + length > stretch.begin and voice.start < stretch.begin + stretch.length:
            takes.append(_Take(voice, key, length, take.moment, variation, take.velocity))
    return takes


def _shortened(voice: Voice, patch: Patch, last: int) -> Voice:
    """The voice released at `last` at the latest, and when it has died away by itself."""
    gate = min(voice.gate, max(last - voice.start, HOP))
    if len(voice.strikes) == 1:
        gate = min(gate, natural_samples(patch, voice.pitch))
    if gate == voice.gate:
        return voice
    strikes = tuple(one for one in voice.strikes if one.at < gate)
    return replace(voice, gate=gate, strikes=strikes)


def natural_samples(patch: Patch, pitch: float) -> int:
    """Samples after which a held note is 65 dB down by its own decay, or very many."""
    most = 1e9
    envelope = amp_envelope(patch)
    if envelope.sustain == 0 and patch.steps is None:
        most = min(most, envelope.attack_ms + 2.6 * envelope.decay_ms)
    if patch.string is not None and not patch.oscillators:
        most = min(most, patch.string.t60_ms * (130.81 / (440 * 2 ** ((pitch - 69) / 12))) ** 0.5)
    if patch.partials:
        slower = 4.4 if envelope.attack_ms >= BOWED_MS else 1.1
        most = min(most, max(partial.t60_ms for partial in patch.partials) * slower)
    return int(most * SAMPLE_RATE / 1000)


def _take(voice: Voice, tail: int, setting: Setting, sweep: _Sweep, clock: Clock) -> _Take:
    patch = setting.patch
    voice = _shortened(voice, patch, NEVER)
    length = voice.gate + tail
    at_s = voice.start / SAMPLE_RATE
    bpm, beats = clock.bpm(voice.tick), voice.tick / TICKS
    swept = sweep.octaves(voice.start, length)
    wandering = sweep.wander(swept, at_s, beats, bpm)
    cycles = patch.vowels is not None and patch.vowels.rate == "cycle"
    long = length >= SAMPLE_RATE
    if long and (cycles or float(np.ptp(wandering)) > STEADY_OCTAVES):
        moment = Moment(bpm, at_s, beats, swept, moving=True)
        return _Take(voice, None, length, moment, voice.index, voice.velocity)
    octaves = float(wandering.mean() if long else wandering[0])
    if len(voice.strikes) > 1 or voice.origin is not None:
        return _Take(voice, None, length, Moment(bpm, at_s, beats, octaves, moving=False), voice.index, voice.velocity)
    velocity, octaves = _shared(voice.velocity, octaves, patch)
    moment = Moment(bpm, at_s, beats, octaves, moving=False)
    return _Take(voice, _key(voice, velocity, setting, moment), length, moment, 0, velocity)


def _shared(velocity: int, octaves: float, patch: Patch) -> tuple[int, float]:
    """Velocity and cutoff in the steps that notes share. Where it only darkens, velocity joins the cutoff."""
    if patch.fm or patch.string or patch.partials or patch.piano:
        velocity = _bucket(velocity)
    else:
        octaves, velocity = octaves + velocity_octaves(velocity), 127
    if patch.filter is None or patch.vowels is not None:
        return velocity, 0.0
    return velocity, round(octaves / OCTAVE_STEP) * OCTAVE_STEP


def _round_robin(patch: Patch) -> int:
    """How many versions of a note take turns: strings, hammers and mallets are never struck twice alike."""
    if patch.grains:
        return CLOUDS
    return 3 if patch.string or patch.piano or patch.partials else 2


def _hz(hz: float, beats: float, bpm: float) -> float:
    return hz or bpm / 60 / beats


def _key(voice: Voice, velocity: int, setting: Setting, moment: Moment) -> Hashable:
    """Everything the sound before the amplifier depends on, in steps too small to hear."""
    patch = setting.patch
    fast = [lfo for lfo in patch.lfos if lfo.target in ("cut", "pw") and not lfo.per_note]
    phases = tuple(
        round(free_phase(lfo.hz, lfo.beats, moment) * 16) % 16
        for lfo in fast
        if _hz(lfo.hz, lfo.beats, moment.bpm) > 1.0 or lfo.target == "pw"
    )
    strike = voice.strikes[0]
    return (
        voice.tones,
        strike.pitch,
        velocity,
        _gate_step(voice.gate, patch),
        strike.accent,
        moment.octaves,
        phases,
        voice.lfo_beats,
        vowel_of(voice, setting),
    )


def _bucket(velocity: int) -> int:
    return min(127, max(1, round(velocity / VELOCITY_STEP) * VELOCITY_STEP))


def _gate_step(gate: int, patch: Patch) -> int:
    """The gate in steps of 3 %, or 0 where the sound before the amplifier does not depend on it."""
    if patch.filter is None or patch.filter.env_oct == 0 or patch.vowels is not None:
        return 0
    envelope = patch.filter_envelope or amp_envelope(patch)
    if envelope.sustain == 0:
        gate = min(gate, int((envelope.attack_ms + 1.5 * envelope.decay_ms) * SAMPLE_RATE / 1000))
    return round(np.log2(max(gate, HOP)) * GATES_PER_OCTAVE)


def _longest(takes: Sequence[_Take]) -> dict[Hashable, int]:
    longest: dict[Hashable, int] = {}
    for take in takes:
        if take.key is not None:
            longest[take.key] = max(longest.get(take.key, 0), take.length)
    return longest


def _play(
    take: _Take, setting: Setting, cache: NoteCache, longest: dict[Hashable, int], stretch: Stretch, out: Samples
) -> None:
    voice = take.voice
    if take.key is None:
        raw = sound(voice, setting, take.moment, take.length, take.variation)
    else:
        raw = cache.get(take.key, take.length, lambda: _kept(take, setting, longest))
    curve = loudness(voice, setting.patch, take.moment.bpm, take.length)
    add_shaped(out, raw, curve, voice.start - stretch.begin, take.length)
    if setting.patch.piano is not None:
        _add_thump(voice, setting.patch, stretch, out)


def _kept(take: _Take, setting: Setting, longest: dict[Hashable, int]) -> Samples:
    """The sound for a whole step of velocity, as long as the longest note that asks for it."""
    first = take.voice.strikes[0]
    voice = replace(take.voice, strikes=(replace(first, velocity=take.velocity),))
    step = _gate_step(voice.gate, setting.patch)
    if step:
        voice = replace(voice, gate=round(2 ** (step / GATES_PER_OCTAVE)))
    return sound(voice, setting, take.moment, longest[take.key], take.variation)


def _add_thump(voice: Voice, patch: Patch, stretch: Stretch, out: Samples) -> None:
    knock = thump()
    level = velocity_gain(patch, voice.velocity) * 10 ** (THUMP_DB / 20) * OUTPUT_LEVEL * 0.5
    curve = np.full(knock.shape[1] // HOP + 2, level)
    add_shaped(out, knock, curve, voice.start + voice.gate - stretch.begin, knock.shape[1])


def add_shaped(out: Samples, raw: Samples, curve: Doubles, at: int, length: int) -> None:
    """Adds the first `length` samples of raw (1 or 2, n) times `curve` (a point every 32 samples) at sample `at`."""
    _add_shaped(out, raw, curve.astype(np.float32), at, length)


@njit(cache=True, nogil=True, fastmath=True)
def _add_shaped(out, raw, curve, at, length):  # type: ignore[no-untyped-def]
    channels, size = out.shape
    first = max(0, -at)
    last = min(length, size - at)
    for b in range(first // 32, (last + 31) // 32):
        level = curve[b]
        slope = (curve[b + 1] - level) * np.float32(1.0 / 32.0)
        if level == np.float32(0.0) and slope == np.float32(0.0):
            continue
        low, high = max(first, b * 32), min(last, b * 32 + 32)
        for c in range(channels):
            into, part = out[c, at + low : at + high], raw[min(c, raw.shape[0] - 1), low:high]
            if high - low == 32:
                for i in range(32):
                    into[i] += part[i] * (level + slope * np.float32(i))
            else:
                for i in range(high - low):
                    into[i] += part[i] * (level + slope * np.float32(i + low - b * 32))


def _sounding(takes: Sequence[_Take], stretch: Stretch) -> list[tuple[int, int]]:
    """Where anything sounds, with room for effects to ring, in samples of the stretch; begins on multiples of 32."""
    ring = int(TAIL_S * SAMPLE_RATE)
    spans: list[tuple[int, int]] = []
    for take in sorted(takes, key=lambda take: take.voice.start):
        begin = max(0, (take.voice.start - stretch.begin) // HOP * HOP)
        end = min(stretch.length, take.voice.start - stretch.begin + take.length + ring)
        if spans and begin <= spans[-1][1] + ring:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        elif end > begin:
            spans.append((begin, end))
    return spans
