"""`Output`: what every way out of the tower looks like to it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from sonicforge.playout.block import Block

State = Literal["on", "connecting", "waiting", "failed", "off"]


@dataclass(frozen=True, slots=True)
class OutputState:
    """How an output is doing, judged by the sound that really left it.

    `since` is when `state` began (UTC seconds), `detail` says in words why, `bitrate` is in bit/s now, `bytes_taken`
    what the far end has accepted since the start, `reconnects` how often it had to begin again. The probe's three:
    loudness of the last seconds in LUFS (None before the first sound), seconds of silence and of standing still up to
    now. `listeners` is None where nobody can count them.
    """

    name: str
    kind: str
    state: State
    since: float
    detail: str = ""
    bitrate: int = 0
    bytes_taken: int = 0
    reconnects: int = 0
    dropped_blocks: int = 0
    level_lufs: float | None = None
    silent_s: float = 0.0
    frozen_s: float = 0.0
    listeners: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class Output(Protocol):
    """A consumer of the programme with its own bounded queue and its own threads.

    `send` returns at once, whatever state the far end is in: a full queue drops blocks and counts them. `close` ends
    the threads within seconds and leaves what was written whole.
    """

    @property
    def name(self) -> str: ...

    @property
    def state(self) -> OutputState: ...

    def start(self) -> None: ...

    def send(self, block: Block) -> None: ...

    def close(self) -> None: ...
