"""What every command on files shares: which files, where the results go, progress, and what happens to a bad one."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
    """One file to work on: where it is, its name inside the folder that was asked for, where the result goes."""

    source: Path
    name: Path
    target: Path | None = None


def sound_files(inputs: Sequence[Path], *, but_not: Path | None = None) -> list[Job]:
    """The files among `inputs`, folders searched through (hidden files and the folder `but_not` left out), by name.

    Raises `BadInput` for a folder without sound.
    """
    from sonicforge.errors import BadInput

    jobs: list[Job] = []
    for given in inputs:
        if not given.is_dir():
            jobs.append(Job(given, Path(given.name)))
            continue
        found = [path for path in sorted(given.rglob("*")) if _is_sound(path, given, but_not)]
        if not found:
            raise BadInput(f"{given} holds no sound files")
        jobs += [Job(path, path.relative_to(given)) for path in found]
    return jobs


def _is_sound(path: Path, folder: Path, but_not: Path | None) -> bool:
    if path.suffix.lstrip(".").lower() not in _ENDINGS or not path.is_file():
        return False
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return False
    return but_not is None or not path.resolve().is_relative_to(but_not.resolve())


def planned(inputs: Sequence[Path], out: Path, suffix: str, *, format: str | None) -> list[Job]:  # noqa: A002
    """Every file with the place of its result.

    One file and an `out` that looks like a file (it has an ending and is no folder): that file. Otherwise `out` is a
    folder, and every result keeps its name inside it; the ending is `format`, else `suffix`, else the file's own where
    that can be written, else flac. Raises `Conflict` if a result would take the place of an input or of another
    result, `UnknownName`.
    """
    from dataclasses import replace

    from sonicforge.errors import Conflict, UnknownName
    from sonicforge.sound.encoding import FORMATS
    from sonicforge.workshop.flow import not_an_input

    if format is not None and format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    single = len(inputs) == 1 and not inputs[0].is_dir() and out.suffix != "" and not out.is_dir()
    jobs = sound_files(inputs, but_not=out if any(given.is_dir() and given != out for given in inputs) else None)
    if single:
        ending = out.suffix.lstrip(".").lower()
        if format is not None and ending in FORMATS and ending != format:
            raise Conflict(f"{out} ends in {ending}, but the format asked for is {format}")
        jobs = [replace(jobs[0], target=out)]
    else:
        jobs = [replace(job, target=out / _renamed(job.name, format or suffix)) for job in jobs]
    taken: dict[Path, Path] = {}
    for job in jobs:
        assert job.target is not None
        not_an_input(job.target, (other.source for other in jobs))
        first = taken.setdefault(job.target, job.source)
        if first != job.source:
            raise Conflict(f"{first} and {job.source} would both become {job.target}")
    return jobs


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
) -> None:
    """Call `work(source, target, report)` for every file of `inputs`; see `planned` for the targets.

    Folders that are needed are made, and taken away again if nothing came into them. `tell` puts a result in words.
    """

    def write(job: Job, report: Report) -> Result:
        assert job.target is not None
        with _folder_for(job.target):
            return work(job.source, job.target, report)

    work_through(planned(inputs, out, suffix, format=format), write, as_json=as_json, tell=tell)


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
    from sonicforge.errors import SonicForgeError

    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    with _stoppable(), _bar(len(jobs), quiet=as_json) as follow:
        for number, job in enumerate(jobs):
            told: dict[str, Any] = {"file": shown(job.source)}
            try:
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

    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotWrite(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error
        yield
    except BaseException:
        for folder in missing:
            if folder.is_dir() and not any(folder.iterdir()):
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
