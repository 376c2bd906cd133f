"""`Score` to a standard MIDI file, type 1, 960 ticks per quarter note.

The first track carries title, tempo map, time and key signature and a marker for each section; every part has a
track of its own with a General MIDI programme guessed from the name of its voice, drums on channel 10. Swing is in
the ticks already; micro-timing is added here, so a player hears the groove that the synthesiser plays.
"""

from collections.abc import Iterable
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

from sonicforge.errors import UnknownName
from sonicforge.music.scale import Key
from sonicforge.music.score import STEP, TICKS, Note, Part, Score
from sonicforge.music.time import Clock

if TYPE_CHECKING:
    from mido import Message, MetaMessage, MidiTrack

DRUM_CHANNEL = 9
_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
_PORTAMENTO_SWITCH = 65

PROGRAMS: tuple[tuple[str, int], ...] = (
    ("felt_piano", 0), ("soft_piano", 0), ("break_piano", 0), ("piano", 0), ("organ", 16),
    ("lead_keys", 4), ("keys_ep", 4), ("ep_lead", 4), ("keys", 4), ("ep", 4),
    ("vibes", 11), ("bell", 14), ("mallet", 12), ("marimba", 12),
    ("jazz_guitar", 26), ("nylon", 24), ("guitar", 24),
    ("double_bass", 32), ("tri_bass", 38), ("acid", 87), ("sub", 39), ("reese", 87), ("growl", 87), ("wobble", 87),
    ("metal", 87), ("rumble", 39), ("bass", 38),
    ("solo_vln", 40), ("violin", 48), ("viola", 41), ("celli", 42), ("cello", 42), ("pizz", 45), ("strings", 48),
    ("choir", 52), ("chop", 54), ("flute", 73), ("brass", 62),
    ("supersaw", 81), ("pulse", 80), ("hook_lead", 81), ("riff", 81), ("screech", 84), ("eerie", 82), ("lead", 81),
    ("arp", 88), ("pluck", 88), ("grain", 98), ("stab", 90), ("chord", 90),
    ("pad", 89), ("drone", 95), ("waves", 122), ("nature", 122), ("rain", 96), ("texture", 99), ("noise", 122),
)  # fmt: skip
"""General MIDI programme (from 0) by a part of the voice name; the first that occurs in it wins."""

DRUMS: tuple[tuple[str, int], ...] = (
    ("open_hat", 46), ("hat_foot", 44), ("hat", 42), ("ride", 51), ("crash", 49), ("bowed", 55), ("kick", 36),
    ("boom", 35), ("heartbeat", 35), ("cross_stick", 37), ("rim_snare", 37), ("rim", 37), ("clap", 39),
    ("snare", 38), ("brush", 38), ("ghost", 38), ("break", 40), ("taiko", 41), ("tom", 45), ("conga", 63),
    ("bongo", 61), ("shaker", 70), ("tambourine", 54), ("jingle", 54), ("metal", 56), ("industrial", 56),
    ("blip", 76), ("tick", 76), ("foley", 77), ("breath", 58),
)  # fmt: skip
"""General MIDI percussion key by a part of the drum voice's name."""


def score_to_midi(score: Score) -> bytes:
    """A standard MIDI file of a whole score.

    Tempo ramps become a step each 16th. Notes of one part and pitch that overlap are cut where the next one starts.
    """
    from mido import MidiFile

    file = MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    file.tracks.append(_conductor(score))
    clock = Clock.of(score)
    channels = 0
    for part in score.parts:
        channel = DRUM_CHANNEL if part.drums else _CHANNELS[channels % len(_CHANNELS)]
        channels += not part.drums
        file.tracks.append(_part_track(part, clock, channel, score.length))
    out = BytesIO()
    file.save(file=out)
    return out.getvalue()


def program_of(voice: str) -> int:
    """General MIDI programme 0..127 for a patch name; a square lead when nothing in the name is known."""
    return next((program for name, program in PROGRAMS if name in voice), 80)


def drum_key_of(voice: str, *, open_hat: bool = False) -> int:
    """General MIDI percussion key for a drum voice name; a cowbell when nothing in the name is known."""
    if open_hat and "hat" in voice:
        return 46
    return next((key for name, key in DRUMS if name in voice), 56)


def key_signature_of(key: str) -> str:
    """The MIDI key signature closest to a key: modes with a minor third count as minor."""
    flat_names = {"D#": "Eb", "G#": "Ab", "A#": "Bb"}
    try:
        parsed = Key.parse(key)
    except UnknownName:
        return "C"
    name = parsed.tonic_name
    if parsed.minor:
        return {"Db": "C#", "Gb": "F#"}.get(name, name) + "m"
    return flat_names.get(name, name)


def _conductor(score: Score) -> "MidiTrack":
    from mido import MetaMessage, bpm2tempo

    events = [
        (0, MetaMessage("track_name", name=score.title)),
        (0, MetaMessage("time_signature", numerator=score.beats_per_bar, denominator=4)),
        (0, MetaMessage("key_signature", key=key_signature_of(score.key))),
    ]
    events += [(tick, MetaMessage("set_tempo", tempo=bpm2tempo(bpm))) for tick, bpm in _tempo_steps(score.tempo)]
    events += [(section.start, MetaMessage("marker", text=section.name)) for section in score.sections]
    return _track(events, score.length)


def _tempo_steps(tempo: tuple[tuple[int, float], ...]) -> list[tuple[int, float]]:
    steps = [tempo[0]]
    for (start, before), (end, after) in pairwise(tempo):
        if before != after:
            ramp = ((tick, before + (after - before) * (tick - start) / (end - start))
                    for tick in range(start + STEP, end, STEP))  # fmt: skip
            steps += [*ramp, (end, after)]
    return steps


def _part_track(part: Part, clock: Clock, channel: int, length: int) -> "MidiTrack":
    from mido import Message, MetaMessage

    events: list[tuple[int, Message | MetaMessage]] = [(0, MetaMessage("track_name", name=part.name))]
    if not part.drums:
        events.append((0, Message("program_change", channel=channel, program=program_of(part.voice))))
    sliding = False
    spans = _spans(part, clock)
    for start, _, _, note in spans:
        if note.slide != sliding and not part.drums:
            sliding = note.slide
            value = 127 if sliding else 0
            events.append((start, Message("control_change", channel=channel, control=_PORTAMENTO_SWITCH, value=value)))
    # The score has checked keys and velocities; thousands of second checks would cost a tenth of a second.
    ons = [(start, Message("note_on", skip_checks=True, channel=channel, note=key, velocity=note.velocity))
           for start, _, key, note in spans]  # fmt: skip
    offs = [
        (end, Message("note_off", skip_checks=True, channel=channel, note=key, velocity=64)) for _, end, key, _ in spans
    ]
    # Offs stand before ons of the same tick, so that a repeated pitch is struck again.
    return _track([*events, *offs, *ons], length)


def _spans(part: Part, clock: Clock) -> list[tuple[int, int, int, Note]]:
    """(start, end, key, note) in ticks with micro-timing, no two of one key overlapping."""
    moved = sorted(
        ((_with_shift(note, clock), _key(part, note), note) for note in part.notes), key=lambda entry: entry[:2]
    )
    spans: list[tuple[int, int, int, Note]] = []
    last_of_key: dict[int, int] = {}
    for start, key, note in moved:
        before = last_of_key.get(key)
        if before is not None and spans[before][1] > start:
            first, _, same_key, earlier = spans[before]
            if first == start:
                continue
            spans[before] = (first, start, same_key, earlier)
        last_of_key[key] = len(spans)
        spans.append((start, start + max(1, note.length), key, note))
    return spans


def _with_shift(note: Note, clock: Clock) -> int:
    return max(0, note.start + round(note.shift_ms * TICKS * clock.bpm(note.start) / 60_000)) if note.shift_ms \
        else note.start  # fmt: skip


def _key(part: Part, note: Note) -> int:
    if part.drums:
        return drum_key_of(part.voice, open_hat=note.open)
    return min(127, max(0, note.pitch))


def _track(events: Iterable[tuple[int, "Message | MetaMessage"]], length: int) -> "MidiTrack":
    """A track from (tick, message) in any order; ends at `length` or with its last event."""
    from mido import MetaMessage, MidiTrack

    track = MidiTrack()
    now = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        message.time = tick - now
        now = tick
        track.append(message)
    track.append(MetaMessage("end_of_track", time=max(0, length - now)))
    return track
