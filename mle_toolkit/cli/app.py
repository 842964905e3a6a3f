"""Put the commands together, and turn errors into sentences and exit codes."""

from __future__ import annotations

import sys

import typer

from mle_toolkit.cli import creating, data, experiments, importing, results, watching
from mle_toolkit.errors import ToolkitError, UsageError

FAILED = 1
USAGE = 2

app = typer.Typer(
    name="mle",
    help="Run AI agents on machine-learning competitions, "
    "and say what the results mean.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (experiments, watching, results, data, creating, importing):
    part.register(app)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    if version:
        from mle_toolkit import __version__

        print(f"mle-toolkit {__version__}")
        raise typer.Exit


def main() -> int:
    """Run the command line and return its exit code.

    0: done.  1: it did not work.  2: wrong usage.  3: the submission is invalid.
    """
    try:
        app()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    except UsageError as error:
        return _say(error, USAGE)
    except ToolkitError as error:
        return _say(error, FAILED)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        sys.stderr.close()
        return FAILED
    return 0


def _say(error: ToolkitError, code: int) -> int:
    print(f"mle: {error}", file=sys.stderr)
    return code
