"""Changes to a programme: another energy, genres more or less often, other hours for them. Each returns a new one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from sonicforge.errors import Conflict
from sonicforge.genres.load import names
from sonicforge.genres.phrase import listed
from sonicforge.library.programme import DAY, GenreShare, Programme
from sonicforge.tasks.span import Span, inside, without
from sonicforge.tasks.words import spoken

LEAST_WEIGHT, MOST_WEIGHT = 0.05, 100.0
_EDGE_H: Final = 0.25


def with_energy(programme: Programme, span: Span | None, shape: Callable[[float], float]) -> Programme:
    """The energy curve reshaped within a span of hours (None: all day), with edges of a quarter of an hour."""
    if span is None:
        return replace(programme, energy=tuple((hour, _held(shape(energy))) for hour, energy in programme.energy))
    begin, end = span
    points = {
        hour % DAY: _held(shape(energy)) if inside(hour % DAY, span) else energy for hour, energy in programme.energy
    }
    for border, within in ((begin, begin + _EDGE_H), (end, end - _EDGE_H)):
        points[border % DAY] = programme.energy_at(border)
        points[within % DAY] = _held(shape(programme.energy_at(within)))
    curve = {round(hour, 4): round(energy, 4) for hour, energy in points.items()}
    return replace(programme, energy=tuple(sorted(curve.items())))


def with_only(programme: Programme, genres: Sequence[str], span: Span | None, folder: Path | None = None) -> Programme:
    """Nothing but these genres within a span of hours, or at all."""
    shares = shares_of(programme, folder)
    known = {share.genre: share for share in shares}
    if span is None:
        return replace(programme, genres=tuple(GenreShare(name, _weight(known.get(name))) for name in genres))
    kept = [
        replace(share, hours=left)
        for share in shares
        if share.genre not in genres and (left := without(share.hours, span))
    ]
    return replace(programme, genres=(*kept, *(_added(name, known.get(name), span) for name in genres)))


def with_none_of(
    programme: Programme, genres: Sequence[str], span: Span | None, folder: Path | None = None
) -> Programme:
    """None of these genres within a span of hours, or at all. Raises `Conflict` if nothing would be left to play."""
    kept = []
    for share in shares_of(programme, folder):
        if share.genre not in genres:
            kept.append(share)
        elif span is not None and (left := without(share.hours, span)):
            kept.append(replace(share, hours=left))
    if not kept:
        raise Conflict(f"without {listed(map(spoken, genres))} this station would have nothing to play")
    return replace(programme, genres=tuple(kept))


def with_weight(programme: Programme, genres: Sequence[str], factor: float, folder: Path | None = None) -> Programme:
    """These genres more (`factor` above 1) or less often; more of one that was not played lets it in."""
    shares = list(shares_of(programme, folder))
    known = {share.genre for share in shares}
    shares += [GenreShare(name) for name in genres if name not in known and factor > 1]
    return replace(
        programme, genres=tuple(_times(share, factor) if share.genre in genres else share for share in shares)
    )


def shares_of(programme: Programme, folder: Path | None = None) -> tuple[GenreShare, ...]:
    """The genres of a programme by name; one that names none plays all there are."""
    return programme.genres or tuple(GenreShare(name) for name in names(folder))


def _times(share: GenreShare, factor: float) -> GenreShare:
    return replace(share, weight=min(max(share.weight * factor, LEAST_WEIGHT), MOST_WEIGHT))


def _weight(share: GenreShare | None) -> float:
    return share.weight if share is not None and share.weight > 0 else 1.0


def _added(name: str, known: GenreShare | None, span: Span) -> GenreShare:
    """A genre that had no place has only the span; one that had keeps its own hours as well."""
    if known is None:
        return GenreShare(name, hours=(span,))
    hours = (*without(known.hours, span), span) if known.hours else ()
    return replace(known, weight=_weight(known), hours=hours)


def _held(energy: float) -> float:
    return round(min(max(energy, 0.0), 1.0), 4)
