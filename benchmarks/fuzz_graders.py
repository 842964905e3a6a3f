"""Grade hundreds of malformed files for each competition, and look for faults.

Each file is graded in a process of its own, which may take one gigabyte more than
what importing the toolkit and reading the answers took.  Whatever the file holds, there
must be a grade: a score, or one sentence that says why not.

A file that never ends is a fault too.  The limit is measured when the run begins: 300
times what pandas takes to read and sort a table of 5 MB.  It is 10 seconds at least,
because a fast machine may be busy with other work.

Run it with ``python benchmarks/fuzz_graders.py``; name competitions for some of them.
It exits with 1 when there is a fault.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import resource
import select
import signal
import statistics
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from faults import fault_of
from mutations import contents, places
from rich.console import Console
from rich.table import Table

from mle_toolkit.competitions.grading import Grader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "tests" / "competitions" / "examples"
MEMORY_BYTES = 1 << 30
TIMES, LEAST_S = 300.0, 10.0
# With these a table has 5 MB.
ROWS = 200_000
PAGE_BYTES = resource.getpagesize()


@dataclass(slots=True)
class Tally:
    """What happened to the files of one competition."""

    competition: str
    n_files: int = 0
    n_scored: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    largest_mib: float = 0.0
    faults: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the graders named, print a table, and return 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("competitions", nargs="*", help="ids; all if none is named")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--random", type=int, default=30, help="files of each kind")
    parser.add_argument(
        "--times", type=float, default=TIMES, help="most per file, in tables of 5 MB"
    )
    parser.add_argument("--light", action="store_true", help="no files of 5 MB")
    parser.add_argument("--keep", type=Path, help="folder for files that show a fault")
    given = parser.parse_args(arguments)
    reference_s = seconds_of_a_table()
    limit_s = max(LEAST_S, given.times * reference_s)
    tallies = []
    for competition, answers, submission in examples(given.competitions):
        tally = fuzz(competition, answers, submission, given, limit_s)
        tallies.append(tally)
        print(
            f"{competition}: {tally.n_files} files, {len(tally.faults)} faults",
            file=sys.stderr,
        )
    print_table(tallies)
    slowest_s = max((tally.slowest_s for tally in tallies), default=0.0)
    print(
        f"pandas reads and sorts 5 MB in {reference_s:.3f} s: the slowest file took"
        f" {slowest_s / reference_s:.0f} times as long, of {limit_s / reference_s:.0f}."
    )
    return 1 if any(tally.faults for tally in tallies) else 0


def seconds_of_a_table() -> float:
    """Return how long pandas takes to read and sort a table of 5 MB: the median."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"id": rng.permutation(ROWS), "target": rng.random(ROWS)})
    text = table.to_csv(index=False)
    found = []
    for _ in range(5):
        start = time.monotonic()
        pd.read_csv(io.StringIO(text)).sort_values("id")
        found.append(time.monotonic() - start)
    return statistics.median(found)


def examples(wanted: Sequence[str]) -> Iterator[tuple[str, Path, Path]]:
    """Yield id, answers and a noisy submission of each competition."""
    with (EXAMPLES / "examples.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["competition_id"]
            if row["kind"] == "noisy" and (not wanted or name in wanted):
                yield name, EXAMPLES / row["answers"], EXAMPLES / row["submission"]


def fuzz(
    competition: str,
    answers: Path,
    submission: Path,
    given: argparse.Namespace,
    limit_s: float,
) -> Tally:
    """Grade all malformed files of one competition."""
    tally = Tally(competition)
    grader = Grader.of(competition, answers=answers)
    text = submission.read_text(encoding="utf-8")
    # What is imported late is imported now, so that no child has to.
    grader.grade(submission)
    with tempfile.TemporaryDirectory() as folder:
        for name, path in files(Path(folder), text, given):
            said = measure(grader, path, limit_s, tally, name)
            if said:
                tally.faults.append(f"{name}: {said}")
                if given.keep and path.is_file():
                    target = given.keep / f"{competition} {name}.csv".replace("/", "-")
                    target.write_bytes(path.read_bytes())
            if path.name == "content.csv":
                path.unlink()
    return tally


def files(
    folder: Path, text: str, given: argparse.Namespace
) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each malformed file, one after the other."""
    yield from places(folder, text.encode())
    path = folder / "content.csv"
    for name, data in contents(
        text, seed=given.seed, n_random=given.random, heavy=not given.light
    ):
        path.write_bytes(data)
        yield name, path


def measure(
    grader: Grader, path: Path, limit_s: float, tally: Tally, name: str
) -> str | None:
    """Grade one file in a child, add to the tally, and return what was wrong."""
    start = time.monotonic()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _work(grader, path, writer)
    os.close(writer)
    answer = _read(reader, start + limit_s)
    if answer is None:
        os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    elapsed = time.monotonic() - start
    tally.n_files += 1
    tally.largest_mib = max(tally.largest_mib, usage.ru_maxrss / 1024)
    if elapsed > tally.slowest_s:
        tally.slowest_s, tally.slowest = elapsed, name
    if answer is None:
        return f"no grade within {limit_s:g} s"
    if not answer:
        return f"the process ended with status {status}"
    found = json.loads(answer)
    tally.n_scored += bool(found["valid"])
    fault: str | None = found["fault"]
    return fault


def print_table(tallies: list[Tally]) -> None:
    """Print one row per competition, and every fault below."""
    table = Table("competition", title="Malformed files, each in a process of its own")
    for name in ("files", "scored", "slowest s", "largest MiB", "faults"):
        table.add_column(name, justify="right")
    table.add_column("slowest")
    for tally in tallies:
        table.add_row(
            tally.competition,
            str(tally.n_files),
            str(tally.n_scored),
            f"{tally.slowest_s:.2f}",
            f"{tally.largest_mib:.0f}",
            str(len(tally.faults)),
            tally.slowest,
        )
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for tally in tallies:
        for fault in tally.faults:
            print(f"{tally.competition}: {fault[:500]}")
    n_files = sum(tally.n_files for tally in tallies)
    n_faults = sum(len(tally.faults) for tally in tallies)
    print(f"{n_files} files for {len(tallies)} competitions: {n_faults} faults")


def _work(grader: Grader, path: Path, writer: int) -> None:
    """Grade in this process, a child, write what was found, and end."""
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE_BYTES
        limit = used + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        found = grader.grade(path)
        strict = Grader(grader.card, grader.answers, grader.scale, strict=True)
        fault = fault_of(found, strict.grade(path))
        answer = {"valid": found.valid, "fault": fault}
    except BaseException:  # noqa: BLE001 - whatever it is, it is the fault
        answer = {"valid": False, "fault": traceback.format_exc()[-800:]}
    try:
        os.write(writer, json.dumps(answer).encode())
    finally:
        os._exit(0)


def _read(reader: int, deadline: float) -> bytes | None:
    """Return all that comes from the pipe, or None when time is up."""
    parts = []
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                return None
            part = pipe.read(65536)
            if not part:
                return b"".join(parts)
            parts.append(part)


if __name__ == "__main__":
    sys.exit(main())
