"""A web server over a small library: called in place for most tests, over a real socket where streams matter."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from shelves import tracks_on_a_shelf

from sonicforge.api.app import make_app
from sonicforge.api.front import Front
from sonicforge.library import stations
from sonicforge.library.values import Track
from sonicforge.settings import Settings

TOKEN = "the owner's own words"  # noqa: S105
TRACK = "000000000001"
HERE, THERE = "127.0.0.1", "203.0.113.9"


class Caller:
    """A client of an app that runs in place. `place` is where the call comes from."""

    def __init__(self, app: FastAPI, *, place: str = HERE, host: str = "127.0.0.1:8000") -> None:
        self.app, self.front = app, app.state.front
        self._runner = asyncio.Runner()
        self._life: AbstractAsyncContextManager[Any] = app.router.lifespan_context(app)
        self._runner.run(self._life.__aenter__())
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(place, 4711))
        self._client = httpx.AsyncClient(transport=transport, base_url=f"http://{host}")

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self("POST", path, **more)

    def all(self, *calls: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        """Several calls at the same time."""

        async def together() -> list[httpx.Response]:
            waiting = [self._client.request(method, path, **more) for method, path, more in calls]
            return list(await asyncio.gather(*waiting))

        return self._runner.run(together())

    def from_elsewhere(self, place: str = THERE, host: str = "radio.example") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(place, 4712))
        return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")

    def away(self, method: str, path: str, *, place: str = THERE, host: str = "radio.example", **more: Any) -> Any:
        """A call from another machine, without cookies of earlier calls."""

        async def call() -> httpx.Response:
            async with self.from_elsewhere(place, host) as client:
                return await client.request(method, path, **more)

        return self._runner.run(call())

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.run(self._life.__aexit__(None, None, None))
        self._runner.close()


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the station `main` and no music."""
    folder = tmp_path_factory.mktemp("fresh")
    app = make_app(folder, settings=Settings(folder, 2))
    with app.state.front.desk.database.write() as session:
        stations.add(session, "main", "Main", now=1.0)
    app.state.front.desk.close()
    return folder


@pytest.fixture
def data(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fresh, tmp_path / "data"))


@pytest.fixture
def call(data: Path) -> Iterator[Caller]:
    """A server of it, called from its own machine."""
    caller = Caller(make_app(data, settings=Settings(data, 2, owner_token=TOKEN)))
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def still(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A server with five tracks for tests that change nothing."""
    folder = Path(shutil.copytree(fresh, tmp_path_factory.mktemp("still") / "data"))
    caller = Caller(make_app(folder, settings=Settings(folder, 2, owner_token=TOKEN)))
    tracks_on_a_shelf(caller.front.desk.database, caller.front.desk.objects, 5)
    yield caller
    caller.close()


@pytest.fixture
def front(call: Caller) -> Front:
    return call.front


@pytest.fixture
def shelf(front: Front) -> list[Track]:
    """Five approved tracks with files among the objects."""
    return tracks_on_a_shelf(front.desk.database, front.desk.objects, 5)
