"""What machine a figure was measured on, and how fast it was just then, in one line."""

import os
import platform
import time
from pathlib import Path


def pace() -> float:
    """Seconds of a fixed piece of Python, the best of three: shared machines change by a factor of two in a day."""
    best = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        sum(i * i for i in range(2_000_000))
        best = min(best, time.perf_counter() - begin)
    return best


def machine() -> str:
    """Processor, cores this process may use, Python, load, pace."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    return f"{model}, {cores} cores, Python {platform.python_version()}, load {load:.1f}, pace {pace():.2f} s"
