"""Clicks: sudden corners in the wave that no note explains."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sonicforge.critic.sample_kernels import corners
from sonicforge.genres.genre import Genre
from sonicforge.music.score import Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio, Samples

Floats = NDArray[np.float64]

CORNER_RATIO = 12.0
BLOCK_S = 0.020
NEAR_ONSET_S = 0.003
BRIGHT_HZ = 6000.0
JUMP_DB = 20.0
_FLOOR = 1e-4
_APART_S = 0.005
_MOST = 1000
_WINDOW, _BEFORE, _SHORT = 2048, 480, 48


def click_times(audio: Audio, onsets_s: Floats | None) -> Floats:
    """Times in seconds of clicks: the second difference exceeds 12 times the median of its 20 ms, it is farther than
    3 ms from every scheduled onset, and the energy above 6 kHz jumps by more than 20 dB.

    Without a schedule (`None`) a click must also be over at once, the bright energy falling by as much within 10 ms,
    since the onsets of unknown music are not clicks. At most a thousand corners are looked at; more are counted in
    proportion by the caller's rate anyway, being far beyond any limit.
    """
    rate = audio.sample_rate
    block = max(32, int(BLOCK_S * rate) // 4 * 4)
    spots = [corners(np.ascontiguousarray(channel), block, CORNER_RATIO, _FLOOR) for channel in audio.samples[:2]]
    found = []
    for channel, where in zip(audio.samples[:2], spots, strict=True):
        if onsets_s is not None and len(onsets_s):
            where = where[_distance(where / rate, onsets_s) > NEAR_ONSET_S]
        found += [
            spot / rate for spot in where[:_MOST].tolist() if _bright(channel, spot, rate, isolated=onsets_s is None)
        ]
    times = np.sort(np.array(found, np.float64))
    return times[np.diff(times, prepend=-1.0) > _APART_S]


def _distance(times: Floats, onsets_s: Floats) -> Floats:
    """Distance of each time to the nearest onset (sorted)."""
    index = (
        np.clip(np.searchsorted(onsets_s, times), 1, len(onsets_s) - 1)
        if len(onsets_s) > 1
        else np.zeros(len(times), int)
    )
    left = onsets_s[np.maximum(index - 1, 0)]
    return np.asarray(np.minimum(np.abs(times - left), np.abs(times - onsets_s[index])), np.float64)


def _bright(channel: Samples, spot: int, rate: int, *, isolated: bool) -> bool:
    """Whether the energy above 6 kHz around a sample jumps over that of the 10 ms before (and after, if isolated)."""
    start = spot - _WINDOW // 2
    if start < 0 or start + _WINDOW > len(channel):
        return False
    spectrum = np.fft.rfft(channel[start : start + _WINDOW])
    spectrum[: int(BRIGHT_HZ * _WINDOW / rate)] = 0
    bright = np.fft.irfft(spectrum, _WINDOW) ** 2
    middle = _WINDOW // 2
    here = bright[middle - _SHORT // 2 : middle + _SHORT // 2].mean()
    before = bright[middle - _SHORT - _BEFORE : middle - _SHORT].mean()
    after = bright[middle + _SHORT : middle + _SHORT + _BEFORE].mean()
    jump = 10 ** (JUMP_DB / 10)
    return bool(here > jump * before and (not isolated or here > jump * after))


def scheduled_onsets(score: Score, clock: Clock, stem: str | None = None) -> Floats:
    """Sorted times at which something is meant to begin (or a transition to end), of the whole score or one stem."""
    parts = score.parts if stem is None else score.of_stem(stem)
    told = [(note.start, note.shift_ms / 1000) for part in parts for note in part.notes]
    told += [(tick, 0.0) for cue in score.cues for tick in (cue.start, cue.start + cue.length)]
    told += [(section.start, 0.0) for section in score.sections]
    ticks, shifts = np.array(told or [(0, 0.0)], np.float64).T
    return np.sort(clock.seconds(ticks) + shifts)


def crackles(genre: Genre) -> frozenset[str]:
    """Stems whose texture is made of clicks (vinyl crackle, rain drops)."""
    patches = {name for name, patch in genre.patches.items() if _has_clicks(patch.values())}
    layers = [layer for choices in genre.cast.values() for choice in choices for layer in choice]
    return frozenset(layer.stem for layer in layers if layer.voice in patches)


def _has_clicks(values: Iterable[object]) -> bool:
    told = " ".join(map(str, values)).lower()
    return "vinyl" in told or "rain" in told
