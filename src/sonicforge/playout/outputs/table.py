"""The table of outputs: from a wish of some kind to the output that fulfils it.

Each kind is imported when the first of it is made, so that a station loads no codec that it does not use.
"""

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sonicforge.errors import BadInput, SonicForgeError, UnknownName
from sonicforge.playout.outputs.output import Output
from sonicforge.playout.outputs.wish import OutputKind, Wish

Make = Callable[[Wish, Path, str], Output]

_OUTPUTS: Final = "sonicforge.playout.outputs"
_CLASSES: Final[Mapping[OutputKind, tuple[str, str]]] = {
    "hls": ("hls.output", "HlsOutput"),
    "http": ("live", "LiveOutput"),
    "icecast": ("icecast", "IcecastOutput"),
    "rtmp": ("push", "RtmpOutput"),
    "srt": ("push", "SrtOutput"),
    "recording": ("recording", "RecordingOutput"),
}


def make(wish: Wish, folder: Path, title: str) -> Output:
    """The output for a wish, not started. `folder` is the station's, `title` what listeners read as its name.

    Raises `BadInput` for options that the kind does not know or that are out of range.
    """
    module, name = _CLASSES[wish.kind]
    maker: Callable[..., Output] = getattr(import_module(f"{_OUTPUTS}.{module}"), name)
    given = _given(wish, folder, title)
    known = {key for key in inspect.signature(maker).parameters if key not in ("name", "folder", "url", "station")}
    for option in wish.options:
        if option not in known:
            raise UnknownName(f"option of {wish.kind} outputs", option, known - {"title"})
    wanted: dict[str, Any] = {**given, **wish.options}
    try:
        return maker(wish.name, **{key: wanted[key] for key in wanted if key in known or key in given})
    except SonicForgeError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"options of output {wish.name!r}: {error}") from error


def _given(wish: Wish, folder: Path, title: str) -> dict[str, Any]:
    """What the station itself tells an output of this kind."""
    if wish.kind == "hls":
        return {"folder": folder / "hls"}
    if wish.kind == "http":
        return {"folder": folder, "title": title}
    if wish.kind == "recording":
        return {"folder": folder.parent.parent / "recordings" / folder.name, "station": folder.name}
    return {"url": wish.url, "title": title}
