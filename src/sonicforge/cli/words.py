"""What the commands say: one console for people, one line for errors, one object for machines."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from sonicforge.studio.progress import Progress

_STAGE_WORDS = {
    "compose": "composing",
    "synth": "playing",
    "mix": "playing and mixing",
    "master": "mastering",
    "judge": "listening",
}


def people() -> "Console":
    """The console for people: standard error, so that standard output stays clean for `--json`."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on standard output."""
    import orjson

    option = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    sys.stdout.write(orjson.dumps(value, option=option, default=str).decode() + "\n")


@contextmanager
def progress_bar(label: str, *, quiet: bool) -> Iterator[Any]:
    """A bar that follows a production; gives the function to report to."""
    if quiet:
        from sonicforge.studio.progress import unheard

        yield unheard
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:28}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=people(), transient=True) as bar:
        task = bar.add_task(label, total=1.0)

        def follow(progress: "Progress") -> None:
            words = _STAGE_WORDS[progress.stage]
            if progress.candidates > 1:
                words += f" (candidate {progress.candidate + 1} of {progress.candidates})"
            bar.update(task, completed=progress.done, description=words)

        yield follow
