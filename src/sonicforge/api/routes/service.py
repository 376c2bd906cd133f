"""Whether the server lives, and whether it can work."""

import shutil
from typing import Final

from fastapi import APIRouter, Response

from sonicforge.api.desk import Desk
from sonicforge.api.front import Asked
from sonicforge.api.shapes import ServiceHealth
from sonicforge.errors import SonicForgeError
from sonicforge.library import stations

router = APIRouter(prefix="/health", tags=["service"])

LEAST_FREE: Final = 100 * 1024 * 1024


@router.get("/live", operation_id="is_live")
async def is_live() -> dict[str, bool]:
    """The process answers; nothing else is asked."""
    return {"live": True}


@router.get("/ready", operation_id="is_ready", responses={503: {"model": ServiceHealth}})
async def is_ready(front: Asked, response: Response) -> ServiceHealth:
    """The library can be read, has a station, and the disk has room. 503 with the reason when not."""
    checks = {"library": await _library(front.desk), "disk": await front.desk.work(lambda: _disk(front.desk))}
    ready = all(told == "ok" for told in checks.values())
    response.status_code = 200 if ready else 503
    return ServiceHealth(ready=ready, checks=checks)


async def _library(desk: Desk) -> str:
    try:
        return "ok" if await desk.read(stations.listing) else "there is no station yet"
    except SonicForgeError as error:
        return type(error).__name__


def _disk(desk: Desk) -> str:
    free = shutil.disk_usage(desk.data).free
    return "ok" if free >= LEAST_FREE else f"only {free // 1024**2} MB free"
