"""The MIDI file says what the score says; read back with mido."""

from io import BytesIO

import mido
import pytest

from sonicforge.music.midi import drum_key_of, key_signature_of, program_of, score_to_midi
from sonicforge.music.score import Note, Part, Score, Section


def a_score(*parts: Part, tempo: tuple[tuple[int, float], ...] = ((0, 120.0),), key: str = "F minor") -> Score:
    sections = (
        Section("intro", 0, 2, 7680, (0.2, 0.2), ("k",)),
        Section("drop", 7680, 2, 7680, (0.9, 0.9), ("k", "l")),
    )
    return Score("techno_peak", "Tafel", 1, key, 4, tempo, 15360, sections, (), parts)


def lead(*notes: Note, voice: str = "piano") -> Part:
    return Part("lead", "l", "lead", voice, False, notes)


def read(score: Score) -> mido.MidiFile:
    return mido.MidiFile(file=BytesIO(score_to_midi(score)))


def events(track: mido.MidiTrack, kind: str) -> list[tuple[int, mido.Message]]:
    now, found = 0, []
    for message in track:
        now += message.time
        if message.type == kind:
            found.append((now, message))
    return found


def test_conductor_track_carries_signature_key_tempo_and_sections() -> None:
    file = read(a_score(tempo=((0, 100.0),)))
    conductor = file.tracks[0]
    assert file.ticks_per_beat == 960
    assert file.type == 1
    assert [m.numerator for _, m in events(conductor, "time_signature")] == [4]
    assert [m.key for _, m in events(conductor, "key_signature")] == ["Fm"]
    assert [round(mido.tempo2bpm(m.tempo)) for _, m in events(conductor, "set_tempo")] == [100]
    assert [(tick, m.text) for tick, m in events(conductor, "marker")] == [(0, "intro"), (7680, "drop")]


def test_a_tempo_ramp_becomes_rising_steps_that_end_on_the_target() -> None:
    steps = events(read(a_score(tempo=((0, 100.0), (3840, 100.0), (7680, 80.0)))).tracks[0], "set_tempo")
    values = [mido.tempo2bpm(message.tempo) for _, message in steps]
    assert len(steps) == 17
    assert values == sorted(values, reverse=True)
    assert (steps[-1][0], round(values[-1], 3)) == (7680, 80.0)


def test_every_note_keeps_pitch_velocity_start_and_length() -> None:
    notes = (Note(0, 240, 60, 90), Note(240, 480, 64, 70), Note(960, 100, 60, 1))
    track = read(a_score(lead(*notes))).tracks[1]
    ons = [(tick, m.note, m.velocity) for tick, m in events(track, "note_on")]
    offs = sorted((tick, m.note) for tick, m in events(track, "note_off"))
    assert ons == [(note.start, note.pitch, note.velocity) for note in notes]
    assert offs == sorted((note.end, note.pitch) for note in notes)


def test_micro_timing_is_applied_in_ticks_of_the_local_tempo() -> None:
    late, early = Note(960, 240, 60, 90, shift_ms=25.0), Note(0, 240, 64, 90, shift_ms=-25.0)
    track = read(a_score(lead(early, late))).tracks[1]
    assert [tick for tick, _ in events(track, "note_on")] == [0, 960 + 48]


def test_a_repeated_pitch_is_released_before_it_is_struck_again() -> None:
    track = read(a_score(lead(Note(0, 960, 60, 90), Note(480, 480, 60, 90)))).tracks[1]
    both = events(track, "note_on") + events(track, "note_off")
    kinds = [(m.type, tick) for tick, m in sorted(both, key=lambda event: (event[0], event[1].type == "note_on"))]
    assert kinds == [("note_on", 0), ("note_off", 480), ("note_on", 480), ("note_off", 960)]


def test_drums_play_on_channel_ten_and_open_hats_are_open() -> None:
    drums = Part("hats", "h", "hats", "hat", True, (Note(0, 60, 60, 90), Note(480, 60, 60, 90, open=True)))
    track = read(a_score(drums)).tracks[1]
    assert [(m.channel, m.note) for _, m in events(track, "note_on")] == [(9, 42), (9, 46)]
    assert not events(track, "program_change")


def test_pitched_parts_have_channels_of_their_own_and_never_the_drums() -> None:
    parts = tuple(lead(Note(0, 10, 60, 90), voice=voice) for voice in ("piano", "bass", "pad") * 4)
    file = read(a_score(*parts))
    channels = [events(track, "note_on")[0][1].channel for track in file.tracks[1:]]
    assert len(set(channels)) == len(parts)
    assert 9 not in channels


@pytest.mark.parametrize(
    ("key", "signature"),
    [("F minor", "Fm"), ("Db major", "Db"), ("D dorian", "Dm"), ("C# minor", "C#m"), ("Bb minor", "Bbm"),
     ("G mixolydian", "G"), ("F# phrygian", "F#m"), ("Ab lydian", "Ab")],
)  # fmt: skip
def test_key_signature_follows_the_third(key: str, signature: str) -> None:
    assert key_signature_of(key) == signature


def test_every_key_can_be_written() -> None:
    for name in ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B", "Db", "Eb", "Gb", "Ab", "Bb"):
        for mode in ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian", "harmonic minor"):
            read(a_score(key=f"{name} {mode}"))


def test_names_find_their_general_midi_sounds() -> None:
    assert program_of("felt_piano") == 0
    assert program_of("double_bass") == 32
    assert drum_key_of("kick") == 36
    assert drum_key_of("rim_snare") == 37


def test_tracks_end_with_the_score() -> None:
    for track in read(a_score(lead(Note(0, 240, 60, 90)))).tracks:
        assert sum(message.time for message in track) == 15360
