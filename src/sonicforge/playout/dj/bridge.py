"""`Bridge`: the sound that leads from one item to the next, ready for air."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sonicforge.playout.block import RATE
from sonicforge.playout.dj.transition import Transition
from sonicforge.sound.audio import Samples


@dataclass(frozen=True, slots=True)
class Bridge:
    """`samples` (2, n) float32 at 48 kHz and station level.

    The old item plays up to (not including) second `leaves_out_at_s` of its file, then come the samples, then the new
    one from `enters_in_at_s` on: both are whole samples at 48 kHz. `transition` is what was really done, `facts` are
    the measures of the seam, the seconds it cost, and why it is not what was decided, if it is not.
    """

    samples: Samples
    leaves_out_at_s: float
    enters_in_at_s: float
    transition: Transition
    facts: Mapping[str, Any]

    @property
    def length_s(self) -> float:
        return self.samples.shape[1] / RATE
