"""What `benchmarks/ui.py` measures: each function gives the rows of its table."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ui_worlds
from rows import Row
from ui_desk import (
    WATCH,
    Desk,
    blocking,
    first_paint,
    frames,
    heap_of,
    jumps,
    per_second,
    printing,
    renderer_pids,
    rss_of,
    stamped,
    wait_for_total,
    wait_until_read,
    watch,
)

from tests.builders import write_run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from tests.ui.lab import Notebook

HERE = Path(__file__).resolve().parent
SKIPPED, TIMED, HZ = 10, 60, 10.0
PRINTED = "a printed line"
STREAM_S, REST_S = 5, 3
FAST_HZ, SLOW_HZ = 20_000, 100
EVENTS, FEW_EVENTS = 1_000_000, 1000
# The page keeps all rows of a shorter log: nothing would be asked of the kernel.
SOME_EVENTS, JUMPS = 20_000, 20
EVENT_BYTES = 1000
ATTEMPTS, FEW_ATTEMPTS = 10_000, 10
MEMORY = (
    "memory of the kernel",
    "JavaScript heap of the page",
    "memory of the largest renderer",
)
MOST_LATE, MOST_LAG, LEAST_FRAMES = 0.6, 2.0, 0.65
MOST_LONG_PAINT, MOST_EARLY_JUMP, MOST_LATE_JUMP, MOST_READ = 1.5, 5.0, 2.0, 15.0
MOST_LISTED, MOST_RESULTS = 3.0, 20.0
MOST_MB, MOST_SAVED_KB = 500.0, 200.0


def latency(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Time the way of an event to its row, when nobody and when a cell works.

    The reference is JupyterLab's own way, from a printed line into a cell's output.
    """
    found = defaultdict(list)
    for _ in range(chosen.runs):
        for name, busy in (("idle", False), ("a cell blocks the kernel", True)):
            found[name].append(shown_events(desk, busy=busy))
        found[PRINTED].append(printed_lines(desk))
    quantiles = [(name, p) for name in found if name != PRINTED for p in (50, 95)]
    return [
        Row(
            question=f"append to row, {name}, p{p}",
            ours=[1000 * at(each, p / 100) for each in found[name]],
            unit="ms",
            reference=PRINTED,
            theirs=[1000 * at(each, p / 100) for each in found[PRINTED]],
            bound=MOST_LATE,
        )
        for name, p in quantiles
    ]


def shown_events(desk: Desk, *, busy: bool) -> list[float]:
    """Return how late rows are whose events are written now and then, in seconds."""
    sign = desk.folder / f"over-{time.monotonic_ns()}"
    with (
        desk.live() as (attempt, writer),
        desk.notebook(watch(attempt), blocking(sign)) as book,
    ):
        book.run(0)
        book.page.wait_for_selector(".mlev-row")
        if busy:
            book.run(1, wait=False)
        writer.write(SKIPPED, hz=HZ)
        book.page.evaluate(WATCH)
        last = writer.write(TIMED, hz=HZ)
        wait_for_total(book, last)
        sign.touch()
        return delays(book.page.evaluate("() => window.seen"))


def printed_lines(desk: Desk) -> list[float]:
    """Return how late lines are that a cell prints at the same pace, in seconds."""
    with desk.notebook(printing(SKIPPED + TIMED, HZ)) as book:
        book.page.evaluate(WATCH)
        book.run(0)
        return delays(book.page.evaluate("() => window.seen"))


def delays(seen: list[list[Any]]) -> list[float]:
    """Return how long after its stamp each event was first seen, in seconds."""
    first: dict[str, float] = {}
    for text, at_s in seen:
        for line in text.splitlines():
            first.setdefault(line.strip(), at_s)
    found = [
        at_s - float(line.rpartition(" at ")[2])
        for line, at_s in first.items()
        if " at " in line
    ]
    if len(found) < TIMED:
        sys.exit(f"only {len(found)} of {TIMED} events were seen one by one")
    return found[-TIMED:]


def streaming(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Write many events in a short time: is the page behind, is it smooth.

    The references are a log that grows slowly, and the same page at rest.
    """
    found = defaultdict(list)
    for _ in range(chosen.runs):
        slow, _, _ = streamed(desk, SLOW_HZ)
        fast, moving, resting = streamed(desk, FAST_HZ)
        found["slow"].append(1000 * slow)
        found["fast"].append(1000 * fast)
        found["moving"].append(moving)
        found["resting"].append(resting)
    count = STREAM_S * FAST_HZ
    return [
        Row(
            question=f"{count:,} events at {FAST_HZ:,}/s: lag of the total, p95",
            ours=found["fast"],
            unit="ms",
            reference=f"at {SLOW_HZ}/s",
            theirs=found["slow"],
            bound=MOST_LAG,
        ),
        Row(
            question="the same: frames",
            ours=found["moving"],
            unit="/s",
            reference="the page at rest",
            theirs=found["resting"],
            bound=LEAST_FRAMES,
            at_least=True,
        ),
    ]


def streamed(desk: Desk, hz: int) -> tuple[float, float, float]:
    """Return the lag in seconds, and frames a second while events come and before."""
    with desk.live() as (attempt, _), desk.notebook(watch(attempt)) as book:
        book.run(0)
        book.page.wait_for_selector(".mlev-row")
        book.page.evaluate(WATCH)
        at_rest = frames(book)
        time.sleep(REST_S)
        before = frames(book)
        script = [sys.executable, str(HERE / "ui_worlds.py"), str(attempt / "try-1")]
        done = subprocess.Popen(
            [*script, str(STREAM_S * hz), str(hz)],
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_for_total(book, STREAM_S * hz + 1)
        after = frames(book)
        stamps = json.loads(done.communicate()[0])
        totals = totals_of(book.page.evaluate("() => window.seen"))
    return lag(stamps, totals), per_second(before, after), per_second(at_rest, before)


def totals_of(seen: list[list[Any]]) -> list[tuple[int, float]]:
    """Return how many events the page said there were, and when."""
    return [
        (int(text.split()[0].replace(",", "")), at_s)
        for text, at_s in seen
        if text.endswith(("event", "events"))
    ]


def lag(stamps: list[list[float]], totals: list[tuple[int, float]]) -> float:
    """Return how old the newest event that the page counts is, at its 95th percentile.

    Looked at every 10 ms, so that a page that stands still is late too.
    """
    found = []
    begin, end = stamps[0][1], stamps[-1][1]
    moment = begin + 0.5
    while moment < end:
        counted = max((n for n, at_s in totals if at_s <= moment), default=0)
        unseen = next((at_s for n, at_s in stamps if n > counted), moment)
        found.append(max(0.0, moment - unseen))
        moment += 0.01
    return at(found, 0.95)


def long_log(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Open a long log: first paint, any row, memory.

    The references are shorter logs and a loop over the lines of the same file.
    """
    long, middle, short = (
        ui_worlds.write_long_log(
            desk.folder / f"log-{count}" / "agent" / "0" / "try-1", count, EVENT_BYTES
        )
        for count in (chosen.events, SOME_EVENTS, FEW_EVENTS)
    )
    paints = in_turns(desk, chosen.runs, "watch", (long, short), ".mlev-row")
    found = defaultdict(list)
    rng = random.Random(0)  # noqa: S311
    for _ in range(chosen.runs):
        open_long_log(desk, long, chosen.events, rng, found)
        with shown(desk, "watch", middle) as book:
            first_paint(book, 1, ".mlev-row")
            wait_until_read(book)
            found["middle"].append(jumps(book, rng, SOME_EVENTS, JUMPS))
        found["loop"].append(timed(loads_of_lines, long / "try-1" / "events.jsonl"))
    words = f"{chosen.events:,} events: first paint after the cell begins"
    few, some = f"of {FEW_EVENTS:,} events", f"of {SOME_EVENTS:,} events"
    early, late = "a random row, while the log is being read", "when it has been read"
    loop = "json.loads of each line"
    return [
        row(words, paints[0], few, paints[1], MOST_LONG_PAINT),
        row(early, found["early"], some, found["middle"], MOST_EARLY_JUMP),
        row(late, found["late"], some, found["middle"], MOST_LATE_JUMP),
        row(
            "the whole log has been read", found["read"], loop, found["loop"], MOST_READ
        ),
        *(
            Row(question=name, ours=found[name], unit="MB", bound=MOST_MB)
            for name in MEMORY
        ),
    ]


def open_long_log(
    desk: Desk,
    attempt: Path,
    events: int,
    rng: random.Random,
    found: dict[str, list[float]],
) -> None:
    """Open the long log once, and add what is found."""
    with shown(desk, "watch", attempt) as book:
        began = time.time()
        first_paint(book, 1, ".mlev-row")
        found["early"].append(jumps(book, rng, events, JUMPS // 2))
        wait_until_read(book)
        found["read"].append(time.time() - began)
        found["late"].append(jumps(book, rng, events, JUMPS))
        kernel, heap, renderer = MEMORY
        found[kernel].append(rss_of(desk.lab.kernel_pids()))
        found[heap].append(heap_of(book))
        found[renderer].append(rss_of(renderer_pids()))


def many_attempts(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Open an experiment of many graded attempts.

    The references are an experiment of few, and a loop over the same files.
    """
    many, few = (
        ui_worlds.write_graded(desk.folder / f"of-{count}", count)
        for count in (ATTEMPTS, FEW_ATTEMPTS)
    )
    listed = in_turns(desk, chosen.runs, "attach", (many, few), ".mv-attempt-row")
    read, loops = [], []
    for _ in range(chosen.runs):
        with shown(desk, "attach", many) as book:
            took = first_paint(book, 1, ".mv-attempt-row")
            began = time.time()
            book.page.wait_for_function(
                "(text) => document.querySelector('.mv-count').textContent === text",
                arg=f"{ATTEMPTS:,} attempts",
                timeout=120_000,
            )
            read.append(took + time.time() - began)
        loops.append(timed(loads_of_files, many))
    words = f"{ATTEMPTS:,} attempts: listed after the cell begins"
    those, loop = f"{FEW_ATTEMPTS} attempts", "json.loads of each file"
    return [
        row(words, listed[0], those, listed[1], MOST_LISTED),
        row("the same: all results read", read, loop, loops, MOST_RESULTS),
    ]


def saved(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Measure what a view adds to the notebook's file."""
    run = write_run(desk.folder / "saved", attempts=8, steps=40)
    grown: dict[str, list[float]] = {"exp": [], "exp[0]": []}
    for _ in range(chosen.runs):
        attach = f"import mle_toolkit as mle\nexp = mle.attach({str(run.path)!r})"
        with desk.notebook(attach, *grown) as book:
            book.run(0)
            book.save()
            before = book.path.stat().st_size
            for index, sizes in enumerate(grown.values(), 1):
                book.run(index)
                book.save()
                sizes.append((book.path.stat().st_size - before) / 1000)
                before = book.path.stat().st_size
    names = {"exp": "an experiment", "exp[0]": "an attempt"}
    return [
        Row(
            question=f"a saved notebook grows by a view of {names[name]}",
            ours=sizes,
            unit="kB",
            bound=MOST_SAVED_KB,
        )
        for name, sizes in grown.items()
    ]


MEASUREMENTS: dict[str, Callable[[Desk, argparse.Namespace], list[Row]]] = {
    "latency": latency,
    "streaming": streaming,
    "long log": long_log,
    "many attempts": many_attempts,
    "saved notebook": saved,
}


def row(
    question: str, ours: list[float], reference: str, theirs: list[float], bound: float
) -> Row:
    """Return a row of seconds."""
    return Row(
        question=question, ours=ours, reference=reference, theirs=theirs, bound=bound
    )


def in_turns(
    desk: Desk, runs: int, how: str, folders: tuple[Path, Path], selector: str
) -> tuple[list[float], list[float]]:
    """Return the first paints of two folders, opened in turns, in seconds."""
    found: tuple[list[float], list[float]] = ([], [])
    # One pair alone says little, and the first one finds nothing in any cache.
    for _ in range(2 * runs + 1):
        for folder, paints in zip(folders, found, strict=True):
            with shown(desk, how, folder) as book:
                paints.append(first_paint(book, 1, selector))
    return found


@contextlib.contextmanager
def shown(desk: Desk, how: str, folder: Path) -> Iterator[Notebook]:
    """Yield a notebook whose second cell shows a folder; the first one has been run."""
    cells = ("import mle_toolkit as mle", stamped(f"mle.{how}({str(folder)!r})"))
    with desk.notebook(*cells) as book:
        book.run(0)
        yield book


def timed(loop: Callable[[Path], int], path: Path) -> float:
    """Return the seconds that a plain loop takes."""
    began = time.perf_counter()
    loop(path)
    return time.perf_counter() - began


def loads_of_lines(path: Path) -> int:
    """Read every line of a log by the plainest loop; return how many there are."""
    with path.open("rb") as log:
        return sum(bool(json.loads(line)) for line in log)


def loads_of_files(folder: Path) -> int:
    """Read every result and grade by the plainest loop; return how many there are."""
    return sum(
        bool(json.loads(path.read_bytes()))
        for name in ("result.json", "grade.json")
        for path in folder.glob(f"*/*/*/{name}")
    )


def at(values: list[float], part: float) -> float:
    """Return the smallest value that `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
