"""Check 10: do kick and bass leave each other room?"""

import itertools
from collections.abc import Mapping
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.sample_kernels import decimate
from sonicforge.critic.stem_facts import StemFacts, Stems
from sonicforge.critic.verdict import Finding
from sonicforge.effects.control import CONTROL
from sonicforge.effects.ducker import duck_db
from sonicforge.music.score import Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples

CHECK = Check(10, "kick_bass_overlap")

SHARE_CLUB, SHARE_OTHERS, SHARE_FAIL = 25.0, 35.0, 45.0
CANCELLATION = -0.4
WINDOW_S = 0.080
BASS_HZ, MEETING_HZ = (30.0, 120.0), (40.0, 100.0)
EXEMPT_GENRES = frozenset({"jazz_lounge", "cinematic", "chiptune", "ambient"})
SOFTEST_KICK = 50
LOW_RATE = 800

_CUT_HZ = 150.0
_KICK, _BASS = "k", "bu"

Floats = NDArray[np.float64]


def low_signal(stem: str, audio: Audio, score: Score) -> Samples | None:
    """The mono sum of a kick or bass stem below 150 Hz, 800 samples a second; None for other stems."""
    if not any(part.code in _KICK + _BASS for part in score.of_stem(stem)):
        return None
    step = round(audio.sample_rate / LOW_RATE)
    mono = audio.samples[0] if audio.channels == 1 else audio.samples.mean(axis=0)
    return decimate(np.ascontiguousarray(mono), *_low_pass(audio.sample_rate), step)


@lru_cache(maxsize=4)
def _low_pass(sample_rate: int) -> tuple[Floats, Floats]:
    """Fourth-order Butterworth low-pass as two biquads."""
    w = 2 * np.pi * _CUT_HZ / sample_rate
    found = []
    for q in (0.5411961, 1.3065630):
        alpha, cos = np.sin(w) / (2 * q), np.cos(w)
        b = np.array([(1 - cos) / 2, 1 - cos, (1 - cos) / 2])
        found.append(np.concatenate([b, [-2 * cos, 1 - alpha]]) / (1 + alpha))
    return found[0], found[1]


def kick_bass_overlap(stems: Stems) -> Finding:
    """Share of the bass's energy (30-120 Hz) in the 80 ms after each kick, and whether the two cancel (40-100 Hz).

    Stems are heard dry; faders and side-chains of the mix decision are applied to them here (the genre's own where
    there is no decision). The energy is counted over the bars in which both play. Kicks under velocity 50 are ghosts.
    """
    if stems.genre.name in EXEMPT_GENRES:
        return skipped(CHECK, "in this genre kick and bass may sound together")
    clock = Clock.of(stems.score)
    kick, bass = _sum(stems, _KICK, clock), _sum(stems, _BASS, clock)
    kicks = _onsets(stems.score, _KICK, clock)
    if kick is None or bass is None or not len(kicks):
        return skipped(CHECK, "kick and bass do not meet")
    heard = _band(bass, BASS_HZ)
    inside, both = _windows(kicks, len(bass)), _common_bars(stems.score, clock, kicks, heard)
    total = float((heard[both] ** 2).sum())
    if total <= 0:
        return skipped(CHECK, "kick and bass do not meet")
    return graded(
        CHECK,
        Measure(
            key="overlap_share",
            words="the share of the bass's energy that falls on the kick",
            value=100 * float((heard[both & inside] ** 2).sum()) / total,
            unit="%",
            warn_above=SHARE_CLUB if stems.genre.club else SHARE_OTHERS,
            fail_above=SHARE_FAIL,
        ),
        Measure(
            key="correlation",
            words="the correlation of kick and bass under the kick",
            value=_meeting(_band(kick, MEETING_HZ), _band(bass, MEETING_HZ), kicks),
            digits=2,
            fail_below=CANCELLATION,
        ),
    )


def _sum(stems: Stems, codes: str, clock: Clock) -> Floats | None:
    """The low signals of all stems with these part codes, behind fader and side-chain."""
    total: Floats | None = None
    for fact in stems.facts:
        if fact.low is None or not any(part.code in codes for part in stems.score.of_stem(fact.stem)):
            continue
        strip = stems.decision.get("stems", {}).get(fact.stem, {})
        gain = 10 ** (float(strip.get("gain_db", 0.0)) / 20)
        heard = np.asarray(gain * fact.low * _duck(fact, strip, stems, clock), np.float64)
        total = heard if total is None else total + heard
    return total


def _duck(fact: StemFacts, strip: Mapping[str, Any], stems: Stems, clock: Clock) -> Floats | float:
    own = stems.genre.mix.get(fact.stem)
    duck = strip.get("duck") or (
        {"key": own.duck.key, "depth_db": own.duck.depth_db, "release_ms": own.duck.release_ms} if own else {}
    )
    if not duck.get("key") or float(duck["depth_db"]) <= 0 or fact.low is None:
        return 1.0
    length = len(fact.low) * SAMPLE_RATE // LOW_RATE
    hits = _onsets(stems.score, duck["key"], clock)
    curve = duck_db(hits, length, depth_db=float(duck["depth_db"]), release_ms=float(duck["release_ms"]))
    times = np.arange(len(fact.low)) / LOW_RATE
    return np.asarray(10 ** (np.interp(times, np.arange(len(curve)) * CONTROL / SAMPLE_RATE, curve) / 20), np.float64)


def _onsets(score: Score, codes: str, clock: Clock) -> Floats:
    told = [
        (note.start, note.shift_ms / 1000)
        for part in score.of_code(codes)
        for note in part.notes
        if note.velocity >= SOFTEST_KICK
    ]
    ticks, shifts = np.array(told, np.float64).reshape(-1, 2).T
    return np.sort(clock.seconds(ticks) + shifts)


def _band(signal: Floats, hz: tuple[float, float]) -> Floats:
    spectrum = np.fft.rfft(signal)
    at = np.fft.rfftfreq(len(signal), 1 / LOW_RATE)
    spectrum[(at < hz[0]) | (at > hz[1])] = 0
    return np.fft.irfft(spectrum, len(signal))


def _windows(kicks: Floats, length: int) -> NDArray[np.bool_]:
    inside = np.zeros(length, bool)
    for onset in kicks:
        inside[round(onset * LOW_RATE) : round((onset + WINDOW_S) * LOW_RATE)] = True
    return inside


def _common_bars(score: Score, clock: Clock, kicks: Floats, bass: Floats) -> NDArray[np.bool_]:
    """Samples of the bars with a kick and some bass."""
    both = np.zeros(len(bass), bool)
    edges = clock.seconds(np.arange(0, score.length + score.bar, score.bar))
    power = float((bass**2).mean())
    for start, end in itertools.pairwise(edges):
        span = slice(round(start * LOW_RATE), round(end * LOW_RATE))
        has_kick = np.searchsorted(kicks, start - 0.01) < np.searchsorted(kicks, end - 0.01)
        if has_kick and len(bass[span]) and float((bass[span] ** 2).mean()) > 0.01 * power:
            both[span] = True
    return both


def _meeting(kick: Floats, bass: Floats, kicks: Floats) -> float:
    """Mean correlation in the windows in which both are heard; 0 when they never are."""
    found = []
    floor_kick, floor_bass = 0.01 * float((kick**2).max()), 0.01 * float((bass**2).max())
    for onset in kicks:
        span = slice(round(onset * LOW_RATE), round((onset + WINDOW_S) * LOW_RATE))
        a, b = kick[span], bass[span]
        if len(a) > 8 and (a**2).max() > floor_kick and (b**2).max() > floor_bass:
            found.append(float((a * b).sum()) / sqrt(float((a**2).sum() * (b**2).sum())))
    return float(np.mean(found)) if found else 0.0
