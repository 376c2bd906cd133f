"""`compatible`: how well one item follows another, 0..1, with reasons."""

from dataclasses import dataclass

from sonicforge.playout.dj.affinity import affinity
from sonicforge.playout.dj.keys import key_score
from sonicforge.playout.dj.lock import nearest_lock
from sonicforge.playout.item import Item

GOOD, LEAST = 0.6, 0.45
"""From `GOOD` on a pair may be chosen freely; below `LEAST` only a beatless bridge joins it."""

_GENRE, _KEY, _ENERGY, _TEMPO = 0.45, 0.25, 0.20, 0.10
_ENERGY_SPAN, _TEMPO_SPAN = 0.5, 0.08


@dataclass(frozen=True, slots=True)
class Match:
    """`score` 0..1; `affinity` 0..5 of the genres, `key` 0..1, `energy_step` into minus out, `tempo` distance."""

    score: float
    affinity: int
    key: float
    energy_step: float
    tempo: float
    reasons: tuple[str, ...]


def compatible(out: Item, into: Item) -> Match:
    """How well `into` follows `out`: genre 45 %, key 25 %, energy 20 %, tempo 10 %. Looks at no sound."""
    genres = affinity(out.genre, into.genre)
    key, keys = key_score(out.key, into.key)
    step = into.energy - out.energy
    tempo = abs(nearest_lock(out.bpm, into.bpm).residual)
    score = (
        _GENRE * genres.score / 5
        + _KEY * key
        + _ENERGY * max(1 - abs(step) / _ENERGY_SPAN, 0.0)
        + _TEMPO * (1 - min(tempo, _TEMPO_SPAN) / _TEMPO_SPAN)
    )
    reasons = (
        f"{out.genre} to {into.genre}: affinity {genres.score} of 5",
        f"{keys}: {key:.2f}",
        f"energy {out.energy:.2f} to {into.energy:.2f}",
        f"{out.bpm:.1f} to {into.bpm:.1f} bpm: {100 * tempo:.1f} % apart",
    )
    return Match(round(score, 4), genres.score, key, step, tempo, reasons)
