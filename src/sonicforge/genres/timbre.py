"""The typed form of a patch: what one entry of a genre file's `patches` says.

A patch has one or more sources (oscillators, FM, string, partials, piano, grains, texture), then drive, filter,
envelopes and insert effects. The grammar and the meaning of each key stand in `docs/genre-files.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WAVES = ("saw", "tri", "sqr", "sin", "pul", "nzw", "nzp", "spr")
FILTERS = ("lp12", "lp24", "lad24", "hp12", "bp12", "nt", "cmb", "fmt")
LFO_TARGETS = ("pitch", "cut", "amp", "pan", "pw", "notch")
VOWELS = ("ah", "ee", "eh", "oh", "oo", "ow")
BEDS = ("noise", "vinyl", "rain", "wind", "waves", "room_tone", "rumble")


@dataclass(frozen=True, slots=True)
class Oscillator:
    """`wave` is one of `WAVES` or "wt:name"; `width` the duty of a pulse, 0..1."""

    wave: str
    semitones: float
    cents: float
    level: float
    width: float = 0.5


@dataclass(frozen=True, slots=True)
class Unison:
    """Copies of every oscillator, the widest detune in cents and the stereo spread 0..1."""

    voices: int = 1
    cents: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Modulator:
    """Drives the carrier: peak `index` in radians, `velocity` 0..1 how far velocity moves it."""

    ratio: float
    index: float
    decay_ms: float
    velocity: float


@dataclass(frozen=True, slots=True)
class Fm:
    ratio: float
    level: float
    modulators: tuple[Modulator, ...]


@dataclass(frozen=True, slots=True)
class Resonance:
    hz: float
    q: float
    gain_db: float


@dataclass(frozen=True, slots=True)
class String:
    """Plucked string: time to fall 60 dB at C3, loop brightness 0..1, pluck position 0..1."""

    t60_ms: float
    bright: float
    pick: float


@dataclass(frozen=True, slots=True)
class Partial:
    ratio: float
    level_db: float
    t60_ms: float


@dataclass(frozen=True, slots=True)
class Piano:
    """`hammer_hz` is the spectral corner at velocity 100 and C4, `brightness_db` a shelf above 2 kHz."""

    felt: bool
    hammer_hz: float
    brightness_db: float


@dataclass(frozen=True, slots=True)
class Grains:
    """A cloud of grains of a frozen note of the patch `of`."""

    of: str
    buffer_s: float
    size_ms: tuple[float, float]
    per_s: float
    pitches: tuple[float, ...]
    jitter_ms: float


@dataclass(frozen=True, slots=True)
class Filter:
    """`env_oct` octaves at the top of the filter envelope, `tracking` 0..1 of the pitch around C4."""

    kind: str
    hz: float
    resonance: float
    env_oct: float
    tracking: float


@dataclass(frozen=True, slots=True)
class Envelope:
    attack_ms: float
    decay_ms: float
    sustain: float
    release_ms: float


@dataclass(frozen=True, slots=True)
class Lfo:
    """Rate in Hz, or a period in beats; both 0 = the note's own `lfo_beats`. Depth in cents, octaves or 0..1."""

    target: str
    hz: float
    beats: float
    depth: float
    delay_ms: float = 0.0
    ramp_ms: float = 0.0
    retrigger: bool = False
    step_hz: float = 0.0
    partials: bool = False

    @property
    def per_note(self) -> bool:
        """True when the phase starts anew with each note."""
        return self.retrigger or self.delay_ms > 0 or (self.hz == 0 and self.beats == 0)


@dataclass(frozen=True, slots=True)
class Vowels:
    """`path` of the formant filter; next vowel each `note`, or round the path in `hz`, `beats` or the note's `seq`."""

    path: tuple[str, ...]
    rate: str
    hz: float
    beats: float
    glide_ms: float


@dataclass(frozen=True, slots=True)
class Click:
    """Noise at the onset: mallet, finger. `kind` bp, hp or lp."""

    kind: str
    hz: float
    tau_ms: float
    level_db: float


@dataclass(frozen=True, slots=True)
class Steps:
    """Tables read at `hz`, the last entry holds. `volume` and `release` 0..15, `duty` 0..1, `levels` of the wave."""

    hz: float
    volume: tuple[int, ...]
    duty: tuple[float, ...]
    release: tuple[int, ...]
    levels: int


@dataclass(frozen=True, slots=True)
class Insert:
    """One effect of a chain: `kind` notch, drive, lowpass, highpass, upward or width and its numbers."""

    kind: str
    values: tuple[float, ...]
    rate: float = 0.0
    mix: float = 1.0


@dataclass(frozen=True, slots=True)
class Chorus:
    level_db: float
    rich: bool


@dataclass(frozen=True, slots=True)
class Post:
    """Last in line; 0 = off."""

    tape: bool = False
    bits: int = 0
    highpass_hz: float = 0.0
    lowpass_hz: float = 0.0
    drive_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Patch:
    name: str
    oscillators: tuple[Oscillator, ...] = ()
    unison: Unison = Unison()
    mix: float = 0.6
    fm: Fm | None = None
    string: String | None = None
    partials: tuple[Partial, ...] = ()
    piano: Piano | None = None
    grains: Grains | None = None
    texture: tuple[Mapping[str, Any], ...] = ()
    filter: Filter | None = None
    filter_envelope: Envelope | None = None
    amp_envelope: Envelope | None = None
    lfos: tuple[Lfo, ...] = ()
    glide_ms: float = 0.0
    drive_db: float = 0.0
    drive_after_db: float = 0.0
    highpass_hz: float = 0.0
    lowpass_hz: float = 0.0
    body: tuple[Resonance, ...] = ()
    vowels: Vowels | None = None
    click: Click | None = None
    steps: Steps | None = None
    chain: tuple[Insert, ...] = ()
    chorus: Chorus | None = None
    phaser_db: float | None = None
    post: Post = Post()

    def lfos_of(self, target: str) -> tuple[Lfo, ...]:
        return tuple(lfo for lfo in self.lfos if lfo.target == target)
