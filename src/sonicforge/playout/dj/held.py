"""The held chord that leads from one key to another, and how loud it may be."""

from sonicforge.playout.dj.keys import common_tones
from sonicforge.playout.item import Item

_ROOT = 48
_FIFTH = 7


def held_chord(out: Item, into: Item) -> tuple[int, ...]:
    """MIDI numbers: a tone both keys have, its octaves, and its fifth where both have that too; C without keys."""
    tones = common_tones(out.key, into.key)
    home = tones[0] if tones else 0
    root = _ROOT + (home - _ROOT) % 12
    fifth = (root + _FIFTH,) if not tones or (home + _FIFTH) % 12 in tones else ()
    return (root - 12, root, *fifth, root + 12)


def station_level(out: Item, into: Item) -> float:
    """LUFS of the quieter of both as they sound on air, within -36 .. -12."""
    return min(max(min(out.lufs + out.gain_db, into.lufs + into.gain_db), -36.0), -12.0)
