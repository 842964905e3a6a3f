"""The offline model as a chat model."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from mle_toolkit.models.chat import Reply, ToolCall
from mle_toolkit.models.offline.debugging import mend
from mle_toolkit.models.offline.drafting import draft, finishing, taste_of
from mle_toolkit.models.offline.improving import improve
from mle_toolkit.models.offline.problem import Problem, make_out
from mle_toolkit.models.offline.prose import describe
from mle_toolkit.models.offline.reading import Brief, read_brief
from mle_toolkit.models.offline.rereading import reread
from mle_toolkit.models.offline.reviewing import review
from mle_toolkit.models.offline.templates import FALLBACK
from mle_toolkit.models.offline.writing import write_program
from mle_toolkit.seeds import derive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.models.chat import Message, Tool
    from mle_toolkit.models.offline.recipe import Recipe

_CHARS_PER_TOKEN = 4
_REVIEW = "submit_review"


class OfflineModel:
    """A seeded writer of scikit-learn programs; not a language model.

    It needs no key and no network, reads nothing but the messages, and answers the
    two requests of the tree search: to write a program (a plan and one code block)
    and to review an output (a call of ``submit_review``).  The same seed gives the
    same answers to the same requests.

    Its failures are real: it forgets, as careless people do, that values are missing,
    that categories are new in the test set, or that a logarithm has no value at
    zero.  Whether that breaks a program depends on the data.

    Tokens are counted as a quarter of the characters, which is only a rough guess at
    what a tokeniser would count.  The cost is 0.

    Parameters
    ----------
    seed
        Gives the model's taste, its care and every choice.
    """

    name = "offline"

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._programs = 0

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Tool] = ()
    ) -> Reply:
        """Return the reply; see `mle_toolkit.models.chat.ChatModel`."""
        tokens_in = sum(_tokens(item.content) for item in messages)
        if any(tool.name == _REVIEW for tool in tools):
            arguments = review(messages)
            calls = (ToolCall(f"review-{tokens_in}", _REVIEW, arguments),)
            return Reply("", calls, tokens_in, _tokens(str(arguments)), 0.0)
        text = self._write(read_brief(messages))
        return Reply(text, (), tokens_in, _tokens(text), 0.0)

    def _write(self, brief: Brief) -> str:
        self._programs += 1
        problem = make_out(brief)
        if problem is None:
            plan = (
                "The overview shows no table to learn from, or the prompt does not "
                "say what to predict. I can only hand in the sample submission. "
                "There will be no validation score."
            )
            return _answer(plan, FALLBACK.format(sample=brief.sample))
        rng = random.Random(  # noqa: S311 - choices, not secrets
            derive("offline", "program", self._seed, self._programs)
        )
        plan, recipe = self._decide(brief, problem, rng)
        return _answer(plan, write_program(recipe, problem))

    def _decide(
        self, brief: Brief, problem: Problem, rng: random.Random
    ) -> tuple[str, Recipe]:
        taste = taste_of(self._seed, problem)
        check, last = _checking(problem)
        if brief.program is None:
            recipe = draft(brief, problem, taste, rng)
            plan = (
                f"{describe(recipe, problem)} {_look(problem)} {check} "
                f"The test set gets {last}."
            )
            return plan, recipe
        old = reread(brief.program, problem)
        if "works, with a validation score" not in brief.request or old is None:
            repair = mend(old, brief, problem, taste, rng)
            return f"{repair.cause} {repair.cure} {check}", repair.recipe
        change = improve(old, brief, problem, taste, rng)
        if change is None:
            fresh = finishing(draft(brief, problem, taste, rng), problem, taste, rng)
            start = "I know of no small change that was not tried, so I start afresh."
            return f"{start} {describe(fresh, problem)} {check}", fresh
        rest = "All else stays as it was, so that the effect can be seen."
        return f"{change.words} {rest} {check}", change.recipe


def _checking(problem: Problem) -> tuple[str, str]:
    """Return how a program is checked, and what the test set gets of it."""
    how, last = "by cross-validation", "the mean of the folds' models"
    if problem.time:
        how = "by forecasts of later rows from earlier ones"
        last = "the forecast of models that saw all rows"
    elif problem.is_pixelwise:
        how = "by cross-validation over whole pictures"
    return f"I check it {how} and print {problem.metric}.", last


def _look(problem: Problem) -> str:
    """Return what stands out in the data."""
    notes = []
    if problem.side:
        notes.append(f"the columns look like images of {problem.side} x {problem.side}")
    if problem.pictures is not None and not problem.is_pixelwise:
        notes.append("their pictures lie beside the tables")
    if problem.is_pixelwise:
        notes.append("each row is a pixel, described by what surrounds it")
    if problem.time:
        notes.append("the test set lies after the training data in time")
    if problem.holes:
        notes.append("values are missing")
    if problem.words or problem.codes:
        count = len(problem.words) + len(problem.codes)
        notes.append(f"{count} columns hold categories")
    seen = f"{problem.rows} rows and {problem.columns} features"
    return f"There are {seen}" + "".join(f"; {note}" for note in notes) + "."


def _answer(plan: str, program: str) -> str:
    return f"{plan}\n\n```python\n{program}```\n"


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARS_PER_TOKEN)
