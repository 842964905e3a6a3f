"""Tree search over programs: draft, debug, improve.

The loop is the one of AIDE (Jiang et al., 2025, "AIDE: AI-Driven Exploration in the
Space of Code", arXiv 2502.13138), written anew: each node of the tree is a whole
program.  A model writes it, the box runs it, and the model reads what came out.  The
score that guides the search, and chooses the final submission, is the program's own
validation score; the hidden test set is never scored.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mle_toolkit.agents.nodes import DRAFT, Node, best_node
from mle_toolkit.agents.overview import describe_folder
from mle_toolkit.agents.policy import Action, next_action, read_options
from mle_toolkit.agents.prompts import (
    ask_again,
    program_prompt,
    review_again,
    review_prompt,
)
from mle_toolkit.agents.replies import Program, read_program
from mle_toolkit.agents.review import SUBMIT_REVIEW, Review, read_review
from mle_toolkit.seeds import derive

if TYPE_CHECKING:
    from mle_toolkit.agents.attempt import Attempt, Submission
    from mle_toolkit.sandbox import Execution

_MIN_RUN_S = 1.0


def run(attempt: Attempt) -> str:
    """Search until the steps or the time are used up; return the status."""
    return TreeSearch(attempt).run()


class TreeSearch:
    """The search of one attempt."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.task = attempt.task
        self.nodes: list[Node] = []
        own = {
            name: value
            for name, value in attempt.spec.options.items()
            if name not in {"model", "preload"}
        }
        self._options = read_options(own)
        seed = derive("tree-search", attempt.spec.competition, attempt.spec.seed)
        self._rng = random.Random(seed)  # noqa: S311 - a search, not a secret
        self._overview = describe_folder(
            Path(self.task.public_dir), sample=self.task.sample_submission
        )

    def run(self) -> str:
        """Make nodes until there is no budget left; return the status."""
        while self.attempt.run_limit_s >= _MIN_RUN_S:
            self.attempt.interrupts.check()
            action = next_action(
                self.nodes,
                self._options,
                lower_is_better=self.task.lower_is_better,
                steps=self.attempt.spec.limits.steps,
                rng=self._rng,
            )
            if action is None:
                return "finished"
            self._add(self._make(action))
        return "time-limit"

    def _add(self, node: Node) -> None:
        self.nodes.append(node)
        self.attempt.report(node)
        best = best_node(self.nodes, lower_is_better=self.task.lower_is_better)
        if best is node:
            self.attempt.mark_best(node.number)

    def _make(self, action: Action) -> Node:
        number = len(self.nodes)
        program = self._write(action, number)
        if program.fault is not None:
            return Node(
                number=number,
                parent=action.parent,
                stage=action.stage,
                plan=program.plan,
                reason=program.fault,
                summary="The model's reply held no program to run.",
            )
        execution = self.attempt.execute(program.code, node=number)
        submission = self.attempt.collect(node=number)
        review = self._review(number, program.code, execution, submission)
        verdict = judge(execution, submission, review)
        return Node(
            number=number,
            parent=action.parent,
            stage=action.stage,
            plan=program.plan,
            code=program.code,
            output=execution.output,
            is_buggy=verdict.reason is not None,
            reason=verdict.reason or "",
            metric=verdict.metric,
            summary=review.summary if review else "",
            has_submission=submission.valid,
            duration_s=execution.duration_s,
        )

    def _write(self, action: Action, number: int) -> Program:
        parent = None if action.stage == DRAFT else self.nodes[action.parent or 0]
        messages = program_prompt(
            self.task,
            overview=self._overview,
            budget=self.attempt.budget(number),
            nodes=self.nodes,
            parent=parent,
        )
        reply = self.attempt.ask(messages, node=number, purpose=action.stage)
        program = read_program(reply.text)
        if program.fault is None:
            return program
        messages = ask_again(messages, reply.text, program.fault)
        reply = self.attempt.ask(messages, node=number, purpose=action.stage)
        return read_program(reply.text)

    def _review(
        self, number: int, code: str, execution: Execution, submission: Submission
    ) -> Review | None:
        messages = review_prompt(
            self.task,
            code=code,
            output=execution.output,
            facts=_facts(execution, submission),
        )
        for _ in range(2):
            reply = self.attempt.ask(
                messages, node=number, purpose="review", tools=(SUBMIT_REVIEW,)
            )
            review = read_review(reply)
            if review is not None:
                self._compare_direction(number, review)
                return review
            messages = review_again(messages, reply.text)
        return None

    def _compare_direction(self, number: int, review: Review) -> None:
        if review.lower_is_better in {None, self.task.lower_is_better}:
            return
        holds = "lower" if self.task.lower_is_better else "higher"
        self.attempt.note(
            f"the review has the direction of {self.task.metric} wrong; by the task, "
            f"{holds} is better",
            node=number,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """A node's score, or the reason why it has none."""

    metric: float | None
    reason: str | None = None


def judge(
    execution: Execution, submission: Submission, review: Review | None
) -> Verdict:
    """Return a program's score, or why it is buggy: facts first, then the review."""
    fault = _run_fault(execution)
    if fault is None and not submission.valid:
        fault = submission.reason or "the submission is not valid"
        if submission.written:
            fault = f"its submission.csv is not valid: {fault}"
    if fault is None and review is None:
        fault = "no review of its output could be had"
    if fault is None and review is not None and review.is_bug:
        fault = f"the review found a fault: {review.summary or 'without a reason'}"
    if fault is None and review is not None and review.metric is None:
        fault = "it printed no validation score"
    if fault is not None or review is None:
        return Verdict(None, fault)
    return Verdict(review.metric)


def _run_fault(execution: Execution) -> str | None:
    faults = {
        "ok": None,
        "error": f"it ended with {execution.exception or 'an error'}",
        "timeout": f"it was ended after {execution.duration_s:.0f} seconds, "
        "because it took too long",
        "output-limit": "it was ended, because it printed too much",
        "memory": "it was ended, because it used too much memory",
    }
    return faults.get(execution.status, "it was killed")


def _facts(execution: Execution, submission: Submission) -> list[str]:
    fault = _run_fault(execution)
    ended = "it ran to its end" if fault is None else fault
    if submission.valid:
        written = "submission.csv was written, in the right format"
    elif submission.written:
        written = f"submission.csv was written, but is not valid: {submission.reason}"
    else:
        written = f"there is no submission.csv: {submission.reason}"
    return [f"the program: {ended}", written, f"it took {execution.duration_s:.1f} s"]
