"""Threads that may wait give way to the clock."""

import os
import threading
from typing import Final

_NICE: Final = 10


def give_way() -> None:
    """Lower the priority of the thread that calls, where the system gives threads one of their own (Linux)."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    except (AttributeError, OSError):
        return
