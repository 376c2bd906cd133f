"""Outputs: how they are by what is heard of them, and which there shall be."""

from fastapi import APIRouter
from sqlalchemy.orm import Session

from sonicforge.api.air import air_health
from sonicforge.api.desk import Desk
from sonicforge.api.front import Asked, Owned, Paced, StationId
from sonicforge.api.shapes import AirHealth, OrderTold, OutputTold, OutputWishes
from sonicforge.errors import Conflict
from sonicforge.library import orders, stations

router = APIRouter(tags=["outputs"], dependencies=[Paced])


@router.get("/outputs", operation_id="list_outputs")
async def list_outputs(front: Asked, station: StationId = "main") -> list[OutputTold]:
    """All outputs of a station with their state, level and silence as heard behind the encoder."""
    return (await _health(front.desk, station)).outputs


@router.get("/health", operation_id="get_station_health")
async def get_station_health(front: Asked, station: StationId = "main") -> AirHealth:
    """How a station is: as its worst output, and red when its tower is silent."""
    return await _health(front.desk, station)


@router.put("/outputs", operation_id="set_outputs", status_code=202, dependencies=[Owned])
async def set_outputs(front: Asked, wishes: OutputWishes, station: StationId = "main") -> OrderTold:
    """Say which outputs there shall be; those that stay as they are go on undisturbed."""
    names = [wish.name for wish in wishes.outputs]
    if len(set(names)) < len(names):
        raise Conflict(f"two outputs have the same name: {', '.join(sorted(names))}")
    return await front.desk.write(lambda session: _order(session, station, wishes))


async def _health(desk: Desk, station: str) -> AirHealth:
    await desk.read(lambda session: stations.get(session, station))
    folder = desk.air(station)
    return await desk.work(lambda: air_health(folder, station))


def _order(session: Session, station: str, wishes: OutputWishes) -> OrderTold:
    told = {"outputs": [wish.model_dump(mode="json") for wish in wishes.outputs]}
    left = orders.leave(session, station, "outputs", told)
    return OrderTold(order=left.number, kind=left.kind, station=station)
