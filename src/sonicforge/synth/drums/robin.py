"""Round robin: a voice is rendered in a few variants per force, and no two hits in a row use the same one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sonicforge.chance import choices, subseed
from sonicforge.genres.kit import DrumVoice, Finish
from sonicforge.sound.audio import Samples
from sonicforge.synth.drums import kernels
from sonicforge.synth.drums.levels import amplitude, cycles
from sonicforge.synth.drums.voice import Strike, finish, render_hit

PITCH_CENTS, KICK_CENTS = 8.0, 3.0
DECAY_SPREAD, BAND_SPREAD, LEVEL_DB = 0.06, 0.04, 0.8
LONG_MS = 85.0
SIDE_HZ = 600.0
SIDE_GAIN = 0.42


@dataclass(frozen=True, slots=True)
class Force:
    """What changes the sound of a hit beyond its level; `step` 0 (soft) .. `steps` - 1."""

    step: int
    ratio: float
    open: bool = False
    ghost: bool = False
    bell: bool = False


class RoundRobin:
    """Variants of one voice in one part, made when first needed.

    `still` = machine kicks and chips: the pitch, decay and level of the variants are alike. `finishes` follow the
    voice's own. Velocity changes brightness and decay in steps: six for short sounds, three for long ones.
    """

    def __init__(
        self, voice: DrumVoice, seed: int, *, kick: bool, still: bool, finishes: tuple[Finish, ...] = ()
    ) -> None:
        lasting = max(voice.ring_ms, voice.clap.tail_tau_ms if voice.clap else 0.0)
        long = lasting > LONG_MS or voice.body is not None or voice.cloud is not None
        self._voice, self._seed, self._finishes = voice, seed, finishes
        self._kick, self._still = kick, still
        self._count = (3 if still else 5) if kick else (4 if voice.variants or voice.tune else 6 if long else 8)
        self.steps = 3 if long else 6
        chance = choices(seed, "robin")
        self._pick = chance.random
        self._recent: tuple[int, ...] = ()
        self._spread = [[*self._stratified(chance.sample)] for _ in range(6)]
        self._hits: dict[tuple[Force, int], Samples] = {}
        self._sides: dict[tuple[Force, int], Samples] = {}

    def _stratified(self, sample: Callable[[range, int], list[int]]) -> list[float]:
        order = sample(range(self._count), self._count)
        return [(2 * place + 1) / self._count - 1.0 for place in order]

    def step(self, velocity: int) -> int:
        if self._kick and self._still:
            return self.steps - 1
        return min(self.steps - 1, velocity * self.steps // 128)

    def next(self) -> int:
        """A variant whose pitch fall differs from the last hit's by two places or more; never the last two again."""
        if not self._recent:
            chosen = int(self._pick() * self._count)
        else:
            apart = 1.5 * 2.0 / self._count if self._count > 3 else 0.0
            sweep, last = self._spread[3], self._recent[-1]
            free = [i for i in range(self._count) if i != last and abs(sweep[i] - sweep[last]) > apart]
            fresh = [i for i in free if i not in self._recent] or free
            chosen = fresh[int(self._pick() * len(fresh))]
        self._recent = (*self._recent[-1:], chosen)
        return chosen

    def level(self, variant: int) -> float:
        return 1.0 if self._still else amplitude(LEVEL_DB * self._spread[5][variant])

    def hit(self, force: Force, variant: int) -> Samples:
        """Samples (n,) of one variant."""
        found = self._hits.get((force, variant))
        if found is None:
            found = self._hits[force, variant] = self._render(force, variant)
        return found

    def side(self, force: Force, variant: int) -> Samples:
        """The side signal of a variant: the next variant without its lows, so that it shares the envelope only."""
        found = self._sides.get((force, variant))
        if found is None:
            found = self.hit(force, (variant + 1) % self._count) * np.float32(SIDE_GAIN)
            kernels.filter_in_place(found, cycles(SIDE_HZ), True)
            self._sides[force, variant] = found
        return found

    def _render(self, force: Force, variant: int) -> Samples:
        strike = self._strike(force, variant)
        hit = render_hit(self._voice, strike)
        for stage in self._finishes:
            finish(hit, stage, strike.brightness)
        return hit

    def _strike(self, force: Force, variant: int) -> Strike:
        pitch, decay, band, sweep, base, _ = (values[variant] for values in self._spread)
        share = (force.step + 0.75) / (self.steps - 0.25)
        brightness, tau = 0.55 + 0.45 * share, 0.8 + 0.2 * share
        if force.ghost:
            brightness, tau = 0.75 * brightness, 0.8 * tau
        if self._still:
            pitch = decay = band = sweep = 0.0
        cents = (KICK_CENTS if self._kick else PITCH_CENTS) * pitch
        return Strike(
            seed=subseed(self._seed, "hit", force.step, round(force.ratio, 5), force.open, force.ghost, variant),
            ratio=force.ratio * 2.0 ** (cents / 1200.0),
            brightness=brightness,
            decay=tau * (1.0 + DECAY_SPREAD * decay),
            band=1.0 + BAND_SPREAD * band,
            sweep=1.0 + DECAY_SPREAD * sweep,
            base=0.5 + 0.5 * base,
            open=force.open,
            bell=force.bell,
        )
