"""Which pitch a drum sounds: long kicks and tuned toms follow the key, sizes and metal change with the groove."""

import math

from sonicforge.chance import choices
from sonicforge.genres.kit import DrumVoice
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, Note, Part, Score

KICK_HZ = (41.0, 62.0)
"""Where the fundamental of a kick is felt; 41 lets E1 in."""
MOST_DOWN, MOST_UP = 3.2, 1.3
"""Semitones by which a kick may be retuned; tuned up it soon loses its weight."""
LONG_KICK_MS = 200.0
FIFTH = 7
DESIGNED = 60


def hertz(pitch: float) -> float:
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def t20_ms(voice: DrumVoice) -> float:
    """Time in which the body falls by 20 dB behind its drive, which lengthens it."""
    if voice.body is None:
        return 0.0
    drive = 0.7 * 10.0 ** (voice.finish.drive_db / 20.0)
    threshold = math.atanh(0.1 * math.tanh(drive)) / drive if voice.finish.drive_db else 0.1
    return voice.body.hold_ms - voice.body.tau_ms * math.log(threshold)


def kick_ratio(voice: DrumVoice, key: Key) -> float:
    """Tunes a kick that rings longer than 200 ms to the key's root or fifth; 1 when short or when neither is near.

    A kick designed at 50 Hz or above leaves what lies below to the sub bass, so it is not tuned below 50 Hz.
    """
    if voice.body is None or t20_ms(voice) <= LONG_KICK_MS:
        return 1.0
    end = voice.body.end_hz
    if not KICK_HZ[0] <= end <= KICK_HZ[1]:
        return 1.0
    low = 50.0 if end >= 50.0 else KICK_HZ[0]
    wanted = {key.tonic, (key.tonic + FIFTH) % 12}
    pitches = [pitch for pitch in range(24, 48) if pitch % 12 in wanted and low <= hertz(pitch) <= KICK_HZ[1]]
    ratios = [hertz(pitch) / end for pitch in pitches]
    near = [ratio for ratio in ratios if -MOST_DOWN <= 12 * math.log2(ratio) <= MOST_UP]
    return min(near, key=lambda ratio: abs(math.log(ratio)), default=1.0)


def sizes(voice: DrumVoice, key: Key) -> tuple[float, ...]:
    """Pitch ratios among which the hits of a voice are dealt out.

    Tuned voices put each degree of `tune` within four semitones below and eight above the designed end pitch.
    """
    if voice.tune and voice.body is not None:
        return tuple(_folded(key.tonic + degree, voice.body.end_hz) / voice.body.end_hz for degree in voice.tune)
    return tuple(2.0 ** (semitones / 12.0) for semitones in voice.variants) or (1.0,)


def _folded(pitch_class: float, around_hz: float) -> float:
    low = 69.0 + 12.0 * math.log2(around_hz / 440.0) - 4.0
    return hertz(low + (pitch_class - low) % 12.0)


def size_of(note: Note, part: Part, score: Score, ratios: tuple[float, ...]) -> float:
    """The ratio of one hit: what its pitch asks for, else a size that stays with its place in two bars."""
    if note.pitch != DESIGNED or len(ratios) == 1:
        return ratios[0] * 2.0 ** ((note.pitch - DESIGNED) / 12.0)
    place = (note.start + STEP // 2) % (2 * score.bar) // STEP
    return ratios[choices(score.seed, "synth", part.name, "size", place).randrange(len(ratios))]
