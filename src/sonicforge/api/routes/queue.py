"""The queue: what waits for air, in order."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import RootModel
from sqlalchemy.orm import Session

from sonicforge.api.front import LARGEST_ID, Asked, Key, Owned, Paced, StationId
from sonicforge.api.once import once
from sonicforge.api.shapes import QueueChange, QueueTold, QueueWish
from sonicforge.errors import BadInput
from sonicforge.library import queue, stations
from sonicforge.library.values import QueueItem

router = APIRouter(prefix="/queue", tags=["queue"], dependencies=[Paced])

Item = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of the queue item.")]


@router.get("", operation_id="list_queue")
async def list_queue(front: Asked, station: StationId = "main") -> QueueTold:
    """What is played next, in order."""
    return await front.desk.read(lambda session: _told(session, station))


@router.post("", operation_id="add_to_queue", status_code=201, response_model=QueueItem, dependencies=[Owned])
async def add_to_queue(request: Request, wish: QueueWish, station: StationId = "main", key: Key = None) -> Response:
    """Put a track into the queue."""

    def create(session: Session) -> RootModel[QueueItem]:
        item = queue.add(
            session,
            station,
            wish.track,
            source="person",
            place=wish.place,
            pinned=wish.pinned,
            reason={"words": "the owner put it there"},
        )
        return RootModel[QueueItem](item)

    return await once(request, "add_to_queue", key, wish, create)


@router.patch("/{item_id}", operation_id="change_queue_item", dependencies=[Owned])
async def change_queue_item(front: Asked, item_id: Item, wish: QueueChange) -> QueueItem:
    """Move a waiting item, pin it, or unpin it."""
    if wish.place is None and wish.pinned is None:
        raise BadInput("nothing is to be changed; give place, pinned or both")
    return await front.desk.write(lambda session: _change(session, item_id, wish))


@router.delete("/{item_id}", operation_id="remove_from_queue", status_code=204, dependencies=[Owned])
async def remove_from_queue(front: Asked, item_id: Item) -> None:
    """Take a waiting item out."""
    await front.desk.write(lambda session: queue.remove(session, item_id))


def _told(session: Session, station: str) -> QueueTold:
    stations.get(session, station)
    return QueueTold(
        station=station,
        taken=list(queue.taken(session, station)),
        waiting=list(queue.listing(session, station)),
        waiting_s=queue.waiting_s(session, station),
    )


def _change(session: Session, item_id: int, wish: QueueChange) -> QueueItem:
    item = queue.get(session, item_id)
    if wish.pinned is not None:
        item = queue.pin(session, item_id, pinned=wish.pinned)
    if wish.place is not None:
        item = queue.move(session, item_id, wish.place)
    return item
