"""Inspect's ``.eval`` logs: for Inspect View, Scout, Docent and Inspect's data frames.

inspect_ai itself writes the log.  It holds one sample, whose events are Inspect's own
where there is a counterpart; each keeps our event in its metadata, under ``mle``.  A
node of the search is a span.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import MissingExtraError
from mle_toolkit.traces.exporting.inspect_events import Transcript, clean
from mle_toolkit.traces.exporting.recording import Place, open_recording
from mle_toolkit.traces.exporting.targets import (
    cannot_write,
    encodable,
    new_file,
)
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    number_of,
    text_of,
    time_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.traces.exporting.recording import Recording

_STATUS = {"finished": "success", "time-limit": "success", "running": "started"}
_STOPPED = ("stopped", "cancelled")


def to_inspect(attempt: Place, target: str | Path, *, overwrite: bool = False) -> Path:
    """Write an attempt as a log of Inspect.

    The epoch of the sample is the seed plus one, as Inspect counts from 1.  Scores are
    ``validation``, which the agent said of its chosen program, and when the attempt is
    graded ``test`` and ``medal``.

    Parameters
    ----------
    attempt
        The folder of an attempt, whose published or newest try is taken, or of a try.
    target
        The file to write, such as ``logs/digits-0.eval``.  With another ending than
        ``.json`` the log is a zip file.
    overwrite
        Whether a file of that name may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    MissingExtraError
        When inspect_ai is not installed.
    StoreError
        When there is nothing to export, or the file cannot be written.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError as error:
        package = "inspect-ai"
        raise MissingExtraError(package, "inspect") from error
    path = new_file(target, overwrite=overwrite)
    log = _log(open_recording(attempt))
    kind = "json" if path.suffix == ".json" else "eval"
    partial = path.with_name(f".{path.name}.{os.getpid()}.part.{kind}")
    try:
        write_eval_log(log, str(partial), format=kind)
        partial.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def _log(recording: Recording) -> Any:
    from inspect_ai import log

    sample = _sample(recording)
    failed = recording.status == "failed"
    return log.EvalLog(
        status=_status(recording),
        eval=_spec(recording),
        plan=log.EvalPlan(
            name=recording.scaffold,
            steps=[log.EvalPlanStep(solver=recording.scaffold)],
        ),
        results=_results(sample),
        stats=log.EvalStats(
            started_at=_began(recording),
            completed_at=sample.completed_at or "",
            model_usage=sample.model_usage,
        ),
        error=_error(recording) if failed else None,
        samples=[sample],
    )


def _status(recording: Recording) -> Any:
    status = recording.status
    if status in _STOPPED:
        return "cancelled"
    return _STATUS.get(status, "success" if status.endswith("-limit") else "error")


def _spec(recording: Recording) -> Any:
    from inspect_ai import log

    limit_s = number_of(dict_of(recording.spec.get("limits")).get("time_limit_s"))
    name = f"{recording.competition}/{recording.agent}/{recording.seed}"
    return log.EvalSpec(
        eval_id=name,
        run_id=encodable(text_of(recording.spec.get("experiment"))) or name,
        task_id=recording.competition,
        created=_began(recording),
        task=recording.competition,
        solver=recording.scaffold,
        model=recording.model,
        dataset=log.EvalDataset(
            name=recording.competition,
            samples=1,
            sample_ids=[recording.competition],
        ),
        config=log.EvalConfig(
            epochs=1, time_limit=None if not limit_s else int(limit_s)
        ),
        metadata={
            "mle": {"competition": recording.competition, "seed": recording.seed}
        },
    )


def _sample(recording: Recording) -> Any:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ModelUsage

    transcript = Transcript(recording)
    scores = _scores(recording)
    transcript.close(scores)
    tokens_in = count_of(recording.total("tokens_in"))
    tokens_out = count_of(recording.total("tokens_out"))
    usage = {}
    if tokens_in is not None and tokens_out is not None:
        usage[recording.model] = ModelUsage(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            total_tokens=tokens_in + tokens_out,
            total_cost=recording.total("cost_usd"),
        )
    return EvalSample(
        uuid=transcript.identity("sample"),
        id=recording.competition,
        epoch=max(0, recording.seed) + 1,
        input=transcript.task,
        target="",
        messages=transcript.messages,
        output=transcript.output,
        scores=scores or None,
        metadata={"mle": clean(recording.facts())},
        events=transcript.events,
        model_usage=usage,
        started_at=transcript.began,
        completed_at=transcript.ended,
        total_time=transcript.elapsed_s,
        error=_error(recording) if recording.status == "failed" else None,
    )


def _scores(recording: Recording) -> dict[str, Any]:
    from inspect_ai.scorer import Score

    scores = {}
    if recording.validation_score is not None:
        scores["validation"] = Score(value=recording.validation_score)
    grade = recording.grade
    if grade:
        reason = text_of(grade.get("reason"))
        if recording.score is not None:
            scores["test"] = Score(
                value=recording.score, metadata={"grade": clean(grade)}
            )
        medal = text_of(grade.get("medal")) or "none"
        scores["medal"] = Score(value=medal, explanation=encodable(reason) or None)
    return scores


def _results(sample: Any) -> Any:
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    # The test score comes first, because Inspect View lists the first one.
    names = [name for name in ("test", "validation") if name in (sample.scores or {})]
    return EvalResults(
        total_samples=1,
        completed_samples=int(sample.error is None),
        scores=[
            EvalScore(
                name=name,
                scorer=name,
                metrics={
                    "score": EvalMetric(name="score", value=sample.scores[name].value)
                },
            )
            for name in names
        ],
    )


def _error(recording: Recording) -> Any:
    from inspect_ai.log import EvalError

    told = (event for event in recording.events if event.get("kind") == "error")
    traceback = text_of(next(told, {}).get("traceback"))
    message = encodable(recording.reason or "the attempt failed")
    return EvalError(
        message=message,
        traceback=encodable(traceback),
        traceback_ansi=encodable(traceback),
    )


def _began(recording: Recording) -> str:
    first = time_of(recording.events[0].get("time"))
    return time_of(recording.result.get("started")) or first or "1970-01-01T00:00:00Z"
