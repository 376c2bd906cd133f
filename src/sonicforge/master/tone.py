"""Tone of the master: low cut, ten-band correction towards the genre's balance, width per band, mono bass."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import log10, sqrt

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.biquad import Sections, bell, high_shelf, highpass, low_shelf, magnitude_db
from sonicforge.effects.equaliser import Equaliser
from sonicforge.genres.genre import Target
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.k_weighting import weigh
from sonicforge.sound.relay import relay
from sonicforge.sound.spectrum import FLOOR_DB, OCTAVES_HZ, Spans, mid_side_octaves, to_db

Bands = tuple[float, ...]

LOW_CUT_HZ = 26.0
MONO_BELOW_HZ = 120.0
MOST_DB = 6.0
MOST_AIR_DB = 9.0
"""How far the top octave may be opened: it is soft and far from every fundamental."""
MOST_SIDE_DB = 3.0
MOST_BALANCE_DB = 2.5

_COMPARED = slice(1, 9)
_TOLERATED_DB, _SHARE = 0.5, 0.8
_SIDE_TOLERATED_DB, _SIDE_SHARE = 2.0, 0.6
_EMPTY_DB = 15.0
_EMPTY_TOP_DB = 24.0
_AUDIBLE_DB = 0.25
_HEARD_S, _STRETCHES = 4.0, 10
_FLAT: Bands = (0.0,) * len(OCTAVES_HZ)
_CHUNK = 32_768


@dataclass(frozen=True, slots=True)
class Tone:
    """What is done to the tone: gains in dB of the ten octaves 31 Hz .. 16 kHz for the sum and for the side.

    `balance_db` moves the sound to the right (+) or left (-): half of it on each side.
    """

    eq_db: Bands = _FLAT
    side_db: Bands = _FLAT
    balance_db: float = 0.0
    low_cut_hz: float = LOW_CUT_HZ
    mono_below_hz: float = MONO_BELOW_HZ


def decide_tone(audio: Audio, target: Target, peak_spans_s: Spans = ()) -> Tone:
    """How far the sound is from the target, half by the peak sections and half by the whole, and how much to mend.

    A correction leaves small differences alone, takes four fifths of the rest and ends at +-6 dB; only the
    octave at 16 kHz may rise by 9 dB. A band that is 15 dB short (24 dB at 16 kHz) holds nothing to bring up.
    """
    if audio.length == 0:
        return Tone()
    with ThreadPoolExecutor(1) as beside:
        heard_at_peak = beside.submit(mid_side_octaves, audio, peak_spans_s) if peak_spans_s else None
        mid, side = mid_side_octaves(audio)
    together = to_db(10 ** (mid / 10) + 10 ** (side / 10))
    if together.max() <= FLOOR_DB + 1:
        return Tone()
    missing = _missing(together, target.balance)
    if heard_at_peak is not None:
        peak = np.logaddexp(*(band * np.log(10) / 10 for band in heard_at_peak.result()))
        missing = (missing + _missing(peak * 10 / np.log(10), target.balance)) / 2
    tone = Tone(
        eq_db=_mended(missing),
        side_db=_mended_side(np.asarray(target.side_mid) - (side - mid)) if audio.channels == 2 else _FLAT,
    )
    return replace(tone, balance_db=_balance(audio, tone))


def apply_tone(audio: Audio, tone: Tone, *, in_place: bool = False) -> Samples:
    """The sound with the tone applied, in a new array or in its own; the equaliser of the sum and that of the side
    work on two threads."""
    source = np.ascontiguousarray(audio.samples)
    out = source if in_place else np.empty(source.shape, np.float32)
    equaliser = Equaliser(sections(tone, audio.sample_rate))
    side = Equaliser(side_sections(tone, audio.sample_rate))
    gains = (10 ** (np.array([[-tone.balance_db], [tone.balance_db]]) / 40)).astype(np.float32)

    def of_sum(first: int, last: int) -> None:
        equaliser.run(source, out, first, last)

    def of_side(first: int, last: int) -> None:
        if audio.channels == 2:
            _process_side(out[:, first:last], side, gains)

    relay(of_sum, of_side, audio.length, stride=_CHUNK)
    return out


def sections(tone: Tone, sample_rate: int) -> list[Sections]:
    """Low cut, then only the bands that are audible."""
    return [highpass(tone.low_cut_hz, sample_rate=sample_rate), *_bank(tone.eq_db, sample_rate)]


def side_sections(tone: Tone, sample_rate: int) -> list[Sections]:
    """Low cut that makes the bass mono, then the audible bands."""
    return [highpass(tone.mono_below_hz, sample_rate=sample_rate), *_bank(tone.side_db, sample_rate)]


def _process_side(chunk: Samples, side: Equaliser, gains: NDArray[np.float32]) -> None:
    """Balance first: a lopsided bass is no side signal to be taken away."""
    if gains[0, 0] != 1:
        chunk *= gains
    difference = np.float32(0.5) * (chunk[0] - chunk[1])
    processed = difference[None].copy()
    side.run(processed, processed, 0, chunk.shape[1])
    difference -= processed[0]
    chunk[0] -= difference
    chunk[1] += difference


def _missing(measured_db: NDArray[np.float64], wanted_db: Sequence[float]) -> NDArray[np.float64]:
    """dB to add a band, after the mean offset over 63 Hz .. 8 kHz is taken out; empty bands ask for nothing."""
    missing = np.asarray(wanted_db, np.float64) - measured_db
    present = measured_db[_COMPARED] > measured_db.max() - 60
    if not present.any():
        return np.zeros(len(missing))
    missing -= missing[_COMPARED][present].mean()
    empty = np.full(len(missing), _EMPTY_DB)
    empty[-1] = _EMPTY_TOP_DB
    return np.where(missing > empty, 0.0, missing)


def _mended(missing: NDArray[np.float64]) -> Bands:
    wanted = _shrunk(missing, _TOLERATED_DB, _SHARE)
    most = np.full(len(wanted), MOST_DB)
    most[-1] = MOST_AIR_DB
    return _rounded(np.clip(wanted, -MOST_DB, most))


def _mended_side(missing: NDArray[np.float64]) -> Bands:
    """Only bands above the mono bass, and only where there is a side to speak of."""
    wanted = _shrunk(np.where(np.abs(missing) > 2 * _EMPTY_DB, 0.0, missing), _SIDE_TOLERATED_DB, _SIDE_SHARE)
    wanted[:3] = 0.0
    return _rounded(np.clip(wanted, -MOST_SIDE_DB, MOST_SIDE_DB))


def _shrunk(difference: NDArray[np.float64], tolerated: float, share: float) -> NDArray[np.float64]:
    return np.sign(difference) * np.maximum(np.abs(difference) - tolerated, 0.0) * share


def _balance(audio: Audio, tone: Tone) -> float:
    """dB that brings the louder side down and the softer up, if K-weighted they differ by more than 0.3 dB.

    Ten stretches of four seconds are heard with the rest of the tone, spread over the whole: one that is played to
    the left and full of bass weighs differently behind the equaliser, and what wanders must not pull it along.
    """
    if audio.channels != 2:
        return 0.0
    size = min(round(_HEARD_S * audio.sample_rate), audio.length)
    edges = np.array([0, size], np.int64)
    left = right = 0.0
    for start in np.linspace(0, audio.length - size, _STRETCHES).astype(int):
        excerpt = apply_tone(Audio(audio.samples[:, start : start + size], audio.sample_rate), tone)
        powers = weigh(excerpt, audio.sample_rate, np.zeros((2, 4)), edges)[:, 0]
        left, right = left + float(powers[0]), right + float(powers[1])
    if min(left, right) <= 1e-9 * max(left, right):
        return 0.0
    difference = 10 * log10(left / right)
    return round(min(max(difference, -MOST_BALANCE_DB), MOST_BALANCE_DB), 2) if abs(difference) > 0.3 else 0.0


def _rounded(gains: NDArray[np.float64]) -> Bands:
    return tuple(round(float(gain), 2) for gain in gains)


def _bank(gains_db: Bands, sample_rate: int) -> list[Sections]:
    """Shelves and bells whose sum meets the wanted octave gains (bells leak into their neighbours)."""
    wanted = np.asarray(gains_db)
    if np.abs(wanted).max() < _AUDIBLE_DB:
        return []
    points = np.array([hz * 2.0 ** np.array([-1 / 3, 0, 1 / 3]) for hz in OCTAVES_HZ])
    unit = np.array(
        [
            magnitude_db(_section(band, 1.0, sample_rate), points.ravel(), sample_rate=sample_rate)
            for band in range(len(wanted))
        ]
    )
    response = unit.reshape(len(wanted), -1, 3).mean(axis=2).T
    # A little damping keeps opposite neighbours from fighting each other.
    gains = np.linalg.solve(response.T @ response + 0.05 * np.eye(len(wanted)), response.T @ wanted)
    return [_section(band, float(gain), sample_rate) for band, gain in enumerate(gains) if abs(gain) >= _AUDIBLE_DB]


def _section(band: int, gain_db: float, sample_rate: int) -> Sections:
    if band == 0:
        return low_shelf(OCTAVES_HZ[0] * sqrt(2), gain_db, sample_rate=sample_rate)
    if band == len(OCTAVES_HZ) - 1:
        return high_shelf(OCTAVES_HZ[-1] / sqrt(2), gain_db, sample_rate=sample_rate)
    return bell(OCTAVES_HZ[band], gain_db, q=1.2, sample_rate=sample_rate)
