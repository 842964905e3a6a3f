"""Take the plan and the program out of a model's reply."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_PYTHON = {"", "python", "py", "python3"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a Markdown text."""

    language: str
    text: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Program:
    """A plan with one program, or the reason why there is none."""

    plan: str
    code: str
    fault: str | None = None


def read_program(reply: str) -> Program:
    r"""Return the plan and the one Python block of `reply`.

    Examples
    --------
    >>> read_program("Fit a tree.\n```python\nprint(1)\n```")
    Program(plan='Fit a tree.', code='print(1)\n', fault=None)
    >>> read_program("I would rather not.").fault
    'the reply holds no Python code block'
    """
    text, blocks = split_blocks(reply)
    found = [block for block in blocks if block.language in _PYTHON]
    if not found:
        return Program(text, "", "the reply holds no Python code block")
    if len(found) > 1:
        fault = f"the reply holds {len(found)} Python code blocks instead of one"
        return Program(text, "", fault)
    if not found[0].closed:
        return Program(text, "", "the reply ends inside its code block")
    if not found[0].text.strip():
        return Program(text, "", "the reply's code block is empty")
    return Program(text, found[0].text)


def split_blocks(reply: str) -> tuple[str, list[Block]]:
    """Return the text outside of the fenced blocks, and the blocks."""
    outside: list[str] = []
    blocks: list[Block] = []
    inside: list[str] = []
    fence = language = ""
    for line in reply.splitlines():
        if fence:
            if _closes(line, fence):
                blocks.append(_block(language, inside, closed=True))
                fence, inside = "", []
            else:
                inside.append(line)
        elif opening := _OPENING.match(line):
            fence = opening["fence"]
            language = (opening["info"].split() or [""])[0].lower()
        else:
            outside.append(line)
    if fence:
        blocks.append(_block(language, inside, closed=False))
    return "\n".join(outside).strip(), blocks


def fenced(text: str, language: str = "text") -> str:
    """Return `text` in a fence that nothing in the text can close.

    Examples
    --------
    >>> print(fenced("x = 1", "python"))
    ```python
    x = 1
    ```
    """
    runs = [len(run) for run in re.findall(r"`{3,}", text)]
    fence = "`" * max([3, *(run + 1 for run in runs)])
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}


def _block(language: str, lines: list[str], *, closed: bool) -> Block:
    return Block(language, "".join(f"{line}\n" for line in lines), closed)
