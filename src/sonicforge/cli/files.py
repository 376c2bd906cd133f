"""What every command on files shares: which files, where the results go, progress, and what happens to a bad one."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

Report = Callable[[str, float], None]
"""Hears how the work on a file goes: the stage's name, the share of the file that is done (0 to 1)."""

Result = Mapping[str, object] | None

_ENDINGS = frozenset(
    {
        "wav", "wave", "w64", "rf64", "bwf", "aif", "aiff", "aifc", "au", "snd", "caf",
        "flac", "mp3", "mp2", "ogg", "oga", "opus", "m4a", "m4b", "mp4", "aac", "ac3",
        "wma", "ape", "wv", "tta", "tak", "mka", "mov", "mkv", "webm", "amr", "dsf",
        "dff",
    }
)  # fmt: skip
"""What counts as a sound file when a folder is searched. A file that is named is tried whatever its ending."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to work on: where it is, its name inside the folder that was asked for, where the result goes.

    A job with a `fault` cannot be done: a folder without sound, or one that may not be read.
    """

    source: Path
    name: Path
    target: Path | None = None
    fault: str = ""


def sound_files(inputs: Sequence[Path], *, but_not: Path | None = None) -> list[Job]:
    """The files among `inputs`, folders searched through (hidden files and the folder `but_not` left out), by name.

    A folder without sound is a job with a fault among others; alone it raises `BadInput`.
    """
    from sonicforge.errors import BadInput

    jobs: list[Job] = []
    for given in inputs:
        jobs += _inside(given, but_not) if is_folder(given) else [Job(given, Path(given.name))]
    if len(jobs) == 1 and jobs[0].fault:
        raise BadInput(jobs[0].fault)
    return jobs


def _inside(folder: Path, but_not: Path | None) -> list[Job]:
    """The sound files of a folder and of those in it, by name; what may not be read is a job with a fault."""
    from sonicforge.workshop.flow import place_of

    jobs: list[Job] = []

    def closed(error: OSError) -> None:
        place = Path(error.filename)
        fault = f"{place} cannot be read: {(error.strerror or str(error)).lower()}"
        jobs.append(Job(place, place.relative_to(folder), fault=fault))

    not_there = None if but_not is None else place_of(but_not)
    for place, folders, files in os.walk(folder, onerror=closed):
        here = Path(place)
        seen = [name for name in folders if name[0] != "."]
        folders[:] = [name for name in seen if not_there is None or place_of(here / name) != not_there]
        found = [here / name for name in files if name[0] != "." and _is_sound(here / name)]
        jobs += [Job(path, path.relative_to(folder)) for path in found]
    return sorted(jobs, key=lambda job: job.source) or [Job(folder, Path(), fault=f"{folder} holds no sound files")]


def _is_sound(path: Path) -> bool:
    if path.suffix.lstrip(".").lower() not in _ENDINGS:
        return False
    try:
        return path.is_file()
    except OSError:
        return True  # and whoever opens it is told why that cannot be


def is_folder(path: Path) -> bool:
    """Whether this is a folder; what cannot be reached is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def planned(
    inputs: Sequence[Path],
    out: Path,
    suffix: str,
    *,
    format: str | None,  # noqa: A002 - the word musicians use
    written: Callable[[Path], Iterable[Path]] = lambda target: (target,),
) -> list[Job]:
    """Every file with the place of its result.

    One file and an `out` that looks like a file (it has an ending and is no folder): that file. Otherwise `out` is a
    folder, and every result keeps its name inside it; the ending is `format`, else `suffix`, else the file's own where
    that can be written, else flac. `written` tells which files a job makes of its target. Raises `Conflict` if one of
    them would take the place of an input or of another result, `UnknownName`.
    """
    from sonicforge.errors import Conflict, UnknownName
    from sonicforge.sound.encoding import FORMATS

    if format is not None and format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    single = len(inputs) == 1 and not is_folder(inputs[0]) and out.suffix != "" and not is_folder(out)
    jobs = sound_files(inputs, but_not=out if any(is_folder(given) and given != out for given in inputs) else None)
    if single:
        ending = out.suffix.lstrip(".").lower()
        if format is not None and ending in FORMATS and ending != format:
            raise Conflict(f"{out} ends in {ending}, but the format asked for is {format}")
        jobs = [replace(jobs[0], target=out)]
    else:
        jobs = [job if job.fault else replace(job, target=out / _renamed(job.name, format or suffix)) for job in jobs]
    _check_places(jobs, written)
    return jobs


def _check_places(jobs: Sequence[Job], written: Callable[[Path], Iterable[Path]]) -> None:
    """Raises `Conflict` where a result would take the place of an input or of another result."""
    from sonicforge.errors import Conflict
    from sonicforge.workshop.flow import place_of

    inputs = {place_of(job.source) for job in jobs} - {None}
    taken: dict[Path, Path] = {}
    for job in jobs:
        for path in () if job.target is None else written(job.target):
            if place_of(path) in inputs:
                raise Conflict(f"{path} is the input itself; choose another name for the result")
            first = taken.setdefault(path, job.source)
            if first != job.source:
                raise Conflict(f"{first} and {job.source} would both become {path}")


def _renamed(name: Path, ending: str) -> Path:
    from sonicforge.sound.encoding import FORMATS

    own = name.suffix.lstrip(".").lower()
    chosen = ending.lstrip(".") or (own if own in FORMATS else "flac")
    return name.with_name(f"{name.stem}.{chosen}")


def work_on(
    inputs: list[Path],
    out: Path,
    suffix: str,
    work: Callable[[Path, Path, Report], Result],
    *,
    format: str | None,  # noqa: A002 - the word musicians use
    as_json: bool,
    tell: Callable[[Mapping[str, object]], str] | None = None,
    written: Callable[[Path], Iterable[Path]] = lambda target: (target,),
) -> None:
    """Call `work(source, target, report)` for every file of `inputs`; see `planned` for the targets and `written`.

    Folders that are needed are made, and taken away again if nothing came into them. `tell` puts a result in words.
    """

    def write(job: Job, report: Report) -> Result:
        assert job.target is not None
        with _folder_for(job.target):
            return work(job.source, job.target, report)

    work_through(planned(inputs, out, suffix, format=format, written=written), write, as_json=as_json, tell=tell)


def work_through(
    jobs: Sequence[Job],
    work: Callable[[Job, Report], Result],
    *,
    as_json: bool,
    tell: Callable[[Mapping[str, object]], str] | None = None,
) -> None:
    """Do every job with a progress bar. A file that cannot be done is one line and does not stop the rest.

    With `as_json` prints one object: `files` (with the results) and `failed`. A single job that fails raises its
    error; of several, some failing, the exit code is 2.
    """
    from sonicforge.cli.words import people, print_json
    from sonicforge.errors import BadInput, SonicForgeError

    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    with _stoppable(), _bar(len(jobs), quiet=as_json) as follow:
        for number, job in enumerate(jobs):
            told: dict[str, Any] = {"file": shown(job.source)}
            try:
                if job.fault:
                    raise BadInput(job.fault)
                result = work(job, follow(number, job))
            except SonicForgeError as error:
                if len(jobs) == 1:
                    raise
                failed.append(told | {"error": shown(str(error))})
                sys.stderr.write(f"error: {_named(job.source, error)}\n")
                continue
            told |= {"out": shown(job.target)} if job.target is not None else {}
            done.append(told | dict(result or {}))
            if not as_json:
                words = tell(done[-1]) if tell else shown(job.target if job.target is not None else job.source)
                people().print(words, soft_wrap=True, markup=False)
    if as_json:
        print_json({"files": done, "failed": failed})
    if failed:
        raise typer.Exit(2)


@contextmanager
def _stoppable() -> Iterator[None]:
    """A request to end (SIGTERM) cleans up like Ctrl-C."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def shown(path: Path | str) -> str:
    """A path in letters that can be printed; disks also know names in encodings of their own."""
    return os.fsencode(path).decode("utf-8", "replace")


def _named(path: Path, error: Exception) -> str:
    return str(error) if str(path) in str(error) else f"{path}: {error}"


@contextmanager
def _folder_for(target: Path) -> Iterator[None]:
    """The folder exists while the work is done; what was made for nothing is taken away."""
    from sonicforge.errors import CannotWrite

    missing = [folder for folder in target.parents if not is_folder(folder)]
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotWrite(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error
        yield
    except BaseException:
        for folder in missing:
            if is_folder(folder) and not any(folder.iterdir()):
                folder.rmdir()
        raise


def _unheard(_stage: str, _share: float) -> None:
    """A report that nobody reads."""


@contextmanager
def _bar(count: int, *, quiet: bool) -> Iterator[Callable[[int, Job], Report]]:
    """Gives a function that makes the report of each job."""
    if quiet or not sys.stderr.isatty():
        yield lambda _number, _job: _unheard
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from sonicforge.cli.words import people

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=people(), transient=True) as bar:
        task = bar.add_task("", total=float(count))

        def follow(number: int, job: Job) -> Report:
            place = f" ({number + 1} of {count})" if count > 1 else ""

            def report(stage: str, share: float) -> None:
                bar.update(task, completed=number + share, description=f"{job.name.name}{place}: {stage}")

            report("reading", 0.0)
            return report

        yield follow
