"""`Genre`: one genre file as typed values; each room reads its own section.

The files in `genres/data` follow the grammar of `docs/genre-files.md`. Short tokens (drum grids, bass steps, chord
degrees, oscillator strings) stay strings here and are parsed where they are played; `load` checks that they parse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Swing:
    """`percent` = position of the second of two `unit` notes (50 straight, 66.7 triplet) at `pivot_bpm`.

    Where swing follows the tempo it changes by `percent_per_bpm` for every bpm above the pivot, inside `range`.
    """

    unit: int
    percent: float
    range: Range
    pivot_bpm: float = 0.0
    percent_per_bpm: float = 0.0


@dataclass(frozen=True, slots=True)
class Tonal:
    modes: Mapping[str, float]
    keys: tuple[str, ...]
    detune_cents: Range


@dataclass(frozen=True, slots=True)
class Voicing:
    """`low`/`high` and `top` are MIDI numbers, `move` semitones per voice, `strum_ms` low-to-high spread."""

    low: int
    high: int
    voices: int
    style: str
    top: tuple[int, int]
    move: float
    strum_ms: Range


@dataclass(frozen=True, slots=True)
class Harmony:
    progressions: tuple[str, ...]
    voicing: Voicing
    parallel_exempt: bool
    bars_per_chord: float


@dataclass(frozen=True, slots=True)
class Layer:
    """One voice (patch or drum voice) on one mix stem."""

    voice: str
    stem: str


@dataclass(frozen=True, slots=True)
class DrumPattern:
    """Grid rows by row letter; `resolution` is "16" or "8t"; `energy` is where the pattern belongs."""

    rows: Mapping[str, str]
    resolution: str
    energy: Range


@dataclass(frozen=True, slots=True)
class Ghosts:
    """Ghost notes of one row: candidate steps, velocity range, chance per step, most per bar."""

    row: str
    steps: tuple[int, ...]
    velocity: tuple[int, int]
    chance: float
    most: int


@dataclass(frozen=True, slots=True)
class Drums:
    patterns: Mapping[str, DrumPattern]
    fills: Mapping[str, DrumPattern]
    timing: Mapping[str, tuple[float, float]]
    ghosts: tuple[Ghosts, ...]
    pieces: Mapping[str, str]
    humanised: bool


@dataclass(frozen=True, slots=True)
class Duck:
    """Sidechain: `key` k, s, ks or "" for none; depth in dB; release in ms."""

    key: str
    depth_db: float
    release_ms: float


@dataclass(frozen=True, slots=True)
class Bass:
    """`lfo_beats` are periods of per-note modulation in beats, by the name of their sequence."""

    range: tuple[int, int]
    patterns: Mapping[str, str]
    duck: Duck
    lfo_beats: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Arp:
    """`indices` as in "0 1 2 +0"; `rate` in beats per note, or 0 for 60 Hz ticks; `gate` 0..1; `accents` a grid."""

    indices: str
    rate: float
    gate: float
    accents: str


@dataclass(frozen=True, slots=True)
class Comping:
    patterns: tuple[str, ...]
    register: tuple[int, int]
    arp: Arp | None


@dataclass(frozen=True, slots=True)
class Melody:
    """`notes_per_bar` low..high; `rests` share of time silent; degree weights for the seven mode degrees;
    `intervals` shares of repeat, step, third, fourth/fifth, larger; `lag_ms` mean and sigma behind the beat;
    `ends` the scale degrees a closed phrase may end on; `echo_steps` > 0: the second voice repeats the lead that many
    16ths later instead of playing its own line."""

    range: tuple[int, int]
    notes_per_bar: Range
    rests: float
    degrees_strong: tuple[float, ...]
    degrees_weak: tuple[float, ...]
    operations: Mapping[str, float]
    intervals: tuple[float, float, float, float, float]
    bars_per_phrase: int
    lag_ms: Range
    ends: tuple[int, ...]
    echo_steps: int = 0


@dataclass(frozen=True, slots=True)
class FormSection:
    """A row of a form. `automation` and `transition` are token strings (see `docs/genre-files.md`)."""

    name: str
    bars: int
    energy: Range
    parts: tuple[str, ...]
    automation: tuple[str, ...]
    transition: tuple[str, ...]
    pattern: str
    loop: str
    note: str


@dataclass(frozen=True, slots=True)
class Form:
    """`bpm` 0 leaves the tempo to the genre; `swing_percent` 0 the swing."""

    sections: tuple[FormSection, ...]
    bpm: float
    beats_per_bar: int
    swing_percent: float = 0.0

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)


@dataclass(frozen=True, slots=True)
class Bell:
    """One EQ band: `shape` bell, low_shelf or high_shelf."""

    gain_db: float
    hz: float
    shape: str


@dataclass(frozen=True, slots=True)
class Compression:
    ratio: float
    attack_ms: float
    release_ms: float
    reduction_db: float


@dataclass(frozen=True, slots=True)
class Send:
    """A send to a shared effect preset (ROOM, PLATE, HALL, D8D, DUB ...) in dB relative to the dry part."""

    preset: str
    level_db: float


@dataclass(frozen=True, slots=True)
class StemMix:
    """`lu` = short-term loudness of the stem after effects, relative to the full mix in a full-energy section.

    `pan` -100..100; `width` 0..1.5; corner frequencies in Hz with 12 dB/oct, or 24 where the `_24` flag is set.
    """

    lu: float
    pan: float
    width: float
    highpass_hz: float
    lowpass_hz: float
    lowpass_24: bool
    eq: tuple[Bell, ...]
    compression: Compression | None
    reverb: Send | None
    delay: Send | None
    duck: Duck


@dataclass(frozen=True, slots=True)
class Bus:
    """What happens to the whole mix: `tape` 0..1, glue compression, `soft_clip_db`, `saturation_db`, low-pass, tilt."""

    tape: float
    glue: Compression | None
    saturation_db: float
    soft_clip_db: float
    drum_clip_db: float
    lowpass_hz: float
    tilt_db: float


@dataclass(frozen=True, slots=True)
class Target:
    """What the master must measure: LUFS, dBTP, PLR and LRA ranges, octave balance 31 Hz..16 kHz, side/mid dB."""

    lufs: float
    true_peak: float
    plr: Range
    lra: Range
    balance: tuple[float, ...]
    side_mid: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Genre:
    """A whole genre. `patches` and `kit` are raw mappings in the grammar of `genres.patch` and `genres.kit`.

    `cast` maps a part code to alternatives, each a tuple of layers that sound together; `identity` holds the hard
    constraints that the critic checks; `notes` is prose for people. `version` is a hash of the file.
    """

    name: str
    title: str
    synonyms: tuple[str, ...]
    markers: str
    version: str
    bpm: Range
    bpm_default: float
    beats_per_bar: int
    swing: Swing
    energy: Range
    moods: tuple[str, ...]
    club: bool
    tonal: Tonal
    harmony: Harmony
    cast: Mapping[str, tuple[tuple[Layer, ...], ...]]
    drums: Drums
    bass: Bass
    chords: Comping
    melody: Melody
    forms: Mapping[str, Form]
    patches: Mapping[str, Mapping[str, Any]]
    kit: Mapping[str, Mapping[str, Any]]
    mix: Mapping[str, StemMix]
    bus: Bus
    target: Target
    identity: Mapping[str, Any]
    notes: Mapping[str, Any]
