"""`sonicforge warmup`: compiles every kernel, in several processes that each take the next family of kernels."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from multiprocessing.synchronize import RLock

MOST_PROCESSES = 4
"""More would mostly compile what another one is compiling, and each takes some hundred megabytes."""

_FIRST = ("declick", "ambient", "pitch_shift", "chiptune", "downtempo", "dehum", "mastering", "analysis")
"""What takes longest begins; kernels that many share are compiled with these, once."""
_STUDIO, _WORKSHOP = "studio", "workshop"


def warmup(
    processes: Annotated[
        int | None, typer.Option(help="How many at a time, 1 to 4; by itself as many as cores.")
    ] = None,
) -> None:
    """Compile every kernel now, so that no listener waits for it later. Needed once after an install."""
    import sys
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from sonicforge.cli.words import people
    from sonicforge.errors import OutOfRange
    from sonicforge.settings import load_settings

    if processes is not None and not 1 <= processes <= MOST_PROCESSES:
        raise OutOfRange("number of processes", processes, 1, MOST_PROCESSES)
    begin = time.perf_counter()
    waiting = families()
    columns = (TextColumn("compiling kernels: {task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=people(), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=len(waiting))
        for family in compiled(waiting, processes or min(load_settings().threads, MOST_PROCESSES)):
            bar.update(task, advance=1, description=family)
    people().print(f"ready in {time.perf_counter() - begin:.0f} s")


def families() -> list[tuple[str, str]]:
    """Everything that can be warmed up, as (hall, family), what takes longest first."""
    from sonicforge.studio.warmup import families as of_studio
    from sonicforge.workshop.warmup import families as of_workshop

    found = [(_STUDIO, name) for name in of_studio()] + [(_WORKSHOP, name) for name in of_workshop()]
    order = {name: place for place, name in enumerate(_FIRST)}
    return sorted(found, key=lambda family: order.get(family[1], len(order)))


def compiled(waiting: list[tuple[str, str]], processes: int) -> Iterator[str]:
    """Yield the name of each family when its kernels lie on disk. Raises `CannotWrite` if a process dies."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    from sonicforge.errors import CannotWrite

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=take_turns, initargs=(context.RLock(),))
    try:
        running = {pool.submit(compile_family, *family): family for family in waiting}
        for done in as_completed(running):
            done.result()
            yield running[done][1]
    except BrokenProcessPool as error:
        raise CannotWrite(
            "a process that compiled kernels was ended from outside, perhaps for want of memory"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def compile_family(hall: str, family: str) -> None:
    """Warm up one family in this process."""
    if hall == _STUDIO:
        from sonicforge.studio.warmup import warm_up
    else:
        from sonicforge.workshop.warmup import warm_up
    warm_up(family)


def take_turns(turn: "RLock") -> None:
    """Let one process at a time touch the kernels on disk.

    Numba writes a kernel's index before the kernel itself and numbers kernels as it goes, so two processes that save
    two signatures of one kernel in the same moment could leave one under the other's name.
    """
    from numba.core.caching import IndexDataCacheFile

    def in_turn(work: Any) -> Any:
        def done(*arguments: Any) -> Any:
            with turn:
                return work(*arguments)

        return done

    for name in ("save", "load"):
        setattr(IndexDataCacheFile, name, in_turn(getattr(IndexDataCacheFile, name)))
