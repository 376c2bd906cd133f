"""Probes: what a listener would hear, judged from the encoded bytes that really leave.

bytes -> (now and then a stretch of about a second) -> decoder -> Ear: loudness, silence, standing still
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from math import inf, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import BLOCK, RATE
from sonicforge.sound.audio import Samples
from sonicforge.sound.k_curve import power_gain

SILENT_DB, SOUNDING_DB = -60.0, -55.0
"""Below the first a piece of 96 ms is silence, above the second it is sound; between them nothing changes."""

_REPEATS_DB = -50.0
"""A piece that differs from the one before by less than this stands still; noise, reverb and detune all differ more."""

_LEVEL_PIECES = 31
"""Pieces of 96 ms that the level is taken over: three seconds."""

_IDLE_S = 2.5
"""Without bytes for so long, a stream stands still; outputs hand them on at least every second."""


@dataclass(frozen=True, slots=True)
class ProbeReading:
    """`level_lufs` of the last 3 s that were listened to (None before any sound came), seconds of silence and of
    standing still up to now, and whether all is well, which follows both with hysteresis."""

    level_lufs: float | None = None
    silent_s: float = 0.0
    frozen_s: float = 0.0
    healthy: bool = True


class Ear:
    """Listens to decoded sound. Faults of `alarm_s` make it unwell; as much good sound makes it well again."""

    def __init__(self, *, alarm_s: float = 5.0) -> None:
        self._alarm_s = alarm_s
        self._powers: deque[float] = deque(maxlen=_LEVEL_PIECES)
        self._last: Samples | None = None
        self._silent = self._still = False
        self._silent_s = self._frozen_s = self._good_s = 0.0
        self._healthy = True

    def hear(self, samples: Samples, *, stands_for_s: float = 0.0) -> ProbeReading:
        """The next samples (2, n) at RATE; they stand for a longer stretch if only a part was decoded."""
        whole = samples.shape[1] // BLOCK * BLOCK
        if not whole:
            return self.read()
        pieces = samples[:, :whole].reshape(2, -1, BLOCK).transpose(1, 0, 2)
        each_s = max(stands_for_s, samples.shape[1] / RATE) / len(pieces)
        self._powers.extend(_weighted_powers(pieces))
        for piece in pieces:
            self._judge(piece, each_s)
        return self.read()

    def read(self) -> ProbeReading:
        power = sum(self._powers) / len(self._powers) if self._powers else 0.0
        level = round(10 * log10(power) - 0.691, 1) if power > 0 else None
        return ProbeReading(level, round(self._silent_s, 2), round(self._frozen_s, 2), self._healthy)

    @property
    def suspicious(self) -> bool:
        """Whether it is worth listening to everything for a while."""
        return self._silent or self._still or not self._healthy

    def _judge(self, piece: Samples, seconds: float) -> None:
        # A constant voltage is no sound, hence the deviation from the mean.
        level = _db(float(piece.std(axis=1).max()))
        self._silent = level < SILENT_DB or (self._silent and level < SOUNDING_DB)
        self._still = not self._silent and self._last is not None and _repeats(piece, self._last)
        self._last = piece
        self._silent_s = self._silent_s + seconds if self._silent else 0.0
        self._frozen_s = self._frozen_s + seconds if self._still else 0.0
        self._good_s = 0.0 if self._silent or self._still else self._good_s + seconds
        if max(self._silent_s, self._frozen_s) >= self._alarm_s:
            self._healthy = False
        elif self._good_s >= self._alarm_s:
            self._healthy = True


class Probe:
    """Listens to an encoded stream as it leaves: about `listen_s` of every `listen_s + rest_s` seconds, and to all of
    it while something seems wrong.

    `container` is FFmpeg's name of the format (`mp3`, `adts`, `ogg`, `flac`, `flv`, `mpegts`, `mp4`). `header` are the
    bytes a decoder needs first (the first Ogg pages, an mp4 initialisation segment; nothing for mp3 and adts). Feed
    whole frames, pages or fragments, as they leave: time is told by `clock`, for silence has hardly any bytes.
    """

    def __init__(
        self,
        container: str,
        *,
        header: bytes = b"",
        listen_s: float = 1.0,
        rest_s: float = 5.0,
        alarm_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._container, self._header = container, header
        self._listen_s, self._rest_s, self._alarm_s, self._clock = listen_s, rest_s, alarm_s, clock
        self._ear = Ear(alarm_s=alarm_s)
        self._stretch = bytearray()
        self._told_at = self._fed_at = clock()
        self._listens_at = self._began_at = self._told_at
        self._undecodable_s = 0.0

    def feed(self, data: bytes) -> None:
        """Bytes that have just left."""
        now = self._fed_at = self._clock()
        if now < self._listens_at and not self._ear.suspicious and not self._undecodable_s:
            return
        if not self._stretch:
            self._began_at = now
        self._stretch += data
        if now - self._began_at >= self._listen_s:
            self._listen(bytes(self._stretch), now)
            self._stretch.clear()

    def read(self) -> ProbeReading:
        """As heard last. Bytes that nobody can decode, or none at all, count as standing still."""
        heard = self._ear.read()
        idle_s = self._clock() - self._fed_at
        stuck_s = max(self._undecodable_s, idle_s if idle_s > _IDLE_S else 0.0)
        if not stuck_s:
            return heard
        return replace(heard, frozen_s=round(stuck_s, 2), healthy=heard.healthy and stuck_s < self._alarm_s)

    def _listen(self, stretch: bytes, now: float) -> None:
        lasted_s, self._told_at = now - self._told_at, now
        self._listens_at = now + self._rest_s
        try:
            self._ear.hear(decoded(self._container, self._header + stretch), stands_for_s=lasted_s)
            self._undecodable_s = 0.0
        except UnreadableAudio:
            self._undecodable_s += lasted_s


def decoded(container: str, data: bytes) -> Samples:
    """A stretch of encoded sound as samples (2, n) at RATE, without the decoder's run-in.

    Raises `UnreadableAudio` when there is none in it.
    """
    import av

    pieces: list[Samples] = []
    resampler: Any = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    try:
        with av.open(BytesIO(data), format=container) as source:
            for packet in source.demux(audio=0):
                # A stretch may begin and end inside a frame.
                with suppress(av.FFmpegError):
                    pieces += [part.to_ndarray() for frame in packet.decode() for part in resampler.resample(frame)]
    except (av.FFmpegError, IndexError) as error:
        if not pieces:
            raise UnreadableAudio(f"{len(data)} bytes of {container} hold no sound: {error}") from error
    sound = np.concatenate(pieces[1:], axis=1) if len(pieces) > 1 else np.zeros((2, 0), np.float32)
    if not sound.shape[1]:
        raise UnreadableAudio(f"{len(data)} bytes of {container} hold no sound")
    return np.asarray(sound, np.float32)


def _weighted_powers(pieces: NDArray[np.float32]) -> list[float]:
    """K-weighted power of each piece (n, 2, BLOCK), channels added: BS.1770 by spectrum, which needs no filter."""
    window, weights = _weighting()
    spectrum = np.fft.rfft(pieces * window, axis=2)
    return [float(power) for power in np.sum((spectrum.real**2 + spectrum.imag**2) @ weights, axis=1)]


@lru_cache(maxsize=1)
def _weighting() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A Hann window, and what each bin's squared magnitude adds to the power."""
    window = np.hanning(BLOCK + 1)[:-1]
    gain = power_gain(np.arange(BLOCK // 2 + 1) * (RATE / BLOCK), RATE)
    gain[1:-1] *= 2
    return window.astype(np.float32), gain / (BLOCK * np.sum(window**2))


def _repeats(piece: Samples, last: Samples) -> bool:
    power = float(np.mean(piece**2))
    return power > 0 and float(np.mean((piece - last) ** 2)) < power * 10 ** (_REPEATS_DB / 10)


def _db(value: float) -> float:
    return 20 * log10(value) if value > 0 else -inf
