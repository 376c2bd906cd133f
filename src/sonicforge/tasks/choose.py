"""Which piece comes next: rules of rotation first, then listeners' taste by Thompson sampling, then the best fit."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from sonicforge.chance import choices
from sonicforge.genres.load import load
from sonicforge.library import catalogue, tracks, votes
from sonicforge.library.programme import Programme
from sonicforge.library.values import Track
from sonicforge.tasks.clock import clock_words
from sonicforge.tasks.fit import Fit, fit
from sonicforge.tasks.jingles import is_jingle
from sonicforge.tasks.reach import suits
from sonicforge.tasks.situation import Situation
from sonicforge.tasks.thompson import Draw, draws, lottery

LOW_WATER: Final = 0.2
"""Below this part of its buffer a station takes what there is, even if the rules would rather wait."""
STOCK: Final = 40
"""Candidates that are looked at for one place."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What is wished for a place: genres in the order of the lottery, an energy, something `new` or something loved."""

    genres: tuple[Draw, ...]
    energy: float
    new: bool
    breather: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A track for a place, and in plain values why."""

    track: Track
    reason: Mapping[str, Any]


def taste_of(session: Session, here: Situation) -> Taste:
    """What is wished next."""
    energy, breather = wished_energy(here)
    new = choices(here.seed, "new").random() < here.station.programme.new_share
    return Taste(genre_order(session, here, energy, here.seed), energy, new, breather)


def wished_energy(here: Situation) -> tuple[float, bool]:
    """The energy of the hour, lowered when it is time for a breather, and whether it is."""
    rules = here.station.programme
    wished = rules.energy_at(here.hour)
    breather = breather_due(here)
    return (min(wished, rules.rotation.breather_energy) if breather else wished), breather


def genre_order(session: Session, here: Situation, energy: float, seed: int) -> tuple[Draw, ...]:
    """The genres of the hour in the order of a lottery: the owner's shares times what suits the energy times taste.

    A genre that has had its turn comes last.
    """
    shares = here.station.programme.shares_at(here.hour, known=here.known)
    suited = {name: share * suits(load(name, folder=here.genre_folder), energy) for name, share in shares.items()}
    order = lottery(draws(suited, votes.by_genre(session), seed, "genre"), seed, "genre")
    tired = tired_genre(here)
    return tuple(sorted(order, key=lambda draw: draw.name == tired))


def choose(session: Session, here: Situation, *, composing: bool) -> Choice | None:
    """The piece for the end of the queue, None when it is better to wait for one that is being made.

    Below the low-water mark the rules give way one by one: new or loved, then the hour's genres, then the cool-down.
    """
    wished = taste_of(session, here)
    low = here.queued_s < LOW_WATER * here.station.programme.buffer_min * 60.0
    for new in (wished.new, not wished.new):
        offered = _offered(session, here, wished, new)
        if offered is not None:
            return _picked(here, wished, *offered)
        if new and composing and not low:
            return None
    return _makeshift(session, here, wished) if low or not composing else None


def _offered(session: Session, here: Situation, wished: Taste, new: bool) -> tuple[list[Track], Draw] | None:
    """Candidates of the first genre that has any; for a breather of the first that has calm ones, if one has."""
    stock = _fresh if new else _rested
    loud: tuple[list[Track], Draw] | None = None
    for draw in wished.genres:
        found = stock(session, here, draw.name)
        calm = [track for track in found if track.energy <= here.station.programme.rotation.breather_energy]
        if found and not wished.breather:
            return found, draw
        if calm:
            return calm, draw
        loud = loud or ((found, draw) if found else None)
    return loud


def rules_mark(rules: Programme) -> str:
    """Eight hex digits that change when a programme's rules of choice do; kept with every choice."""
    told = rules.to_json()
    relevant = {name: told[name] for name in ("genres", "energy", "rotation", "new_share", "timezone")}
    return hashlib.blake2b(orjson.dumps(relevant), digest_size=4).hexdigest()


def tired_genre(here: Situation) -> str | None:
    """The genre that has had its turn: as many pieces in a row as the rotation allows."""
    most = here.station.programme.rotation.most_of_a_genre
    last = here.history[-most:]
    return last[0].genre if len(last) == most and len({track.genre for track in last}) == 1 else None


def breather_due(here: Situation) -> bool:
    """Whether as many lively pieces as the rotation allows came since the last calm one."""
    rotation = here.station.programme.rotation
    if rotation.breather_every == 0:
        return False
    lively = takewhile(lambda track: track.energy > rotation.breather_energy, reversed(here.history))
    return len(list(lively)) >= rotation.breather_every


def _fresh(session: Session, here: Situation, genre: str) -> list[Track]:
    """Approved pieces that were never played."""
    wanted = catalogue.Filter(genres=(genre,), played=False, approved=True)
    found = catalogue.listing(session, wanted, sort="oldest", limit=STOCK).items
    return [track for track in found if _free(here, track)]


def _rested(session: Session, here: Situation, genre: str) -> list[Track]:
    """Played pieces that rested long enough, the most worthy ones."""
    since = here.at - here.station.programme.rotation.cooldown_min * 60.0
    found = tracks.best_of(session, genres=(genre,), limit=STOCK, not_played_since=since)
    return [track for track in found if track.plays and _free(here, track)]


def _free(here: Situation, track: Track) -> bool:
    return track.id not in here.taken_ids and not is_jingle(track)


def _makeshift(session: Session, here: Situation, wished: Taste) -> Choice | None:
    """Too little music for the rules: what rested longest, of the hour's genres if possible, none twice in a row."""
    last = here.history[-1].id if here.history else None
    for genres in (tuple(draw.name for draw in wished.genres), ()):
        wanted = catalogue.Filter(genres=genres, approved=True)
        found = catalogue.listing(session, wanted, sort="rested", limit=STOCK).items
        waiting = [track for track in found if _free(here, track) and track.id != last]
        if waiting:
            rested = sorted(waiting, key=lambda track: (_ago(here, track), track.last_played_at, track.id))
            return _told(here, wished, rested[0], Fit({}), None, "the library is small, so this one rested longest")
    return None


def _ago(here: Situation, track: Track) -> int:
    """Place in the history, 0 for what is not in it: a track that was planned but not yet played counts as played."""
    ids = [known.id for known in here.history]
    return ids.index(track.id) + 1 if track.id in ids else 0


def _picked(here: Situation, wished: Taste, found: Sequence[Track], draw: Draw) -> Choice:
    before = here.history[-1] if here.history else None
    fits = [(fit(track, energy=wished.energy, before=before, at=here.at, seed=here.seed), track) for track in found]
    best, track = max(fits, key=lambda pair: (pair[0].total, pair[1].id))
    return _told(here, wished, track, best, draw, "")


def _told(here: Situation, wished: Taste, track: Track, best: Fit, draw: Draw | None, why: str) -> Choice:
    reason: dict[str, Any] = {
        "rules": rules_mark(here.station.programme),
        "day": here.day,
        "slot": here.slot,
        "seed": here.seed,
        "at": round(here.at, 1),
        "hour": clock_words(here.hour),
        "energy_wished": round(wished.energy, 3),
        "breather": wished.breather,
        "new": track.plays == 0,
        "genre": track.genre,
        "genres": [told.to_json() for told in sorted(wished.genres, key=lambda told: -told.part)],
        "fit": best.to_json() if best.parts else None,
    }
    words = why or _words(here, wished, track, draw)
    return Choice(track, reason | {"words": words})


def _words(here: Situation, wished: Taste, track: Track, draw: Draw | None) -> str:
    kind = "a new piece" if track.plays == 0 else f"a loved piece (worth {track.worth:.0%}, played {track.plays} times)"
    said = f"{kind} for about {clock_words(here.hour)}, energy {track.energy:.0%} where {wished.energy:.0%} is wished"
    if wished.breather:
        said += " for a breather"
    if draw is not None:
        belief = draw.belief
        voices = (
            f"{belief.liked:g} for and {belief.disliked:g} against" if belief.liked or belief.disliked else "no votes"
        )
        said += f"; {track.genre.replace('_', ' ')} drew {draw.drawn:.2f} ({voices}, share {draw.share:.0%})"
    return said
