"""Fragments of fragmented MP4 (CMAF chunks): made from an encoder's packets, and looked at again after a crash.

Every fragment is muxed by a fresh muxer, so nothing but the packets' times is needed to continue after a restart. What
FFmpeg's mp4 muxer wants for that: `frag_discont` (the first packet's time becomes the fragment's decode time, tfdt)
with `use_editlist=0`; `empty_moov` (the header is complete before any sound); `default_base_moof` and `cmaf` (fragments
do not know their place in a file); `skip_trailer` (no index at the end).
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import av

from sonicforge.errors import UnreadableAudio

MUXER = {
    "movflags": "empty_moov+default_base_moof+frag_discont+skip_trailer+cmaf+skip_sidx",
    "use_editlist": "0",
}


class Sink:
    """What a muxer writes, kept in memory."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """All that was written since the last call."""
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def fragment(stream: Any, packets: Iterable[Any], number: int) -> bytes:
    """One `moof` and one `mdat` box with packets of an encoder's `stream`."""
    sink = Sink()
    container: Any = av.open(sink, "w", format="mp4", options={**MUXER, "fragment_index": str(number)})
    copy = container.add_stream_from_template(stream)
    container.start_encoding()
    sink.taken()
    for packet in packets:
        packet.stream = copy
        container.mux(packet)
    container.close()
    return sink.taken()


def chunk_ends(data: bytes) -> list[int]:
    """Where each whole pair of `moof` and `mdat` ends; what a crash left unfinished is not counted."""
    ends, at = [], 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += size
        if size < 8 or at > len(data):
            break
        if kind == b"mdat":
            ends.append(at)
    return ends


def samples_in(data: bytes) -> int:
    """Samples from the first packet to the end of the last; raises `UnreadableAudio`."""
    try:
        with av.open(BytesIO(data), format="mp4") as source:
            frame: int = source.streams.audio[0].codec_context.frame_size
            times = [packet.pts for packet in source.demux(audio=0) if packet.size]
    except (av.FFmpegError, IndexError) as error:
        raise UnreadableAudio(f"a segment cannot be read again: {error}") from error
    if not times or not frame:
        raise UnreadableAudio("a segment without sound")
    return int(times[-1] - times[0]) + frame
