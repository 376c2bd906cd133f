"""Swing: where written positions fall on the tick grid."""

from sonicforge.music.score import TICKS


def swung(tick: int, *, unit: int, percent: float, triplets: bool = False) -> int:
    """A written tick moved onto the swung grid.

    Each pair of `unit` notes (16 or 8) is stretched so that its second note falls at `percent` of the pair; what lies
    between follows in proportion. `triplets` says that the position was written in triplets of that pair, whose last
    note is the swung one. 50 % (or 66.7 % for triplets) changes nothing; bar lines never move.
    """
    pair = 2 * TICKS * 4 // unit
    whole, inside = divmod(tick, pair)
    written = pair * 2 / 3 if triplets else pair / 2
    played = pair * percent / 100
    if inside <= written:
        moved = inside * played / written
    else:
        moved = played + (inside - written) * (pair - played) / (pair - written)
    return whole * pair + round(moved)
