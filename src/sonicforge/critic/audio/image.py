"""Checks 9 and 17: mono below, width above, balance between left and right."""

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.hearing import HOP
from sonicforge.critic.listening import Listening, decibels, sliding_mean
from sonicforge.critic.verdict import Finding
from sonicforge.sound.spectrum import OCTAVES_HZ, THIRDS_HZ

LOW_END = Check(9, "low_end_mono")
IMAGE = Check(17, "stereo_image")

LOW_WARN_DB, LOW_FAIL_DB = -20.0, -12.0
CORRELATION_WARN, CORRELATION_FAIL = 0.95, 0.7
BALANCE_WARN, BALANCE_FAIL = 1.0, 3.0
BAND_OFF_DB = 6.0
MONO_WARN, MONO_FAIL = 2.0, 4.0
WIDE_BARS = 8.0
MONO_BELOW_DB = -24.0
"""Bands whose target is this narrow are only judged for being too wide."""
LOWEST_WIDTH_HZ = 130.0
"""The octaves up to 125 Hz reach into what must be mono; they too can only be too wide."""
EMPTY_DB = -50.0
"""Bands this far below the loudest say nothing about width."""

_MIDDLE = slice(1, 7)


def low_end_mono(listening: Listening) -> Finding:
    """Side against mid and correlation of the channels below 120 Hz, over the whole piece."""
    hearing = listening.hearing
    mid, side, left, right = hearing.low.mean(axis=0)
    if hearing.audio.channels < 2:
        return skipped(LOW_END, "mono sound is mono at the bottom")
    if mid + side < 1e-9:
        return skipped(LOW_END, "nothing sounds below 120 Hz")
    return graded(
        LOW_END,
        Measure(
            key="low_side_db",
            words="the side below 120 Hz against the mid",
            value=float(decibels(side) - decibels(mid)),
            unit="dB",
            warn_above=LOW_WARN_DB,
            fail_above=LOW_FAIL_DB,
        ),
        Measure(
            key="low_correlation",
            words="the correlation of the channels below 120 Hz",
            value=float((mid - side) / max(np.sqrt(left * right), 1e-20)),
            digits=2,
            warn_below=CORRELATION_WARN,
            fail_below=CORRELATION_FAIL,
        ),
    )


def stereo_image(listening: Listening) -> Finding:
    """Balance of the channels, loss in mono, width in octaves against the genre's, and bands wider than the middle.

    The loss in mono compares the K-weighted power of both channels with that of their sum played from both. Widths are
    judged where the band carries sound; up to the octave of 125 Hz, and below a target of -24 dB, a band can only be
    too wide. More side than mid for longer than eight bars fails in the octaves from 63 Hz to 2 kHz, which lie below 4
    kHz as a whole.
    """
    hearing = listening.hearing
    if hearing.audio.channels < 2:
        return skipped(IMAGE, "mono sound has no width")
    left, right = decibels(hearing.weighted.mean(axis=1))
    mid, side = (power.reshape(len(power), 10, 3).sum(axis=2) for power in (hearing.mid, hearing.side))
    return graded(
        IMAGE,
        Measure(
            key="balance",
            words="the difference of left and right",
            value=abs(float(left - right)),
            unit="LU",
            warn_above=BALANCE_WARN,
            fail_above=BALANCE_FAIL,
        ),
        Measure(
            key="mono_loss",
            words="the loudness lost in mono",
            value=_mono_loss(listening),
            unit="LU",
            warn_above=MONO_WARN,
            fail_above=MONO_FAIL,
        ),
        *_widths(listening, mid.mean(axis=0), side.mean(axis=0)),
        Measure(
            key="wide_bars",
            words="the longest time with more side than middle",
            value=_wide_bars(listening, mid, side),
            unit="bars",
            fail_above=WIDE_BARS,
        ),
    )


def _mono_loss(listening: Listening) -> float:
    weight = 10 ** (_k_weight(np.array(THIRDS_HZ)) / 10)
    mid = float((listening.hearing.mid.mean(axis=0) * weight).sum())
    side = float((listening.hearing.side.mean(axis=0) * weight).sum())
    return float(decibels(mid + side) - decibels(mid))


def _k_weight(hz: np.ndarray) -> np.ndarray:
    """K-weighting in dB at the centres of bands, from the curve's published points."""
    points = (25, 100, 500, 997, 2000, 4000, 10_000)
    return np.interp(np.log(hz), np.log(points), (-10.39, -1.13, 0.04, 0.69, 3.07, 3.9, 4.04))


def _widths(listening: Listening, mid: np.ndarray, side: np.ndarray) -> list[Measure]:
    target = listening.target
    if target is None:
        return []
    total = decibels(mid + side)
    worst, off = 0, 0.0
    for band, wanted in enumerate(target.side_mid):
        if total[band] < total.max() + EMPTY_DB:
            continue
        found = float(decibels(side[band]) - decibels(mid[band]))
        narrow_is_fine = wanted <= MONO_BELOW_DB or OCTAVES_HZ[band] < LOWEST_WIDTH_HZ
        distance = found - max(wanted, MONO_BELOW_DB) if narrow_is_fine else abs(found - wanted)
        if distance > off:
            worst, off = band, distance
    return [
        Measure(
            key="worst_width",
            words=f"the width at {OCTAVES_HZ[worst]:.0f} Hz away from the genre's",
            value=off,
            unit="dB",
            warn_above=BAND_OFF_DB,
        )
    ]


def _wide_bars(listening: Listening, mid: np.ndarray, side: np.ndarray) -> float:
    """Bars of the longest stretch in which a band below 4 kHz has more side than mid, a bar at a time."""
    frame_s = HOP / listening.hearing.audio.sample_rate
    size = max(1, round(listening.bar_s / frame_s))
    longest = 0
    floor = (mid + side)[:, _MIDDLE].mean() * 1e-4
    for band in range(_MIDDLE.start, _MIDDLE.stop):
        m, s = sliding_mean(mid[:, band], size), sliding_mean(side[:, band], size)
        wide = (s > m) & (s > floor)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], wide.astype(np.int8), [0]])))
        run = int((edges[1::2] - edges[::2]).max(initial=0))
        longest = max(longest, run + size - 1 if run else 0)
    return longest * frame_s / listening.bar_s
