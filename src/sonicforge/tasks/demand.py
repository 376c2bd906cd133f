"""What has to be composed: how much music a station lacks, and what the next concept should be."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from sonicforge.chance import choices, subseed
from sonicforge.genres.concept import Concept
from sonicforge.genres.genre import Genre
from sonicforge.genres.load import load
from sonicforge.genres.mood import mood_name
from sonicforge.library import catalogue, jobs, votes
from sonicforge.library.values import Job, Track
from sonicforge.tasks.choose import LOW_WATER, genre_order, wished_energy
from sonicforge.tasks.clock import clock_words
from sonicforge.tasks.compose import KIND, Order, order
from sonicforge.tasks.jingles import belongs_to, is_jingle, jingle_concept, wanted
from sonicforge.tasks.reach import concept_energy
from sonicforge.tasks.situation import Situation
from sonicforge.tasks.thompson import Draw, best, draws

SHELF: Final = 0.15
"""Part of the buffer that is kept as new pieces beside the queue, so that there is something to choose from."""
USUAL_S: Final = 210.0
FIRST_S: Final = 90.0
"""While a station has next to nothing, its pieces are short, so that they come soon."""
MOST_PENDING: Final = 2
"""Orders of a station that wait or run; few, so that what listeners say today is heard in the next concept."""
_GRAIN: Final = 0.07


@dataclass(frozen=True, slots=True)
class Idea:
    """A concept and the draws that led to it."""

    concept: Concept
    genres: tuple[Draw, ...]
    moods: tuple[Draw, ...]
    breather: bool


def compose_more(session: Session, here: Situation) -> tuple[Job, ...]:
    """Write down the orders that a station needs now; few at a time, none when nothing is missing."""
    pending = _pending(session, here.station.id)
    shelf = fresh(session, here)
    ordered: list[Job] = []
    while len(pending) + len(ordered) < MOST_PENDING and lacks_s(here, shelf, len(pending) + len(ordered)) > 0:
        ordered.append(_next_order(session, here))
    if wanted(here.station.programme) and not ordered:
        ordered += _jingle_order(session, here, pending)
    return tuple(ordered)


def lacks_s(here: Situation, shelf: Collection[Track], pending: int) -> float:
    """Seconds of new music that a station lacks, or less than zero."""
    buffer_s = here.station.programme.buffer_min * 60.0
    there_s = sum(track.duration_s for track in shelf) + pending * USUAL_S
    return max(0.0, buffer_s - here.queued_s) + SHELF * buffer_s - there_s


def fresh(session: Session, here: Situation) -> list[Track]:
    """Approved pieces of the hour's genres that were never played nor planned."""
    genres = tuple(here.station.programme.shares_at(here.hour, known=here.known))
    unplayed = catalogue.Filter(genres=genres, played=False, approved=True)
    found = catalogue.listing(session, unplayed, limit=200).items
    return [track for track in found if track.id not in here.taken_ids and not is_jingle(track)]


def idea_for(session: Session, here: Situation, seed: int) -> Idea:
    """What to compose for the place behind the queue, made from the station's rules and what listeners said."""
    wished, breather = wished_energy(here)
    genres = genre_order(session, here, wished, seed)
    genre = load(genres[0].name, folder=here.genre_folder)
    likings = votes.by_mood(session, genre=genre.name)
    moods = draws(dict.fromkeys(map(mood_name, genre.moods), 1.0), likings, seed, "mood")
    concept = Concept(
        genre=genre.name,
        mood=(best(moods).name,),
        bpm=_neighbouring_tempo(here, genre, seed),
        energy=concept_energy(genre, wished + choices(seed, "energy").uniform(-_GRAIN, _GRAIN)),
        length_s=FIRST_S if _bare(here) else None,
        seed=subseed(seed, "concept") >> 1,
    )
    return Idea(concept, genres, moods, breather)


def _next_order(session: Session, here: Situation) -> Job:
    """The order of the first slot of the day that nobody has used."""
    slot = 1 + max((place for place in _slots(session, here)), default=-1)
    while True:
        seed = subseed(0, "compose", here.station.id, here.day, slot)
        idea = idea_for(session, here, seed)
        wished = Order(idea.concept, station=here.station.id, day=here.day, slot=slot, reason=_reason(here, idea, seed))
        job = order(session, wished, now=here.now, job_class="low", key=f"{KIND} {here.station.id} {here.day} {slot}")
        if job.state == "queued" and job.attempts == 0 and job.created_at == here.now:
            return job
        slot += 1


def _slots(session: Session, here: Situation) -> list[int]:
    newest = jobs.listing(session, kinds=(KIND,), limit=200).items
    own = [job.payload for job in newest if job.payload.get("station") == here.station.id]
    return [int(told.get("slot", 0)) for told in own if told.get("day") == here.day]


def _pending(session: Session, station: str) -> list[Job]:
    open_jobs = jobs.listing(session, states=("queued", "running"), kinds=(KIND,), limit=200).items
    own = [job for job in open_jobs if job.payload.get("station") == station]
    return [job for job in own if job.payload.get("source", "programme") in ("programme", "jingle")]


def _jingle_order(session: Session, here: Situation, pending: list[Job]) -> list[Job]:
    if any(job.payload.get("source") == "jingle" for job in pending) or jingle_of(session, here.station.id):
        return []
    hour = int(here.now // 3600)
    seed = subseed(0, "jingle", here.station.id, hour)
    genre = max(here.station.programme.shares_at(here.hour, known=here.known).items(), key=lambda share: share[1])[0]
    concept = jingle_concept(here.station, genre, seed)
    wished = Order(concept, candidates=8, station=here.station.id, source="jingle", day=here.day)
    return [order(session, wished, now=here.now, job_class="low", key=f"jingle {here.station.id} {hour}")]


def jingle_of(session: Session, station: str) -> Track | None:
    """The jingle of a station that rested longest."""
    wish = catalogue.Filter(text=f"station ident of {station}", approved=True)
    found = catalogue.listing(session, wish, sort="rested", limit=20).items
    return next((track for track in found if belongs_to(track, station)), None)


def _bare(here: Situation) -> bool:
    return here.queued_s < LOW_WATER * here.station.programme.buffer_min * 30.0


def _neighbouring_tempo(here: Situation, genre: Genre, seed: int) -> float | None:
    """Every other piece takes up the tempo of the one before, where the genre can: that blends best."""
    rng = choices(seed, "tempo")
    if not here.history or rng.random() < 0.5:
        return None
    bpm = round(here.history[-1].bpm * rng.uniform(0.98, 1.02), 1)
    return bpm if genre.bpm[0] <= bpm <= genre.bpm[1] else None


def _reason(here: Situation, idea: Idea, seed: int) -> dict[str, Any]:
    concept = idea.concept
    words = f"for about {clock_words(here.hour)}: {str(concept.genre).replace('_', ' ')}, {', '.join(concept.mood)}"
    told: dict[str, Any] = {"seed": seed, "hour": clock_words(here.hour), "words": words, "breather": idea.breather}
    told["genres"] = [draw.to_json() for draw in sorted(idea.genres, key=lambda draw: -draw.part)]
    told["moods"] = [draw.to_json() for draw in sorted(idea.moods, key=lambda draw: -draw.part)]
    return told
