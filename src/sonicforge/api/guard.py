"""What every call passes first: its path, its body, where it comes from; and the headers on every answer."""

import asyncio
import secrets
from collections.abc import Iterator, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sonicforge.api.problem import problem

BODY_LIMIT: Final = 64 * 1024
BODY_S: Final = 20.0
_LONGEST_PATH, _LONGEST_QUERY = 1024, 8192
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = _SAFE | {"POST", "PUT", "PATCH", "DELETE"}
_MEDIA: Final = ("/hls/", "/live/", "/api/v1/tracks/")
"""Below these, reading is open to pages of other hosts (without cookies), so that any player can play the station."""

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_POLICY: Final = (
    "default-src 'none'; media-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class Guard:
    """An ASGI app around the others."""

    def __init__(self, app: ASGIApp, *, body_limit: int = BODY_LIMIT) -> None:
        self._app, self._limit = app, body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(8)
        scope["set_cookies"] = []
        send = _dressed(scope, send)
        refusal = _refusal(scope)
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
        elif scope["method"] == "OPTIONS" and scope["path"].startswith(_MEDIA):
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
        elif scope["method"] in _SAFE:
            await self._app(scope, receive, send)
        else:
            await self._with_body(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in the whole of a small body, look at it, and hand it on."""
        try:
            async with asyncio.timeout(BODY_S):
                body = await _whole(receive, self._limit)
        except TimeoutError:
            await _refuse(scope, receive, send, 408, f"the body was not complete after {BODY_S:.0f} s")
            return
        except ClientDisconnect:
            return
        if body is None:
            await _refuse(scope, receive, send, 413, f"the body is larger than {self._limit} bytes")
            return
        refusal = _bad_body(Headers(scope=scope), body)
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
            return
        told = False

        async def again() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)


def same_host(headers: Headers) -> bool:
    """Whether a browser says that a call comes from a page of this server, or no browser calls at all."""
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return False
    origin, host = headers.get("origin"), headers.get("host", "").lower()
    if origin is None:
        return True
    try:
        page = urlsplit(origin)
    except ValueError:
        return False
    # A proxy may hand on the host without its port.
    return host in (page.netloc.lower(), page.hostname)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    path: str = scope["path"]
    if scope["method"] not in _METHODS:
        return 405, f"the method {scope['method'][:20]} is not known here"
    if len(path) > _LONGEST_PATH or len(scope["query_string"]) > _LONGEST_QUERY:
        return 414, f"the address is too long: a path has up to {_LONGEST_PATH} letters, a query {_LONGEST_QUERY}"
    if "\\" in path or not path.isprintable() or any(part in (".", "..") for part in path.split("/")):
        return 400, "the path holds what no path here can hold (.., a backslash or control characters)"
    headers = Headers(scope=scope)
    if scope["method"] not in _SAFE and not same_host(headers):
        return 403, "this call comes from a page of another host"
    return None


async def _whole(receive: Receive, limit: int) -> bytes | None:
    """The body, None as soon as it is larger than it may be. Raises `ClientDisconnect`."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _bad_body(headers: Headers, body: bytes) -> tuple[int, str] | None:
    if not body:
        return None
    form = headers.get("content-type", "").split(";")[0].strip().lower()
    if form != "application/json":
        return 415, f"the body is {form[:80] or 'of no stated type'}, but must be application/json"
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return 400, f"the body is no JSON: {error}"
    return None


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, told: str) -> None:
    name = {400: "bad-request", 403: "forbidden", 413: "too-large"}.get(status, "refused")
    headers = {"connection": "close"} if status in (408, 413) else {}
    answer = problem(status, name, told, request_id=scope["request_id"], headers=headers)
    await answer(scope, receive, send)


def _dressed(scope: Scope, send: Send) -> Send:
    """`send` that puts the common headers on the answer; what a route has set itself stays."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _headers(scope):
                headers.setdefault(name, value)
            for cookie in scope["set_cookies"]:
                headers.append("set-cookie", cookie)
        await send(message)

    return sending


def _headers(scope: Scope) -> Iterator[tuple[str, str]]:
    path: str = scope["path"]
    yield "x-request-id", scope["request_id"]
    yield "x-content-type-options", "nosniff"
    yield "referrer-policy", "same-origin"
    yield "content-security-policy", _PAGE_POLICY if path == "/" or path.startswith("/page/") else _POLICY
    if path.startswith(_MEDIA) and scope["method"] in _SAFE:
        yield "access-control-allow-origin", "*"
        yield "access-control-allow-methods", "GET, HEAD, OPTIONS"
        yield "access-control-allow-headers", "Range, Icy-MetaData"
        yield "access-control-expose-headers", "Content-Length, Content-Range, ETag, icy-metaint, icy-name"
        yield "cross-origin-resource-policy", "cross-origin"
    else:
        yield "cross-origin-resource-policy", "same-origin"
    if path.startswith("/api/"):
        yield "cache-control", "no-store"
