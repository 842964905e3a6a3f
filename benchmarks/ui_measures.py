"""What `benchmarks/ui.py` measures: each function gives the rows of its table."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import ui_worlds

from tests.builders import write_run
from tests.ui.lab import JupyterLab, Notebook, write_notebook
from tests.ui.writer import Writer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

HERE = Path(__file__).resolve().parent
EVENTS = 1_000_000
EVENT_BYTES = 1000
STREAMED, PER_SECOND = 100_000, 20_000
ATTEMPTS = 10_000
WATCH = """() => {
  window.seen = []; window.frames_ = 0; window.paints = [];
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  new MutationObserver((changes) => {
    const at = now();
    for (const { target } of changes) {
      const host = target.nodeType === 1 ? target : target.parentElement;
      const text = host?.closest(".mlev-row-head, .mlev-count")?.textContent;
      if (text) window.seen.push([text, at]);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  const count = () => { window.frames_ += 1; requestAnimationFrame(count); };
  count();
}"""
FIRST = """(selector) => new Promise((done) => {
  const look = () => {
    const there = [...document.querySelectorAll(selector)]
      .some((one) => !one.hidden && one.textContent.trim().length > 3);
    if (!there) { requestAnimationFrame(look); return; }
    const now = () => (performance.timeOrigin + performance.now()) / 1000;
    requestAnimationFrame(() => done(now()));
  };
  look();
})"""
JUMP = """(row) => new Promise((done) => {
  const begin = performance.now();
  const jump = document.querySelector(".mlev-jump");
  [...document.querySelectorAll(".mlev-bar button")]
    .find((one) => one.textContent === "Go to").click();
  jump.value = String(row);
  jump.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  const look = () => {
    const there = document.querySelector(`.mlev-row[data-index="${row - 1}"]`);
    const text = there && !there.hidden && there.querySelector(".mlev-row-head");
    const found = text && text.textContent.includes(`event ${row} `);
    if (found) done(performance.now() - begin);
    else if (performance.now() - begin > 20000) done(NaN);
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One question: the values of some runs, and the bound of their median."""

    question: str
    values: list[float]
    unit: str
    bound: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the median keeps the bound."""
        middle = statistics.median(self.values)
        return middle >= self.bound if self.at_least else middle <= self.bound


class Desk:
    """A JupyterLab, a browser and a folder, for one measurement after the other."""

    def __init__(self, lab: JupyterLab, browser: Browser, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self.context = browser.new_context(viewport={"width": 1600, "height": 1000})
        self._count = 0

    @contextlib.contextmanager
    def notebook(self, *cells: str) -> Iterator[Notebook]:
        """Yield a notebook that is open; its kernel ends with it."""
        self._count += 1
        name = f"bench-{self._count}.ipynb"
        write_notebook(self.lab.root / name, *cells)
        book = Notebook(self.lab, self.context, name).open()
        try:
            yield book
        finally:
            book.close()
            self.lab.end_kernels()

    @contextlib.contextmanager
    def live(self) -> Iterator[tuple[Path, Writer]]:
        """Yield an attempt and the process that writes its log."""
        self._count += 1
        run = write_run(
            self.folder / f"live-{self._count}",
            competitions=("digits",),
            attempts=1,
            pending=1,
        )
        attempt = run.attempts()[0].path
        writer = Writer(attempt / "try-1")
        try:
            yield attempt, writer
        finally:
            writer.close()


def latency(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Time the way of an event to its row, when nobody and when a cell works."""
    found: dict[str, list[list[float]]] = {"idle": [], "a cell blocks the kernel": []}
    for _ in range(chosen.runs):
        for name, measured in found.items():
            with desk.live() as (attempt, writer):
                sign = desk.folder / f"over-{time.monotonic_ns()}"
                with desk.notebook(watch(attempt), blocking(sign)) as book:
                    book.run(0)
                    book.page.wait_for_selector(".mlev-row")
                    if name != "idle":
                        book.run(1, wait=False)
                    writer.write(10, hz=10)
                    book.page.evaluate(WATCH)
                    last = writer.write(60, hz=10)
                    wait_for_total(book, last)
                    measured.append(delays(book.page.evaluate("() => window.seen")))
                    sign.touch()
    return [
        Row(
            f"append to row, {name}, {q}",
            [1000 * at(each, p) for each in runs],
            "ms",
            120,
        )
        for name, runs in found.items()
        for q, p in (("p50", 0.5), ("p95", 0.95))
    ]


def delays(seen: list[list[Any]]) -> list[float]:
    """Return how long after its stamp each event was first seen, in seconds."""
    first: dict[str, float] = {}
    for text, at_s in seen:
        first.setdefault(text.strip(), at_s)
    found = [
        at_s - float(text.rpartition(" at ")[2])
        for text, at_s in first.items()
        if " at " in text
    ]
    if len(found) < 60:  # noqa: PLR2004
        sys.exit(f"only {len(found)} of 60 events were seen one by one")
    return found[-60:]


def streaming(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Write many events in a short time: is the page behind, is it smooth."""
    lags, frames = [], []
    for _ in range(chosen.runs):
        with desk.live() as (attempt, _), desk.notebook(watch(attempt)) as book:
            book.run(0)
            book.page.wait_for_selector(".mlev-row")
            book.page.evaluate(WATCH)
            script = [sys.executable, str(HERE / "ui_worlds.py")]
            before = book.page.evaluate("() => [window.frames_, performance.now()]")
            done = subprocess.Popen(
                [*script, str(attempt / "try-1"), str(STREAMED), str(PER_SECOND)],
                stdout=subprocess.PIPE,
                text=True,
            )
            wait_for_total(book, STREAMED + 1)
            after = book.page.evaluate("() => [window.frames_, performance.now()]")
            stamps = json.loads(done.communicate()[0])
            totals = totals_of(book.page.evaluate("() => window.seen"))
            lags.append(lag(stamps, totals))
            frames.append(1000 * (after[0] - before[0]) / (after[1] - before[1]))
    return [
        Row("100,000 events at 20,000/s: lag of the total, p95", lags, "s", 0.2),
        Row("the same: frames per second", frames, "", 40.0, at_least=True),
    ]


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
    """Open a long log: first paint, any row, memory."""
    attempt = ui_worlds.write_long_log(
        desk.folder / "long" / "agent" / "0" / "try-1", chosen.events, EVENT_BYTES
    )
    words = f"{chosen.events:,} events"
    paints, early, late, read, kernels, heaps, renderers = ([] for _ in range(7))
    rng = random.Random(0)  # noqa: S311
    for _ in range(chosen.runs):
        cells = ("import mle_toolkit as mle", stamped(f"mle.watch({str(attempt)!r})"))
        with desk.notebook(*cells) as book:
            book.run(0)
            began = time.time()
            paints.append(first_paint(book, 1, ".mlev-row"))
            early += jumps(book, rng, chosen.events, 10)
            book.page.wait_for_function(
                "() => !document.querySelector('.mlev-top').textContent"
                ".includes('reading')",
                timeout=600_000,
            )
            read.append(time.time() - began)
            late += jumps(book, rng, chosen.events, 20)
            kernels.append(rss_of(desk.lab.kernel_pids()))
            heaps.append(heap_of(book))
            renderers.append(rss_of(renderer_pids()))
    return [
        Row(f"{words}: first paint after the cell begins", paints, "s", 1.0),
        Row("a random row, while the log is being read", early, "s", 0.3),
        Row("a random row, when it has been read", late, "s", 0.3),
        Row("the whole log has been read", read, "s", 120.0),
        Row("memory of the kernel", kernels, "MB", 500.0),
        Row("JavaScript heap of the page", heaps, "MB", 500.0),
        Row("memory of the largest renderer", renderers, "MB", 500.0),
    ]


def many_attempts(desk: Desk, chosen: argparse.Namespace) -> list[Row]:
    """Open an experiment of many graded attempts."""
    folder = ui_worlds.write_graded(desk.folder / "many", ATTEMPTS)
    listed, read = [], []
    for _ in range(chosen.runs):
        cells = ("import mle_toolkit as mle", stamped(f"mle.attach({str(folder)!r})"))
        with desk.notebook(*cells) as book:
            book.run(0)
            listed.append(first_paint(book, 1, ".mv-attempt-row"))
            began = time.time()
            book.page.wait_for_function(
                "() => document.querySelector('.mv-count').textContent"
                " === '10,000 attempts'",
                timeout=120_000,
            )
            read.append(time.time() - began + listed[-1])
    return [
        Row("10,000 attempts: listed after the cell begins", listed, "s", 1.0),
        Row("the same: all results read", read, "s", 10.0),
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
        Row(f"a saved notebook grows by a view of {names[name]}", sizes, "kB", 200.0)
        for name, sizes in grown.items()
    ]


MEASUREMENTS: dict[str, Callable[[Desk, argparse.Namespace], list[Row]]] = {
    "latency": latency,
    "streaming": streaming,
    "long log": long_log,
    "many attempts": many_attempts,
    "saved notebook": saved,
}


def watch(attempt: Path) -> str:
    """Return the cell that shows an attempt."""
    return f"import mle_toolkit as mle\nmle.watch({str(attempt)!r})"


def stamped(source: str) -> str:
    """Return a cell that says when its execution began."""
    return f"import time; print(time.time())\n{source}"


def blocking(sign: Path) -> str:
    """Return a cell that keeps the kernel busy until a file appears."""
    name = str(sign)
    return f"import os, time\nwhile not os.path.exists({name!r}): time.sleep(0.05)"


def first_paint(book: Notebook, index: int, selector: str) -> float:
    """Run a cell; return how long after its begin an element with a text is painted."""
    book.run(index, wait=False)
    painted = book.page.evaluate(FIRST, selector)
    book.wait_for(index)
    return float(painted) - float(book.text(index))


def jumps(book: Notebook, rng: random.Random, events: int, count: int) -> list[float]:
    """Go to random rows; return how long each took, in seconds."""
    return [
        book.page.evaluate(JUMP, rng.randint(1, events)) / 1000 for _ in range(count)
    ]


def wait_for_total(book: Notebook, total: int) -> None:
    """Wait until the page counts that many events."""
    book.page.wait_for_function(
        "(text) => document.querySelector('.mlev-count')?.textContent === text",
        arg=f"{total:,} events",
        timeout=120_000,
    )


def heap_of(book: Notebook) -> float:
    """Return what JavaScript holds in a page after a collection, in MB."""
    client = book.context.new_cdp_session(book.page)
    client.send("HeapProfiler.collectGarbage")
    client.send("Performance.enable")
    metrics = client.send("Performance.getMetrics")["metrics"]
    client.detach()
    return next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize") / 1e6


def rss_of(pids: list[int]) -> float:
    """Return the memory of the largest of some processes, in MB."""
    return max(psutil.Process(pid).memory_info().rss for pid in pids) / 1e6


def renderer_pids() -> list[int]:
    """Return the renderers of the browser that this process has started."""
    return [
        each.pid
        for each in psutil.Process().children(recursive=True)
        if "--type=renderer" in each.cmdline()
    ]


def at(values: list[float], part: float) -> float:
    """Return the smallest value that `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
