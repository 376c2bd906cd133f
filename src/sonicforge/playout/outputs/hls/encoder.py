"""Encoders: pairs of blocks in, fragments of fragmented MP4 out."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from sonicforge.playout.block import RATE
from sonicforge.playout.outputs.hls.fragment import MUXER, Sink, fragment
from sonicforge.playout.outputs.hls.renditions import Rendition
from sonicforge.sound.audio import Samples

_TIME = Fraction(1, RATE)
_FULL_24 = 8_388_607


class Encoder:
    """One rendition's encoder for one unbroken run of sound. `init` is its initialisation segment.

    AAC packets carry the time of the samples they decode to: the encoder's priming lies before the run's first sample
    and is left out, so that positions are exact in every rendition.
    """

    def __init__(self, rendition: Rendition, start: int) -> None:
        self.rendition, self._start = rendition, start
        header = Sink()
        self._home: Any = av.open(header, "w", format="mp4", options=MUXER)
        self._stream: Any = self._home.add_stream(rendition.encoder, rate=RATE, options=dict(rendition.options))
        self._stream.layout = "stereo"
        self._stream.format = "s32" if rendition.encoder == "flac" else "fltp"
        self._stream.time_base = _TIME
        if rendition.bitrate:
            self._stream.bit_rate = rendition.bitrate
        self._home.start_encoding()
        self.init = header.taken()
        self._waiting: list[Any] = []

    def encode(self, frames: Sequence[Any]) -> None:
        """Frames from `frames_of`, in order."""
        for frame in frames:
            self._keep(self._stream.codec_context.encode(frame))

    def finish(self) -> None:
        """Push out what the encoder holds back; nothing can be encoded after that."""
        self._keep(self._stream.codec_context.encode(None))

    def close(self) -> None:
        self._waiting.clear()
        self._home.close()

    def reaches(self, position: int) -> bool:
        """Whether everything before `position` has been encoded."""
        return bool(self._waiting) and self._waiting[-1].pts + self.rendition.frame >= position

    def take(self, end: int, number: int) -> bytes:
        """All sound before `end` as fragment `number`."""
        packets = [packet for packet in self._waiting if packet.pts < end]
        self._waiting = self._waiting[len(packets) :]
        return fragment(self._stream, packets, number)

    def _keep(self, packets: Sequence[Any]) -> None:
        # FLAC ends with an empty packet that only carries its check sum.
        self._waiting += [packet for packet in packets if packet.size and packet.pts >= self._start]


def frames_of(kind: str, samples: Samples, position: int) -> list[Any]:
    """Samples (2, n) as frames of 1024 (aac) or 4608 (flac, rounded to 24 bit) that start at `position`."""
    if kind == "flac":
        whole = np.rint(np.clip(samples.T, -1.0, 1.0) * np.float32(_FULL_24)).astype(np.int32) << 8
        return [_frame(whole[at : at + 4608].reshape(1, -1), "s32", position + at) for at in range(0, len(whole), 4608)]
    return [
        _frame(np.ascontiguousarray(samples[:, at : at + 1024]), "fltp", position + at)
        for at in range(0, samples.shape[1], 1024)
    ]


def _frame(samples: Any, form: str, position: int) -> Any:
    frame = av.AudioFrame.from_ndarray(samples, format=form, layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, position, _TIME
    return frame
