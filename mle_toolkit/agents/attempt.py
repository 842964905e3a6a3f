"""What a scaffold may do in an attempt: ask, execute, submit, and tell of it."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pandas.api.types import is_numeric_dtype

from mle_toolkit.agents.boxes import open_for
from mle_toolkit.agents.interrupts import Interrupted, Interrupts
from mle_toolkit.agents.prompts import Budget
from mle_toolkit.errors import SandboxError, StoreError, SubmissionError
from mle_toolkit.sandbox import Execution, open_box
from mle_toolkit.store import MAX_SUBMISSION_BYTES, TryFolder, copy_regular
from mle_toolkit.submissions import MAX_ROWS, Rules, check_format, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from mle_toolkit.agents.events import EventPipe
    from mle_toolkit.agents.nodes import Node
    from mle_toolkit.models import ChatModel, Message, Reply, Tool
    from mle_toolkit.records import AttemptSpec
    from mle_toolkit.sandbox import Box

SUBMISSION = "submission.csv"
_MAX_RESERVE_S = 60.0
_RESERVE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Submission:
    """What was found at the submission path.

    Attributes
    ----------
    written
        There is a plain file.
    valid, reason
        Whether its format is right, and if not, why not.
    """

    written: bool
    valid: bool
    reason: str | None = None


class Attempt:
    """One attempt, as a scaffold sees it.

    Parameters
    ----------
    spec
        What to run.
    folder
        The try's folder.
    model
        The chat model.
    events
        Where events go.
    deadline
        When the time limit ends, on the monotonic clock.
    interrupts
        Wishes to end early.
    box
        A box that is open already; without one, the first program opens it.
    make_box
        Opens a box; see `mle_toolkit.sandbox.open_box`.
    """

    def __init__(
        self,
        spec: AttemptSpec,
        folder: TryFolder,
        *,
        model: ChatModel,
        events: EventPipe,
        deadline: float,
        interrupts: Interrupts | None = None,
        box: Box | None = None,
        make_box: Callable[..., Box] = open_box,
    ) -> None:
        self.spec = spec
        self.task = spec.task
        self.folder = folder
        self.events = events
        self.interrupts = interrupts or Interrupts()
        self._model = model
        self._deadline = deadline
        self._make_box = make_box
        self._box = box

    @property
    def time_left_s(self) -> float:
        """Seconds until the time limit ends."""
        return self._deadline - time.monotonic()

    @property
    def reserve_s(self) -> float:
        """Seconds that no program may use, so that its result can be reviewed."""
        return min(_MAX_RESERVE_S, _RESERVE_SHARE * self.spec.limits.time_limit_s)

    @property
    def run_limit_s(self) -> float:
        """Seconds that a program may run if it starts now."""
        left = max(0.0, self.time_left_s - self.reserve_s)
        limit = self.spec.limits.exec_timeout_s
        return left if limit is None else min(limit, left)

    def budget(self, steps_done: int) -> Budget:
        """Return what is left when `steps_done` steps have been made."""
        steps = self.spec.limits.steps
        return Budget(
            steps=None if steps is None else steps - steps_done,
            time_left_s=self.time_left_s,
            run_limit_s=self.run_limit_s,
            cpus=self.spec.limits.cpus,
        )

    def ask(
        self,
        messages: Sequence[Message],
        *,
        node: int,
        purpose: str,
        tools: Sequence[Tool] = (),
    ) -> Reply:
        """Ask the model, and tell of it.

        Raises
        ------
        ModelError
            When no reply came.
        """
        began = time.monotonic()
        with self.interrupts.window():
            reply = self._model.complete(messages, tools)
        self.events.send(
            "model",
            node=node,
            purpose=purpose,
            messages=[{"role": m.role, "content": m.content} for m in messages],
            reply=reply.text,
            tool_calls=[asdict(call) for call in reply.tool_calls],
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost_usd=reply.cost_usd,
            duration_s=_seconds_since(began),
        )
        return reply

    def execute(self, code: str, *, node: int) -> Execution:
        """Run a program in the box, and tell of it.

        A box that breaks is opened anew, once.  A submission that an earlier program
        left is taken away first.
        """
        self._clear_submission()
        began = time.monotonic()
        try:
            execution = self._run(code, node)
        except Interrupted as interrupt:
            said = f"ended, because the attempt ends: {interrupt.status}"
            cut = Execution("killed", None, said, 0, _seconds_since(began))
            self._tell_execution(node, code, cut)
            raise
        self._tell_execution(node, code, execution)
        return execution

    def collect(self, *, node: int) -> Submission:
        """Take a copy of the submission, check its format, and hand it over."""
        name = f"node-{node:04d}.csv"
        copy = self.folder.incoming / name
        found = self._copy_submission(copy)
        if found is None:
            found = self._check_submission(copy)
        self.events.send(
            "validation", node=node, valid=found.valid, reason=found.reason
        )
        if found.written:
            # The supervisor takes the copy away, so the check came first.
            self.events.send("submission", node=node, file=name)
        return found

    def report(self, node: Node) -> None:
        """Tell of a finished node."""
        self.events.send(
            "node",
            node=node.number,
            parent=node.parent,
            stage=node.stage,
            plan=node.plan,
            is_buggy=node.is_buggy,
            reason=node.reason or None,
            metric=node.metric,
            lower_is_better=self.task.lower_is_better,
            summary=node.summary,
            has_submission=node.has_submission,
        )

    def mark_best(self, node: int) -> None:
        """Say that this node's submission is the one to hand in as of now."""
        self.events.send("submission", node=node, best=True)

    def note(self, text: str, *, node: int | None = None) -> None:
        """Tell of something that fits nowhere else."""
        self.events.send("note", node=node, text=text)

    def close(self) -> None:
        """Close the box."""
        if self._box is not None:
            self._box.close()
            self._box = None

    def _run(self, code: str, node: int) -> Execution:
        reason = ""
        for _ in range(2):
            try:
                with self.interrupts.window():
                    box = self._opened_box()
                    return box.run_python(code, timeout_s=self.run_limit_s)
            except SandboxError as error:
                if self._box is None:
                    raise
                self.close()
                reason = str(error)
                self.note(f"the box broke: {reason}", node=node)
        return Execution("killed", None, f"the box broke twice: {reason}", 0, 0.0)

    def _opened_box(self) -> Box:
        if self._box is None:
            self._box = open_for(self.spec, self.folder, self._make_box)
        return self._box

    def _tell_execution(self, node: int, code: str, execution: Execution) -> None:
        self.events.send(
            "exec",
            node=node,
            code=code,
            output=execution.output,
            status=execution.status,
            exception=execution.exception,
            duration_s=round(execution.duration_s, 3),
        )

    def _clear_submission(self) -> None:
        path = self.folder.workspace / SUBMISSION
        try:
            path.unlink(missing_ok=True)
        except OSError:
            # A program may have made a folder of that name.
            shutil.rmtree(path, ignore_errors=True)

    def _copy_submission(self, copy: Path) -> Submission | None:
        """Copy the submission; return what is wrong when that cannot be done."""
        if not os.path.lexists(self.folder.workspace / SUBMISSION):
            reason = f"the program wrote no {SUBMISSION}"
            return Submission(written=False, valid=False, reason=reason)
        copy.parent.mkdir(exist_ok=True)
        max_bytes = min(self.spec.limits.disk_mib << 20, MAX_SUBMISSION_BYTES)
        try:
            copy_regular(self.folder.workspace, SUBMISSION, copy, max_bytes=max_bytes)
        except StoreError as error:
            return Submission(written=False, valid=False, reason=str(error))
        return None

    def _check_submission(self, copy: Path) -> Submission:
        try:
            table = read_table(copy, max_rows=self._max_rows)
        except SubmissionError as error:
            return Submission(written=True, valid=False, reason=str(error))
        if self._sample is None:
            return Submission(written=True, valid=True)
        reason = check_format(
            table,
            self._sample,
            id_column=self.task.id_column,
            target_columns=self.task.target_columns,
            rules=self._rules,
        )
        return Submission(written=True, valid=reason is None, reason=reason)

    @property
    def _max_rows(self) -> int:
        # Twice too many rows are worth a reason; more are not worth reading.
        return MAX_ROWS if self._sample is None else 2 * len(self._sample) + 1000

    @cached_property
    def _sample(self) -> pd.DataFrame | None:
        try:
            return read_table(Path(self.task.public_dir) / self.task.sample_submission)
        except SubmissionError as error:
            self.note(f"formats are not checked; the sample submission: {error}")
            return None

    @cached_property
    def _rules(self) -> Rules:
        """What values must fulfil: by the task, else as the sample shows."""
        if self.task.rules:
            return Rules(**self.task.rules)
        if self._sample is None:
            return Rules()
        kinds = self._sample.reindex(columns=list(self.task.target_columns)).dtypes
        return Rules(numeric=all(is_numeric_dtype(kind) for kind in kinds))


def _seconds_since(began: float) -> float:
    return round(time.monotonic() - began, 3)
