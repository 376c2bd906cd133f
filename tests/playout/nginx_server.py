"""A real nginx with its RTMP module on free ports of loopback; it stands for a platform's ingest."""

import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

from on_air import free_port, until

_MODULES = ("/usr/lib/nginx/modules/ngx_rtmp_module.so", "/usr/share/nginx/modules/ngx_rtmp_module.so")

_CONFIG = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log info;
load_module {module};
events {{ worker_connections 64; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{port};
  application live {{ live on; record all; record_path {folder}; record_unique on; record_suffix .flv; }}
  application locked {{ live on; deny publish all; }} }} }}
http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{control};
    location /stat {{ rtmp_stat all; }} location /control {{ rtmp_control all; }} }} }}
"""


class Nginx:
    """Records whatever is published to `live` into its folder; `drop` throws the publisher out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._control = free_port(), free_port()
        module = next((path for path in _MODULES if Path(path).is_file()), None)
        assert module is not None, "nginx has no RTMP module (Debian: libnginx-mod-rtmp)"
        self._config = folder / "nginx.conf"
        text = _CONFIG.format(folder=folder, port=self.port, control=self._control, module=module)
        self._config.write_text(("user root; " if os.geteuid() == 0 else "") + text)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._process = subprocess.Popen(
            [program, "-c", str(self._config), "-p", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert until(lambda: self.stat() is not None), "nginx does not answer"

    def url(self, key: str, app: str = "live") -> str:
        return f"rtmp://127.0.0.1:{self.port}/{app}/{key}"

    def stat(self) -> str | None:
        """The statistics page, None while nobody answers."""
        return self._get("/stat")

    def publishing(self, key: str) -> bool:
        told = self.stat() or ""
        return f"<name>{key}</name>" in told and "<publishing/>" in told

    def drop(self, key: str) -> None:
        self._get(f"/control/drop/publisher?app=live&name={key}")

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def recorded(self, key: str) -> list[Path]:
        return sorted(self.folder.glob(f"{key}*.flv"))

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._control}{path}", timeout=2) as answer:
                return answer.read().decode(errors="replace")
        except OSError:
            return None
