"""`Excerpt`: some seconds of an item as the station sends them: 48 kHz, stereo, at the station's loudness."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonicforge.playout.block import RATE
from sonicforge.playout.item import Item
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.channels import channel_change
from sonicforge.sound.decoding import opened
from sonicforge.sound.resample import resample

_MARGIN_S = 1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`samples` (2, n) of which the first is sample `start` of the item at 48 kHz."""

    samples: Samples
    start: int

    @property
    def end(self) -> int:
        return self.start + self.samples.shape[1]

    def span(self, start: int, stop: int) -> Samples:
        """Samples `start` to `stop` of the item, silence where the excerpt has none. Nobody may write into them."""
        if self.start <= start <= stop <= self.end:
            return self.samples[:, start - self.start : stop - self.start]
        out = np.zeros((2, max(stop - start, 0)), np.float32)
        first, last = max(start, self.start), min(stop, self.end)
        if first < last:
            out[:, first - start : last - start] = self.samples[:, first - self.start : last - self.start]
        return out


def station_gain(item: Item) -> np.float32:
    """The factor that brings an item's file to the station's loudness; the one number for bridge and programme."""
    return np.float32(10 ** (item.gain_db / 20))


def read_excerpt(item: Item, start_s: float, end_s: float) -> Excerpt:
    """Seconds `start_s` to `end_s` of an item's file, as far as it has them. Raises `UnreadableAudio`."""
    start_s = max(start_s, 0.0)
    audio, first_s = _read(item.path, start_s, end_s)
    stereo = channel_change(audio.channels, 2)(audio.samples)
    sound = resample(Audio(stereo, audio.sample_rate), RATE, quality="VHQ").samples
    start, end = round(start_s * RATE), round(end_s * RATE)
    kept = sound[:, start - first_s * RATE : max(end - first_s * RATE, 0)]
    return Excerpt(np.ascontiguousarray(kept) * station_gain(item), start)


def _read(path: Path, start_s: float, end_s: float) -> tuple[Audio, int]:
    """The stretch with a margin around it, and the whole second on which it begins: a whole sample at any rate."""
    first_s = max(int(start_s) - _MARGIN_S, 0)
    with opened(path) as source:
        rate, kept = source.sample_rate, [np.zeros((source.channels, 0), np.float32)]
        wanted = round((end_s + _MARGIN_S) * rate) - first_s * rate
        for block in source.blocks(first_s * rate):
            kept.append(block[:, :wanted])
            wanted -= block.shape[1]
            if wanted <= 0:
                break
        return Audio(np.concatenate(kept, axis=1), rate), first_s
