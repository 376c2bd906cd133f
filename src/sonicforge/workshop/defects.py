"""What is wrong with a recording: one walk through the file with every detector that restoration needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from sonicforge.effects.restoration.clipping import clip_levels
from sonicforge.effects.restoration.declick import Declick
from sonicforge.effects.restoration.declip import cut_off
from sonicforge.effects.restoration.denoise import NoiseProfile
from sonicforge.effects.restoration.hum import Hum, HumFinder
from sonicforge.effects.restoration.noise_floor import Power
from sonicforge.sound.audio import Samples

CLIPPED = 2e-5
"""Share of samples at a clip level from which peaks are worth mending."""
CLICKS_A_MINUTE = 10.0
HUM_DB = -75.0
NOISE_DB = -75.0


@dataclass(frozen=True, slots=True)
class Defects:
    """What was found. Levels in dBFS (mean square); `clicks_a_minute` is None where nobody listened for clicks."""

    length: int
    clipped_share: float
    clip_level_db: float | None
    clicks_a_minute: float | None
    hum: Hum | None
    noise_db: float
    steady_noise_db: float
    noise: Power

    def worth_mending(self) -> tuple[str, ...]:
        """The steps that are called for."""
        wanted = {
            "declip": self.clipped_share > CLIPPED,
            "declick": (self.clicks_a_minute or 0.0) > CLICKS_A_MINUTE,
            "dehum": self.hum is not None and self.hum.level_db > HUM_DB,
            "denoise": self.steady_noise_db > NOISE_DB,
        }
        return tuple(step for step, called_for in wanted.items() if called_for)

    def to_json(self) -> Mapping[str, object]:
        hum = self.hum and {
            "hz": round(self.hum.hz, 3),
            "level_db": round(self.hum.level_db, 1),
            "harmonics_db": [round(level, 1) for level in self.hum.harmonics_db],
        }
        return {
            "clipped_share": round(self.clipped_share, 7),
            "clip_level_db": self.clip_level_db and round(self.clip_level_db, 2),
            "clicks_a_minute": self.clicks_a_minute and round(self.clicks_a_minute, 1),
            "hum": hum,
            "noise_floor_db": round(self.noise_db, 1),
            "steady_noise_db": round(self.steady_noise_db, 1),
        }


def find_defects(
    blocks: Iterable[Samples], *, channels: int, sample_rate: int, near_hz: float | None = None, clicks: bool = False
) -> Defects:
    """Walk through `blocks` once. `near_hz` says where hum is looked for, None: at 50 and 60 Hz."""
    finder = HumFinder(channels=channels, sample_rate=sample_rate)
    profile = NoiseProfile(channels=channels, sample_rate=sample_rate)
    declick = Declick(channels=channels, sample_rate=sample_rate) if clicks else None
    length = cut = 0
    lowest = np.inf
    for block in blocks:
        finder.hear(block)
        profile.hear(block)
        if declick is not None:
            declick.process(block)
        levels = clip_levels(block)
        cut += sum(int(np.count_nonzero(cut_off(x, level))) for x, level in zip(block, levels, strict=True))
        lowest = min(lowest, float(levels.min()))
        length += block.shape[1]
    minutes = max(length / sample_rate / 60, 1e-9)
    return Defects(
        length=length,
        clipped_share=cut / max(length * channels, 1),
        clip_level_db=20 * float(np.log10(lowest)) if np.isfinite(lowest) else None,
        clicks_a_minute=None if declick is None else float(declick.counts.max(initial=0)) / max(minutes, 0.1),
        hum=finder.hum(near_hz),
        noise_db=profile.level_db,
        steady_noise_db=profile.steady_db,
        noise=profile.power,
    )
