"""How long grading reports take to become the tidy frame.

Writes 10,000 grading reports, one a file, in run groups with their experiment table,
and as many in the files of whole runs.  `load_attempts` takes turns with the plainest
loop that one would write: ``json.loads`` of each file and a DataFrame of the results,
which finds no duplicates, counts no faults and numbers no seeds.

Run it with ``python benchmarks/reports.py``.  The exit code is 1 when `load_attempts`
takes more than four times as long as the loop.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rows import Row, finish

from mle_toolkit import load_attempts, published

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 4.0
LINES = ("gold", "silver", "bronze", "median")


def main() -> int:
    """Measure, print the table, and exit 1 when the bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5, help="runs of each reader")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    rows = measure(chosen.reports, runs=chosen.runs)
    return finish("Grading reports into a frame", rows, as_json=chosen.json)


def measure(reports: int, *, runs: int) -> list[Row]:
    """Return both readers on each layout, run by run."""
    rows = []
    for per_file in (1, 75):
        with tempfile.TemporaryDirectory() as folder:
            files = write_reports(Path(folder), reports, per_file=per_file)
            pairs = [
                [
                    wall(reader, Path(folder), expected=reports)
                    for reader in (load_attempts, plain_loop)
                ]
                for _ in range(runs)
            ]
        ours, theirs = zip(*pairs, strict=True)
        rows.append(
            Row(
                question=f"{reports:,} reports in {files:,} files",
                ours=[*ours],
                reference="json.loads in a loop",
                theirs=[*theirs],
                bound=MOST,
            )
        )
    return rows


def write_reports(folder: Path, reports: int, *, per_file: int, seed: int = 0) -> int:
    """Write grading reports in ten run groups, and the table; return the files."""
    dice = random.Random(seed)  # noqa: S311 - made-up scores
    names = published.competitions()["competition"].head(75).tolist()
    groups = [f"2026-01-{day:02d}T00-00-00-UTC_run-group_made" for day in range(1, 11)]
    lines = ["experiment_id,run_group"]
    for number, group in enumerate(groups):
        (folder / group).mkdir()
        lines.append(f"experiment-{number // 5},{group}")
    (folder / "run_group_experiments.csv").write_text("\n".join(lines) + "\n")
    made = [made_report(dice, names[at % 75], at) for at in range(reports)]
    starts = range(0, reports, per_file)
    for file, start in enumerate(starts):
        part = made[start : start + per_file]
        content = part[0] if per_file == 1 else run_report(part)
        group = folder / groups[file * len(groups) // len(starts)]
        (group / f"{file:06d}_grading_report.json").write_text(
            json.dumps(content, indent=2)
        )
    return len(starts)


def made_report(dice: random.Random, competition: str, number: int) -> dict[str, Any]:
    """Return one report in the form that MLE-bench writes."""
    valid = dice.random() < 0.8  # noqa: PLR2004 - as agents do
    place = dice.randrange(8) if valid else 8
    return {
        "competition_id": competition,
        "score": round(dice.random(), 5) if valid else None,
        **{f"{name}_threshold": round(dice.random(), 5) for name in LINES},
        "any_medal": place < len(LINES) - 1,
        **{f"{name}_medal": place == at for at, name in enumerate(LINES[:-1])},
        "above_median": place < len(LINES),
        "submission_exists": valid,
        "valid_submission": valid,
        "is_lower_better": False,
        "created_at": f"2026-01-01T00:00:00.{number:06d}",
        "submission_path": f"runs/made/{competition}_{number}/submission.csv",
    }


def run_report(part: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the report of a run: totals, and the reports of its submissions."""
    return {"total_runs": len(part), "competition_reports": part}


def plain_loop(folder: Path) -> pd.DataFrame:
    """Return a frame of all reports by the plainest loop."""
    rows: list[dict[str, Any]] = []
    for path in sorted(folder.rglob("*grading_report*.json")):
        content = json.loads(path.read_text())
        rows += content.get("competition_reports", [content])
    return pd.DataFrame(rows)


def wall(
    reader: Callable[[Path], pd.DataFrame], folder: Path, *, expected: int
) -> float:
    """Return the seconds that a reader takes."""
    start = time.perf_counter()
    frame = reader(folder)
    seconds = time.perf_counter() - start
    if len(frame) != expected:
        sys.exit(f"{reader.__name__} read {len(frame)} of {expected} reports")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
