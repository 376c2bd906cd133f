"""The web server of an install: the API under `/api/v1`, the sound under `/hls` and `/live`, a plain page at `/`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.routing import Mount, Route

from sonicforge import __version__
from sonicforge.api import problem
from sonicforge.api.allowance import Allowances
from sonicforge.api.audience import FLUSH_S, Audience
from sonicforge.api.contract import describe
from sonicforge.api.desk import Desk
from sonicforge.api.front import Front
from sonicforge.api.guard import Guard
from sonicforge.api.hls import Shelf, serve_hls
from sonicforge.api.leaving import heard
from sonicforge.api.live import Streams, live
from sonicforge.api.news import News
from sonicforge.api.plain_page import routes as page_routes
from sonicforge.api.routes import (
    events,
    generations,
    history,
    listeners,
    now,
    outputs,
    queue,
    requests,
    service,
    stations,
    tracks,
    votes,
)
from sonicforge.api.who import signer_of
from sonicforge.errors import SonicForgeError
from sonicforge.library.upgrade import upgrade
from sonicforge.settings import Settings, load_settings

ROUTERS: Final = (
    stations.router, now.router, queue.router, history.router, tracks.router, votes.router, tracks.files,
    generations.router, requests.router, requests.owner, listeners.router, outputs.router, events.router,
    service.router,
)  # fmt: skip


def make_app(data: Path, *, settings: Settings | None = None) -> FastAPI:
    """The app of a data directory, whose library is brought up to date; other settings are the environment's.

    Raises `NewerData`, `BadDataFile`, `Busy` or `CannotWrite` when the directory cannot be used.
    """
    desk = Desk(data)
    upgrade(desk.database)
    app = FastAPI(
        title="SonicForge",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_life,
        redirect_slashes=False,
    )
    app.state.front = Front(
        desk=desk,
        signer=signer_of(data),
        allowances=Allowances(),
        news=News(desk),
        audience=Audience(),
        shelf=Shelf(),
        settings=replace(settings or load_settings(), data=data),
    )
    app.state.streams = Streams()
    problem.install(app)
    api = APIRouter(prefix="/api/v1")
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    app.router.routes.append(Mount("/hls", serve_hls))
    app.router.routes.append(Route("/live/{name}", live, methods=["GET"]))
    app.router.routes.extend(page_routes())
    app.add_middleware(Guard)
    describe(app)
    return app


def app_from_environment() -> FastAPI:
    """For `uvicorn --factory`: all as in the settings."""
    settings = load_settings()
    return make_app(settings.data, settings=settings)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    front: Front = app.state.front
    counting = asyncio.create_task(_write_down(front))
    try:
        with heard(front.news.wake):
            yield
    finally:
        front.news.wake()
        counting.cancel()
        with suppress(asyncio.CancelledError):
            await counting
        front.desk.close()


async def _write_down(front: Front) -> None:
    """Keep who listens. What a locked library refuses is written with the next round, because clients come again."""
    while True:
        await asyncio.sleep(FLUSH_S)
        write = front.audience.to_write()
        if write is not None:
            try:
                await front.desk.write(write)
            except SonicForgeError as error:
                problem.LOG.warning("listeners: %s", error)
