"""What the toolkit costs before and around an agent's own work.

Three questions, each a ratio of whole processes on the same machine, in turns:

1. `import mle_toolkit` against `import numpy`: at most 1.
2. A supervisor, from its spawn to its claim, against `python -c pass`: at most 3.
3. What an attempt takes beyond the minute that its programs sleep, against
   `import pandas`, without which nobody looks at a table: at most 4.

Run it with ``make bench``, or ``python benchmarks/startup.py --runs 21``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rows import Row, finish

from mle_toolkit.records import AttemptSpec, Limits, Task
from mle_toolkit.sandbox import probe

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
LONGEST_WAIT_S = 30.0
STEPS = 4
MLE = "import sys; from mle_toolkit.cli import main; sys.exit(main())"
MOST_IMPORT, MOST_SUPERVISOR, MOST_OVERHEAD = 1.0, 3.0, 4.0


def main() -> int:
    """Measure, print the table, and exit 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=11, help="runs of each start-up")
    parser.add_argument(
        "--minute", type=float, default=60.0, help="seconds of work in the attempt"
    )
    parser.add_argument("--skip-attempt", action="store_true", help="leave out 3")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()

    rows = [import_row(chosen.runs), supervisor_row(chosen.runs)]
    if not chosen.skip_attempt:
        rows += overhead_rows(chosen.minute)
    return finish("Start-up and overhead", rows, as_json=chosen.json)


def import_row(runs: int) -> Row:
    """Compare the import of the package with that of numpy, interpreter included."""
    ours, numpy = in_turns(runs, importing("mle_toolkit"), importing("numpy"))
    return Row(
        question="import mle_toolkit",
        ours=ours,
        reference="import numpy",
        theirs=numpy,
        bound=MOST_IMPORT,
    )


def supervisor_row(runs: int) -> Row:
    """Compare a supervisor's way to its claim with the start of an interpreter."""
    ours, bare = in_turns(
        runs, supervisor_until_claim, lambda: wall(sys.executable, "-c", "pass")
    )
    return Row(
        question="supervisor ready",
        ours=ours,
        reference="python -c pass",
        theirs=bare,
        bound=MOST_SUPERVISOR,
    )


def overhead_rows(minute: float) -> list[Row]:
    """Compare what an attempt takes beyond its programs with them, and with pandas."""
    pandas = importing("pandas")
    before = [pandas() for _ in range(4)][1:]
    took = attempt_that_sleeps(minute) - minute
    around = statistics.median([*before, *(pandas() for _ in range(3))])
    beyond = f"an attempt of {minute:g} s, beyond these"
    return [
        Row(question=beyond, ours=[took], reference="these", theirs=[minute]),
        Row(
            question="the same",
            ours=[took],
            reference="import pandas",
            theirs=[around],
            bound=MOST_OVERHEAD,
        ),
    ]


def supervisor_until_claim() -> float:
    """Return the seconds from the spawn of a supervisor to its claim."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        attempt = Path(folder) / "bench" / "none" / "tree-search-offline" / "0"
        attempt.mkdir(parents=True)
        (attempt / "spec.json").write_text(json.dumps(spec_of_nothing(folder)))
        claim = attempt / "try-1" / "claim"
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "mle_toolkit.running.supervisor", str(attempt)],
            cwd=ROOT,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not claim.exists():
                if time.perf_counter() - start > LONGEST_WAIT_S:
                    sys.exit("the supervisor made no claim")
                time.sleep(0.0005)
            return time.perf_counter() - start
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def attempt_that_sleeps(minute: float) -> float:
    """Return the seconds from claim to result of an attempt that only sleeps."""
    box = "bwrap" if probe("bwrap").works else "none"
    with tempfile.TemporaryDirectory() as folder:
        replies = Path(folder) / "replies.json"
        replies.write_text(json.dumps(STEPS * sleeping_step(minute / STEPS)))
        out = Path(folder) / "run"
        command = [sys.executable, "-c", MLE, "run", "breast-cancer"]
        command += ["--agent", "tree-search", "--model", f"scripted:{replies}"]
        command += ["--attempts", "1", "--steps", str(STEPS)]
        command += ["--sandbox", box, "--out", str(out)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
        (path,) = out.glob("*/*/*/result.json")
        result = json.loads(path.read_text())
    if result["n_nodes"] != STEPS or result["submission"] is None:
        sys.exit(f"the attempt did not do its work: {result}")
    return float(result["elapsed_s"])


def sleeping_step(seconds: float) -> list[dict]:
    """Return the replies of one node: a program that sleeps, and its review."""
    program = (
        "Sleep.\n```python\nimport shutil, time\n"
        f"time.sleep({seconds})\n"
        "shutil.copy('input/sample_submission.csv', 'submission.csv')\n```\n"
    )
    review = {
        "is_bug": False,
        "summary": "It slept.",
        "metric": 0.5,
        "lower_is_better": False,
        "has_submission": True,
    }
    return [
        {"text": program},
        {"tool_calls": [{"name": "submit_review", "arguments": review}]},
    ]


def spec_of_nothing(folder: str) -> dict:
    """Return the spec of an attempt that is ended as soon as it is claimed."""
    task = Task(
        competition="none",
        title="None",
        description="None.",
        metric="roc_auc",
        lower_is_better=False,
        public_dir=folder,
        sample_submission="sample_submission.csv",
        id_column="id",
        target_columns=("target",),
    )
    spec = AttemptSpec(
        experiment="bench",
        competition="none",
        scaffold="tree-search",
        model="offline",
        seed=0,
        task=task,
        limits=Limits(time_limit_s=60.0, steps=1),
        sandbox="none",
    )
    return dataclasses.asdict(spec)


def importing(name: str) -> Callable[[], float]:
    """Return what times an interpreter that imports a package."""
    return lambda: wall(sys.executable, "-c", f"import {name}")


def wall(*command: str) -> float:
    """Return the wall time of a process, in seconds."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def in_turns(
    runs: int, ours: Callable[[], float], reference: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """Return both times; taking turns shares out what else the machine does."""
    ours()
    reference()
    pairs = [(ours(), reference()) for _ in range(runs)]
    first, second = zip(*pairs, strict=True)
    return [*first], [*second]


if __name__ == "__main__":
    sys.exit(main())
