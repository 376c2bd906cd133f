"""`Film`: picture and sound of the station in one quality, as FLV tags or MPEG-TS."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from sonicforge.playout.block import BLOCK, RATE
from sonicforge.playout.outputs.encoder import Pipe
from sonicforge.playout.outputs.feed import Piece
from sonicforge.playout.outputs.flv import tags
from sonicforge.playout.outputs.picture import HEIGHT, WIDTH, Planes
from sonicforge.playout.probe import Probe, ProbeReading
from sonicforge.sound.audio import Samples

FRAMES_PER_S = Fraction(RATE, BLOCK)
"""One picture a block: 10.4 a second."""

_KEY_EVERY = 20
"""Pictures from key to key: 1.92 s, under the two seconds that platforms ask for."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A quality: the most that picture and sound may take, in bit/s."""

    picture: int
    sound: int

    @property
    def bitrate(self) -> int:
        return self.picture + self.sound


RUNGS = (Rung(2_500_000, 160_000), Rung(1_000_000, 128_000), Rung(400_000, 96_000), Rung(160_000, 64_000))
"""From the best down. All have 720 lines, so that a change needs no new picture size at the far end."""

CONTAINERS = {
    "flv": {"flvflags": "no_duration_filesize"},
    "mpegts": {},
}


class Film:
    """Encodes pictures and blocks from the moment `start` on the stage's clock, counted in blocks.

    Pictures are keys wherever their number is a multiple of twenty, so that films of different rungs can take over
    from each other; the first one is always a key.
    """

    def __init__(self, container: str, rung: Rung, start: int) -> None:
        import av

        self._flv = container == "flv"
        self._pipe = Pipe()
        options = {"flush_packets": "1", **CONTAINERS[container]}
        self._container: Any = av.open(self._pipe, "w", format=container, options=options)
        self._picture = self._add_picture(rung)
        self._sound: Any = self._container.add_stream("aac", rate=RATE, options={"aac_coder": "fast"})
        self._sound.layout, self._sound.bit_rate = "stereo", rung.sound
        self._start, self._count = start, start
        self._container.start_encoding()
        head = self._pipe.drain()
        self.setup = self._pieces(start, head)
        self._probe = Probe(container, header=head)

    def _add_picture(self, rung: Rung) -> Any:
        most = str(rung.picture)
        options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": "24",
            "maxrate": most,
            "bufsize": most,
            "forced-idr": "1",
            "x264-params": "scenecut=0:keyint=infinite:colorprim=bt709:transfer=bt709:colormatrix=bt709",
        }
        stream: Any = self._container.add_stream("libx264", rate=FRAMES_PER_S, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        stream.codec_context.thread_count = 1
        return stream

    def add(self, planes: Planes, samples: Samples) -> list[Piece]:
        """The next picture with its block of sound."""
        import av
        from av.video.frame import PictureType

        number = self._count
        self._count += 1
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts, picture.time_base = number * BLOCK, Fraction(1, RATE)
        key = number % _KEY_EVERY == 0 or number == self._start
        picture.pict_type = PictureType.I if key else PictureType.P
        sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = RATE, number * BLOCK, Fraction(1, RATE)
        self._container.mux(self._picture.encode(picture))
        self._container.mux(self._sound.encode(sound))
        data = self._pipe.drain()
        self._probe.feed(data)
        return self._pieces(number, data, key=key)

    @property
    def reading(self) -> ProbeReading:
        """What the probe heard in it."""
        return self._probe.read()

    def close(self) -> None:
        """Free the encoders."""
        self._container.close()
        self._pipe.drain()

    def _pieces(self, number: int, data: bytes, *, key: bool = False) -> list[Piece]:
        if self._flv:
            return [Piece(tag.at_ms, tag, tag.entry, tag.setup) for tag in tags(data)]
        return [Piece(number * BLOCK * 1000 // RATE, data, entry=key)] if data else []
