"""Joints made in a process of its own: the DJ's filters and compiled kernels are 150 MB that a tower need not hold."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import IO, Any, Final

import numpy as np

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import RATE
from sonicforge.playout.item import Item
from sonicforge.playout.seam import Joint

COMMAND: Final = (sys.executable, "-m", "sonicforge.playout.dj")
LONGEST: Final = 180 * RATE
"""Samples that no joint exceeds."""


def joints_elsewhere(out: Item, into: Item, earliest_s: float) -> Iterator[Joint]:
    """What `joining.joints` gives, made by another process; the process ends with this iterator.

    Raises `UnreadableAudio` with the other's reason, also when it dies.
    """
    asked = {"out": out.to_json(), "into": into.to_json(), "earliest_s": earliest_s}
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin as words:
            words.write(json.dumps(asked).encode() + b"\n")
        while line := process.stdout.readline():
            yield _joint(json.loads(line), process.stdout)
        if process.wait():
            raise UnreadableAudio(f"the DJ's process ended with code {process.returncode}")
    except BrokenPipeError as error:
        raise UnreadableAudio("the DJ's process ended before it was asked") from error
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def _joint(told: dict[str, Any], sound: IO[bytes]) -> Joint:
    if "fault" in told:
        raise UnreadableAudio(str(told["fault"]))
    length = int(told["length"])
    data = sound.read(8 * length) if 0 < length <= LONGEST else b""
    if len(data) < 8 * length or not data:
        raise UnreadableAudio(f"the DJ's process told of {length} samples and gave {len(data)} bytes")
    samples = np.frombuffer(data, "<f4").reshape(2, length)
    return Joint(samples, told["leaves_out_at_s"], told["enters_in_at_s"], told["transition"])
