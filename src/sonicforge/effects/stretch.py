"""Time-stretch: longer or shorter at the same pitch.

windowed frames -> spectra -> every bin turned (`_phase_field`) -> frames laid down at another distance. Four windows
share one field of turns (`_ladder`). A position of the input always lands on its stretched place, transients
included; phases between channels stay as they are.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from sonicforge.effects._ladder import OVERLAP, ladder
from sonicforge.effects._phase_field import cut_frames, lay_frames, turn_frames
from sonicforge.errors import OutOfRange
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples

SLOWEST, FASTEST = 2.0, 0.5
BLOCK = 65_536


def stretch(audio: Audio, ratio: float) -> Audio:
    """`audio` made `ratio` times as long, 0.5 .. 2, pitch and stereo image kept.

    The length is rounded to a sample. At 1 the sound comes back untouched; silence stays silence. Raises `OutOfRange`.
    """
    checked_ratio(ratio)
    if ratio == 1.0 or audio.length == 0:
        return audio
    stretcher = Stretcher(ratio, channels=audio.channels, sample_rate=audio.sample_rate, groups=8)
    parts = [stretcher.feed(audio.samples[:, at : at + BLOCK]) for at in range(0, audio.length, BLOCK)]
    return Audio(np.concatenate([*parts, stretcher.finish()], axis=1), audio.sample_rate)


def checked_ratio(ratio: float) -> float:
    """`ratio` if it can be had; raises `OutOfRange`."""
    if not FASTEST <= ratio <= SLOWEST:
        raise OutOfRange("stretch ratio", ratio, FASTEST, SLOWEST)
    return ratio


class Stretcher:
    """Time-stretch for streams: sound goes in as it comes and leaves, longer or shorter, as soon as it is final.

    The first sample out is the first sample in; nothing is lost or added at the ends. `ratio` may be set at any time,
    0.5 .. 2, and holds from the next frames on. However the input is cut, the same sound comes out. `groups` is how
    many groups of frames (43 ms each) are worked on at once: more is faster, fewer is sooner.
    """

    def __init__(
        self, ratio: float = 1.0, *, channels: int = 2, sample_rate: int = SAMPLE_RATE, groups: int = 1
    ) -> None:
        self._ratio = checked_ratio(ratio)
        self._channels = channels
        self._ladder = ladder(sample_rate)
        self._frames = groups * self._ladder.group
        self._cutting = [_hann(size) * np.float32(2 / size) for size in self._ladder.sizes]
        self._laying = [_hann(size) * np.float32(size / (0.75 * OVERLAP)) for size in self._ladder.sizes]
        self.reset()

    def reset(self) -> None:
        """Forget everything heard; the ratio stays."""
        steps, longest = self._ladder, self._ladder.longest
        places = steps.first[-1]
        self._past = np.zeros((self._channels, 2 * places), np.float32)
        self._before, self._turns = np.zeros(places, np.float32), np.zeros(places, np.float32)
        # Frames start where the longest window first touches the sound.
        self._centre = steps.group * steps.hop - longest // 2
        self._place = self._centre / self._ratio
        self._earlier = np.rint(self._place - np.arange(steps.group, 0, -1) * (steps.hop / self._ratio)).astype(
            np.int64
        )
        self._origin = int(self._earlier[0]) - longest
        self._line = np.zeros((self._channels, -self._origin), np.float32)
        self._laid = np.zeros((self._channels, longest + self._frames * steps.hop), np.float32)
        self._due = longest - steps.group * steps.hop
        self._heard, self._given = 0, 0

    @property
    def ratio(self) -> float:
        """Length out over length in."""
        return self._ratio

    @ratio.setter
    def ratio(self, ratio: float) -> None:
        self._ratio = checked_ratio(ratio)

    @property
    def latency(self) -> int:
        """Input samples that a fresh stretcher of this ratio needs before it gives any sound."""
        steps = self._ladder
        lead, step = steps.group * steps.hop, self._frames * steps.hop
        silent = (steps.longest - lead) // step * step
        return self._reach((lead - steps.longest // 2 + silent) / self._ratio)

    @property
    def behind(self) -> int:
        """The most input samples, ever, between what has been heard and what has been given for it."""
        steps, step = self._ladder, self._frames * self._ladder.hop
        lead = steps.group * steps.hop
        start, due = (lead - steps.longest // 2) / self._ratio, steps.longest - lead
        batches = range(due // step + 2, due // step + 66)
        return max(self._reach(start + n * step / self._ratio) - int((n * step - due) / self._ratio) for n in batches)

    @property
    def wanted(self) -> int:
        """Input samples after which `feed` works on the next frames."""
        return max(self._reach(self._place) - self._heard, 0)

    def feed(self, block: Samples) -> Samples:
        """What becomes final when `block` (channels, n) has been heard: (channels, any number)."""
        self._line = np.concatenate([self._line, block], axis=1)
        self._heard += block.shape[1]
        ready = []
        while self.wanted == 0:
            ready.append(self._advance())
        given = np.concatenate(ready, axis=1) if ready else np.zeros((self._channels, 0), np.float32)
        self._given += given.shape[1]
        return given

    def finish(self) -> Samples:
        """The rest of the sound; the stretcher is fresh afterwards."""
        end = round(self._centre + (self._heard - self._place) * self._ratio)
        missing = max(end - self._given, 0)
        parts = [np.zeros((self._channels, 0), np.float32)]
        while sum(part.shape[1] for part in parts) < missing:
            parts.append(self.feed(np.zeros((self._channels, self.wanted), np.float32)))
        self.reset()
        return np.ascontiguousarray(np.concatenate(parts, axis=1)[:, :missing])

    def _places(self, place: float) -> NDArray[np.float64]:
        """Where frames from `place` on lie in the input."""
        return place + np.arange(self._frames, dtype=np.float64) * (self._ladder.hop / self._ratio)

    def _reach(self, place: float) -> int:
        """The input sample before which the frames from `place` on end."""
        steps, centres = self._ladder, np.rint(self._places(place))
        return max(int(centres[-every]) + int(size) // 2 for every, size in zip(steps.every, steps.sizes, strict=True))

    def _advance(self) -> Samples:
        """Work on the next frames; returns what no later frame will touch."""
        steps, places = self._ladder, self._places(self._place)
        centres = np.rint(places).astype(np.int64)
        both = np.concatenate([self._earlier, centres])
        apart = np.stack([centres - both[steps.group - every :][: centres.size] for every in steps.every], axis=1)
        packed = self._spectra(centres - self._origin)
        turn_frames(
            packed.view(np.float32), steps.first, steps.every, steps.sizes, steps.numbers, steps.twins, steps.odd,
            steps.shared, steps.gains, np.ascontiguousarray(apart), centres - places, float(self._ratio), steps.hop,
            self._past, self._before, self._turns,
        )  # fmt: skip
        self._lay(packed)
        self._earlier = centres[-steps.group :]
        self._place += self._frames * (steps.hop / self._ratio)
        self._centre += self._frames * steps.hop
        passed = int(self._earlier[0]) - steps.longest - self._origin
        if passed > 0:
            self._line, self._origin = self._line[:, passed:], self._origin + passed
        return self._final()

    def _spectra(self, centres: NDArray[np.int64]) -> NDArray[np.complex64]:
        """Bins of all windows (frames, channels, places) around `centres` of the line."""
        steps = self._ladder
        packed = np.zeros((centres.size, self._channels, int(steps.first[-1])), np.complex64)
        for w, (size, every) in enumerate(zip(steps.sizes, steps.every, strict=True)):
            starts = centres[::every] - size // 2
            frames = np.empty((starts.size, self._channels, size), np.float32)
            cut_frames(self._line, starts, self._cutting[w], frames)
            places, bins = steps.span(w)
            packed[::every, :, places] = rfft(frames, axis=2)[:, :, bins]
        return packed

    def _lay(self, packed: NDArray[np.complex64]) -> None:
        steps = self._ladder
        for w, (size, every) in enumerate(zip(steps.sizes, steps.every, strict=True)):
            places, bins = steps.span(w)
            whole = np.zeros((self._frames // every, self._channels, size // 2 + 1), np.complex64)
            whole[:, :, bins] = packed[::every, :, places]
            frames = irfft(whole, axis=2, overwrite_x=True)
            lay_frames(frames, self._laying[w], (steps.longest - size) // 2, every * steps.hop, self._laid)

    def _final(self) -> Samples:
        done = self._frames * self._ladder.hop
        final = self._laid[:, :done].copy()
        self._laid[:, :-done] = self._laid[:, done:]
        self._laid[:, -done:] = 0.0
        early = min(self._due, done)
        self._due -= early
        return final[:, early:]


def _hann(size: int) -> Samples:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
