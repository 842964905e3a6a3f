"""The texts that the tree search sends to its model."""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.agents.nodes import Node, best_node
from mle_toolkit.agents.replies import fenced
from mle_toolkit.models import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mle_toolkit.records import Task

# What a program may import; only those that are installed are named.
_LIBRARIES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "xgboost",
    "lightgbm",
    "catboost",
    "torch",
    "torchvision",
    "timm",
    "transformers",
    "tensorflow",
    "scikit-image",
    "opencv-python-headless",
    "nltk",
)
_MEMORY_CHARS = 8_000
_PLAN_CHARS = 600
_OUTPUT_CHARS = 6_000
_CODE_CHARS = 60_000
_LONG_S = 1200

_ROLE = (
    "You are an experienced machine-learning engineer. You take part in a "
    "competition in the style of Kaggle and want the best score on its hidden test "
    "set. You work alone, by writing Python programs that are run for you."
)
_FORMAT = (
    "Answer with a plan of three to five sentences, followed by exactly one fenced "
    "Python code block that holds the whole program. Nothing may follow the block."
)
_DRAFT = (
    "Write the first version of a solution, different in kind from the earlier ones "
    "if there are any. Keep it simple and sound: one model or a small set of models, "
    "no exhaustive search, no exploration for its own sake."
)
_DEBUG = (
    "The program above does not do its job: {reason}. Find the cause in its output, "
    "and write the whole program again with the fault removed. Keep the approach "
    "unless the approach is the fault."
)
_IMPROVE = (
    "The program above works, with a validation score of {metric:.6g}. Improve it by "
    "one change whose effect can be measured by itself, and write the whole program "
    "again. Do not repeat what was tried before without success."
)
_REVIEW = (
    "A program was written for the competition and has been run. Read its output and "
    "report by calling the tool submit_review. It is a bug if the program failed, if "
    "it printed no validation score, or if the score cannot be right, for example "
    "because the model was validated on rows that it was trained on. Report the "
    "score of the last line that gives the validation score of the final model, and "
    "nothing that you computed or guessed yourself."
)
_AGAIN = (
    "{fault}. Answer again: a plan of three to five sentences, then exactly one fenced "
    "Python code block that holds the whole program."
)
_REVIEW_AGAIN = "Report by calling the tool submit_review, once, with all its fields."


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What is left of an attempt.

    Attributes
    ----------
    steps
        Programs that may still be run, this one included; None means no limit.
    time_left_s, run_limit_s
        Seconds until the end of the attempt, and for one program.
    cpus
        Cores.
    """

    steps: int | None
    time_left_s: float
    run_limit_s: float
    cpus: int


def program_prompt(
    task: Task,
    *,
    overview: str,
    budget: Budget,
    nodes: Sequence[Node],
    parent: Node | None,
) -> list[Message]:
    """Return the messages that ask for a program.

    Parameters
    ----------
    task, overview
        The competition, and the overview of its data.
    budget
        What is left, this program included.
    nodes
        All earlier nodes.
    parent
        The node to debug or improve; None asks for a draft.
    """
    sections = _task_sections(task, overview)
    if memory := _memory(task, nodes, parent):
        sections.append(("Earlier programs", memory))
    sections += [("Rules", _rules(task, budget)), ("Budget", _budget(budget))]
    if parent is None:
        instruction = _DRAFT
    else:
        sections += _parent_sections(parent)
        instruction = (
            _DEBUG.format(reason=parent.reason or "it failed")
            if parent.is_buggy
            else _IMPROVE.format(metric=parent.metric)
        )
    sections.append(("What to do now", f"{instruction}\n\n{_FORMAT}"))
    return [Message("system", _ROLE), Message("user", _render(sections))]


def ask_again(messages: Sequence[Message], reply: str, fault: str) -> list[Message]:
    """Return the conversation that asks once more for a program."""
    said = fault[:1].upper() + fault[1:]
    return [
        *messages,
        Message("assistant", reply or "(no answer)"),
        Message("user", _AGAIN.format(fault=said)),
    ]


def review_prompt(
    task: Task, *, code: str, output: str, facts: Iterable[str]
) -> list[Message]:
    """Return the messages that ask for a review of a program's output.

    Parameters
    ----------
    facts
        What is known about the run from outside, such as its exit status.
    """
    sections = [
        ("Task description", _description(task)),
        ("Metric", _metric(task)),
        ("Program", fenced(_middle_out(code, _CODE_CHARS), "python")),
        ("Output", fenced(_middle_out(output, _OUTPUT_CHARS))),
        ("Facts", "\n".join(f"- {fact}" for fact in facts)),
        ("What to do now", _REVIEW),
    ]
    return [Message("system", _ROLE), Message("user", _render(sections))]


def review_again(messages: Sequence[Message], reply: str) -> list[Message]:
    """Return the conversation that asks once more for a review."""
    return [
        *messages,
        Message("assistant", reply or "(no answer)"),
        Message("user", _REVIEW_AGAIN),
    ]


def installed_libraries() -> list[str]:
    """Return the usual libraries that are installed here, with their versions."""
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _task_sections(task: Task, overview: str) -> list[tuple[str, str]]:
    return [
        ("Task description", _description(task)),
        ("Metric", _metric(task)),
        ("Data overview", fenced(overview)),
    ]


def _description(task: Task) -> str:
    # The headings of the task go below those of the prompt.
    text = re.sub(r"^(#{1,4}) ", r"##\1 ", task.description, flags=re.MULTILINE)
    return f"{task.title}\n\n{text.strip()}"


def _metric(task: Task) -> str:
    direction = "lower" if task.lower_is_better else "higher"
    return f"{task.metric} ({direction} is better)"


def _memory(task: Task, nodes: Sequence[Node], parent: Node | None) -> str:
    """Tell of earlier programs; of too many, the best and the newest."""
    best = best_node(nodes, lower_is_better=task.lower_is_better)
    entries: list[str] = []
    size = 0
    for node in reversed(nodes):
        marks = [node.stage]
        if node is best:
            marks.append("the best so far")
        if node is parent:
            marks.append("shown below")
        plan = " ".join(node.plan.split())[:_PLAN_CHARS]
        title = f"Program {node.number} ({', '.join(marks)})"
        entry = f"{title}\nPlan: {plan}\nResult: {_result(node)}"
        size += len(entry)
        if size <= _MEMORY_CHARS or node is best:
            entries.append(entry)
    return "\n\n".join(reversed(entries))


def _result(node: Node) -> str:
    if node.is_buggy or node.metric is None:
        return f"failed: {node.reason or node.summary}"[:_PLAN_CHARS]
    words = " ".join(node.summary.split())[:_PLAN_CHARS]
    return f"validation score {node.metric:.6g}. {words}".strip()


def _rules(task: Task, budget: Budget) -> str:
    targets = ", ".join(f"`{name}`" for name in task.target_columns)
    cores = "1 core" if budget.cpus == 1 else f"{budget.cpus} cores"
    return f"""\
- One Python file that runs from start to end by itself, without arguments.
- The data are in `input/`, which is read-only; see the overview. Other files may be \
written to the working directory.
- Write the predictions for the test set to `submission.csv` in the working \
directory: the columns `{task.id_column}` and {targets}, and the ids of \
`input/{task.sample_submission}`, each once.{_value_rules(task)}
- Validate on rows that the model was not trained on, and print the score as the last \
line, in this form: `validation {task.metric}: 0.12345`
- There is no network. The program may use {cores} and these libraries: \
{", ".join(installed_libraries())}.
- Predictions come from a model that the program trains. Labels made by hand, or \
looked up anywhere, are cheating."""


def _value_rules(task: Task) -> str:
    """Say what values a submission may hold, where the task tells."""
    words = {
        "minimum": "No value may be below {}.",
        "maximum": "No value may be above {}.",
        "row_sum": "The values of each row must add up to {}.",
    }
    known = [(words[name], task.rules.get(name)) for name in words]
    return "".join(
        f" {text.format(f'{value:g}')}" for text, value in known if value is not None
    )


def _budget(budget: Budget) -> str:
    steps = "no limit" if budget.steps is None else f"{budget.steps}"
    return (
        f"- Programs left, this one included: {steps}\n"
        f"- Time left for everything: {_duration(budget.time_left_s)}\n"
        f"- A program is ended after: {_duration(budget.run_limit_s)}"
    )


def _duration(seconds: float) -> str:
    if seconds < _LONG_S:
        return f"{max(0, round(seconds))} seconds"
    return f"{seconds / 60:.0f} minutes"


def _parent_sections(parent: Node) -> list[tuple[str, str]]:
    code = fenced(_middle_out(parent.code, _CODE_CHARS), "python")
    output = fenced(_middle_out(parent.output, _OUTPUT_CHARS))
    return [("Program to work on", code), ("Its output", output)]


def _middle_out(text: str, limit: int) -> str:
    """Return the head and the tail of a long text: errors stand at the end."""
    if len(text) <= limit:
        return text
    head, tail = limit // 3, limit - limit // 3
    return (
        f"{text[:head]}\n[... {len(text) - limit} characters left out ...]\n"
        + (text[-tail:])
    )


def _render(sections: Sequence[tuple[str, str]]) -> str:
    return "\n\n".join(f"# {title}\n\n{text}" for title, text in sections)
