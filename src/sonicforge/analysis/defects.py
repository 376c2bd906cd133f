"""Defects: what is wrong with a recording, in words and numbers.

Clipping, DC, silence, dropouts, clicks (an estimate), mains hum and trouble with phase; each with the figure behind it
and where it was found. The limits are those of ordinary delivery checks and were held against our own finished tracks,
which have none of these.
"""

from dataclasses import dataclass
from math import inf, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from sonicforge.analysis.correlation import StereoImage
from sonicforge.analysis.fault_kernels import CLICK_AROUND, CLICK_GUARD, corners, flat_tops, piece_peaks, zero_runs
from sonicforge.analysis.hum import Hum, HumStream
from sonicforge.analysis.silence import PIECE_HZ, silences, sounding
from sonicforge.sound.audio import Samples

Floats = NDArray[np.float64]

CLIP_LEAST = 0.25
CLIP_CORNER = 1e-3
CLIPPED_PER_MINUTE = 20.0
DC_LIMIT = 0.002
HOLE_S, LEAD_S, TRAIL_S = 1.0, 2.0, 10.0
GAP_LEAST_S, GAP_MOST_S = 0.0008, 0.5
GAP_LEVEL = 10 ** (-40 / 20)
CLICK_RATIO, CLICK_FLOOR = 60.0, 2e-3
CLICKS_PER_MINUTE = 20.0
FEWEST = 3
"""However short the recording, fewer flat tops or clicks are chance."""
CLICKS_A_SECOND = 15
"""More than this in one second are the edges of a waveform, not clicks."""
HUM_DB = -75.0
MONO_LOSS_LU, BALANCE_DB, LOW_CORRELATION = 3.0, 3.0, 0.5

_MOST = 4096
_AROUND = CLICK_AROUND + CLICK_GUARD + 4


@dataclass(frozen=True, slots=True)
class Defect:
    """One finding: a name to sort by, a sentence, the figure with its unit, and where (seconds, at most twenty)."""

    name: str
    words: str
    value: float
    unit: str
    at_s: tuple[float, ...] = ()

    def to_json(self) -> dict[str, object]:
        value = round(self.value, 4) if isfinite(self.value) else None
        places = [round(second, 3) for second in self.at_s]
        return {"name": self.name, "words": self.words, "value": value, "unit": self.unit, "at_s": places}


@dataclass(frozen=True, slots=True)
class Faults:
    """What was counted. `peaks` are the highest absolute samples of every 10 ms; times are seconds."""

    peaks: NDArray[np.float32]
    dc: tuple[float, ...]
    clipped: int
    clip_times_s: tuple[float, ...]
    gaps: tuple[tuple[float, float], ...]
    clicks_s: tuple[float, ...]
    hum: Hum | None
    not_numbers: int
    duration_s: float


class FaultStream:
    """Hears blocks (channels, n); `finish` gives the faults of all of them."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate, self._channels = sample_rate, channels
        self._heard = self._pieces = self._bad = self._clipped = self._gap_count = 0
        self._sum = np.zeros(channels)
        self._flat = np.zeros((channels, 3))
        self._run = np.array([-1.0, 0.0])
        self._gaps = np.zeros((_MOST, 4))
        self._waiting = np.zeros((channels, 0), np.float32)
        self._line = np.zeros((channels, 2 * _AROUND), np.float32)
        self._peaks: list[NDArray[np.float32]] = []
        self._clip_times: list[float] = []
        self._clicks: list[float] = []
        self._hum = HumStream(sample_rate)

    def process(self, block: Samples) -> None:
        """Hear the next samples."""
        if not block.shape[1]:
            return
        sound = np.ascontiguousarray(block, np.float32)
        bad = ~np.isfinite(sound)
        if bad.any():
            self._bad += int(bad.sum())
            sound = np.where(bad, np.float32(0), sound)
        self._sum += sound.sum(axis=1, dtype=np.float64)
        self._hear_clipping(sound)
        least = max(8.0, GAP_LEAST_S * self._rate)
        self._gap_count = zero_runs(sound, float(self._heard), self._run, least, self._gaps, self._gap_count)
        self._hear_clicks(sound)
        self._hear_pieces(sound)
        self._hum.process(sound)
        self._heard += block.shape[1]

    def finish(self) -> Faults:
        """The faults of everything heard."""
        if self._waiting.shape[1]:
            self._peaks.append(np.abs(self._waiting).max(keepdims=True).reshape(1))
        clicks = _lonely(np.sort(np.array(self._clicks)))
        return Faults(
            peaks=np.concatenate(self._peaks) if self._peaks else np.zeros(0, np.float32),
            dc=tuple(float(value) for value in self._sum / max(self._heard, 1)),
            clipped=self._clipped,
            clip_times_s=tuple(self._clip_times[:20]),
            gaps=self._found_gaps(),
            clicks_s=clicks,
            hum=self._hum.finish(),
            not_numbers=self._bad,
            duration_s=self._heard / self._rate,
        )

    def _hear_clipping(self, sound: Samples) -> None:
        found = sum(flat_tops(row, self._flat[index], CLIP_LEAST, CLIP_CORNER) for index, row in enumerate(sound))
        if found:
            self._clipped += found
            self._clip_times.append(self._heard / self._rate)

    def _hear_clicks(self, sound: Samples) -> None:
        line = np.concatenate([self._line, sound], axis=1)
        places = np.zeros(_MOST, np.int64)
        offset = self._heard - 2 * _AROUND
        for row in line:
            count = corners(row, _AROUND, line.shape[1] - _AROUND, CLICK_RATIO, CLICK_FLOOR, places)
            self._clicks += [(offset + int(place)) / self._rate for place in places[:count]]
        self._line = line[:, -2 * _AROUND :].copy()

    def _hear_pieces(self, sound: Samples) -> None:
        line = np.concatenate([self._waiting, sound], axis=1)
        start = int(self._pieces * self._rate // PIECE_HZ)
        last = int((start + line.shape[1]) * PIECE_HZ // self._rate)
        edges = (np.arange(self._pieces, last + 1, dtype=np.int64) * self._rate // int(PIECE_HZ)) - start
        peaks = np.zeros(max(len(edges) - 1, 0), np.float32)
        if len(peaks):
            piece_peaks(line, edges, peaks)
            self._peaks.append(peaks)
            self._pieces = last
            self._waiting = line[:, int(edges[-1]) :].copy()
        else:
            self._waiting = line

    def _found_gaps(self) -> tuple[tuple[float, float], ...]:
        """Zero runs that begin and end in the middle of sound: (start, length) in seconds."""
        rows = self._gaps[: self._gap_count]
        loud = (rows[:, 2] > GAP_LEVEL) & (rows[:, 1] <= GAP_MOST_S * self._rate)
        return tuple((float(first / self._rate), float(length / self._rate)) for first, length, *_ in rows[loud])


def find_defects(faults: Faults, image: StereoImage, true_peak_db: float) -> tuple[Defect, ...]:
    """What a listener or a broadcaster would complain about, worst kinds first; nothing for clean sound."""
    if faults.duration_s == 0 or not (faults.peaks >= 10 ** (-90 / 20)).any():
        return (*_numbers(faults), Defect("silent", "the whole recording is silent", faults.duration_s, "s"))
    found = [
        *_numbers(faults),
        *_clipping(faults, true_peak_db),
        *_dropouts(faults),
        *_silence(faults),
        *_noises(faults),
    ]
    return (*found, *_stereo(image))


def _numbers(faults: Faults) -> list[Defect]:
    if not faults.not_numbers:
        return []
    return [Defect("not_numbers", f"{faults.not_numbers} samples are no numbers", faults.not_numbers, "samples")]


def _clipping(faults: Faults, true_peak_db: float) -> list[Defect]:
    found = []
    rate = 60 * faults.clipped / max(faults.duration_s, 1.0)
    if rate >= CLIPPED_PER_MINUTE and faults.clipped >= FEWEST:
        words = f"{faults.clipped} wave tops are cut flat"
        found.append(Defect("clipping", words, round(rate, 1), "a minute", faults.clip_times_s))
    if true_peak_db > 0.1:
        found.append(Defect("overs", f"the wave goes {true_peak_db:.1f} dB over full scale", true_peak_db, "dBTP"))
    return found


def _dropouts(faults: Faults) -> list[Defect]:
    if not faults.gaps:
        return []
    longest = max(length for _, length in faults.gaps)
    words = f"the sound is interrupted {len(faults.gaps)} times, for up to {1000 * longest:.0f} ms"
    return [Defect("dropouts", words, len(faults.gaps), "holes", tuple(start for start, _ in faults.gaps[:20]))]


def _silence(faults: Faults) -> list[Defect]:
    begin, end = sounding(faults.peaks)
    found = []
    if begin >= LEAD_S:
        found.append(Defect("silent_start", f"{begin:.1f} s of silence before the first sound", begin, "s", (0.0,)))
    if faults.duration_s - end >= TRAIL_S:
        words = f"{faults.duration_s - end:.1f} s of silence after the last sound"
        found.append(Defect("silent_end", words, faults.duration_s - end, "s", (end,)))
    inner = [span for span in silences(faults.peaks, least_s=HOLE_S) if span[0] > begin and span[1] < end]
    if inner:
        longest = max(last - first for first, last in inner)
        words = f"{len(inner)} silences inside, the longest of {longest:.1f} s"
        found.append(Defect("holes", words, longest, "s", tuple(first for first, _ in inner[:20])))
    return found


def _noises(faults: Faults) -> list[Defect]:
    found = []
    worst = max(faults.dc, key=abs)
    if abs(worst) > DC_LIMIT:
        words = f"the wave lies {100 * worst:+.2f} % of full scale off the middle"
        found.append(Defect("dc", words, worst, "of full scale"))
    rate = 60 * len(faults.clicks_s) / max(faults.duration_s, 1.0)
    if rate >= CLICKS_PER_MINUTE and len(faults.clicks_s) >= FEWEST:
        words = f"about {len(faults.clicks_s)} clicks"
        found.append(Defect("clicks", words, round(rate, 1), "a minute", faults.clicks_s[:20]))
    if faults.hum is not None and faults.hum.level_db > HUM_DB:
        words = f"mains hum of {faults.hum.hz:.1f} Hz, {faults.hum.harmonics} lines"
        found.append(Defect("hum", words, faults.hum.level_db, "dBFS"))
    return found


def _stereo(image: StereoImage) -> list[Defect]:
    if image.channels < 2 or image.mono:
        return []
    found = []
    if image.trouble_s:
        seconds = sum(last - first for first, last in image.trouble_s)
        words = f"the channels are out of phase for {seconds:.1f} s"
        found.append(
            Defect("phase", words, image.correlation["full"], "correlation", tuple(a for a, _ in image.trouble_s[:20]))
        )
    if image.mono_loss_lu > MONO_LOSS_LU:
        lost = "everything" if image.mono_loss_lu == inf else f"{image.mono_loss_lu:.1f} LU"
        found.append(Defect("mono", f"mono playback loses {lost}", image.mono_loss_lu, "LU"))
    if image.correlation["low"] < LOW_CORRELATION:
        words = f"the bass is wide: correlation {image.correlation['low']:.2f} below 200 Hz"
        found.append(Defect("wide_bass", words, image.correlation["low"], "correlation"))
    if abs(image.balance_db) > BALANCE_DB:
        side = "left" if image.balance_db > 0 else "right"
        far = f"{abs(image.balance_db):.1f} dB" if isfinite(image.balance_db) else "far"
        found.append(Defect("balance", f"the {side} channel is {far} louder", image.balance_db, "dB"))
    return found


def _lonely(times: Floats) -> tuple[float, ...]:
    """Clicks that are not the edges of a waveform; channels that click together count once."""
    if not len(times):
        return ()
    single = times[np.diff(times, prepend=-1.0) > 0.002]
    crowd = np.bincount(single.astype(np.int64))
    return tuple(float(second) for second in single[crowd[single.astype(np.int64)] <= CLICKS_A_SECOND])


def decibels(value: float) -> float:
    """Decibels of a linear value; -inf for nothing."""
    return 20 * log10(value) if value > 0 else -inf
