"""Drum voices: the typed form of one entry of a genre file's `kit`.

Every layer that is present is added: body, click, noise bands, damped sines, metal squares, clap bursts, FM metal,
shift-register noise. The grammar and the meaning of each key stand in `docs/genre-files.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sonicforge.genres.place import Place

Post = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Body:
    """A tone whose pitch falls from `start_hz` to `end_hz`; `hold_ms` and `tau_ms` are its loudness.

    Wave "sine" falls exponentially with `fall_ms` as time constant, "triangle" is linear in period over `fall_ms`.
    `zap_hz` is an extra fall on top with its own time constant.
    """

    start_hz: float
    end_hz: float
    fall_ms: float
    hold_ms: float
    tau_ms: float
    zap_hz: float = 0.0
    zap_ms: float = 1.0
    wave: str = "sine"


@dataclass(frozen=True, slots=True)
class Click:
    """A burst of white noise through a band-pass ("bp") or high-pass ("hp")."""

    shape: str
    hz: float
    tau_ms: float
    level_db: float


@dataclass(frozen=True, slots=True)
class NoiseBand:
    low_hz: float
    high_hz: float
    tau_ms: float
    level_db: float


@dataclass(frozen=True, slots=True)
class Mode:
    """A damped sine."""

    hz: float
    tau_ms: float
    level_db: float


@dataclass(frozen=True, slots=True)
class ModeCloud:
    """`count` damped sines spread evenly in log frequency; their decay falls from the longer to the shorter tau."""

    count: int
    low_hz: float
    high_hz: float
    level_db: float
    tau_ms: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Metal:
    """Six squares at the 808's ratios times `multiplier`."""

    multiplier: float
    level_db: float


@dataclass(frozen=True, slots=True)
class Clap:
    bursts: int
    gap_ms: float
    low_hz: float
    high_hz: float
    burst_tau_ms: float
    tail_tau_ms: float


@dataclass(frozen=True, slots=True)
class FmMetal:
    """A sine at a base pitch between `base_hz`, modulated by (ratio, index, decay ms, velocity share) rows."""

    ratio: float
    level: float
    modulators: tuple[tuple[float, float, float, float], ...]
    base_hz: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ShiftNoise:
    """Linear-feedback shift register of 15 or 7 bits; `dividers` of 1.79 MHz and `volumes` 0..15 per 60 Hz tick."""

    bits: int
    dividers: tuple[float, ...]
    volumes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BrushBed:
    """Pink noise between `low_hz` and `high_hz` that swells once per beat."""

    low_hz: float
    high_hz: float
    level_db: float


@dataclass(frozen=True, slots=True)
class Rumble:
    """The voice `source` through a mono reverb, low-pass and drive, ducked by its own hits."""

    source: str
    t60_s: float
    lowpass_hz: float
    drive_db: float
    duck_db: float
    release_ms: float


@dataclass(frozen=True, slots=True)
class Finish:
    """What follows the sum of the layers; 0 switches a stage off, `bits` 0 keeps full resolution."""

    drive_db: float = 0.0
    highpass_hz: float = 0.0
    lowpass_hz: float = 0.0
    bits: int = 0
    level_db: float = 0.0
    delay_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Follower:
    """A layered kit: plays `voice` with its own finish wherever the grid row has a hit; `tau_ms` 0 keeps its decay."""

    voice: str
    finish: Finish
    tau_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class DrumVoice:
    """One drum voice. `tau_ms` 0 = decay given by the layers; `open_tau_ms` 0 = no open variant.

    `variants` are tunings in semitones dealt out per hit; `tune` are semitones above a tonic near the body's end pitch.
    """

    name: str
    body: Body | None = None
    click: Click | None = None
    noise: tuple[NoiseBand, ...] = ()
    modes: tuple[Mode, ...] = ()
    cloud: ModeCloud | None = None
    bend_semitones: float = 0.0
    bend_ms: float = 1.0
    metal: Metal | None = None
    clap: Clap | None = None
    fm: FmMetal | None = None
    shift_noise: ShiftNoise | None = None
    brush: BrushBed | None = None
    rumble: Rumble | None = None
    layers: Mapping[str, Follower] = field(default_factory=dict)
    hold_ms: float = 0.0
    tau_ms: float = 0.0
    attack_ms: float = 0.0
    open_tau_ms: float = 0.0
    variants: tuple[float, ...] = ()
    tune: tuple[float, ...] = ()
    finish: Finish = Finish()

    @property
    def is_hat(self) -> bool:
        """Noise or metal with an open variant: what a stick does to two cymbals."""
        return self.open_tau_ms > 0 and self.body is None and not self.modes

    @property
    def is_cymbal(self) -> bool:
        """Metal that rings: gets the lower band of the metal machine as well."""
        return self.metal is not None and self.open_tau_ms == 0 and self.ring_ms >= 150

    @property
    def ring_ms(self) -> float:
        """Time constant of layers that have none of their own."""
        return self.tau_ms or max((band.tau_ms for band in self.noise), default=40.0)


HERTZ = (5.0, 22_000.0)
TAU = (0.5, 20_000.0)
DECIBEL = (-90.0, 24.0)

_WORDS = (
    "f zap amp clk nz ton bend modes met n gap lo hi bt tail fm base_hz tau attack_ms open_tau lfsr osc brush layers"
)
KEYS = frozenset([*_WORDS.split(), "rumble", "variants", "tune", "post"])
POST_KEYS = frozenset(["drv", "lp", "hp", "bit", "dB", "delay_ms"])


def parse_voice(name: str, mapping: Mapping[str, Any]) -> DrumVoice:
    """The voice `name` of a kit. Raises ValueError(key, problem) naming the key, the value and the range it missed."""
    if not isinstance(mapping, Mapping):
        raise ValueError(name, f"is {mapping!r}, but must be a mapping")
    for key in mapping:
        if key not in KEYS:
            raise ValueError(f"{name}.{key}", f"is not a key of a drum voice; known: {', '.join(sorted(KEYS))}")
    at = Place(name, mapping)
    hold, tau = at.row("amp", ((0.0, 5000.0), TAU)) if "amp" in mapping else (0.0, 0.0)
    bend, bend_ms = at.row("bend", ((-48.0, 48.0), TAU)) if "bend" in mapping else (0.0, 1.0)
    voice = DrumVoice(
        name=name,
        body=_body(at, hold, tau),
        click=_click(at),
        noise=tuple(NoiseBand(*row) for row in at.rows("nz", (HERTZ, HERTZ, TAU, DECIBEL))),
        modes=tuple(Mode(*row) for row in at.rows("ton", (HERTZ, TAU, DECIBEL))),
        cloud=_cloud(at),
        bend_semitones=bend,
        bend_ms=bend_ms,
        metal=Metal(*at.row("met", ((0.2, 5.0), DECIBEL))) if "met" in mapping else None,
        clap=_clap(at),
        fm=_fm(at),
        shift_noise=_shift_noise(at),
        brush=_brush(at),
        rumble=_rumble(at),
        layers=_layers(at),
        hold_ms=hold,
        tau_ms=at.number("tau", TAU) if "tau" in mapping else tau,
        attack_ms=at.number("attack_ms", (0.0, 10_000.0)) if "attack_ms" in mapping else 0.0,
        open_tau_ms=at.number("open_tau", TAU) if "open_tau" in mapping else 0.0,
        variants=at.numbers("variants", (-36.0, 36.0), least=1) if "variants" in mapping else (),
        tune=at.numbers("tune", (-24.0, 36.0), least=1) if "tune" in mapping else (),
        finish=_finish(at.child("post")) if "post" in mapping else Finish(),
    )
    for band in voice.noise:
        if band.high_hz <= band.low_hz:
            raise ValueError(f"{name}.nz", f"ends at {band.high_hz:g} Hz, but must end above {band.low_hz:g} Hz")
    if not _sounds(voice):
        raise ValueError(
            name, "has no source; give it at least one of f osc clk nz ton modes met n fm lfsr brush layers"
        )
    return voice


def _sounds(voice: DrumVoice) -> bool:
    sources = (voice.body, voice.click, voice.noise, voice.modes, voice.cloud, voice.metal, voice.clap, voice.fm)
    return any(sources) or any((voice.shift_noise, voice.brush, voice.rumble, voice.layers))


def _body(at: Place, hold: float, tau: float) -> Body | None:
    if "osc" in at.mapping:
        return _chip_body(at.child("osc"), hold, tau or 15.0)
    if "f" not in at.mapping:
        return None
    if "amp" not in at.mapping:
        raise at.fail("amp", "is missing; a body needs [hold ms, tau ms]")
    zap, zap_ms = at.row("zap", ((0.0, 20_000.0), (0.2, 1000.0))) if "zap" in at.mapping else (0.0, 1.0)
    start, end, fall = at.row("f", (HERTZ, HERTZ, TAU))
    return Body(start, end, fall, hold, tau, zap, zap_ms)


def _chip_body(at: Place, hold: float, tau: float) -> Body:
    if at.mapping.get("wave") not in ("triangle", "sine"):
        raise at.fail("wave", f"is {at.mapping.get('wave')!r}, but must be triangle or sine")
    start, end = at.row("hz", (HERTZ, HERTZ))
    fall = at.number("ticks", (1.0, 600.0)) * 1000.0 / 60.0
    return Body(start, end, fall, hold, tau, wave=str(at.mapping["wave"]))


def _click(at: Place) -> Click | None:
    row = at.mapping.get("clk")
    if row is None:
        return None
    if not isinstance(row, Sequence) or len(row) != 4 or row[0] not in ("bp", "hp"):
        raise at.fail("clk", f"is {row!r}, but must be [bp or hp, Hz, tau ms, dB]")
    hz, tau, level = Place(at.path, {"clk": row[1:]}).row("clk", (HERTZ, (0.2, 1000.0), DECIBEL))
    return Click(row[0], hz, tau, level)


def _cloud(at: Place) -> ModeCloud | None:
    if "modes" not in at.mapping:
        return None
    modes = at.child("modes")
    low, high = modes.number("low", HERTZ), modes.number("high", HERTZ)
    tau = modes.row("tau", (TAU, TAU))
    return ModeCloud(int(modes.number("count", (1, 256))), low, high, modes.number("dB", DECIBEL), (tau[0], tau[1]))


def _clap(at: Place) -> Clap | None:
    if "n" not in at.mapping:
        return None
    return Clap(
        bursts=int(at.number("n", (1, 12))),
        gap_ms=at.number("gap", (2.0, 100.0)),
        low_hz=at.number("lo", HERTZ),
        high_hz=at.number("hi", HERTZ),
        burst_tau_ms=at.number("bt", TAU),
        tail_tau_ms=at.number("tail", TAU),
    )


def _fm(at: Place) -> FmMetal | None:
    if "fm" not in at.mapping:
        return None
    fm = at.child("fm")
    ratio, level = fm.row("car", ((0.05, 40.0), (0.0, 4.0)))
    rows = fm.rows("mod", ((0.05, 40.0), (0.0, 40.0), TAU, (0.0, 1.0)))
    if "tau" not in at.mapping:
        raise at.fail("tau", "is missing; a metallic hit needs its decay in ms")
    low, high = at.row("base_hz", (HERTZ, HERTZ))
    return FmMetal(ratio, level, tuple((row[0], row[1], row[2], row[3]) for row in rows), (low, high))


def _shift_noise(at: Place) -> ShiftNoise | None:
    if "lfsr" not in at.mapping:
        return None
    lfsr = at.child("lfsr")
    bits = lfsr.number("bits", (7, 15), 15)
    if bits not in (7, 15):
        raise lfsr.fail("bits", f"is {bits:g}, but must be 15 (noise) or 7 (short, pitched)")
    volumes = lfsr.numbers("volumes", (0.0, 15.0), least=1) if "volumes" in lfsr.mapping else ()
    return ShiftNoise(int(bits), lfsr.numbers("clock_divider", (1.0, 8192.0), least=1), volumes)


def _brush(at: Place) -> BrushBed | None:
    if "brush" not in at.mapping:
        return None
    brush = at.child("brush")
    return BrushBed(brush.number("low", HERTZ), brush.number("high", HERTZ), brush.number("dB", DECIBEL))


def _rumble(at: Place) -> Rumble | None:
    if "rumble" not in at.mapping:
        return None
    rumble = at.child("rumble")
    return Rumble(
        source=str(rumble.mapping.get("voice", "kick")),
        t60_s=rumble.number("t60_s", (0.1, 10.0), 1.1),
        lowpass_hz=rumble.number("lp", (40.0, 400.0), 110.0),
        drive_db=rumble.number("drv", (0.0, 30.0), 8.0),
        duck_db=rumble.number("duck_db", (0.0, 40.0), 14.0),
        release_ms=rumble.number("release_ms", (5.0, 2000.0), 90.0),
    )


def _layers(at: Place) -> Mapping[str, Follower]:
    if "layers" not in at.mapping:
        return {}
    layers = at.child("layers")
    followers = {}
    for row in layers.mapping:
        one = layers.child(row)
        if not isinstance(one.mapping.get("voice"), str):
            raise one.fail("voice", f"is {one.mapping.get('voice')!r}, but must name a voice of the kit")
        finish = _finish(one.child("post")) if "post" in one.mapping else Finish()
        followers[row] = Follower(one.mapping["voice"], finish, one.number("tau", TAU, 0.0))
    return followers


def _finish(post: Place) -> Finish:
    for key in post.mapping:
        if key not in POST_KEYS:
            raise post.fail(key, f"is not known here; known: {', '.join(sorted(POST_KEYS))}")
    read: Callable[[str, tuple[float, float]], float] = lambda key, span: post.number(key, span, 0.0)  # noqa: E731
    return Finish(
        drive_db=read("drv", (0.0, 36.0)),
        highpass_hz=read("hp", (0.0, 20_000.0)),
        lowpass_hz=read("lp", (0.0, 24_000.0)),
        bits=int(read("bit", (0.0, 24.0))),
        level_db=read("dB", (-60.0, 24.0)),
        delay_ms=read("delay_ms", (0.0, 200.0)),
    )
