"""`Server`: a running station, asked over its API."""

import json
import os
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from sonicforge.errors import BadInput, SonicForgeError

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_S = 20.0


class NoAnswer(SonicForgeError):
    """Nothing answers at a station's address."""


class Server:
    """The API below an address such as `http://127.0.0.1:8000`; raises `BadInput` for what is no address.

    The owner's token is taken from SONICFORGE_OWNER_TOKEN; at the station's own machine none is needed.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(f"{url!r} is no address of a station; it looks like {DEFAULT_URL}")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._url = url
        self._call = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._base = f"{parts.path.rstrip('/')}/api/v1"
        self._token = os.environ.get("SONICFORGE_OWNER_TOKEN", "")

    def ask(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """The JSON answer, None for an empty one. Raises `NoAnswer`, or `BadInput` with the station's own words."""
        headers = {"accept": "application/json", "content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        words = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
        target = f"{self._base}{path}{'?' if words else ''}{words}"
        try:
            self._call.request(method, target, None if body is None else json.dumps(body), headers)
            answer = self._call.getresponse()
            told = answer.read()
        except (OSError, HTTPException) as error:
            raise NoAnswer(f"no station answers at {self._url}: {error}; is `sonicforge serve` running?") from error
        finally:
            self._call.close()
        try:
            said = json.loads(told) if told else None
        except ValueError as error:
            raise NoAnswer(f"what answers at {self._url} is no station: {told[:80]!r}") from error
        if answer.status >= 400:
            reason = said.get("detail") or said.get("title") if isinstance(said, dict) else None
            raise BadInput(str(reason or f"the station refuses with {answer.status}"))
        return said
