"""The DJ at the seams: a plain fade first, so that one is there in any case, then what he decides and performs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sonicforge.playout.item import Item
from sonicforge.playout.seam import Joint

if TYPE_CHECKING:
    from sonicforge.playout.dj.bridge import Bridge


def joints(out: Item, into: Item, earliest_s: float) -> Iterator[Joint]:
    """A plain fade, then the DJ's transition unless it would begin before `earliest_s`.

    The DJ measures his own bridges and gives a plain fade for one that would be a defect on air.
    """
    # The DJ brings filters and compiled kernels with him; none of them is needed before the first seam.
    from sonicforge.playout.dj.decide import decide
    from sonicforge.playout.dj.perform import perform, plain_fade

    yield _joint(plain_fade(out, into))
    transition = decide(out, into)
    if transition.method != "F" and transition.out_at_s >= earliest_s:
        yield _joint(perform(transition, out, into))


def _joint(bridge: "Bridge") -> Joint:
    told = {**bridge.transition.to_json(), "facts": dict(bridge.facts)}
    return Joint(bridge.samples, bridge.leaves_out_at_s, bridge.enters_in_at_s, told)
