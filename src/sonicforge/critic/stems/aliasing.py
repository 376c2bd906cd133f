"""Check 13: do high notes carry anything but their harmonics?"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.stem_facts import Stems
from sonicforge.critic.verdict import Finding
from sonicforge.genres.genre import Genre
from sonicforge.music.pitch import hertz
from sonicforge.music.score import Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio, Samples

CHECK = Check(13, "aliasing_hash")

WARN_DB, FAIL_DB = -45.0, -30.0
LOWEST_PITCH = 72
TOLERANCE_CENTS = 35.0
ABOVE_HZ, BELOW_HZ = 2000.0, 20_000.0
WIDEST_CENTS = 60.0
LEAST_SUSTAIN = 0.3

_SIZE = 8192
_SETTLE_S, _FADE_S = 0.15, 0.5
_MOST_NOTES, _MOST_TONES = 10, 4
_LOBE_BINS = 5.0
_OSCILLATOR = re.compile(r"(saw|tri|sqr|sin|pul|spr)[\d.]*@(-?[\d.]+)(?:[+-]+(\d+))?")


def hash_levels(stem: str, audio: Audio, score: Score, genre: Genre, clock: Clock) -> tuple[float, ...]:
    """Energy beside the harmonics against that on them, above 2 kHz, in dB, for some sustained notes from C5 up.

    Judged where every part of the stem is made of oscillators with harmonics: no noise, FM, strings, formants or bit
    depth. A window of 170 ms is taken 150 ms after the onset, where no other note begins or ends and at most four tones
    sound; half a second of release still counts as sounding. Detuning of the patch widens the 35 cents allowed.
    """
    parts = [part for part in score.of_stem(stem) if part.notes]
    patches = [genre.patches.get(part.voice, {}) for part in parts]
    if not parts or not all(_harmonic(patch) for patch in patches):
        return ()
    cents = TOLERANCE_CENTS + max(_spread(patch) for patch in patches)
    if cents > WIDEST_CENTS:
        return ()
    notes = _notes(parts, patches, clock)
    chosen = [window for window in _windows(notes, audio) if len(window[1]) <= _MOST_TONES]
    step = max(1, len(chosen) // _MOST_NOTES)
    levels = [
        _hash_db(audio.samples[:, start : start + _SIZE].mean(axis=0), tones, audio.sample_rate, cents)
        for start, tones in chosen[::step]
    ]
    return tuple(level for level in levels[:_MOST_NOTES] if level is not None)


def _harmonic(patch: Mapping[str, Any]) -> bool:
    waves = [str(wave) for wave in patch.get("osc", ())]
    other = {"fm", "ks", "add", "model", "grains", "texture", "steps", "chain"} & patch.keys()
    sustain = (patch.get("ae") or (0, 0, 0, 0))[2]
    clean = "bit" not in str(patch.get("post", "")) and (patch.get("flt") or ("",))[0] not in ("fmt", "cmb")
    return (
        bool(waves) and not other and clean and float(sustain) >= LEAST_SUSTAIN and all(map(_OSCILLATOR.match, waves))
    )


def _spread(patch: Mapping[str, Any]) -> float:
    """Widest detuning in cents of a patch's oscillators and unison together."""
    told = [_OSCILLATOR.match(str(wave)) for wave in patch["osc"]]
    own = max((float(found[3] or 0) for found in told if found), default=0.0)
    unison = patch.get("uni") or (1, 0.0, 0.0)
    return own + (float(unison[1]) if int(unison[0]) > 1 else 0.0)


def _notes(
    parts: Sequence[Part], patches: Sequence[Mapping[str, Any]], clock: Clock
) -> list[tuple[float, float, tuple[float, ...]]]:
    """(start, end, fundamentals) of every note, in seconds and hertz."""
    notes = []
    for part, patch in zip(parts, patches, strict=True):
        offsets = {float(found[2]) for wave in patch["osc"] if (found := _OSCILLATOR.match(str(wave)))}
        if any(offset % 12 for offset in offsets):
            offsets.add(-12.0)
        starts = clock.seconds([note.start for note in part.notes])
        ends = clock.seconds([note.end for note in part.notes])
        for note, start, end in zip(part.notes, starts, ends, strict=True):
            shift = note.shift_ms / 1000
            tones = tuple(hertz(note.pitch + offset) for offset in sorted(offsets))
            notes.append((float(start) + shift, -1.0 if note.slide else float(end) + shift, tones))
    return sorted(notes)


def _windows(notes: list[tuple[float, float, tuple[float, ...]]], audio: Audio) -> list[tuple[int, set[float]]]:
    """First sample and sounding fundamentals of every window that holds a high note at rest."""
    span = _SIZE / audio.sample_rate
    starts = np.array([note[0] for note in notes])
    ends = np.array([note[1] for note in notes])
    found = []
    for start, end, tones in notes:
        first = start + _SETTLE_S
        if max(tones) < hertz(LOWEST_PITCH) or end < first + span or (first + span) * audio.sample_rate > audio.length:
            continue
        moving = ((starts > start + 0.03) & (starts < first + span)) | ((ends > first - 0.1) & (ends < first + span))
        if moving.any():
            continue
        sounding = np.flatnonzero((starts <= first) & (ends > first - _FADE_S))
        found.append((int(first * audio.sample_rate), {tone for index in sounding for tone in notes[index][2]}))
    return found


def _hash_db(piece: Samples, tones: set[float], rate: int, cents: float) -> float | None:
    spectrum = np.abs(np.fft.rfft(piece * _blackman_harris())) ** 2
    hz = np.arange(len(spectrum)) * rate / _SIZE
    heard = (hz >= ABOVE_HZ) & (hz <= min(BELOW_HZ, 0.45 * rate))
    allowed = np.zeros(len(hz), bool)
    width = 2 ** (cents / 1200) - 1
    for tone in tones:
        number = np.maximum(np.round(hz / tone), 1)
        allowed |= np.abs(hz - number * tone) <= number * tone * width + _LOBE_BINS * rate / _SIZE
    on, off = float(spectrum[heard & allowed].sum()), float(spectrum[heard & ~allowed].sum())
    return float(10 * np.log10(max(off, 1e-20) / on)) if on > 1e-6 else None


def _blackman_harris() -> np.ndarray:
    turn = 2 * np.pi * np.arange(_SIZE) / _SIZE
    return 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn)


def aliasing_hash(stems: Stems) -> Finding:
    """Median level of what is not harmonic in the high notes of the worst stem."""
    told = [(float(np.median(fact.hash_db)), fact.stem) for fact in stems.facts if fact.hash_db]
    if not told:
        return skipped(CHECK, "no sustained high note stands free enough to be judged")
    worst, stem = max(told)
    return graded(
        CHECK,
        Measure(
            key="hash_db",
            words=f"the energy beside the harmonics of the {stem}",
            value=worst,
            unit="dB",
            warn_above=WARN_DB,
            fail_above=FAIL_DB,
        ),
    )
