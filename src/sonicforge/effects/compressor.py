"""Compressor: level in dB -> soft knee -> smoothed gain reduction -> gain.

Feed-forward in the log domain with smoothing of the reduction, after Giannoulis, Massberg and Reiss, "Digital
dynamic range compressor design", JAES 60 (2012). Level and reduction live on a grid of 32 samples (0.67 ms);
the gain is joined linearly in between, so it never steps.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.biquad import highpass
from sonicforge.effects.equaliser import Equaliser
from sonicforge.effects.grid import HOP, LookAhead, link
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.errors import UnknownName
from sonicforge.sound.audio import SAMPLE_RATE, Samples

DETECTORS = ("peak", "rms")
BATCH = 64
PHASE, FAST, SLOW, BEFORE, AFTER, MEAN, SLOT, OLDER, YOUNGER, MAKEUP, MIX = range(11)
HOLD_MS = 4.0
RMS_MS = 20.0
GLIDE_MS = 8.0


class Compressor:
    """Channels are linked: the loudest one (peak) or their mean power (rms) sets the gain of all.

    `ratio` >= 1, `knee_db` full width of the knee, `release_ms` 0 = programme dependent (80 ms after short peaks,
    600 ms after long loud stretches). The peak detector holds for 4 to 8 ms so that a bass note does not modulate its
    own gain. `look_ahead_ms` delays the sound by that much (`latency`). No more than `most_db` is taken away; `mix`
    below 1 leaves some of the untouched sound in (parallel compression). The detector does not hear what lies below
    `key_highpass_hz`, or hears another sound altogether: the `key` of `process` (side chain).
    """

    def __init__(
        self,
        *,
        threshold_db: float,
        ratio: float = 2.0,
        attack_ms: float = 10.0,
        release_ms: float = 120.0,
        knee_db: float = 6.0,
        makeup_db: float = 0.0,
        detector: str = "peak",
        look_ahead_ms: float = 0.0,
        most_db: float = math.inf,
        mix: float = 1.0,
        key_highpass_hz: float = 0.0,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        if detector not in DETECTORS:
            raise UnknownName("detector", detector, DETECTORS)
        self.latency = round(look_ahead_ms * sample_rate / 1000)
        self._ahead = LookAhead(self.latency)
        self._ear = Equaliser([highpass(key_highpass_hz, sample_rate=sample_rate)]) if key_highpass_hz > 0 else None
        self._rms = detector == "rms"
        self._rate = sample_rate
        self._settings = {
            "threshold_db": threshold_db,
            "ratio": ratio,
            "attack_ms": attack_ms,
            "release_ms": release_ms,
            "knee_db": knee_db,
            "makeup_db": makeup_db,
            "most_db": most_db,
            "mix": mix,
        }
        self._numbers = _numbers(**self._settings, sample_rate=sample_rate)
        self.reset()

    def move(self, **settings: float) -> None:
        """Set some of the numbers while sound runs; the gain follows smoothly, make-up and mix within 30 ms.

        Detector, look-ahead and high-pass stay. Raises `UnknownName`.
        """
        for name in settings:
            if name not in self._settings:
                raise UnknownName("movable setting of a compressor", name, self._settings)
        self._settings |= settings
        self._numbers = _numbers(**self._settings, sample_rate=self._rate)

    def reset(self) -> None:
        makeup, mix = float(self._numbers[7]), float(self._numbers[12])
        self._state = np.zeros(11)
        self._state[MAKEUP], self._state[MIX] = makeup, mix
        self._hop = np.zeros(HOP, np.float32)
        self._state[BEFORE] = self._state[AFTER] = 1.0 - mix + mix * makeup
        self._ahead.reset()
        if self._ear is not None:
            self._ear.reset()

    @property
    def reduction_db(self) -> float:
        """Gain reduction at this moment, >= 0."""
        return float(max(self._state[FAST], self._state[SLOW]))

    def process(self, block: Samples, key: Samples | None = None) -> Samples:
        """Compress `block` by its own level, or by that of `key` (same number of samples)."""
        out = self._ahead.process(block)
        heard = np.ascontiguousarray(block if key is None else key)
        if self._ear is not None:
            heard = self._ear.process(heard)
        self._compress(out, 0, out.shape[1], heard)
        return out

    def run(self, x: Samples, start: int, stop: int, key: Samples | None = None) -> None:
        """Compress x[:, start:stop] in place, without the look-ahead delay and without the detector's high-pass."""
        self._compress(x, start, stop, x if key is None else key)

    def _compress(self, x: Samples, start: int, stop: int, key: Samples) -> None:
        _compress(x, key, start, stop, self._numbers, self._state, self._hop, self._rms)


def static_gain_db(level_db: float, *, threshold_db: float, ratio: float, knee_db: float = 6.0) -> float:
    """The compressor's static curve: gain (<= 0) for a steady level."""
    return -float(_reduction(level_db - threshold_db, 1.0 - 1.0 / ratio, max(knee_db, 1e-6)))


def _numbers(
    *,
    threshold_db: float,
    ratio: float,
    attack_ms: float,
    release_ms: float,
    knee_db: float,
    makeup_db: float,
    most_db: float,
    mix: float,
    sample_rate: int,
) -> NDArray[np.float64]:
    """What the kernel wants to know."""
    auto = release_ms <= 0
    return np.array(
        [
            threshold_db,
            1.0 - 1.0 / max(ratio, 1.0),
            max(knee_db, 1e-6),
            _step(attack_ms, sample_rate),
            _step(80.0 if auto else release_ms, sample_rate),
            _step(600.0, sample_rate) if auto else 1.0,
            _step(250.0, sample_rate) if auto else 0.0,
            10 ** (makeup_db / 20),
            _step(RMS_MS, sample_rate),
            10 ** ((threshold_db - knee_db / 2) / 20),
            max(round(HOLD_MS * sample_rate / 1000 / HOP), 1),
            min(max(most_db, 0.0), 1e3),
            mix,
            _step(GLIDE_MS, sample_rate),
        ]
    )


def _step(ms: float, sample_rate: int) -> float:
    """Share of the way gone per hop by a one-pole of that time constant."""
    return 1.0 - math.exp(-HOP / max(ms * sample_rate / 1000, 1e-3))


@njit(cache=True, nogil=True, fastmath=True)
def _reduction(over, slope, knee):  # type: ignore[no-untyped-def]
    if over <= -knee / 2:
        return 0.0
    if over < knee / 2:
        return slope * (over + knee / 2) ** 2 / (2 * knee)
    return slope * over


@njit(cache=True, nogil=True, fastmath=True)
def _compress(x, key, start, stop, numbers, state, hop, rms):  # type: ignore[no-untyped-def]
    gains = np.empty(BATCH + 1, np.float32)
    heard = np.empty(BATCH, np.float32)
    i = start
    while i < stop:
        phase = int(state[PHASE])
        hops = min((stop - i) // HOP, BATCH) if phase == 0 else 0
        if hops == 0:
            count = min(HOP - phase, stop - i)
            _hear(key, i, hop[phase : phase + count], rms)
            _apply(x, i, count, phase, np.float32(state[BEFORE]), np.float32(state[AFTER]))
            i += count
            state[PHASE] = phase + count
            if phase + count == HOP:
                state[PHASE] = 0.0
                _advance(_height(hop, rms), numbers, state, rms)
            continue
        for k in range(hops):
            _hear(key, i + k * HOP, hop, rms)
            heard[k] = _height(hop, rms)
        for k in range(hops):
            gains[k], gains[k + 1] = state[BEFORE], state[AFTER]
            _advance(heard[k], numbers, state, rms)
        for k in range(hops):
            if gains[k] != np.float32(1.0) or gains[k + 1] != np.float32(1.0):
                _apply(x, i + k * HOP, HOP, 0, gains[k], gains[k + 1])
        i += hops * HOP


@njit(cache=True, nogil=True, fastmath=True)
def _hear(key, first, into, rms):  # type: ignore[no-untyped-def]
    # Power or magnitude of the linked channels.
    if key.shape[0] > 2:
        link(key, first, key.shape[0], rms, into)
        if rms:
            into *= np.float32(1.0 / key.shape[0])
        return
    one = key[0, first : first + into.size]
    other = key[key.shape[0] - 1, first : first + into.size]
    if rms:
        for j in range(into.size):
            into[j] = np.float32(0.5) * (one[j] * one[j] + other[j] * other[j])
    else:
        for j in range(into.size):
            a, b = abs(one[j]), abs(other[j])
            into[j] = a if a > b else b  # noqa: FURB136


@njit(cache=True, nogil=True, fastmath=True)
def _height(hop, rms):  # type: ignore[no-untyped-def]
    height = np.float32(0.0)
    if rms:
        for j in range(HOP):
            height += hop[j]
        return height
    for j in range(HOP):
        if hop[j] > height:
            height = hop[j]
    return height


@njit(cache=True, nogil=True, fastmath=True)
def _apply(x, first, count, phase, before, after):  # type: ignore[no-untyped-def]
    d = (after - before) * np.float32(1.0 / HOP)
    for channel in range(x.shape[0]):
        part = x[channel, first : first + count]
        for j in range(part.size):
            part[j] *= before + d * np.float32(phase + j)


@njit(cache=True, nogil=True, fastmath=True)
def _glided(now, wanted, glide):  # type: ignore[no-untyped-def]
    now += glide * (wanted - now)
    return now if abs(wanted - now) > 1e-5 else wanted


@njit(cache=True, nogil=True, fastmath=True)
def _advance(heard, numbers, state, rms):  # type: ignore[no-untyped-def]
    threshold, slope, knee, attack, release, slow_release, slow_attack = numbers[:7]
    makeup, mean_step, bottom, hold, most, mix, glide = numbers[7:]
    level = float(heard)
    if rms:
        mean = state[MEAN] + mean_step * (level / HOP - state[MEAN])
        state[MEAN] = mean if mean > 1e-30 else 0.0
        level = math.sqrt(mean)
    else:
        if state[SLOT] <= 0.0:
            state[SLOT], state[OLDER], state[YOUNGER] = hold, state[YOUNGER], 0.0
        state[SLOT] -= 1.0
        state[YOUNGER] = max(state[YOUNGER], level)
        level = max(state[YOUNGER], state[OLDER])
    wanted = min(_reduction(20.0 * math.log10(level) - threshold, slope, knee), most) if level > bottom else 0.0
    fast, slow = state[FAST], state[SLOW]
    fast += (attack if wanted > fast else release) * (wanted - fast)
    slow += (slow_attack if wanted > slow else slow_release) * (wanted - slow)
    reduction = max(fast, slow)
    state[BEFORE] = state[AFTER]
    if state[MAKEUP] != makeup or state[MIX] != mix:
        makeup, mix = _glided(state[MAKEUP], makeup, glide), _glided(state[MIX], mix, glide)
        state[MAKEUP], state[MIX] = makeup, mix
    if reduction > 1e-5:
        state[FAST], state[SLOW] = fast, slow
        state[AFTER] = 1.0 - mix + mix * makeup * math.exp(-0.11512925464970228 * reduction)
    else:
        state[FAST] = state[SLOW] = 0.0
        state[AFTER] = 1.0 - mix + mix * makeup


EFFECT = Effect(
    "compressor",
    "evens out loudness: what rises above the threshold is turned down by the ratio",
    Compressor,
    (
        Parameter("threshold_db", -60, 0, -18, "dBFS", "nearly everything is compressed", "only full scale"),
        Parameter("ratio", 1, 20, 2.5, ":1", "nothing happens", "a wall"),
        Parameter("attack_ms", 0.1, 200, 10, "ms", "transients are caught", "transients punch through"),
        Parameter("release_ms", 0, 2000, 120, "ms", "0 follows the programme", "slow, hardly audible recovery"),
        Parameter("knee_db", 0, 24, 6, "dB", "sets in abruptly", "sets in gradually"),
        Parameter("makeup_db", -12, 24, 0, "dB", "softer", "louder"),
        Choice("detector", DETECTORS, "peak"),
        Parameter("look_ahead_ms", 0, 20, 0, "ms", "answers after the fact", "ready before the peak arrives"),
        Parameter("most_db", 0, 60, 60, "dB", "nothing is taken away", "no bound"),
        Parameter("mix", 0, 1, 1, "", "untouched", "compressed only"),
        Parameter("key_highpass_hz", 0, 500, 0, "Hz", "the bass counts", "the bass does not make it pump"),
    ),
    source="Giannoulis, Massberg, Reiss, JAES 60 (2012)",
)
