"""Wishes in words, and what became of them."""

import secrets
import time
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.orm import Session

from sonicforge.api.allowance import REQUEST
from sonicforge.api.front import LARGEST_ID, After, Asked, By, Key, Limit, Owned, Paced, StationId, spend
from sonicforge.api.once import once
from sonicforge.api.shapes import RequestPage, RequestTold, RequestWish, Said, request_told
from sonicforge.library import requests
from sonicforge.library.text import one_line
from sonicforge.settings import Settings
from sonicforge.tasks import ask as asking
from sonicforge.tasks.understand import Understood, model_of, understand

router = APIRouter(prefix="/requests", tags=["requests"], dependencies=[Paced])
owner = APIRouter(tags=["requests"], dependencies=[Paced])

Id = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of the request.")]


@router.post("", operation_id="create_request", status_code=201, response_model=RequestTold)
async def create_request(
    request: Request, front: Asked, by: By, wish: RequestWish, station: StationId = "main", key: Key = None
) -> Response:
    """Wish for music in plain words, up to 500 letters.

    It is understood and answered in words at once: a piece that is there is queued by fair rules, another is made, and
    what cannot be is refused with its reason. What becomes of it later is told by the events `request.*`.
    """
    spend(request, REQUEST, by.id)
    text = one_line("a request", wish.text, requests.LONGEST)
    heard = await front.desk.think(lambda: _understood(text, front.settings))

    def create(session: Session) -> RequestTold:
        folder = front.settings.genres
        told = asking.ask(session, station, by.id, text, now=time.time(), understood=heard, genre_folder=folder)
        return request_told(told, by.id)

    return await once(request, "create_request", key, wish, create)


@router.get("", operation_id="list_requests")
async def list_requests(
    front: Asked, by: By, station: StationId = "main", after: After = None, limit: Limit = 50
) -> RequestPage:
    """All wishes, the newest first; `own` are this listener's."""
    page = await front.desk.read(lambda session: requests.listing(session, station, after=after, limit=limit))
    return RequestPage(items=[request_told(told, by.id) for told in page.items], next=page.next)


@router.get("/{request_id}", operation_id="get_request")
async def get_request(front: Asked, by: By, request_id: Id) -> RequestTold:
    """One wish and what became of it."""
    return request_told(await front.desk.read(lambda session: requests.get(session, request_id)), by.id)


@owner.post("/say", operation_id="say", dependencies=[Owned])
async def say(front: Asked, wish: RequestWish, station: StationId = "main") -> Said:
    """The owner's word to the station: `skip`, `more energy after 22:00`, `no techno`, or a piece to play."""
    text = one_line("what you say", wish.text, requests.LONGEST)
    return await front.desk.write(lambda session: _said(session, station, text, front.settings))


def _understood(text: str, settings: Settings) -> Understood:
    seed = secrets.randbits(32)
    return understand(text, seed=seed, genre_folder=settings.genres, model=model_of(settings))


def _said(session: Session, station: str, text: str, settings: Settings) -> Said:
    answered = asking.say(session, station, text, now=time.time(), genre_folder=settings.genres)
    request = None if answered.request is None else answered.request.id
    return Said(kind=answered.kind, words=answered.words, request=request, order=answered.order)
