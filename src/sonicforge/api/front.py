"""`Front`: what the routes of one web server share, and how a route gets hold of it and of its caller."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from sonicforge.api.allowance import NEWCOMER, OWNER, READ, WRONG_TOKEN, Allowance, Allowances
from sonicforge.api.audience import Audience
from sonicforge.api.desk import Desk
from sonicforge.api.hls import Shelf
from sonicforge.api.news import News
from sonicforge.api.problem import Refused
from sonicforge.api.who import COOKIE, HEADER, KEPT_S, Listener, Signer, address, at_this_machine, bearer, by_tls, fits
from sonicforge.settings import Settings

LARGEST_ID: Final = 2**53
"""Ids stay whole in every client's numbers."""


@dataclass(frozen=True, slots=True)
class Front:
    """The parts of one web server."""

    desk: Desk
    signer: Signer
    allowances: Allowances
    news: News
    audience: Audience
    shelf: Shelf
    settings: Settings


def front_of(connection: HTTPConnection) -> Front:
    """The front of the server that a call came to."""
    front = connection.app.state.front
    assert isinstance(front, Front)
    return front


async def _front(connection: HTTPConnection) -> Front:
    return front_of(connection)


async def _paced(request: Request) -> None:
    front_of(request).allowances.take(READ, address(request))


async def _listener(request: Request) -> Listener:
    front, caller = front_of(request), address(request)
    shown = request.headers.get(HEADER) or request.cookies.get(COOKIE)
    known = front.signer.known(shown)
    if known is not None:
        return known
    front.allowances.take(NEWCOMER, caller)
    new = front.signer.named()
    secure = "; Secure" if by_tls(request) else ""
    cookie = f"{COOKIE}={new.token}; Max-Age={KEPT_S}; Path=/; HttpOnly; SameSite=Lax{secure}"
    request.scope["set_cookies"].append(cookie)
    return new


def is_owner(request: HTTPConnection) -> bool:
    """Whether the owner calls. Raises `Refused` for a token that is not his."""
    front, caller = front_of(request), address(request)
    shown = bearer(request)
    if shown is None:
        return at_this_machine(request)
    front.allowances.take(WRONG_TOKEN, caller)
    if not fits(shown, front.settings.owner_token):
        raise Refused(401, "this token is not the owner's", headers={"www-authenticate": "Bearer"})
    front.allowances.give_back(WRONG_TOKEN, caller)
    return True


_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="owner",
    description="The owner's token (SONICFORGE_OWNER_TOKEN). Not needed on the machine that the station runs on.",
)


async def _owner(request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> None:
    if not is_owner(request):
        told = "this needs the owner's token (Authorization: Bearer ...), except on the machine of the station itself"
        raise Refused(401, told, headers={"www-authenticate": "Bearer"})
    front_of(request).allowances.take(OWNER, address(request))


def spend(request: Request, allowance: Allowance, caller: str) -> None:
    """Count a call against an allowance; the owner at this machine has no limits."""
    if not at_this_machine(request):
        front_of(request).allowances.take(allowance, caller)


Asked = Annotated[Front, Depends(_front)]
By = Annotated[Listener, Depends(_listener)]
Owned = Depends(_owner)
Paced = Depends(_paced)
StationId = Annotated[
    str, Query(alias="station", pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", description="Id of the station.")
]
After = Annotated[str | None, Query(max_length=2000, description="The `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of the page.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A random word of the caller. The same call with the same key creates nothing again.",
    ),
]
