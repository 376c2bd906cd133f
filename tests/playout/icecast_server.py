"""A real Icecast on a free port of loopback, with its own folder."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from on_air import free_port, until

PASSWORD = "hack me: ä&?/"  # noqa: S105 - of a server that lives as long as its test

_CONFIG = """<icecast>
  <limits><clients>200</clients><sources>8</sources><burst-size>32768</burst-size><source-timeout>5</source-timeout></limits>
  <authentication><source-password>{password}</source-password><admin-user>admin</admin-user>
    <admin-password>admin</admin-password></authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths><basedir>{folder}</basedir><logdir>{folder}</logdir><webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot></paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
  {owner}
</icecast>
"""


class Icecast:
    """Started with `start`; `kill` is kill -9, after which `start` brings it back on the same port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "icecast.xml"
        as_root = os.geteuid() == 0
        owner = "<security><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>"
        password = PASSWORD.replace("&", "&amp;")
        text = _CONFIG.format(port=self.port, folder=folder, password=password, owner=owner if as_root else "")
        self._config.write_text(text, "utf-8")
        if as_root:
            folder.chmod(0o777)
            for parent in folder.parents:
                if parent == Path(gettempdir()):
                    break
                parent.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("icecast2") or shutil.which("icecast")
        assert program is not None, "icecast2 is not installed (Debian: icecast2)"
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert until(lambda: self.mounts() is not None)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def url(self, mount: str, password: str = PASSWORD) -> str:
        from urllib.parse import quote

        return f"icecast://source:{quote(password, safe='')}@127.0.0.1:{self.port}{mount}"

    def listen(self, mount: str) -> str:
        return f"http://127.0.0.1:{self.port}{mount}"

    def mounts(self) -> dict[str, dict[str, Any]] | None:
        """What the server says of its mounts, None while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status-json.xsl", timeout=2) as answer:
                told = json.load(answer)["icestats"].get("source", [])
        except (OSError, ValueError):
            return None
        return {
            one["listenurl"].rpartition(str(self.port))[2]: one for one in ([told] if isinstance(told, dict) else told)
        }
