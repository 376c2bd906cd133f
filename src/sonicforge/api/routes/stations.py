"""Stations: who they are and by which rules they play."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path

from sonicforge.api.front import Asked, Front, Owned, Paced
from sonicforge.api.live import ENDINGS
from sonicforge.api.shapes import StationChange, StationTold
from sonicforge.genres.load import names
from sonicforge.library import stations
from sonicforge.library.programme import Programme
from sonicforge.library.stations import Station

router = APIRouter(prefix="/stations", tags=["stations"], dependencies=[Paced])

Id = Annotated[str, Path(max_length=40, description="Id of the station, such as `main`.")]


@router.get("", operation_id="list_stations")
async def list_stations(front: Asked) -> list[StationTold]:
    """All stations of this install."""
    return [_told(station) for station in await front.desk.read(stations.listing)]


@router.get("/{station_id}", operation_id="get_station")
async def get_station(front: Asked, station_id: Id) -> StationTold:
    """One station with its programme and the addresses at which it is heard."""
    return _told(await front.desk.read(lambda session: stations.get(session, station_id)))


@router.patch("/{station_id}", operation_id="change_station", dependencies=[Owned])
async def change_station(front: Asked, station_id: Id, wish: StationChange) -> StationTold:
    """Change name, words or programme; the programme is followed from the next piece that is planned."""
    told = wish.programme
    programme = None if told is None else await front.desk.work(lambda: _programme(front, told))
    changed = await front.desk.write(
        lambda session: stations.change(
            session,
            station_id,
            name=wish.name,
            description=wish.description,
            on_air=wish.on_air,
            programme=programme,
        )
    )
    return _told(changed)


def _programme(front: Front, told: Mapping[str, Any]) -> Programme:
    return Programme.from_json(told, genres=names(front.settings.genres))


def _told(station: Station) -> StationTold:
    return StationTold(
        **{name: value for name, value in asdict(station).items() if name != "programme"},
        programme=station.programme.to_json(),
        hls=f"/hls/{station.id}/master.m3u8",
        live={ending: f"/live/{station.id}.{ending}" for ending in ENDINGS},
    )
