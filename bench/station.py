"""What a station costs and how it holds: memory and processor of every process, listeners, stalls.

    python bench/station.py [--minutes 5] [--listeners 300] [--generate] [--tracks 6] [--players]

A station is started as a person would (in a folder of its own, on a free port) with a few tracks in its library;
`--listeners` HLS listeners fetch playlist and segments as players do, `--players` adds ffmpeg and mpv. What it costs is
counted after a first minute of settling.
"""

import argparse
import asyncio
import multiprocessing
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil

from machine import machine

SETTLE_S = 30.0
SEGMENT_S = 5.952
GENRES = ("lofi_hiphop", "house_deep", "jazz_lounge", "synthwave", "downtempo", "trance_uplifting")


def stock(data: Path, count: int) -> None:
    """A reserve, and a library of tracks of two minutes."""
    from sonicforge.cli.generate import make
    from sonicforge.genres.concept import Concept
    from sonicforge.library import queue, stations, tracks
    from sonicforge.library.database import open_database
    from sonicforge.library.objects import Objects
    from sonicforge.library.upgrade import upgrade
    from sonicforge.tasks.reserve import fill_reserve

    fill_reserve(data)
    database, objects = open_database(data), Objects(data / "objects")
    upgrade(database)
    for number in range(count):
        concept = Concept(genre=GENRES[number % len(GENRES)], seed=number, length_s=120.0)
        folder = Path(make(concept, data / "made")["files"][0]).parent
        with database.write() as session:
            stations.ensure(session, "main", "Bench")
            track = tracks.add_take(session, objects, folder, approved=True)
            queue.add(session, "main", track.id, source="person")
    database.close()


@contextmanager
def serving(data: Path, *, generate: bool) -> Iterator[tuple[psutil.Process, int]]:
    """A station on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sonicforge", "serve", "--data", str(data), "--port", str(port)]
    roof = subprocess.Popen(command + ([] if generate else ["--no-generate"]))
    try:
        begin = time.monotonic()
        while not hears_segments(port):
            if time.monotonic() - begin > 60:
                raise SystemExit("the station is not on air after a minute")
            time.sleep(0.1)
        print(f"first segment after {time.monotonic() - begin:.1f} s")
        yield psutil.Process(roof.pid), port
    finally:
        roof.terminate()
        roof.wait(60)


def hears_segments(port: int) -> bool:
    """Whether a player would find sound."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/hls/main/aac128/index.m3u8", timeout=2) as answer:
            return b"#EXTINF" in answer.read()
    except OSError:
        return False


def costs(roof: psutil.Process) -> dict[str, tuple[float, float]]:
    """Name of each process -> (processor seconds so far, proportional memory in MB)."""
    found = {}
    for process in [roof, *roof.children(recursive=True)]:
        words = process.cmdline()
        name = next((word.removeprefix("sonicforge.") for word in words if word.startswith("sonicforge.")), "roof")
        times, memory = process.cpu_times(), process.memory_full_info()
        found[name] = (times.user + times.system, memory.pss / 1e6)
    return found


def listen(port: int, count: int, seconds: float, told: "multiprocessing.Queue[tuple[int, int, float]]") -> None:
    """So many players, each on its own clock; tells segments fetched, failures, and the longest wait for one."""
    told.put(asyncio.run(_crowd(port, count, seconds)))


async def _crowd(port: int, count: int, seconds: float) -> tuple[int, int, float]:
    results = await asyncio.gather(*(_one(port, number / count * SEGMENT_S, seconds) for number in range(count)))
    return sum(one[0] for one in results), sum(one[1] for one in results), max(one[2] for one in results)


async def _one(port: int, delay: float, seconds: float) -> tuple[int, int, float]:
    await asyncio.sleep(delay)
    end, last, got, failed, longest = time.monotonic() + seconds, "", 0, 0, 0.0
    while time.monotonic() < end:
        begin = time.monotonic()
        playlist = await _get(port, "index.m3u8")
        names = [line for line in (playlist or b"").decode().splitlines() if line.endswith(".m4s")]
        if names and names[-1] != last:
            body = await _get(port, names[-1])
            got, failed = (got + 1, failed) if body else (got, failed + 1)
            last = names[-1]
            longest = max(longest, time.monotonic() - begin)
        elif not names:
            failed += 1
        await asyncio.sleep(max(0.0, begin + SEGMENT_S - time.monotonic()))
    return got, failed, longest


async def _get(port: int, name: str) -> bytes | None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /hls/main/aac128/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read(-1)
        writer.close()
    except OSError:
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    return body if b" 200 " in head[:20] else None


def players(port: int, seconds: float) -> list[tuple[str, subprocess.Popen[str]]]:
    """ffmpeg on the HLS ladder and mpv on the MP3 stream, at real speed, telling what they complain about."""
    hls, mp3 = f"http://127.0.0.1:{port}/hls/main/master.m3u8", f"http://127.0.0.1:{port}/live/main.mp3"
    commands = {
        "ffmpeg hls": ["ffmpeg", "-v", "error", "-re", "-i", hls, "-t", f"{seconds:.0f}", "-f", "null", "-"],
        "mpv mp3": ["mpv", "--no-config", "--ao=null", "--msg-level=all=warn", f"--length={seconds:.0f}", mp3],
    }
    return [
        (name, subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        for name, words in commands.items()
        if shutil.which(words[0])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--listeners", type=int, default=0)
    parser.add_argument("--generate", action="store_true")
    parser.add_argument("--players", action="store_true")
    parser.add_argument("--tracks", type=int, default=6)
    wanted = parser.parse_args()
    print(machine())
    seconds = wanted.minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        stock(data, wanted.tracks)
        with serving(data, generate=wanted.generate) as (roof, port):
            time.sleep(SETTLE_S)
            told: multiprocessing.Queue[tuple[int, int, float]] = multiprocessing.Queue()
            crowd = multiprocessing.Process(target=listen, args=(port, wanted.listeners, seconds, told))
            if wanted.listeners:
                crowd.start()
            outside = players(port, seconds - 5) if wanted.players else []
            before, begin = costs(roof), time.monotonic()
            time.sleep(seconds)
            after, passed = costs(roof), time.monotonic() - begin
            report(before, after, passed)
            if wanted.listeners:
                got, failed, longest = told.get(timeout=60)
                crowd.join()
                print(f"{wanted.listeners} listeners: {got} segments, {failed} failures, longest wait {longest:.2f} s")
            for name, process in outside:
                complaints = process.communicate(timeout=60)[0].strip().splitlines()
                print(f"{name}: exit code {process.returncode}, {len(complaints)} complaints {complaints[:3]}")


def report(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]], passed: float) -> None:
    """A row for each process; what began meanwhile is counted whole."""
    print(f"{'process':<16}{'% of a core':>12}{'MB (PSS)':>10}")
    for name, (spent, memory) in after.items():
        print(f"{name:<16}{100 * (spent - before.get(name, (0.0, 0.0))[0]) / passed:>12.1f}{memory:>10.0f}")
    total = sum(spent - before.get(name, (0.0, 0.0))[0] for name, (spent, _) in after.items())
    print(f"{'all':<16}{100 * total / passed:>12.1f}{sum(memory for _, memory in after.values()):>10.0f}")


if __name__ == "__main__":
    main()
