"""A drum part as sound: notes -> variants of the voice -> added at exact samples."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sonicforge.chance import subseed
from sonicforge.genres.genre import Genre
from sonicforge.genres.kit import DrumVoice, Follower, parse_voice
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, Note, Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples
from sonicforge.synth.drums import kernels
from sonicforge.synth.drums.brush import add_brush_bed
from sonicforge.synth.drums.robin import Force, RoundRobin
from sonicforge.synth.drums.rumble import render_rumble
from sonicforge.synth.drums.tuning import kick_ratio, size_of, sizes

CHOKE_FADE = int(0.008 * SAMPLE_RATE)
CHIP_FADE = int(0.001 * SAMPLE_RATE)
KICK_CHOKE = int(0.030 * SAMPLE_RATE)
"""In club music an open hat is gone this long after the next kick."""
NEVER = 1 << 40
ROW_OF_PITCH = {35: "k", 36: "k", 37: "s", 38: "s", 40: "s", 42: "h", 44: "h", 46: "h"}


@dataclass(frozen=True, slots=True)
class _Stage:
    """What the rendering of a part needs to know."""

    part: Part
    genre: Genre
    score: Score
    clock: Clock
    key: Key
    wide: bool


def render_drum_part(part: Part, genre: Genre, score: Score, clock: Clock, length: int) -> Audio:
    """One part alone; see `render_drum_parts`."""
    return render_drum_parts((part,), genre, score, clock, length)


def render_drum_parts(parts: Sequence[Part], genre: Genre, score: Score, clock: Clock, length: int) -> Audio:
    """The parts of one stem, dry at 48 kHz, `length` samples: mono when the stem has width 0 in the mix, else stereo.

    Stereo parts carry noise that differs between the sides above 600 Hz, about 8 dB below the middle. Parts without
    notes are silence.
    """
    mix = genre.mix.get(parts[0].stem)
    wide = mix is not None and mix.width > 0
    out: Samples = np.zeros((2 if wide else 1, length), np.float32)
    key = Key.parse(score.key)
    for part in parts:
        _add_part(out, _Stage(part, genre, score, clock, key, wide))
    if wide:
        kernels.sides_to_channels(out)
    return Audio(out)


def _add_part(out: Samples, stage: _Stage) -> None:
    part, genre, score, clock = stage.part, stage.genre, stage.score, stage.clock
    voice = parse_voice(part.voice, genre.kit[part.voice])
    if voice.rumble is not None:
        source = parse_voice(voice.rumble.source, genre.kit[voice.rumble.source])
        render_rumble(out, part, voice.rumble, source, score, clock)
    elif voice.layers:
        for row, follower in voice.layers.items():
            _play_layer(out, stage, voice, follower, _followed(part, score, row))
    else:
        _play(out, stage, voice, part.notes, kick=part.code == "k")
    if voice.brush is not None and part.notes:
        add_brush_bed(out, part, voice.brush, score, clock)


def _play_layer(out: Samples, stage: _Stage, kit: DrumVoice, follower: Follower, notes: tuple[Note, ...]) -> None:
    voice = parse_voice(follower.voice, stage.genre.kit[follower.voice])
    if follower.tau_ms:
        voice = _shortened(voice, follower.tau_ms)
    voice = replace(voice, finish=replace(voice.finish, delay_ms=kit.finish.delay_ms))
    layered = replace(stage, part=replace(stage.part, name=f"{stage.part.name}.{follower.voice}"))
    _play(out, layered, voice, notes, kick=False, finishes=(follower, kit))


def _shortened(voice: DrumVoice, tau_ms: float) -> DrumVoice:
    body = voice.body and replace(voice.body, tau_ms=min(tau_ms, voice.body.tau_ms))
    noise = tuple(replace(band, tau_ms=min(tau_ms, band.tau_ms)) for band in voice.noise)
    return replace(voice, body=body, noise=noise)


def _followed(part: Part, score: Score, row: str) -> tuple[Note, ...]:
    """The notes of a layered part that belong to a row: by General MIDI pitch, else by what the main kit hits there."""
    if any(note.pitch in ROW_OF_PITCH for note in part.notes):
        return tuple(replace(n, pitch=60) for n in part.notes if ROW_OF_PITCH.get(n.pitch, "h") == row)
    mains = [other for other in score.parts if other.drums and other.code == row and other.name != part.name]
    places = {round(note.start / (STEP / 2)) for other in mains for note in other.notes}
    return tuple(note for note in part.notes if round(note.start / (STEP / 2)) in places)


def _play(
    out: Samples,
    stage: _Stage,
    voice: DrumVoice,
    notes: Iterable[Note],
    *,
    kick: bool,
    finishes: tuple[Follower | DrumVoice, ...] = (),
) -> None:
    ordered = sorted(notes, key=lambda note: note.start)
    if not ordered:
        return
    part, score = stage.part, stage.score
    chip = voice.shift_noise is not None or (voice.body is not None and voice.body.wave == "triangle")
    robin = RoundRobin(
        voice,
        subseed(score.seed, "synth", part.name),
        kick=kick,
        still=chip or (kick and stage.genre.club),
        finishes=tuple(layer.finish for layer in finishes),
    )
    tuned = kick_ratio(voice, stage.key) if kick else 1.0
    ratios = tuple(tuned * ratio for ratio in sizes(voice, stage.key))
    starts = _starts(ordered, stage.clock, voice.finish.delay_ms)
    keeps = _keeps(stage, voice, ordered, starts)
    for note, at, keep in zip(ordered, starts, keeps, strict=True):
        variant = robin.next()
        if keep <= 0:
            continue
        force = Force(
            robin.step(note.velocity),
            size_of(note, part, score, ratios),
            open=note.open,
            ghost=note.ghost,
            bell=note.accent and voice.cloud is not None,
        )
        gain = robin.level(variant) * (note.velocity / 127.0) ** 1.6
        fade = CHIP_FADE if chip else CHOKE_FADE
        kernels.add_hit(out[0], robin.hit(force, variant), at, gain, keep, fade)
        if stage.wide:
            kernels.add_hit(out[1], robin.side(force, variant), at, gain if variant % 2 else -gain, keep, fade)


def _starts(notes: list[Note], clock: Clock, delay_ms: float) -> list[int]:
    """Sample at which each note starts."""
    seconds = clock.seconds(np.array([note.start for note in notes], np.float64))
    late = np.array([note.shift_ms for note in notes], np.float64) + delay_ms
    return [int(at) for at in np.rint((seconds + late / 1000.0) * SAMPLE_RATE)]


def _keeps(stage: _Stage, voice: DrumVoice, notes: list[Note], starts: list[int]) -> list[int]:
    """Samples each hit may ring before it is choked; 0 = it is not heard at all."""
    if voice.shift_noise is not None:
        return _chip_keeps(stage, voice, starts)
    if voice.open_tau_ms == 0:
        return [NEVER] * len(notes)
    family = [part for part in stage.score.parts if part.voice == stage.part.voice and part.stem == stage.part.stem]
    closing = _all_starts(family or [stage.part], stage.clock)
    kicks = (
        _all_starts((p for p in stage.score.parts if p.code == "k" and p.drums), stage.clock)
        if stage.genre.club
        else []
    )
    keeps = []
    for note, at in zip(notes, starts, strict=True):
        keep = _next(closing, at) - at
        if kicks:
            keep = min(keep, _next(kicks, at) + KICK_CHOKE - at)
        keeps.append(keep if note.open else NEVER)
    return keeps


def _chip_keeps(stage: _Stage, voice: DrumVoice, starts: list[int]) -> list[int]:
    """The noise channel of a chip plays one sound at a time: the next steals it, at the same time the longer wins."""
    lengths = _chip_lengths(stage.genre.kit)
    family = [part for part in stage.score.parts if part.drums and part.voice in lengths]
    own = lengths.get(voice.name, 0)
    closing = _all_starts(family, stage.clock)
    stronger = set(_all_starts((p for p in family if lengths[p.voice] > own), stage.clock))
    return [0 if at in stronger else _next(closing, at) - at for at in starts]


def _chip_lengths(kit: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    voices = {name: parse_voice(name, raw) for name, raw in kit.items() if "lfsr" in raw}
    return {name: len(voice.shift_noise.volumes) for name, voice in voices.items() if voice.shift_noise}


def _all_starts(parts: Iterable[Part], clock: Clock) -> list[int]:
    return sorted({at for part in parts for at in _starts(list(part.notes), clock, 0.0)})


def _next(times: list[int], at: int) -> int:
    place = bisect_right(times, at + 48)
    return times[place] if place < len(times) else NEVER
