"""`Hearing`: what every audio check needs to know of a sound, found in three passes over its samples."""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sonicforge.critic.sample_kernels import band_powers, survey
from sonicforge.sound.audio import Audio, Samples, silence
from sonicforge.sound.k_weighting import PIECES_PER_SECOND, piece_edges, weigh
from sonicforge.sound.loudness import FLOOR_LUFS, Loudness, power_to_lufs, summary, weighted_power
from sonicforge.sound.spectrum import OCTAVES_HZ, THIRDS_HZ
from sonicforge.sound.true_peak import sample_peak_db, true_peak_db

Floats = NDArray[np.float64]

FRAME, HOP = 8192, 4096
BANDS_HZ = {"voice": (1000.0, 2000.0), "edge": (2500.0, 6000.0), "air": (8000.0, 12_000.0)}
"""The three bands whose balance decides whether sound is harsh."""
LOW_HZ = 120.0
ENVELOPE_HZ = (250.0, 4000.0)

_THIRD_EDGE = 2 ** (1 / 6)
_BATCH = 8


@dataclass(frozen=True, slots=True)
class Hearing:
    """Powers over time. Pieces last 10 ms, frames (8192 samples) begin every 4096 samples.

    `weighted` is K-weighted power (channels, pieces); `highest` the largest absolute sample and `envelope` the power
    between 250 Hz and 4 kHz of each piece; `mid`, `side` are third-octave powers (frames, 30), `edges` the powers of
    `BANDS_HZ` (frames, 3); `low` holds mid, side, left, right power below 120 Hz (frames, 4). Powers of a full-scale
    sine are 0.5. `faults` counts samples that are not finite; with any, only `faults` and `dc` are to be trusted.
    """

    audio: Audio
    loudness: Loudness
    faults: int
    dc: tuple[float, ...]
    weighted: Floats
    highest: Floats
    envelope: Floats
    mid: Floats
    side: Floats
    edges: Floats
    low: Floats

    @property
    def duration_s(self) -> float:
        return self.audio.duration_s

    @property
    def power(self) -> Floats:
        """K-weighted power of all channels together, a value for each 10 ms."""
        return np.asarray(self.weighted.sum(axis=0), np.float64)

    @property
    def octaves(self) -> Floats:
        """Octave-band power of both channels together, (frames, 10)."""
        return np.asarray((self.mid + self.side).reshape(len(self.mid), len(OCTAVES_HZ), 3).sum(axis=2), np.float64)

    def pieces(self, start_s: float, end_s: float) -> slice:
        return slice(max(0, round(start_s * PIECES_PER_SECOND)), max(0, round(end_s * PIECES_PER_SECOND)))

    def frames(self, start_s: float, end_s: float) -> slice:
        """Frames whose middle lies in a stretch, at least one."""
        rate = self.audio.sample_rate
        first, last = (round((t * rate - FRAME / 2) / HOP) for t in (start_s, end_s))
        first = min(max(first, 0), len(self.mid) - 1)
        return slice(first, max(last, first + 1))

    def lufs(self, start_s: float, end_s: float) -> float:
        """Loudness of a stretch, ungated; a finite floor for silence."""
        power = self.power[self.pieces(start_s, end_s)]
        return float(power_to_lufs(float(power.mean()))) if len(power) else FLOOR_LUFS


def hear(audio: Audio) -> Hearing:
    """Listen to a whole sound once. Mono is heard as two equal channels; of surround the first two channels count."""
    if not audio.length:
        audio = silence(audio.channels, 1, audio.sample_rate)
    left, right = (np.ascontiguousarray(audio.samples[i]) for i in (0, min(1, audio.channels - 1)))
    edges = _edges(audio)
    highest, envelope, sums, faults = survey(left, right, edges, *_band_pass(audio.sample_rate))
    energy = weigh(audio.samples[:2], audio.sample_rate, np.zeros((min(2, audio.channels), 4)), edges)
    power = weighted_power(energy, edges)
    if faults:
        loudness = summary(power, audio.duration_s, 0.0, 0.0)
    else:
        loudness = summary(power, audio.duration_s, true_peak_db(audio), sample_peak_db(audio))
    mid, side, harsh, low = _spectra(left, right, audio.sample_rate) if not faults else _nothing()
    count = max(audio.length, 1)
    return Hearing(
        audio=audio,
        loudness=loudness,
        faults=int(faults),
        dc=tuple(float(total) / count for total in sums[: audio.channels]),
        weighted=np.asarray(energy / np.diff(edges), np.float64),
        highest=highest,
        envelope=envelope,
        mid=mid,
        side=side,
        edges=harsh,
        low=low,
    )


def _edges(audio: Audio) -> NDArray[np.int64]:
    pieces = audio.length * PIECES_PER_SECOND // audio.sample_rate
    return piece_edges(0, pieces, audio.sample_rate) if pieces else np.array([0, audio.length], np.int64)


@lru_cache(maxsize=8)
def _band_pass(sample_rate: int) -> tuple[Floats, Floats]:
    """Second-order high-pass and low-pass of the envelope band: b0 b1 b2 a1 a2 each."""
    found = []
    for hz, high in ((ENVELOPE_HZ[0], True), (ENVELOPE_HZ[1], False)):
        w = 2 * np.pi * min(hz, 0.45 * sample_rate) / sample_rate
        alpha, cos = np.sin(w) / sqrt(2.0), np.cos(w)
        middle = -(1 + cos) if high else 1 - cos
        b = np.array([abs(middle) / 2, middle, abs(middle) / 2])
        found.append(np.concatenate([b, [-2 * cos, 1 - alpha]]) / (1 + alpha))
    return found[0], found[1]


def _nothing() -> tuple[Floats, Floats, Floats, Floats]:
    return np.zeros((1, 30)), np.zeros((1, 30)), np.zeros((1, 3)), np.zeros((1, 4))


def _spectra(left: Samples, right: Samples, sample_rate: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Band powers of mid and side frame by frame; sound shorter than a frame is padded."""
    import scipy.fft

    if len(left) < FRAME:
        left, right = (np.pad(channel, (0, FRAME - len(channel))) for channel in (left, right))
    bins, shares = _bands(sample_rate)
    window = _window()
    low_bins = int(LOW_HZ * FRAME / sample_rate) + 1
    frames = (len(left) - FRAME) // HOP + 1
    bands = np.empty((2, frames, len(bins)))
    low = np.empty((frames, 4))
    pieces = np.zeros((2, _BATCH, FRAME), np.float32)
    for first in range(0, frames, _BATCH):
        count = min(_BATCH, frames - first)
        for index in range(count):
            span = slice((first + index) * HOP, (first + index) * HOP + FRAME)
            np.add(left[span], right[span], out=pieces[0, index])
            np.subtract(left[span], right[span], out=pieces[1, index])
        np.multiply(pieces, window, out=pieces)
        spectrum = scipy.fft.rfft(pieces)
        band_powers(spectrum, first, count, bins, shares, low_bins, bands, low)
    thirds = len(THIRDS_HZ)
    total = bands[0] + bands[1]
    return bands[0, :, :thirds], bands[1, :, :thirds], total[:, thirds:], low


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    """Hann for sums of two channels, scaled so that the bins of a full-scale sine sum to its power of one half."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    return np.asarray(0.5 * hann * np.sqrt(2.0 / (FRAME * FRAME * 3 / 8)), np.float32)


@lru_cache(maxsize=8)
def _bands(sample_rate: int) -> tuple[NDArray[np.int64], Floats]:
    """First bin and end bin of each third octave and each band of `BANDS_HZ`, and the shares of the outermost bins."""
    edges = [(hz / _THIRD_EDGE, hz * _THIRD_EDGE) for hz in THIRDS_HZ] + list(BANDS_HZ.values())
    spacing, last = sample_rate / FRAME, FRAME // 2
    bins, shares = np.zeros((len(edges), 2), np.int64), np.zeros((len(edges), 2))
    for number, (bottom, top) in enumerate(edges):
        low, high = bottom / spacing + 0.5, top / spacing + 0.5
        bins[number] = min(int(low), last), min(int(high), last)
        shares[number] = 1 - (low - int(low)) if low < last else 0.0, high - int(high) if high < last else 0.0
    return bins, shares
