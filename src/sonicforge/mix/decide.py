"""Deciding a channel strip: the genre's wish, and a gain that makes the stem as loud as the genre wants it.

The stem is rehearsed: its loudest windows in the sections where it plays at full energy go through the strip itself,
and the fader is set from their loudness (BS.1770). So equalising, compression and ducking are in the measure.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.presets import REVERBS
from sonicforge.effects.stereo import widen
from sonicforge.genres.genre import Compression, Duck, Genre, Send, StemMix
from sonicforge.mix.automation import Timeline
from sonicforge.mix.decision import Squeeze, StemDecision
from sonicforge.mix.share import allowed_db, cuts, width_factor
from sonicforge.mix.strip import StemCurves, Strip
from sonicforge.music.score import Score
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.loudness import piece_power

REFERENCE_LUFS = -20.0
"""Short-term loudness of the full mix in a full-energy section, before mastering."""
WINDOW_S = 3.0
HOP_S = 0.5
WINDOWS = 4
PREROLL_S = 0.25
GATE_DB = 10.0
PEAK_CEILING_DB = -3.0
HIGHEST_BURST_LU = 6.0
HIGHEST_GAIN_DB = 40.0
AMBIENCE_DB = -20.0
MELODIC = frozenset("cdalv")
KNEE_DB = 6.0
DEFAULT = StemMix(-16.0, 0.0, 1.0, 120.0, 16_000.0, False, (), None, None, None, Duck("", 0.0, 0.0))


@dataclass(frozen=True, slots=True)
class _Window:
    """Samples start .. stop; the first `preroll` only settle the filters."""

    start: int
    stop: int
    preroll: int


def decide_stem(stem: str, audio: Audio, score: Score, genre: Genre, *, start: int = 0) -> StemDecision:
    """The channel strip of a stem: the genre's filters, dynamics, place and sends, and a fader measured on `audio`.

    After the fader the stem reads `REFERENCE_LUFS` + the genre's `lu` (short-term, 3 s) where it plays at full energy,
    its share of reverb and echo counted in. A lone hit is not lifted to the loudness of a pattern: the fader also keeps
    400 ms bursts within 6 LU of the wish and peaks below -3 dBFS. Bands that the stem would overfill by itself are
    cut, see `mix.share`. A silent stem gets a closed fader. `audio` begins at tick `start`.
    """
    timeline = Timeline(score, audio.length, audio.sample_rate, start=start)
    wish = genre.mix.get(stem, DEFAULT)
    decision = _wished(stem, wish, score, genre)
    windows = _rehearsal(stem, audio, timeline)
    if not windows:
        return replace(decision, gain_db=-120.0, compression=None)
    curves = StemCurves(stem, decision.duck, timeline)
    strip = Strip(decision, curves)
    pieces = [strip.equalised(audio.samples, window.start, window.stop) for window in windows]
    if wish.compression is not None:
        decision = replace(decision, compression=_squeeze(wish.compression, np.concatenate(pieces, axis=1)))
        strip = Strip(decision, curves)
    played = [
        strip.rehearse(piece, window.start)[:, window.preroll :] for piece, window in zip(pieces, windows, strict=True)
    ]
    heard = Audio(np.concatenate(played, axis=1), audio.sample_rate)
    narrower = width_factor(heard, genre.target)
    if narrower < 1:
        widen(heard.samples, 0, heard.length, narrower)
    decision = _with_fader(replace(decision, width=round(decision.width * narrower, 3)), heard)
    allowed = allowed_db(genre.target, REFERENCE_LUFS)
    return replace(decision, bells=decision.bells + cuts(heard, decision.gain_db, allowed))


def _wished(stem: str, wish: StemMix, score: Score, genre: Genre) -> StemDecision:
    parts = score.of_stem(stem)
    reverb = wish.reverb
    if reverb is None and any(part.code in MELODIC for part in parts):
        reverb = _ambience(genre)
    return StemDecision(
        stem=stem,
        gain_db=0.0,
        pan=wish.pan / 100,
        width=wish.width,
        highpass_hz=wish.highpass_hz,
        lowpass_hz=wish.lowpass_hz,
        lowpass_slope=24 if wish.lowpass_24 else 12,
        bells=wish.eq,
        reverb=reverb,
        delay=wish.delay,
        duck=wish.duck,
        drums=bool(parts) and all(part.drums for part in parts),
        lu=wish.lu,
    )


def _ambience(genre: Genre) -> Send | None:
    """Synthesised parts without a reverb sound like toys: a trace of the shortest room the genre uses anyway."""
    used = [mix.reverb.preset for mix in genre.mix.values() if mix.reverb is not None]
    rooms = [name for name in used if name in REVERBS and not REVERBS[name].hold_ms]
    return Send(min(rooms, key=lambda name: REVERBS[name].t60_s), AMBIENCE_DB) if rooms else None


def _rehearsal(stem: str, audio: Audio, timeline: Timeline) -> list[_Window]:
    """Up to four 3 s windows spread over the louder half of where the stem plays at full energy; [] for silence."""
    rate = audio.sample_rate
    hop = int(HOP_S * rate)
    steps = round(WINDOW_S / HOP_S)
    power = _powers(audio.samples, hop)
    if power.size < steps:
        power = np.pad(power, (0, steps - power.size))
    windows = np.convolve(power, np.ones(steps), mode="valid")
    if windows.max() <= 1e-13:
        return []
    allowed = _at_full_energy(stem, timeline, windows.size)
    if windows[allowed].max(initial=0.0) < windows.max() * 10 ** (-GATE_DB / 10):
        allowed = np.ones(windows.size, bool)
    loud = np.flatnonzero(allowed & (windows >= windows[allowed].max() * 10 ** (-GATE_DB / 10)))
    ranked = loud[np.argsort(-windows[loud], kind="stable")]
    half = ranked[: max(len(ranked) // 2, 1)]
    picked: list[int] = []
    for wanted in np.linspace(0, len(half) - 1, min(WINDOWS, len(half))).round().astype(int):
        free = [w for w in half[wanted:] if all(abs(w - p) >= steps for p in picked)]
        if free:
            picked.append(int(free[0]))
    preroll = int(PREROLL_S * rate)
    return [
        _Window(max(w * hop - preroll, 0), min((w + steps) * hop, audio.length), min(preroll, w * hop))
        for w in sorted(picked)
    ]


def _powers(samples: Samples, hop: int) -> NDArray[np.float64]:
    """Mean power of every started stretch of `hop` samples."""
    power = np.zeros(-(-samples.shape[1] // hop))
    for row in np.ascontiguousarray(samples):
        _add_power(row, hop, power)
    return power


def _at_full_energy(stem: str, timeline: Timeline, windows: int) -> NDArray[np.bool_]:
    """Which windows lie in the sections of highest energy among those in which the stem has notes."""
    score = timeline.score
    notes = [note for part in score.of_stem(stem) for note in part.notes]
    played = [s for s in score.sections if any(n.start < s.end and n.end > s.start for n in notes)]
    if not played:
        return np.ones(windows, bool)
    top = max(section.mean_energy for section in played) - 0.1
    at = np.arange(windows) * HOP_S
    allowed = np.zeros(windows, bool)
    for section in played:
        if section.mean_energy >= top:
            first, last = timeline.second(section.start), timeline.second(section.end)
            allowed |= (at >= first - HOP_S / 2) & (at + WINDOW_S <= last + HOP_S)
    return allowed


def _squeeze(wish: Compression, heard: Samples) -> Squeeze:
    """The threshold at which the louder moments (90th percentile of what sounds) are reduced as the genre says."""
    peaks = np.abs(heard[:, : heard.shape[1] // 192 * 192]).max(axis=0).reshape(-1, 192).max(axis=1)
    level = 20 * math.log10(
        float(np.percentile(peaks[peaks > peaks.max(initial=0.0) * 0.03], 90, method="lower")) + 1e-9
    )
    return Squeeze(
        threshold_db=round(level - over_threshold_db(wish.reduction_db, wish.ratio), 2),
        ratio=wish.ratio,
        attack_ms=wish.attack_ms,
        release_ms=wish.release_ms,
    )


def over_threshold_db(reduction_db: float, ratio: float) -> float:
    """How far a level must stand above the threshold to be reduced by `reduction_db` (knee of 6 dB)."""
    slope = max(1 - 1 / max(ratio, 1.001), 1e-3)
    straight = abs(reduction_db) / slope
    return straight if straight >= KNEE_DB / 2 else math.sqrt(2 * KNEE_DB * straight) - KNEE_DB / 2


def _with_fader(decision: StemDecision, heard: Audio) -> StemDecision:
    power = piece_power(heard)
    lufs = _lufs(float(power.mean()))
    burst = _lufs(float(np.convolve(power, np.full(40, 1 / 40), mode="valid").max()))
    peak_db = 20 * math.log10(float(np.abs(heard.samples).max()) + 1e-9)
    target = REFERENCE_LUFS + decision.lu - _wet_share_db(decision)
    gain = min(target - lufs, target + HIGHEST_BURST_LU - burst, PEAK_CEILING_DB - peak_db, HIGHEST_GAIN_DB)
    return replace(decision, gain_db=round(gain, 2), heard_lufs=round(lufs, 2))


def _wet_share_db(decision: StemDecision) -> float:
    """How much louder the sends make the stem."""
    sends = [send.level_db for send in (decision.reverb, decision.delay) if send is not None]
    return 10 * math.log10(1 + sum(10 ** (level / 10) for level in sends))


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(max(power, 1e-14))


@njit(cache=True, nogil=True, fastmath=True)
def _add_power(row, hop, power):  # type: ignore[no-untyped-def]
    for k in range(power.size):
        total = np.float32(0.0)
        piece = row[k * hop : (k + 1) * hop]
        for i in range(piece.size):
            total += piece[i] * piece[i]
        power[k] += total / hop
