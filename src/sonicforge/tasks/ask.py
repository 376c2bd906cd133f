"""Wishes in words: a listener's is understood, answered and queued by fair rules, the owner's steers the programme.

A wish is a row first, so that it is never lost; `answer` then does all that follows from it in one transaction.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from sonicforge.errors import Conflict
from sonicforge.genres.concept import Concept
from sonicforge.genres.load import names
from sonicforge.genres.phrase import listed
from sonicforge.genres.settle import choose_genre
from sonicforge.library import catalogue, jobs, orders, plays, queue, requests, stations
from sonicforge.library.text import folded
from sonicforge.library.values import QueueItem, Request, Track
from sonicforge.tasks.clock import hour_of
from sonicforge.tasks.compose import KIND, Order, order
from sonicforge.tasks.fairness import place_for, refusal, spread, wait_s
from sonicforge.tasks.jingles import is_jingle
from sonicforge.tasks.programme import replan
from sonicforge.tasks.steer import steer
from sonicforge.tasks.understand import Understood, understand
from sonicforge.tasks.words import soon, spoken

OWNER: Final = "owner"
MAKING_S: Final = 45.0
"""What composing, judging and storing a piece takes about; each job before it as well."""
SKIP_LIVES_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of an owner's words: `kind` is skip, programme or request; `words` answer them."""

    kind: str
    words: str
    request: Request | None = None
    order: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = None if self.request is None else self.request.id
        return {"kind": self.kind, "words": self.words, "request": told, "order": self.order}


def ask(
    session: Session,
    station: str,
    listener: str,
    text: str,
    *,
    now: float,
    understood: Understood | None = None,
    genre_folder: Path | None = None,
) -> Request:
    """Write a listener's wish down and answer it at once.

    With `understood` what a chat model heard before, outside of the transaction. Raises `NotFound` for a station,
    `BadInput` for no words or more than 500 letters; everything else is an answer in words.
    """
    wish = requests.add(session, station, listener, text, now=now)
    heard = understood or understand(wish.text, seed=wish.id, genre_folder=genre_folder)
    return answer(session, wish, heard, now=now, genre_folder=genre_folder)


def answer(
    session: Session, wish: Request, heard: Understood, *, now: float, genre_folder: Path | None = None
) -> Request:
    """Do what a new wish asks for: queue a piece that is there, order one, or refuse, each with its reason in words.

    One that was answered already stays as it is.
    """
    current = requests.get(session, wish.id)
    if current.state != "new":
        return current
    rules = stations.get(session, wish.station).programme
    requests.change(session, wish.id, state="understood", understood=heard.to_json(), now=now)
    no = "" if wish.listener == OWNER else refusal(session, wish, rules, now)
    if no:
        return _refuse(session, wish, no, now)
    named = _by_title(session, heard.title)
    if named is not None:
        return _queue_known(session, wish, named, f"{named.title!r} is in the library.", now)
    if heard.concept is None:
        told = "I could not hear what music that would be; name a genre, a mood, a tempo, an instrument or a scene."
        return _refuse(session, wish, told, now)
    allowed = tuple(share.genre for share in rules.genres if share.weight > 0) or names(genre_folder)
    concept, gave_way = _within(heard.concept, allowed, genre_folder)
    said = _sentences(heard, gave_way)
    ready = _ready(session, wish, concept)
    if ready is not None:
        return _queue_known(session, wish, ready, f"{said} A piece like that is ready: {ready.title!r}.", now)
    return _order(session, wish, concept, said, now)


def say(
    session: Session, station: str, text: str, *, now: float, genre_folder: Path | None = None, composing: bool = True
) -> Answer:
    """Do what the owner says: skip, change the programme, or play something.

    A change of the programme chooses anew what the programme had planned. Raises `NotFound`, `BadInput` for no words or
    too many, `Conflict` for a wish that would leave nothing to play.
    """
    known = stations.get(session, station)
    steered = steer(
        text[: requests.LONGEST], known.programme, hour=hour_of(known.programme, now), genre_folder=genre_folder
    )
    if steered is None:
        wish = ask(session, station, OWNER, text, now=now, genre_folder=genre_folder)
        return Answer("request", wish.answer, wish)
    if steered.skip:
        left = _skip(session, station, now)
        return Answer("skip", "Skipped.", order=left)
    stations.change(session, station, programme=steered.programme, now=now)
    gone = replan(session, station, now, composing=composing, genre_folder=genre_folder)
    plan = f" {gone} planned pieces were chosen anew." if gone else ""
    return Answer("programme", f"Understood: {'; '.join(steered.said)}.{plan}")


def _skip(session: Session, station: str, now: float) -> int:
    play = plays.current(session, station)
    if play is None:
        raise Conflict("nothing is on air now that could be skipped")
    data = {"by": OWNER, "position": play.position}
    return orders.leave(session, station, "skip", data, lives_s=SKIP_LIVES_S, now=now).number


def _refuse(session: Session, wish: Request, words: str, now: float) -> Request:
    return requests.change(session, wish.id, state="refused", answer=words, now=now)


def _by_title(session: Session, title: str) -> Track | None:
    """The approved piece of exactly this title, the most loved of several."""
    if not folded(title):
        return None
    found = catalogue.listing(session, catalogue.Filter(text=title, approved=True), sort="best", limit=50).items
    return next((track for track in found if folded(track.title) == folded(title) and not is_jingle(track)), None)


def _ready(session: Session, wish: Request, concept: Concept) -> Track | None:
    """A piece that nobody has heard and that is what a wish asks for, if the wish is only about genre and mood."""
    if concept.genre is None or concept.to_json().keys() - {"genre", "mood", "text", "seed"}:
        return None
    waiting = {item.track.id for item in _planned(session, wish.station)}
    unplayed = catalogue.Filter(genres=(concept.genre,), moods=concept.mood, played=False, approved=True)
    found = catalogue.listing(session, unplayed, sort="best", limit=50).items
    return next((track for track in found if track.id not in waiting and not is_jingle(track)), None)


def _queue_known(session: Session, wish: Request, track: Track, said: str, now: float) -> Request:
    rules = stations.get(session, wish.station).programme
    planned = _planned(session, wish.station)
    for item in planned:
        if item.track.id == track.id:
            when = soon(wait_s(session, wish.station, item.place, now)) if item.state == "waiting" else "next"
            return _refuse(session, wish, f"{said} It is in the queue already and comes {when}.", now)
    since = now - track.last_played_at
    if track.last_played_at and since < rules.rotation.cooldown_min * 60.0:
        minutes = round(since / 60.0)
        return _refuse(session, wish, f"{said} But it was played {minutes} minutes ago; please wait a while.", now)
    place = place_for(session, wish.station, wish.listener)
    when = soon(wait_s(session, wish.station, place, now))
    reason = {"words": f"asked for: {wish.text}", "request": wish.id}
    try:
        queue.add(
            session,
            wish.station,
            track.id,
            source="request",
            place=place,
            request_id=wish.id,
            reason=reason,
            now=now,
        )
    except Conflict as error:
        return _refuse(session, wish, f"{said} {error}.", now)
    spread(session, wish.station, now=now)
    return requests.change(
        session, wish.id, state="queued", answer=f"{said} It comes {when}.", track_id=track.id, now=now
    )


def _order(session: Session, wish: Request, concept: Concept, said: str, now: float) -> Request:
    wanted = Order(concept, station=wish.station, source="request", request=wish.id)
    ahead = jobs.counts(session).get((KIND, "running"), 0) + _urgent(session)
    try:
        job = order(session, wanted, now=now, job_class="high")
    except Conflict as error:
        return _refuse(session, wish, f"{said} {error}.", now)
    queued_s = wait_s(session, wish.station, place_for(session, wish.station, wish.listener), now)
    when = soon(max(queued_s, MAKING_S * (1 + ahead)))
    told = f"{said} It is being made and comes {when}."
    return requests.change(session, wish.id, state="making", answer=told, job_id=job.id, now=now)


def _urgent(session: Session) -> int:
    waiting = jobs.listing(session, states=("queued",), kinds=(KIND,), limit=200).items
    return sum(job.job_class in ("critical", "high") for job in waiting)


def _within(concept: Concept, allowed: tuple[str, ...], folder: Path | None) -> tuple[Concept, str]:
    """A wish inside the station's genres, and where it had to give way."""
    if concept.genre is None:
        chosen = choose_genre(concept, folder)
        return replace(concept, genre=chosen if chosen in allowed else _any(allowed, concept)), ""
    if concept.genre in allowed:
        return concept, ""
    taken = _any(allowed, concept)
    gave_way = f"{spoken(concept.genre)} is not played here, so it will be {spoken(taken)}"
    plain = replace(concept, genre=taken, bpm=None, instruments=(), without=())
    return plain, gave_way


def _any(allowed: tuple[str, ...], concept: Concept) -> str:
    return allowed[concept.seed % len(allowed)]


def _sentences(heard: Understood, gave_way: str) -> str:
    said = f"Understood: {'; '.join(heard.said)}." if heard.said else "Understood."
    compromises = [*heard.compromises, *([gave_way] if gave_way else [])]
    return f"{said} But {listed(compromises)}." if compromises else said


def _planned(session: Session, station: str) -> tuple[QueueItem, ...]:
    return (*queue.taken(session, station), *queue.listing(session, station))
