"""New music: words become a concept, a concept becomes a job, a job becomes a track."""

import time
from pathlib import Path as FolderPath
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.orm import Session

from sonicforge.api.allowance import GENERATE, SEARCH
from sonicforge.api.front import LARGEST_ID, After, Asked, By, Key, Limit, Owned, Paced, StationId, is_owner, spend
from sonicforge.api.once import once
from sonicforge.api.shapes import ConceptWords, Generation, GenerationPage, GenerationWish, Understood, generation
from sonicforge.api.who import address
from sonicforge.errors import BadInput, NotFound
from sonicforge.genres.concept import Concept
from sonicforge.genres.interpret import interpret
from sonicforge.genres.load import load
from sonicforge.library import jobs, stations
from sonicforge.library.text import one_line
from sonicforge.library.values import Job
from sonicforge.tasks.compose import KIND, Order, order

router = APIRouter(tags=["generations"], dependencies=[Paced])

LONGEST_TEXT: Final = 500
Id = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of the generation.")]
States = Annotated[list[Literal["queued", "running", "done", "failed", "cancelled"]], Query()]


@router.post("/concepts", operation_id="understand_words")
async def understand_words(request: Request, front: Asked, wish: ConceptWords) -> Understood:
    """What the station understands of words, without making anything of it."""
    spend(request, SEARCH, address(request))
    text = one_line("text", wish.text, LONGEST_TEXT)
    return await front.desk.think(lambda: _understood(text, wish.seed, front.settings.genres))


@router.post("/generations", operation_id="create_generation", status_code=202, response_model=Generation)
async def create_generation(
    request: Request, front: Asked, by: By, wish: GenerationWish, station: StationId = "main", key: Key = None
) -> Response:
    """Have music made. Progress is told by this generation and by the events `job.*`."""
    owner = is_owner(request)
    spend(request, GENERATE, by.id)
    concept = await front.desk.think(lambda: _concept(wish, front.settings.genres))

    def create(session: Session) -> Generation:
        stations.get(session, station)
        wanted = Order(
            concept,
            candidates=wish.candidates,
            station=station,
            source="person",
            keep=wish.keep,
            stems=wish.stems,
            pictures=wish.pictures,
        )
        return generation(order(session, wanted, now=time.time(), job_class="high" if owner else "default"))

    return await once(request, "create_generation", key, wish, create, status=202)


@router.get("/generations", operation_id="list_generations")
async def list_generations(
    front: Asked,
    states: States = [],  # noqa: B006
    after: After = None,
    limit: Limit = 50,
) -> GenerationPage:
    """Music in the making and made, the newest first."""
    page = await front.desk.read(
        lambda session: jobs.listing(session, states=states, kinds=(KIND,), after=after, limit=limit)
    )
    return GenerationPage(items=[generation(job) for job in page.items], next=page.next)


@router.get("/generations/{generation_id}", operation_id="get_generation")
async def get_generation(front: Asked, generation_id: Id) -> Generation:
    """How far a piece is."""
    return generation(await front.desk.read(lambda session: _job(session, generation_id)))


@router.post("/generations/{generation_id}/cancel", operation_id="cancel_generation", dependencies=[Owned])
async def cancel_generation(front: Asked, generation_id: Id) -> Generation:
    """Stop a piece that nobody wants any more; one that has ended stays as it is."""
    return generation(await front.desk.write(lambda session: _cancel(session, generation_id)))


def _understood(text: str, seed: int, genres: FolderPath) -> Understood:
    heard = interpret(text, seed=seed, folder=genres)
    return Understood(
        concept=heard.concept.to_json(), understood=list(heard.understood), compromises=list(heard.compromises)
    )


def _concept(wish: GenerationWish, genres: FolderPath) -> Concept:
    """Words first, then the concept's own fields over them."""
    told: dict[str, Any] = {}
    if wish.text.strip():
        told = dict(_understood(one_line("text", wish.text, LONGEST_TEXT), 0, genres).concept)
    elif not wish.concept:
        raise BadInput("a generation needs text, a concept, or both")
    concept = Concept.from_json(told | dict(wish.concept))
    if concept.genre is not None:
        load(concept.genre, folder=genres)
    return concept


def _job(session: Session, job_id: int) -> Job:
    job = jobs.get(session, job_id)
    if job.kind != KIND:
        raise NotFound("generation", job_id)
    return job


def _cancel(session: Session, job_id: int) -> Job:
    _job(session, job_id)
    return jobs.cancel(session, job_id, now=time.time())
