"""The mixing desk: channels in, sends and buses summed in a fixed order, one mixdown out.

Memory: one stereo bus, one mono send per effect preset at half the rate, and the stem in work.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.effects.control import ride
from sonicforge.effects.halfband import halve
from sonicforge.effects.stereo import balance_gains, pan_gains
from sonicforge.genres.genre import Genre, Send
from sonicforge.mix.automation import Points, Timeline
from sonicforge.mix.bus import block_peaks, clip_drums, decide_bus, decide_drum_drive, join, run_bus
from sonicforge.mix.decide import REFERENCE_LUFS
from sonicforge.mix.decision import BusDecision, StemDecision
from sonicforge.mix.returns import Space, is_delay, return_all
from sonicforge.mix.strip import StemCurves, Strip
from sonicforge.mix.tape_stop import tape_stop
from sonicforge.music.score import Score
from sonicforge.sound.audio import SAMPLE_RATE, Audio, Samples
from sonicforge.sound.stages import Mixdown

THROW_DB = -12.0
"""Level of a send that only automation opens, raised by 6 dB."""
SHIMMERLESS = frozenset({"dark", "industrial", "aggressive", "melancholic"})


@dataclass(frozen=True, slots=True)
class Feed:
    """What a channel sends to an effect: mono at half the rate, and a gain."""

    preset: str
    gain: float
    samples: Samples


@dataclass(frozen=True, slots=True)
class ProcessedStem:
    """A stem behind its fader: mono (1, n) or stereo, gains of left and right, feeds of the effects."""

    decision: StemDecision
    samples: Samples
    left: float
    right: float
    feeds: tuple[Feed, ...]

    def stereo(self, sample_rate: int = SAMPLE_RATE) -> Audio:
        """The channel as it enters its bus."""
        gains = np.array([[self.left], [self.right]], np.float32)
        return Audio(
            np.ascontiguousarray(np.broadcast_to(self.samples, (2, self.samples.shape[1])) * gains), sample_rate
        )


class Desk:
    """Mixes one score; `length` samples that begin at tick `start`.

    `channel` is pure and may run in threads; `add` must be called in one fixed order; `finish` gives the mixdown and
    ends the desk's life. `bus` replays a recorded bus decision instead of making one.
    """

    def __init__(
        self,
        score: Score,
        genre: Genre,
        length: int,
        sample_rate: int = SAMPLE_RATE,
        *,
        start: int = 0,
        bus: BusDecision | None = None,
    ) -> None:
        self._score, self._genre, self._given_bus = score, genre, bus
        self._timeline = Timeline(score, length, sample_rate, start=start)
        self._music = np.zeros((2, length), np.float32)
        self._drums_open = False
        self._drum_drive: float | None = None
        self._sends: dict[str, Samples] = {}
        self._gated: dict[str, list[NDArray[np.float64]]] = {}
        self._decisions: list[StemDecision] = []
        self._dry_power = 0.0

    def channel(self, stem: str, audio: Audio, decision: StemDecision, *, in_place: bool = False) -> ProcessedStem:
        """A stem through its strip, with its feeds; `audio` is left untouched unless it is given up by `in_place`."""
        curves = StemCurves(stem, decision.duck, self._timeline)
        samples = Strip(decision, curves).play(audio.samples, in_place=in_place)
        left, right = (pan_gains if samples.shape[0] == 1 else balance_gains)(decision.pan)
        return ProcessedStem(decision, samples, left, right, self._feeds(stem, samples, decision))

    def add(self, processed: ProcessedStem) -> None:
        """Sum a channel into its bus and its sends."""
        decision, samples = processed.decision, processed.samples
        self._route(decision)
        bus = self._music
        power = _accumulate(bus[0], samples[0], processed.left) + _accumulate(bus[1], samples[-1], processed.right)
        if not decision.drums:
            self._dry_power += power
        for feed in processed.feeds:
            if feed.preset not in self._sends:
                self._sends[feed.preset] = np.zeros(feed.samples.size, np.float32)
            _accumulate(self._sends[feed.preset], feed.samples, feed.gain)
            if feed.preset == "GATED":
                self._gated.setdefault(feed.preset, []).append(self._timeline.stem_hits_s(decision.stem))
        self._decisions.append(decision)

    def _route(self, decision: StemDecision) -> None:
        """Drums that come first have the bus and its clipper to themselves; the first other stem closes it."""
        if not decision.drums or self._genre.bus.drum_clip_db <= 0:
            self._close_drums()
        elif not self._decisions:
            self._drums_open = True

    def _close_drums(self) -> None:
        if not self._drums_open:
            return
        given = self._given_bus
        drive = decide_drum_drive(self._genre.bus, self._music) if given is None else given.drum_drive_db
        clip_drums(self._music, drive)
        self._drums_open, self._drum_drive = False, drive

    def finish(self, *, threads: int = 2) -> Mixdown:
        """Returns, buses, automation of the mix, tape stops. The decision holds every number that was used."""
        rate, given, wish = self._timeline.sample_rate, self._given_bus, self._genre.bus
        self._close_drums()
        wet = return_all(self._sends, self._space(), threads=threads)
        self._sends.clear()
        if wet is not None:
            join(self._music, wet.samples)
        decided = decide_bus(wish, block_peaks(self._music), self._drum_drive) if given is None else given
        heard = bool(np.any(self._music))
        if heard:
            run_bus(self._music, decided, self._timeline, seed=self._score.seed)
            for cue in self._score.cues:
                if cue.kind == "STP":
                    edges = (self._timeline.second(cue.start), self._timeline.second(cue.start + cue.length))
                    tape_stop(self._music, *(round(edge * rate) for edge in edges), sample_rate=rate)
        power = {} if wet is None else wet.power
        return Mixdown(Audio(self._music, rate), self._decision(decided, power))

    def _feeds(self, stem: str, samples: Samples, decision: StemDecision) -> tuple[Feed, ...]:
        half: Samples | None = None
        feeds = []
        for send, kind in ((decision.reverb, "reverb_db"), (decision.delay, "delay_db")):
            gain = self._send_gain(stem, kind, always=send is not None)
            if send is None and gain is None:
                continue
            half = halve(samples) if half is None else half
            send = send or self._spare(kind)
            feeds.append(Feed(send.preset, 10 ** (send.level_db / 20), half if gain is None else _ridden(half, gain)))
        return tuple(feeds)

    def _send_gain(self, stem: str, kind: str, *, always: bool) -> Points | None:
        """What the score adds to a send, as gain; where nothing is sent otherwise, only its rises count."""
        curve = self._timeline.stem_curve(kind, stem)
        if curve is None:
            return None
        gain = np.exp2(curve * np.float32(np.log2(10) / 20))
        if always:
            return gain
        rises = np.maximum(gain - np.float32(1.0), np.float32(0.0))
        return rises if rises.any() else None

    def _spare(self, kind: str) -> Send:
        """The effect that a throw goes to when the channel has no send of its own: the one the genre uses first."""
        usual = "D8D" if kind == "delay_db" else "PLATE"
        used = [mix.delay if kind == "delay_db" else mix.reverb for mix in self._genre.mix.values()]
        presets = [send.preset for send in used if send is not None and send.preset != "GATED"]
        return Send(presets[0] if presets else usual, THROW_DB)

    def _space(self) -> Space:
        swing = self._genre.swing
        percent = float(self._score.facts.get("swing_percent", swing.percent))
        moods = set(self._score.facts.get("mood", "").replace(",", " ").split())
        hits = {name: np.sort(np.concatenate(found)) for name, found in self._gated.items()}
        return Space(self._timeline, percent if swing.unit == 16 else 50.0, not moods & SHIMMERLESS, hits)

    def _decision(self, bus: BusDecision, returns: Mapping[str, float]) -> dict[str, Any]:
        # Returns are counted at half the rate, the dry sum at the full one.
        dry = max(self._dry_power, 1e-20)
        wet_db = {name: _ratio_db(2 * power, dry) for name, power in returns.items()}
        reverb = sum(2 * power for name, power in returns.items() if not is_delay(name))
        return {
            "reference_lufs": REFERENCE_LUFS,
            "stems": {decision.stem: decision.to_json() for decision in self._decisions},
            "bus": bus.to_json(),
            "wet_db": wet_db,
            "reverb_to_dry_db": _ratio_db(reverb, dry),
        }


def _ratio_db(power: float, other: float) -> float:
    return round(10 * math.log10(power / other + 1e-12), 2)


def _ridden(half: Samples, gain: Points) -> Samples:
    """A feed along a send's gain; every second control point serves at half the rate."""
    out = half.copy()
    ride(out[None], gain[::2])
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _accumulate(bus, x, gain):  # type: ignore[no-untyped-def]
    g = np.float32(gain)
    power = 0.0
    for first in range(0, x.size, 4096):
        one, into = x[first : first + 4096], bus[first : first + 4096]
        part = np.float32(0.0)
        for i in range(one.size):
            u = g * one[i]
            into[i] += u
            part += u * u
        power += float(part)
    return power
