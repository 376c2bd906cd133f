"""Tape machine: record level -> magnetisation -> playback losses -> wow and flutter -> dropouts -> hiss.

Three models of the magnetisation: "light" is a soft saturation with a one-pole treble loss (some 500 times real time
in stereo), "rk2" and "rk4" solve the hysteresis of the tape at twice and four times the rate and carry the losses in
an FIR.
"""

import numpy as np

from sonicforge.effects.biquad import bell, lowpass
from sonicforge.effects.dropouts import Dropouts
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.hiss import Hiss
from sonicforge.effects.hysteresis import SOLVERS, Hysteresis
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.effects.playback_loss import BUMP_Q, PlaybackLoss, loss_db
from sonicforge.effects.processor import Processor
from sonicforge.effects.saturation import Saturation, drive_for
from sonicforge.effects.wow_flutter import WowFlutter
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

MODELS = ("light", *SOLVERS)
BIAS = 0.06
BUMP_DB = 1.5
REFERENCE_IPS = 7.5
SPACING_UM, THICKNESS_UM, GAP_UM = 0.4, 1.2, 2.5
"""A worn home machine: 3 dB down at 10 kHz at 7.5 in/s, 5 kHz at 3.75."""
FADING_DB = 24.0
"""How much less level an amount of 0 puts on the tape."""
LIGHT_DB = -6.2
"""Drive at which the light curve puts 3 % of third harmonic on a full-scale tone, as the tape has at 0 dB."""


class Tape:
    """A tape machine. `amount` 0..1 scales everything that it does: 1 is the machine as set, 0.5 a light sheen.

    `drive_db` is the level on the tape (0: full scale has 3 % distortion); what it adds in level is taken back.
    `saturation` and `bias` are those of `Hysteresis` and do nothing in the light model. `wow_percent` and
    `flutter_percent` are weighted; both channels share one transport. `hiss_db` is the RMS of the hiss in dBFS at full
    amount (None or -120 for none) and `hiss_duck_db` how far it steps back under music. `mix` 0..1 blends with the
    sound that came in, delayed alike.
    """

    def __init__(
        self,
        *,
        amount: float = 1.0,
        model: str = "light",
        drive_db: float = 6.0,
        saturation: float = 0.3,
        bias: float = 0.8,
        speed_ips: float = REFERENCE_IPS,
        bump_hz: float = 90.0,
        wow_percent: float = 0.1,
        flutter_percent: float = 0.1,
        hiss_db: float | None = -62.0,
        hiss_duck_db: float = 0.0,
        dropouts: float = 0.0,
        chew: float = 0.0,
        mix: float = 1.0,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        if model not in MODELS:
            raise UnknownName("tape model", model, MODELS)
        parts: list[Processor] = []
        if model == "light":
            parts += [_light(drive_db, amount, sample_rate), _light_tone(speed_ips, bump_hz, amount, sample_rate)]
        else:
            quiet = drive_db - FADING_DB * (1 - amount)
            parts.append(
                Hysteresis(drive_db=quiet, saturation=saturation, bias=bias, solver=model, sample_rate=sample_rate)
            )
            parts.append(_losses(speed_ips, bump_hz, amount, sample_rate))
        parts.append(
            WowFlutter(
                wow_percent=wow_percent * amount,
                flutter_percent=flutter_percent * amount,
                quick=model == "light",
                seed=seed,
                sample_rate=sample_rate,
            )
        )
        if dropouts or chew:
            parts.append(Dropouts(amount=dropouts * amount, chew=chew * amount, seed=seed, sample_rate=sample_rate))
        if hiss_db is not None and hiss_db > -120:
            level = hiss_db - 12 * (1 - amount)
            bright = 0.0 if model == "light" else 3.0
            parts.append(
                Hiss(level_db=level, duck_db=hiss_duck_db, bright_db=bright, seed=seed, sample_rate=sample_rate)
            )
        self._parts = parts
        self._mix = np.float32(mix)
        self.latency = sum(part.latency for part in parts)
        self.reset()

    def reset(self) -> None:
        for part in self._parts:
            part.reset()
        self._past: Samples | None = None

    def process(self, block: Samples) -> Samples:
        out = block
        for part in self._parts:
            out = part.process(out)
        if self._mix < 1:
            out *= self._mix
            out += (1 - self._mix) * self._late(block)
        return out

    def _late(self, block: Samples) -> Samples:
        past = np.zeros((block.shape[0], self.latency), np.float32) if self._past is None else self._past
        both = np.concatenate([past, block], axis=1)
        self._past = both[:, block.shape[1] :].copy()
        return both[:, : block.shape[1]]


def drive_on_peaks(peak: float, reduction_db: float, *, amount: float = 1.0) -> float:
    """`drive_db` at which the light model at that amount lowers peaks of height `peak` by `reduction_db`."""
    return drive_for(peak, reduction_db) - LIGHT_DB + FADING_DB * (1 - amount)


def _light(drive_db: float, amount: float, sample_rate: int) -> Saturation:
    drive = drive_db + LIGHT_DB - FADING_DB * (1 - amount)
    return Saturation(drive_db=drive, bias=BIAS * amount, sample_rate=sample_rate)


def _light_tone(speed_ips: float, bump_hz: float, amount: float, sample_rate: int) -> Equaliser:
    corner = 20_000.0 ** (1 - amount) * _corner(speed_ips) ** amount
    bump = bell(bump_hz, BUMP_DB * amount, q=BUMP_Q, sample_rate=sample_rate)
    return Equaliser([bump, lowpass(corner, slope=6, sample_rate=sample_rate)])


def _corner(speed_ips: float) -> float:
    """Where the losses reach 3 dB."""
    hz = np.geomspace(200, 20_000, 400)
    lost = loss_db(hz, speed_ips=speed_ips, spacing_um=SPACING_UM, thickness_um=THICKNESS_UM, gap_um=GAP_UM)
    return float(hz[min(int(np.searchsorted(-lost, 3.0)), 399)])


def _losses(speed_ips: float, bump_hz: float, amount: float, sample_rate: int) -> PlaybackLoss:
    return PlaybackLoss(
        speed_ips=speed_ips,
        spacing_um=SPACING_UM * amount,
        thickness_um=THICKNESS_UM * amount,
        gap_um=max(GAP_UM * amount, 0.1),
        bump_hz=bump_hz,
        bump_db=BUMP_DB * amount,
        sample_rate=sample_rate,
    )


EFFECT = Effect(
    name="tape",
    summary="a tape machine, from sheen to wreck",
    make=Tape,
    parameters=(
        Parameter("amount", 0, 1, 1, "", "nothing", "the whole machine"),
        Choice("model", MODELS, "rk4"),
        Parameter("drive_db", -12, 24, 6, "dB", "clean", "crushed"),
        Parameter("saturation", 0, 1, 0.3, "", "rounds softly", "stops hard"),
        Parameter("bias", 0, 1, 0.8, "", "quiet sounds break up", "clean"),
        Parameter("speed_ips", 1.875, 30, 7.5, "in/s", "dull", "open"),
        Parameter("bump_hz", 20, 250, 90, "Hz", "deep", "boxy"),
        Parameter("wow_percent", 0, 5, 0.1, "% weighted", "steady", "seasick"),
        Parameter("flutter_percent", 0, 5, 0.1, "% weighted", "steady", "gargling"),
        Parameter("hiss_db", -120, -20, -62, "dBFS", "none", "a waterfall"),
        Parameter("hiss_duck_db", 0, 40, 6, "dB", "hiss is always there", "only in the pauses"),
        Parameter("dropouts", 0, 1, 0, "", "none", "worn out"),
        Parameter("chew", 0, 1, 0, "", "smooth tape", "creased tape"),
        Parameter("mix", 0, 1, 1, "", "dry", "all tape"),
    ),
    source="Jiles and Atherton 1986; Chowdhury, DAFx 2019; Wallace, BSTJ 30 (1951); IEC 60386",
    noisy=True,
)
