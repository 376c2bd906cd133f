"""Ears for streams: weighted power every 10 ms, peaks every 64 samples, excerpts; what one pass can find out."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf, log10
from typing import Self

import numpy as np

from sonicforge.effects.limiter_gain import GROUP, Steps, group_peaks
from sonicforge.master.level import COARSE, Sketch
from sonicforge.master.reference import Profile, ProfileListener
from sonicforge.sound.audio import Samples
from sonicforge.sound.k_weighting import PIECES_PER_SECOND, piece_edges, weigh
from sonicforge.sound.loudness import Curve, Loudness, summary, weighted_power
from sonicforge.sound.true_peak import Detector, chosen, highest_sample
from sonicforge.workshop.recording import BLOCK

EXCERPTS = 16
"""At most this many blocks are kept for rehearsing, at least half as many, spread evenly over the recording."""

_AROUND = 32
_STEP = GROUP * COARSE
_STRETCH_PIECES, _STRETCHES = 1024, 60
_QUIET = 0.1
_FULL = 0.98
_FLAT = 1e-4


class PowerEar:
    """K-weighted power in pieces of 10 ms, as `sound.loudness` reads it."""

    def __init__(self, channels: int, sample_rate: int) -> None:
        self._rate = sample_rate
        self._state = np.zeros((channels, 4))
        self._rest = np.zeros((channels, 0), np.float32)
        self._found: list[Curve] = []
        self._pieces = 0

    def hear(self, block: Samples) -> None:
        samples = np.concatenate([self._rest, block], axis=1)
        start = int(piece_edges(self._pieces, self._pieces, self._rate)[0])
        last = (start + samples.shape[1]) * PIECES_PER_SECOND // self._rate
        edges = piece_edges(self._pieces, last, self._rate) - start
        if len(edges) > 1:
            self._found.append(weighted_power(weigh(samples, self._rate, self._state, edges), edges))
            self._pieces = last
        self._rest = samples[:, int(edges[-1]) :].copy()

    def power(self) -> Curve:
        """Everything heard so far; what is shorter than a piece is one."""
        rest = self._rest
        if not self._found and rest.shape[1]:
            edges = np.array([0, rest.shape[1]], np.int64)
            return weighted_power(weigh(rest, self._rate, np.zeros_like(self._state), edges), edges)
        return np.concatenate(self._found) if self._found else np.zeros(0)


class PeakEar:
    """True peaks in steps of 64 samples; what stays 20 dB under the highest so far is read by its samples only."""

    def __init__(self, channels: int, detector: Detector = "display", *, only_highest: bool = False) -> None:
        self._filters = chosen(detector)
        self._share = 1.0 if only_highest else _QUIET
        self._waiting = np.zeros((channels, _AROUND), np.float32)
        self._found: list[Steps] = []
        self.highest = 0.0
        self.sample_peak = 0.0

    def hear(self, block: Samples) -> None:
        tallest = max((float(highest_sample(np.ascontiguousarray(row))) for row in block), default=0.0)
        self.sample_peak = max(self.sample_peak, tallest)
        self.highest = max(self.highest, tallest)
        self._waiting = np.concatenate([self._waiting, block], axis=1)
        self._measure((self._waiting.shape[1] - 2 * _AROUND) // _STEP)

    def close(self) -> None:
        """Hear the end, and the ringing after it."""
        last = self._waiting.shape[1] - _AROUND
        padding = -last % _STEP + _AROUND
        self._waiting = np.pad(self._waiting, ((0, 0), (0, padding)))
        self._measure((self._waiting.shape[1] - 2 * _AROUND) // _STEP)

    def peaks(self) -> Steps:
        return np.concatenate(self._found) if self._found else np.zeros(0, np.float32)

    def _measure(self, steps: int) -> None:
        if steps <= 0:
            return
        span = np.ascontiguousarray(self._waiting[:, : steps * _STEP + 2 * _AROUND])
        fine = group_peaks(span, self._filters, self._share * self.highest)
        # What rings around the span's cut ends belongs to its neighbours and is found there.
        inner = fine[_AROUND // GROUP :][: steps * COARSE].reshape(steps, COARSE).max(axis=1)
        self._found.append(inner)
        self.highest = max(self.highest, float(inner.max()))
        self._waiting = self._waiting[:, steps * _STEP :].copy()


class Excerpts:
    """Every n-th block; n doubles whenever there are too many, so that the length need not be known."""

    def __init__(self) -> None:
        self.kept: list[Samples] = []
        self._every, self._count = 1, 0

    def hear(self, block: Samples) -> None:
        if self._count % self._every == 0:
            if len(self.kept) == EXCERPTS:
                del self.kept[1::2]
                self._every *= 2
            if self._count % self._every == 0:
                self.kept.append(block)
        self._count += 1


class FaultEar:
    """DC, and how often a wave runs flat near full scale."""

    def __init__(self, channels: int) -> None:
        self._sum = np.zeros(channels)
        self._length = 0
        self.clipped_runs = 0

    def hear(self, block: Samples) -> None:
        self._sum += block.sum(axis=1, dtype=np.float64)
        self._length += block.shape[1]
        for row in block:
            if row.size > 2 and highest_sample(row) >= _FULL:
                flat = (np.abs(row[1:]) >= _FULL) & (np.abs(np.diff(row)) < _FLAT)
                pairs = flat[1:] & flat[:-1]
                self.clipped_runs += int(np.count_nonzero(pairs[1:] & ~pairs[:-1]) + pairs[:1].sum())

    @property
    def dc(self) -> tuple[float, ...]:
        return tuple(float(one) for one in self._sum / max(self._length, 1))


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a recording after one pass. `excerpts` are for rehearsing."""

    channels: int
    sample_rate: int
    length: int
    loudness: Loudness
    profile: Profile
    power: Curve = field(repr=False)
    dc: tuple[float, ...] = ()
    clipped_runs: int = 0
    excerpts: tuple[Samples, ...] = field(default=(), repr=False)

    @property
    def silent(self) -> bool:
        """Nothing but DC."""
        return self.loudness.sample_peak == -inf or self.profile.silent


def listen(blocks: Iterable[Samples], sample_rate: int) -> Heard:
    """Walk a recording once."""
    excerpts = Excerpts()
    ears: tuple[ProfileListener, PowerEar, PeakEar, FaultEar] | None = None
    length = 0
    with Together() as together:
        for block in blocks:
            if ears is None:
                channels = len(block)
                ears = (
                    ProfileListener(channels, sample_rate),
                    PowerEar(channels, sample_rate),
                    PeakEar(channels, only_highest=True),
                    FaultEar(channels),
                )
            together.do([ear.hear for ear in ears], block)
            excerpts.hear(block)
            length += block.shape[1]
    assert ears is not None, "a recording has at least one block"
    tone, power, peak, fault = ears
    peak.close()
    curve = power.power()
    return Heard(
        channels=channels,
        sample_rate=sample_rate,
        length=length,
        loudness=summary(curve, length / sample_rate, decibel(peak.highest), decibel(peak.sample_peak)),
        profile=tone.profile(),
        power=curve,
        dc=fault.dc,
        clipped_runs=fault.clipped_runs,
        excerpts=tuple(excerpts.kept),
    )


def sketch_of(power: PowerEar, peaks: PeakEar, sample_rate: int) -> Sketch:
    """What the level is decided on."""
    return Sketch(power.power(), peaks.peaks(), sample_rate)


def thinned(sketch: Sketch) -> Sketch:
    """Of a long recording, stretches of ten seconds spread evenly over it, about ten minutes in all: a sketch on which
    many gains can be rehearsed quickly. What it is wrong by is measured and mended later."""
    stretches = len(sketch.power) // _STRETCH_PIECES
    if stretches <= _STRETCHES:
        return sketch
    steps = round(_STRETCH_PIECES / PIECES_PER_SECOND * sketch.sample_rate / _STEP)
    chosen_ones = np.linspace(0, stretches - 1, _STRETCHES).astype(np.int64)
    return Sketch(
        np.concatenate([sketch.power[k * _STRETCH_PIECES :][:_STRETCH_PIECES] for k in chosen_ones]),
        np.concatenate([sketch.peaks[k * steps :][:steps] for k in chosen_ones]),
        sketch.sample_rate,
    )


class Together:
    """Shows a block to several ears at once, in threads; a short block is not worth a thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="ears")

    def do(self, ears: Sequence[Callable[[Samples], None]], block: Samples) -> None:
        if block.shape[1] < BLOCK // 4:
            for ear in ears:
                ear(block)
            return
        for done in [self._threads.submit(ear, block) for ear in ears]:
            done.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()


def decibel(value: float) -> float:
    """Decibels of a linear value, -inf for nothing."""
    return 20 * log10(value) if value > 0 else -inf
