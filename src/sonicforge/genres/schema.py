"""The table of everything a genre file may say, with ranges; `load` reads it."""

from sonicforge.genres.shape import Flag, Free, Level, Many, Maybe, Number, Row, Span, Table, Text, record
from sonicforge.music.scale import MODES

CODES = tuple("kshpbucdalvx")
"""Part codes: kick, snare, hats, percussion, bass, sub, chords, pad, arp, lead, second voice, texture."""

REVERBS = ("ROOM", "DRUMROOM", "GATED", "PLATE", "CHAMB", "HALL", "BIGHALL", "SPACE")
DELAYS = ("D8D", "D4", "DUB", "SLAP")
OPERATIONS = ("rep", "tail", "seq", "frag", "disp", "aug", "dim", "inv", "orn", "thin", "oct", "new")
STYLES = ("close", "drop2", "rootless", "open", "spread", "quartal", "power", "octave")

UNIT = Number(0, 1)
PITCHES = Span(12, 120, whole=True)
DECIBEL = Number(-60, 24)
HERTZ = Number(10, 22_000)
MILLISECONDS = Number(0, 60_000)
WORDS = Many(Text())

SWING = record(
    "pivot_bpm percent_per_bpm",
    unit=Number(8, 16, whole=True), percent=Number(50, 75), range=Span(50, 75),
    pivot_bpm=Number(30, 300), percent_per_bpm=Number(-1, 1),
)  # fmt: skip
TEMPO = record(bpm=Span(30, 300), default=Number(30, 300), beats_per_bar=Number(2, 7, whole=True), swing=SWING)
TONAL = record(modes=Table(UNIT, names=tuple(MODES), least=1), keys=Many(Text(), least=1), detune_cents=Span(-100, 100))
VOICING = record(
    low=Number(24, 96, whole=True), high=Number(36, 108, whole=True), voices=Number(1, 8, whole=True),
    style=Text(STYLES), top=PITCHES, move=Number(0.5, 24), strum_ms=Span(0, 5000),
)  # fmt: skip
HARMONY = record(
    bars_per_chord=Number(0.25, 64), parallel_exempt=Flag(), voicing=VOICING, progressions=Many(Text(), least=1)
)
CAST = Table(Many(Text(pattern=r"\S+>\S+( \+ \S+>\S+)*", like="piano>keys + pad>pad"), least=1), names=CODES, least=1)
PATTERN = record("resolution", energy=Span(0, 1), resolution=Text(("16", "8t")), rows=Table(Text(), least=1))
FILL = record("resolution", resolution=Text(("16", "8t")), rows=Table(Text(), least=1))
GHOSTS = record(
    row=Text(), steps=Many(Number(0, 63, whole=True), least=1), velocity=Span(1, 127, whole=True), chance=UNIT,
    most=Number(1, 16, whole=True),
)  # fmt: skip
DRUMS = record(
    humanised=Flag(), pieces=Table(Text()), patterns=Table(PATTERN), fills=Table(FILL),
    timing=Table(Row((Number(-60, 60), Number(0, 60)))), ghosts=Many(GHOSTS),
)  # fmt: skip
DUCK = Row((Text(("k", "s", "ks")), Number(0, 40), Number(10, 2000)))
BASS = record(
    "lfo_beats",
    range=PITCHES, duck=Maybe(DUCK), patterns=Table(Text(), least=1),
    lfo_beats=Table(Many(Number(0.05, 16), least=1)),
)  # fmt: skip
ARP = record(indices=Text(), rate=Number(0, 8), gate=Number(0.05, 1), accents=Text())
CHORDS = record("arp", register=PITCHES, patterns=Many(Text(), least=1), arp=ARP)
WEIGHTS = Row((Number(0, 100),) * 7)
MELODY = record(
    "echo_steps",
    range=PITCHES, notes_per_bar=Span(0, 32), rests=UNIT, intervals=Row((UNIT,) * 5),
    lag_ms=Row((Number(-60, 60), Number(0, 60))), ends=Many(Number(1, 7, whole=True), least=1),
    bars_per_phrase=Number(1, 16, whole=True), degrees_strong=WEIGHTS, degrees_weak=WEIGHTS,
    operations=Table(UNIT, names=OPERATIONS, least=1), echo_steps=Number(0, 32, whole=True),
)  # fmt: skip
SECTION = record(
    "do out pattern loop note",
    name=Text(), bars=Number(1, 512, whole=True), energy=Level(0, 1),
    parts=Text(pattern=r"[kshpbucdalvx][+-]?( [kshpbucdalvx][+-]?)*", like="k s h- b c+"),
    do=Many(Text()), out=Many(Text()), pattern=Text(), loop=Text(("A", "B")), note=Text(),
)  # fmt: skip
FORM = record(
    "bpm beats_per_bar swing_percent",
    bpm=Number(30, 300), beats_per_bar=Number(2, 7, whole=True), swing_percent=Number(50, 75),
    sections=Many(SECTION, least=1),
)  # fmt: skip
COMPRESSION = Row((Number(1, 20), Number(0, 500), Number(1, 5000), Number(0, 24)))
BELL = Row((Number(-24, 24), HERTZ, Text(("bell", "low_shelf", "high_shelf"))), least=2)
STEM = record(
    "lowpass_24 eq comp reverb delay duck",
    lu=Number(-60, 0), pan=Number(-100, 100), width=Number(0, 1.5), highpass=HERTZ, lowpass=HERTZ, lowpass_24=Flag(),
    eq=Many(BELL), comp=COMPRESSION, reverb=Row((Text(REVERBS), DECIBEL)), delay=Row((Text(DELAYS), DECIBEL)),
    duck=DUCK,
)  # fmt: skip
BUS = record(
    "tape glue saturation_db soft_clip_db drum_clip_db lowpass tilt_db",
    tape=UNIT, glue=COMPRESSION, saturation_db=Number(0, 12), soft_clip_db=Number(0, 12), drum_clip_db=Number(0, 12),
    lowpass=HERTZ, tilt_db=Number(-12, 12),
)  # fmt: skip
BANDS = Row((Number(-90, 0),) * 10)
TARGET = record(
    lufs=Number(-40, -5), true_peak=Number(-12, 0), plr=Span(3, 30), lra=Span(0, 40), balance=BANDS, side_mid=BANDS
)
IDENTITY = Table(Free())
NOTES = Table(Free())

GENRE = record(
    "synonyms club notes identity kit",
    title=Text(), synonyms=WORDS, markers=Text(), club=Flag(), tempo=TEMPO, energy=Span(0, 1), moods=WORDS,
    tonal=TONAL, harmony=HARMONY, cast=CAST, drums=DRUMS, bass=BASS, chords=CHORDS, melody=MELODY,
    forms=Table(FORM, least=1), patches=Table(Table(Free())), kit=Table(Table(Free())),
    mix=Table(STEM, least=1), bus=BUS, target=TARGET, identity=IDENTITY, notes=NOTES,
)  # fmt: skip
