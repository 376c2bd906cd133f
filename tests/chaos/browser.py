"""Chromium without a window, spoken to over its DevTools protocol."""

import base64
import json
import shutil
import subprocess
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import connect


class Browser:
    """A browser with one page; `close` ends it."""

    def __init__(self, folder: Path, *, size: tuple[int, int] = (1100, 900)) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        assert program is not None, "Chromium is not installed (Debian: chromium)"
        words = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--hide-scrollbars",
            "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", f"--user-data-dir={folder}",
            f"--window-size={size[0]},{size[1]}", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = folder / "DevToolsActivePort"
        port = _wait(lambda: port_file.exists() and port_file.read_text().split()[:1])[0]
        with urlopen(f"http://127.0.0.1:{port}/json") as told:
            page = next(one for one in json.load(told) if one["type"] == "page")
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(page["webSocketDebuggerUrl"], max_size=None, open_timeout=30))
        self._numbers = count(1)

    def open(self, url: str) -> None:
        self._ask("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        told = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def until(self, script: str, seconds: float = 30.0) -> Any:
        """Wait until an expression is true; returns its value."""
        return _wait(lambda: self.run(script), seconds, script)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        self._open.close()
        self._process.terminate()
        self._process.wait(20)

    def _ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (told := json.loads(self._socket.recv(timeout=60))).get("id") != number:
            pass
        assert "error" not in told, told
        return told["result"]


def _wait(done: Any, seconds: float = 30.0, what: str = "the browser's start") -> Any:
    end = time.monotonic() + seconds
    while not (value := done()):
        assert time.monotonic() < end, f"{what} did not come true within {seconds:g} s"
        time.sleep(0.1)
    return value
