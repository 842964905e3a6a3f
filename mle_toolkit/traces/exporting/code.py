"""Write what an attempt ran as a program or a notebook that can be run again."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

from mle_toolkit.store import write_text
from mle_toolkit.traces.exporting.programs import BASH, find_program
from mle_toolkit.traces.exporting.recording import Place, open_recording
from mle_toolkit.traces.exporting.targets import cannot_write, encodable, new_file

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.traces.exporting.programs import Cell, Program

_WIDTH = 84
_LINE_CHARS = 200
_ORIGIN = "This is code that an agent wrote, as mle-toolkit recorded it."
_TRUST = "Nobody has checked it: read it before you run it."
_LAYOUT = (
    "The data are expected in the folder input/ of the working directory, and the "
    "predictions are written to submission.csv beside it. The data are the public "
    "files of the competition; `mle prepare {id}` makes them and says where they are."
)
_ELSEWHERE = (
    "Another tool ran it. Its files are expected where they were on that machine."
)
# A kernel has arguments of its own and no file.
_NEEDS_ARGV = re.compile(r"\bargv\b|\bargparse\b|\b__file__\b|\bclick\b|\bfire\b")
_SETUP = 'import sys\n\nsys.argv = ["solution.py"]\n__file__ = "solution.py"'
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def to_python(
    attempt: Place,
    node: int | None,
    target: str | Path,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the program of a node as a Python file that can be run.

    The calls of an agent that makes no nodes become cells that begin with ``# %%``;
    its shell commands are run by bash.

    Parameters
    ----------
    attempt
        The folder of an attempt, whose published or newest try is taken, or of a try.
    node
        Number of the node; None takes the node of the chosen submission, and for an
        agent that makes no nodes all of its Python and shell calls.
    target
        The file to write.
    overwrite
        Whether a file of that name may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        When there is nothing to export, or the file cannot be written.
    UnknownNameError
        When there is no such node.
    UsageError
        When `node` is None, there are nodes, and none was chosen.
    """
    program = find_program(open_recording(attempt), node)
    path = new_file(target, overwrite=overwrite)
    parts = [_comment(program)]
    if len(program.cells) == 1 and program.cells[0].language != BASH:
        parts.append(_source(program.cells[0].code))
    else:
        parts += [f"# %%\n{_python_of(cell)}" for cell in program.cells]
    return _write(path, "\n\n".join(parts) + "\n")


def to_notebook(
    attempt: Place,
    node: int | None,
    target: str | Path,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the program of a node as a notebook: its plan, its code, its output.

    The output is the recorded one, as plain text.  See `to_python` for the parameters
    and errors; shell commands become ``%%bash`` cells.
    """
    program = find_program(open_recording(attempt), node)
    path = new_file(target, overwrite=overwrite)
    cells = [_markdown(_heading(program))]
    if program.plan.strip():
        cells.append(_markdown(f"## Plan\n\n{_harmless(program.plan.strip())}"))
    if any(_NEEDS_ARGV.search(cell.code) for cell in program.cells):
        cells.append(_code_cell(_SETUP, ""))
    for cell in program.cells:
        code = _source(cell.code)
        if cell.language == BASH:
            code = f"%%bash\n{code}"
        cells.append(_code_cell(code, encodable(cell.output)))
    numbered = [{"id": f"cell-{place}", **cell} for place, cell in enumerate(cells)]
    return _write(path, json.dumps(_notebook(numbered), indent=1) + "\n")


def _write(path: Path, text: str) -> Path:
    try:
        write_text(path, text)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def _comment(program: Program) -> str:
    # The first two lines are ours alone: Python looks for an encoding in them.
    lines = [_ORIGIN, _TRUST, ""]
    lines += [f"{name}: {_line(text)}" for name, text in program.facts]
    for paragraph in _notes(program):
        lines += ["", *textwrap.wrap(_line(paragraph, None), _WIDTH)]
    if program.plan.strip():
        lines += ["", "Plan:"]
        for paragraph in program.plan.splitlines():
            lines += textwrap.wrap(_line(paragraph, None), _WIDTH) or [""]
    return "\n".join(f"# {line}".rstrip() for line in lines)


def _heading(program: Program) -> str:
    rows = [f"- {name}: {_harmless(_line(text))}" for name, text in program.facts]
    notes = [_harmless(_line(text, None)) for text in _notes(program)]
    return "\n\n".join(
        ["# Recorded code", f"{_ORIGIN} {_TRUST}", "\n".join(rows), *notes]
    )


def _notes(program: Program) -> list[str]:
    found = [
        _ELSEWHERE
        if program.imported
        else _LAYOUT.format(id=_line(program.competition))
    ]
    if program.left_out:
        listed = ", ".join(
            f"{number} of {_line(name)}" for name, number in program.left_out.items()
        )
        found.append(f"Calls of other tools are not in it: {listed}.")
    return found


def _line(text: str, limit: int | None = _LINE_CHARS) -> str:
    """Return text of an agent on one line, which no comment can be left by."""
    words = encodable(" ".join(text.split()))
    return "".join(letter for letter in words if letter.isprintable())[:limit]


def _harmless(text: str) -> str:
    """Return Markdown without HTML, pictures from elsewhere, and mathematics."""
    escaped = _TAG.sub("&lt;", encodable(text))
    return escaped.replace("![", "!\\[").replace("$", "\\$")


def _source(code: str) -> str:
    # A byte order mark may only stand first, and null bytes nowhere.
    return encodable(code).removeprefix("\ufeff").replace("\0", "").rstrip("\n")


def _python_of(cell: Cell) -> str:
    code = _source(cell.code)
    if cell.language != BASH:
        return code
    return f'import subprocess\n\nsubprocess.run(["bash", "-c", {code!r}], check=False)'


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code_cell(code: str, output: str) -> dict[str, Any]:
    stream = {"output_type": "stream", "name": "stdout", "text": output}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [stream] if output else [],
        "source": code,
    }


def _notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
