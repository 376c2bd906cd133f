"""`sonicforge fingerprint` and `sonicforge duplicates`: who a file is, and which files are the same recording."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sonicforge.cli.files import Job, Report
    from sonicforge.library.duplicates import Copy
    from sonicforge.library.fingerprints import FingerprintIndex
    from sonicforge.workshop.identify import Identity

IndexFile = Annotated[Path | None, typer.Option("--index", help="Keep fingerprints in this file, and look there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Length = Annotated[float, typer.Option(min=0.0, help="Seconds to listen to from the start; 0 is all.")]


def fingerprint(
    inputs: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.")],
    raw: Annotated[bool, typer.Option("--raw", help="Codes as numbers instead of short text.")] = False,
    length: Length = 120.0,
    index: IndexFile = None,
    as_json: AsJson = False,
) -> None:
    """Print the Chromaprint fingerprint of sound files; with --index also tell which are known, and remember them."""
    from contextlib import ExitStack

    from sonicforge.analysis.fingerprint.text import to_text
    from sonicforge.cli.files import sound_files, work_through
    from sonicforge.library.fingerprints import FingerprintIndex
    from sonicforge.workshop.identify import identify

    printed: list[str] = []

    def work(job: "Job", report: "Report") -> "Mapping[str, object]":
        found = identify(job.source, length_s=length, report=report)
        words = ",".join(map(str, found.codes)) if raw else to_text(found.codes)
        printed.append(f"FILE={job.source}\nDURATION={int(found.duration_s)}\nFINGERPRINT={words}\n")
        told: dict[str, object] = {"duration": round(found.duration_s, 2), "silent": found.silent}
        if known is not None:
            told["known"] = _known(known, job.source, found, length)
        return told | {"fingerprint": found.codes.tolist() if raw else words}

    with ExitStack() as stack:
        known = stack.enter_context(FingerprintIndex(index)) if index is not None else None
        try:
            work_through(sound_files(inputs), work, as_json=as_json, tell=_words)
        finally:
            if not as_json:
                sys.stdout.write("".join(printed))


def _known(index: "FingerprintIndex", path: Path, found: "Identity", length_s: float) -> list[dict[str, object]]:
    """Recordings of the index that this is, and from now on it is one of them (silence is none)."""
    if found.silent:
        return []
    from sonicforge.library.fingerprints import Entry

    name = str(path.resolve())
    hits = [hit for hit in index.search(found.codes) if hit.name != name]
    index.add(Entry(name, found.codes, found.duration_s, _stamp(path, length_s)))
    return [
        {"file": hit.name, "similarity": round(hit.match.similarity, 3), "offset_s": round(hit.match.offset_s, 2)}
        for hit in hits
    ]


def _words(told: "Mapping[str, Any]") -> str:
    if told["silent"]:
        return f"{told['file']}: silent, so its fingerprint stands for no recording"
    if "known" not in told:
        return str(told["file"])
    same = [f"{hit['file']} ({hit['similarity']:.2f} similar)" for hit in told["known"]]
    return f"{told['file']}: " + (f"known as {', '.join(same)}" if same else "new")


def duplicates(
    folder: Annotated[Path, typer.Argument(help="Folder to search through.")],
    threshold: Annotated[float, typer.Option(help="How similar the same recording is: 0 anything, 1 equal.")] = 0.7,
    length: Length = 120.0,
    index: IndexFile = None,
    as_json: AsJson = False,
) -> None:
    """Group the files of a folder that hold the same recording, whatever their format, level or trimming."""
    from sonicforge.cli.files import sound_files
    from sonicforge.cli.words import print_json
    from sonicforge.errors import BadInput, OutOfRange
    from sonicforge.library.duplicates import duplicates as find_duplicates
    from sonicforge.library.fingerprints import FingerprintIndex

    if not 0.0 <= threshold <= 1.0:
        raise OutOfRange("threshold", threshold, 0, 1)
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    jobs = sound_files([folder])
    with FingerprintIndex(index) as known:
        failed, silent = _hear(jobs, known, length)
        groups = find_duplicates(known, (str(job.source.resolve()) for job in jobs), threshold=threshold)
    if as_json:
        print_json(
            {"files": len(jobs), "groups": [_as_json(group) for group in groups], "silent": silent, "failed": failed}
        )
    else:
        _show(groups, len(jobs), silent)
    if failed:
        raise typer.Exit(2)


def _hear(jobs: "Sequence[Job]", index: "FingerprintIndex", length_s: float) -> tuple[list[dict[str, str]], list[str]]:
    """Fingerprint what the index does not know yet, several files at a time; gives what failed and what is silent."""
    from concurrent.futures import ThreadPoolExecutor

    from rich.progress import track

    from sonicforge.cli.words import people
    from sonicforge.errors import BadInput, SonicForgeError
    from sonicforge.library.fingerprints import Entry
    from sonicforge.settings import load_settings
    from sonicforge.workshop.identify import identify

    def listen(job: "Job") -> "Identity | SonicForgeError":
        if job.fault:
            return BadInput(job.fault)
        try:
            return identify(job.source, length_s=length_s)
        except SonicForgeError as error:
            return error

    silent: list[str] = []
    failed: list[dict[str, str]] = []
    fresh = [job for job in jobs if not _is_known(index, job.source, length_s)]
    threads = load_settings().threads
    batches = [fresh[first : first + 2 * threads] for first in range(0, len(fresh), 2 * threads)]
    quiet = not sys.stderr.isatty()
    with ThreadPoolExecutor(threads) as pool:
        for batch in track(batches, "listening", console=people(), transient=True, disable=quiet):
            entries = []
            for job, found in zip(batch, pool.map(listen, batch), strict=True):
                name = str(job.source.resolve())
                if isinstance(found, SonicForgeError):
                    failed.append({"file": str(job.source), "error": str(found)})
                    sys.stderr.write(f"error: {found}\n")
                elif found.silent:
                    silent.append(str(job.source))
                else:
                    entries.append(Entry(name, found.codes, found.duration_s, _stamp(job.source, length_s)))
            index.remove(*(str(job.source.resolve()) for job in batch))
            index.add(*entries)
    return failed, silent


def _is_known(index: "FingerprintIndex", path: Path, length_s: float) -> bool:
    entry = index.entry(str(path.resolve()))
    return entry is not None and entry.stamp == _stamp(path, length_s)


def _stamp(path: Path, length_s: float) -> str:
    """Changes when the file does, or when it was heard in another length."""
    facts = path.stat()
    return f"{facts.st_size} {facts.st_mtime_ns} {length_s:g}"


def _as_json(group: "tuple[Copy, ...]") -> list[dict[str, object]]:
    return [
        {
            "file": copy.name,
            "duration": round(copy.duration_s, 2),
            "similarity": round(copy.similarity, 3),
            "offset_s": round(copy.offset_s, 2),
        }
        for copy in group
    ]


def _show(groups: "list[tuple[Copy, ...]]", files: int, silent: list[str]) -> None:
    from sonicforge.cli.words import people

    console = people()
    for name in silent:
        console.print(f"{name}: silent, not compared", markup=False, soft_wrap=True)
    for number, group in enumerate(groups, 1):
        console.print(f"recording {number}, {len(group)} files", style="bold")
        for copy in group:
            minutes, seconds = divmod(round(copy.duration_s), 60)
            place = f"{copy.similarity:.2f} similar, begins at {copy.offset_s:+.1f} s" if copy is not group[0] else ""
            console.print(f"  {copy.name}  {minutes}:{seconds:02d}  {place}".rstrip(), markup=False, soft_wrap=True)
    console.print(f"{len(groups)} recordings are there more than once among {files} files")
