"""Probes: what a listener would hear, judged from the encoded bytes that really leave.

bytes -> (now and then a stretch of about a second) -> decoder -> Ear: loudness, silence, standing still
"""

from dataclasses import dataclass
from io import BytesIO
from math import inf, isfinite, log10
from typing import Any

import numpy as np

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import BLOCK, RATE
from sonicforge.sound.audio import Samples
from sonicforge.sound.meter import Meter

SILENT_DB, SOUNDING_DB = -60.0, -55.0
"""Below the first a piece of 96 ms is silence, above the second it is sound; between them nothing changes."""

_REPEATS_DB = -50.0
"""A piece that differs from the one before by less than this stands still; noise, reverb and detune all differ more."""

_AT_FIRST = 16_384
"""Bytes taken for the first stretch of a stream whose rate is not known yet."""


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
        self._meter = Meter(RATE, 2)
        self._last: Samples | None = None
        self._heard = self._silent = self._still = False
        self._silent_s = self._frozen_s = self._good_s = 0.0
        self._healthy = True

    def hear(self, samples: Samples, *, stands_for_s: float = 0.0) -> ProbeReading:
        """The next samples (2, n) at RATE; they stand for a longer stretch if only a part was decoded."""
        whole = samples.shape[1] // BLOCK * BLOCK
        if not whole:
            return self.read()
        pieces = samples[:, :whole].reshape(2, -1, BLOCK).transpose(1, 0, 2)
        each_s = max(stands_for_s, samples.shape[1] / RATE) / len(pieces)
        self._meter.process(samples)
        self._heard = True
        for piece in pieces:
            self._judge(piece, each_s)
        return self.read()

    def read(self) -> ProbeReading:
        level = self._meter.short_term if self._heard else -inf
        told = round(level, 1) if isfinite(level) else None
        return ProbeReading(told, round(self._silent_s, 2), round(self._frozen_s, 2), self._healthy)

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
    whole frames, pages or fragments.
    """

    def __init__(
        self, container: str, *, header: bytes = b"", listen_s: float = 1.0, rest_s: float = 5.0, alarm_s: float = 5.0
    ) -> None:
        self._container, self._header = container, header
        self._listen_s, self._rest_s = listen_s, rest_s
        self._ear = Ear(alarm_s=alarm_s)
        self._stretch = bytearray()
        self._rate = 0.0
        self._rested = 0.0
        self._undecodable_s = 0.0

    def feed(self, data: bytes) -> None:
        """Bytes that have just left."""
        if self._rate and not self._ear.suspicious and self._rested < self._rest_s * self._rate:
            self._rested += len(data)
            return
        self._stretch += data
        if len(self._stretch) >= (self._listen_s * self._rate or _AT_FIRST):
            self._listen(bytes(self._stretch))
            self._stretch.clear()
            self._rested = 0.0

    def read(self) -> ProbeReading:
        """The last reading; bytes that nobody can decode count as standing still."""
        heard = self._ear.read()
        if not self._undecodable_s:
            return heard
        return ProbeReading(heard.level_lufs, heard.silent_s, round(self._undecodable_s, 2), False)

    def _listen(self, stretch: bytes) -> None:
        rested_s = self._rested / self._rate if self._rate else 0.0
        try:
            sound = decoded(self._container, self._header + stretch)
        except UnreadableAudio:
            self._undecodable_s += rested_s + (len(stretch) / self._rate if self._rate else self._listen_s)
            return
        self._undecodable_s = 0.0
        seconds = sound.shape[1] / RATE
        self._rate = len(stretch) / seconds
        self._ear.hear(sound, stands_for_s=rested_s + seconds)


def decoded(container: str, data: bytes) -> Samples:
    """A stretch of encoded sound as samples (2, n) at RATE, without the decoder's run-in.

    Raises `UnreadableAudio` when there is none in it.
    """
    import av

    pieces: list[Samples] = []
    resampler: Any = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    try:
        with av.open(BytesIO(data), format=container) as source:
            for frame in source.decode(audio=0):
                pieces += [piece.to_ndarray() for piece in resampler.resample(frame)]
    except (av.FFmpegError, IndexError) as error:
        # The end of a stretch may be cut inside a frame; what came before counts.
        if not pieces:
            raise UnreadableAudio(f"{len(data)} bytes of {container} hold no sound: {error}") from error
    sound = np.concatenate(pieces[1:], axis=1) if len(pieces) > 1 else np.zeros((2, 0), np.float32)
    if not sound.shape[1]:
        raise UnreadableAudio(f"{len(data)} bytes of {container} hold no sound")
    return np.asarray(sound, np.float32)


def _repeats(piece: Samples, last: Samples) -> bool:
    power = float(np.mean(piece**2))
    return power > 0 and float(np.mean((piece - last) ** 2)) < power * 10 ** (_REPEATS_DB / 10)


def _db(value: float) -> float:
    return 20 * log10(value) if value > 0 else -inf
