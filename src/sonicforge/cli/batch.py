"""`sonicforge batch`: many concepts from a file of JSON lines, on all cores, resumable.

Every finished line adds one line to `batch-log.jsonl` in the output folder. Starting the same batch again skips the
lines that log names as done, so a batch may be stopped at any time. A line that cannot be made is reported and passed
over.
"""

import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

import typer

LOG = "batch-log.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the batch file; `key` is a hash of its text and its number among equal lines."""

    number: int
    text: str
    key: str


def batch(
    file: Annotated[Path, typer.Argument(help='Concepts, one JSON object a line; {"text": "..."} works too.')],
    out: Annotated[Path, typer.Option(help="Folder that gets one folder per track.")] = Path("tracks"),
    formats: Annotated[str, typer.Option("--format", help="wav wav16 wav32f flac mp3 ogg opus m4a.")] = "flac",
    candidates: Annotated[int, typer.Option(help="Tries per concept, 1 .. 16.")] = 1,
    stems: Annotated[bool, typer.Option("--stems", help="Also write every stem.")] = False,
    pictures: Annotated[bool, typer.Option("--pictures", help="Waveform, spectrogram, piano roll.")] = False,
    workers: Annotated[int | None, typer.Option(help="Tracks made at the same time (default: all cores).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Make many tracks; a bad line does not stop the rest. Exit code 1 when any line failed."""
    from sonicforge.cli.words import people, print_json
    from sonicforge.errors import CannotWrite, OutOfRange
    from sonicforge.library.folder import parse_formats
    from sonicforge.settings import load_settings

    wanted = parse_formats(formats)
    workers = load_settings().threads if workers is None else workers
    if not 1 <= workers <= 256:
        raise OutOfRange("workers", workers, 1, 256)
    lines = read_lines(file)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{out}: {error.strerror}") from error
    done = finished_keys(out / LOG)
    waiting = [line for line in lines if line.key not in done]
    console = people()
    if len(waiting) < len(lines) and not as_json:
        console.print(f"{len(lines) - len(waiting)} of {len(lines)} lines were done before")
    options = {"formats": wanted, "candidates": candidates, "stems": stems, "pictures": pictures}
    results = []
    for result in _work_through(waiting, out, options, workers, quiet=as_json):
        results.append(result)
        if result["ok"]:
            _log(out / LOG, result)
        if not as_json:
            words = f"{result['title']}, {result['score']:.1f}" if result["ok"] else f"[red]{result['error']}[/red]"
            console.print(f"line {result['line']}: {words}", soft_wrap=True)
    failed = [result for result in results if not result["ok"]]
    if as_json:
        print_json({"done": len(results) - len(failed), "skipped": len(lines) - len(waiting), "failed": failed})
    else:
        console.print(f"{len(results) - len(failed)} made, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


def read_lines(file: Path) -> list[Line]:
    """The batch file's lines, blank ones left out; raises `BadInput` when it cannot be read."""
    from sonicforge.errors import BadInput

    try:
        texts = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from error
    lines, seen = [], dict[str, int]()
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        seen[text] = seen.get(text, 0) + 1
        key = blake2b(f"{seen[text]}:{text.strip()}".encode(), digest_size=8).hexdigest()
        lines.append(Line(number, text.strip(), key))
    return lines


def finished_keys(log: Path) -> set[str]:
    """Keys of the lines that an earlier run finished; a torn last line of the log counts as not done."""
    import orjson

    keys = set()
    if log.exists():
        for text in log.read_bytes().splitlines():
            try:
                keys.add(orjson.loads(text)["key"])
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue
    return keys


def _log(log: Path, result: dict[str, Any]) -> None:
    import orjson

    with log.open("ab") as file:
        file.write(orjson.dumps(result) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _work_through(
    lines: list[Line], out: Path, options: dict[str, Any], workers: int, *, quiet: bool
) -> Iterator[dict[str, Any]]:
    """Results as they come. Each worker is a process of its own and renders one stem at a time."""
    import multiprocessing

    from rich.progress import Progress

    from sonicforge.cli.words import people

    context = multiprocessing.get_context("spawn")
    queue = iter(lines)
    with (
        Progress(console=people(), transient=True, disable=quiet) as bar,
        ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool,
    ):
        task = bar.add_task("tracks", total=len(lines))
        running: dict[Future[dict[str, Any]], Line] = {}
        try:
            while True:
                while len(running) < workers and (line := next(queue, None)) is not None:
                    running[pool.submit(make_line, line, out, options)] = line
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    line = running.pop(future)
                    bar.advance(task)
                    yield _result(future, line)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _result(future: "Future[dict[str, Any]]", line: Line) -> dict[str, Any]:
    error = future.exception()
    if error is not None:
        return {"ok": False, "line": line.number, "key": line.key, "error": f"{type(error).__name__}: {error}"}
    return future.result()


def make_line(line: Line, out: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Make one line's track in a worker process; errors a person can mend come back as words."""
    import orjson

    from sonicforge.cli.generate import make
    from sonicforge.errors import SonicForgeError
    from sonicforge.settings import load_settings

    told: dict[str, Any] = {"line": line.number, "key": line.key}
    try:
        fields = orjson.loads(line.text)
        folder = load_settings().genres
        concept = concept_of_line(fields, line, folder)
        result = make(concept, out, threads=1, genre_folder=folder, **options)
    except orjson.JSONDecodeError as error:
        return told | {"ok": False, "error": f"not a JSON object: {error}"}
    except SonicForgeError as error:
        return told | {"ok": False, "error": str(error)}
    verdict = result["verdict"]
    place = str(Path(result["files"][0]).parent)
    return told | {
        "ok": True, "id": result["id"], "title": result["title"], "folder": place,
        "score": verdict["score"], "passed": verdict["passed"],
    }  # fmt: skip


def concept_of_line(fields: Any, line: Line, folder: Path) -> Any:
    """A concept from one line's JSON. A line without a seed gets one from its own text, so that it can be repeated."""
    from dataclasses import replace

    from sonicforge.errors import BadInput
    from sonicforge.genres.concept import Concept
    from sonicforge.genres.interpret import interpret

    if not isinstance(fields, dict):
        raise BadInput(f"a line must be a JSON object, not {type(fields).__name__}")
    fields = {"seed": int(line.key, 16) >> 2, **fields}
    text = fields.get("text")
    concept = Concept.from_json(fields)
    if not text:
        return concept
    heard = interpret(str(text), seed=concept.seed, folder=folder).concept
    given = {name: getattr(concept, name) for name in fields if name != "text"}
    return replace(heard, **given).validated()
