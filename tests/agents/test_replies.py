"""Programs are taken out of replies, and texts are fenced, whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.agents.replies import fenced, read_program, split_blocks

LINES = st.lists(
    st.text(alphabet="ab `~#", max_size=8).filter(lambda line: "\x0b" not in line),
    max_size=6,
)


@given(LINES)
def test_what_is_fenced_comes_back(lines):
    """A fence is never closed by what is in it."""
    text = "".join(f"{line}\n" for line in lines)
    _, blocks = split_blocks(fenced(text, "python"))
    assert len(blocks) == 1
    assert blocks[0].closed
    assert blocks[0].text.rstrip() == text.rstrip()


def test_other_languages_do_not_count():
    """A shell block beside the program is part of neither plan nor program."""
    reply = "Plan.\n```bash\npip list\n```\n```python\nx = 1\n```\n"
    program = read_program(reply)
    assert program.code == "x = 1\n"
    assert program.plan == "Plan."


def test_a_longer_fence_may_hold_a_shorter_one():
    """Backticks inside the program do not end it."""
    reply = 'Plan.\n````python\ntext = """\n```\n"""\n````'
    assert read_program(reply).code == 'text = """\n```\n"""\n'


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("", "no Python code block"),
        ("Use ```inline``` code.", "no Python code block"),
        ("```python\n\n```", "is empty"),
        ("```python\nx = 1", "ends inside"),
        ("```python\nx\n```\n```py\ny\n```", "holds 2 Python code blocks"),
        ("```json\n{}\n```", "no Python code block"),
    ],
)
def test_faults_are_named(reply, fault):
    """A reply without exactly one program says what is wrong with it."""
    program = read_program(reply)
    assert fault in program.fault
    assert program.code == ""
