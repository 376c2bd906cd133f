"""The gate: `sonicforge COMMAND`. Commands load what they need when they run, so `--help` answers at once."""

import sys
from itertools import pairwise

import typer

from sonicforge.cli import (
    analyse,
    batch,
    convert,
    effects,
    fingerprint,
    generate,
    interactive,
    listen,
    lofi,
    look,
    master,
    process,
    restore,
    separate,
    serve,
    station,
    stretch,
    warmup,
)
from sonicforge.errors import SonicForgeError

app = typer.Typer(
    name="sonicforge",
    help="Composes, plays, mixes, masters and judges original music on your own machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("generate")(generate.generate)
app.command("batch")(batch.batch)
app.command("interactive")(interactive.interactive)
app.command("preview")(generate.preview)
app.command("genres")(look.genres)
app.command("info")(look.info)
app.command("version")(look.version)
app.command("warmup")(warmup.warmup)
app.command("judge")(listen.judge)
app.command("measure")(listen.measure)
app.command("analyse")(analyse.analyse)
app.command("convert")(convert.convert)
app.command("effects")(effects.effects)
app.command("fingerprint")(fingerprint.fingerprint)
app.command("duplicates")(fingerprint.duplicates)
app.command("lofi")(lofi.lofi)
app.command("master")(master.master)
app.command("process")(process.process)
app.command("restore")(restore.restore)
app.command("separate")(separate.separate)
app.command("serve")(serve.serve)
app.add_typer(station.app, name="station")
app.command("stretch")(stretch.stretch)

INTERRUPTED = 130


def main() -> None:
    """Run one command. Errors a person can mend are one line on standard error and exit code 2; Ctrl-C is 130."""
    try:
        code = app(standalone_mode=False)
    except SonicForgeError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except typer.Exit as done:
        _leave(done.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _leave(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        # Typer's own usage errors (unknown option, not a number) know how to say it in one line.
        if not hasattr(error, "format_message"):
            raise
        sys.stderr.write(f"error: {error.format_message()}{_met(error)}\n")
        sys.exit(2)
    _leave(code if isinstance(code, int) else 0)


def _leave(code: int) -> None:
    if code == INTERRUPTED:
        sys.stderr.write("stopped; nothing unfinished was kept\n")
    sys.exit(code)


def _met(error: Exception) -> str:
    """The value that an option was given, for errors that only name the option."""
    names = getattr(getattr(error, "param", None), "opts", ())
    for name, value in pairwise(sys.argv):
        if name in names:
            return f" (met {value!r})"
    return ""
