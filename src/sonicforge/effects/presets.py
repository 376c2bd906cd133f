"""The shared effects that genre files call by name, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReverbPreset:
    """`treble` is the decay time at 6 kHz as a share of `t60_s`; `lines_ms` the shortest and longest delay line.

    `early_db` is the energy of the early reflections against the tail (-60 for none), `early_ms` when the last of them
    arrives; `turn` (radians) and `turn_hz` how far and how fast the matrix sways; `shimmer_db` the level of the octave
    that is fed back (None for none); `hold_ms` > 0 marks a gated room.
    """

    t60_s: float
    predelay_ms: float
    highpass_hz: float
    lowpass_hz: float
    lines: int
    lines_ms: tuple[float, float]
    treble: float
    early_db: float = -60.0
    early_ms: float = 40.0
    width: float = 1.0
    turn: float = 0.25
    turn_hz: float = 0.5
    shimmer_db: float | None = None
    hold_ms: float = 0.0
    release_ms: float = 0.0


REVERBS: dict[str, ReverbPreset] = {
    "ROOM": ReverbPreset(
        0.45, 6, 180, 7500, 8, (9.0, 31.0), 0.75, early_db=0.0, early_ms=24, width=0.7, turn=0.5, turn_hz=1.0
    ),
    "DRUMROOM": ReverbPreset(0.8, 9, 160, 9000, 8, (9.0, 31.0), 0.75, early_db=4.0, early_ms=32),
    "GATED": ReverbPreset(
        1.4, 6, 160, 9000, 16, (9.0, 41.0), 0.85, early_db=0.0, early_ms=32, hold_ms=180, release_ms=40
    ),
    "PLATE": ReverbPreset(1.7, 18, 280, 9000, 16, (13.0, 47.0), 0.7, turn=0.35, turn_hz=0.4),
    "CHAMB": ReverbPreset(1.2, 14, 220, 6000, 8, (17.0, 43.0), 0.55, early_db=-4.0, early_ms=40),
    "HALL": ReverbPreset(
        2.8, 28, 240, 6500, 16, (29.0, 79.0), 0.5, early_db=-8.0, early_ms=70, turn=0.35, turn_hz=0.25
    ),
    "BIGHALL": ReverbPreset(4.8, 40, 260, 5500, 16, (37.0, 97.0), 0.42, early_db=-10.0, early_ms=90, turn_hz=0.3),
    "SPACE": ReverbPreset(9.0, 60, 200, 4500, 16, (43.0, 113.0), 0.38, turn=0.4, turn_hz=0.2, shimmer_db=-14.0),
}


@dataclass(frozen=True, slots=True)
class DelayPreset:
    """Echo times of left and right in beats, or in ms where `times_ms` is set. `cross` 1 swaps sides at every repeat.

    `drive_db` saturates inside the loop, `wow_cents` sways the pitch at `wow_hz`, `duck_db` is how far the echoes step
    back while their source plays, `spread_ms` sets the sides apart.
    """

    beats: tuple[float, float]
    feedback: float
    lowpass_hz: float
    highpass_hz: float = 150.0
    times_ms: tuple[float, float] | None = None
    cross: float = 1.0
    drive_db: float = 0.0
    wow_hz: float = 0.3
    wow_cents: float = 0.0
    duck_db: float = 4.0
    spread_ms: float = 0.0


DELAYS: dict[str, DelayPreset] = {
    "D8D": DelayPreset((0.75, 0.5), 0.38, 4200, 300, wow_cents=4.0),
    "D4": DelayPreset((1.0, 0.75), 0.45, 3500, 350),
    "DUB": DelayPreset((0.75, 0.75), 0.62, 2200, 250, cross=0.0, drive_db=4.0, wow_cents=3.0, spread_ms=14.0),
    "SLAP": DelayPreset((0.0, 0.0), 0.1, 5000, 150, times_ms=(95.0, 102.0), cross=0.0, duck_db=0.0),
}


@dataclass(frozen=True, slots=True)
class ChorusPreset:
    """See `effects.chorus.Chorus`."""

    rates_hz: tuple[float, ...]
    depth_ms: float
    bases_ms: tuple[float, float] = (9.0, 11.0)
    lowpass_hz: float = 20_000.0


CHORUSES: dict[str, ChorusPreset] = {
    "CHOR": ChorusPreset((0.45,), 3.0),
    "JCHOR": ChorusPreset((0.5, 0.83), 4.0, lowpass_hz=9_000.0),
}
