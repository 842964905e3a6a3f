"""What `benchmarks/ui.py` measures with: notebooks, writers, questions to a page."""

from __future__ import annotations

import contextlib
import statistics
from typing import TYPE_CHECKING

import psutil

from tests.builders import write_run
from tests.ui.lab import JupyterLab, Notebook, write_notebook
from tests.ui.writer import Writer

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

WATCH = """() => {
  window.seen = []; window.frames_ = 0; window.paints = [];
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  new MutationObserver((changes) => {
    const at = now();
    for (const { target } of changes) {
      const host = target.nodeType === 1 ? target : target.parentElement;
      const shown = host?.closest(".mlev-row-head, .mlev-count, .jp-RenderedText");
      if (shown) window.seen.push([shown.textContent, at]);
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


def printing(lines: int, hz: float) -> str:
    """Return a cell that prints stamped lines, as unevenly as the writer's events."""
    return (
        "import random, time\nuneven = random.Random(0)\n"
        f"for n in range({lines}):\n"
        f"    time.sleep(uneven.uniform(0.5, 1.5) / {hz})\n"
        "    print(f'line {n} at {time.time():.4f}')"
    )


def first_paint(book: Notebook, index: int, selector: str) -> float:
    """Run a cell; return how long after its begin an element with a text is painted."""
    book.run(index, wait=False)
    painted = book.page.evaluate(FIRST, selector)
    book.wait_for(index)
    return float(painted) - float(book.text(index))


def jumps(book: Notebook, rng: random.Random, events: int, count: int) -> float:
    """Go to random rows; return how long that takes, in seconds: the median."""
    return statistics.median(
        book.page.evaluate(JUMP, rng.randint(1, events)) / 1000 for _ in range(count)
    )


def frames(book: Notebook) -> list[float]:
    """Return how many frames were drawn since `WATCH`, and the page's clock, in ms."""
    return list(book.page.evaluate("() => [window.frames_, performance.now()]"))


def per_second(before: list[float], after: list[float]) -> float:
    """Return the frames a second between two answers of `frames`."""
    return 1000 * (after[0] - before[0]) / (after[1] - before[1])


def wait_until_read(book: Notebook) -> None:
    """Wait until the page says no more that a log is being read."""
    book.page.wait_for_function(
        "() => !document.querySelector('.mlev-top').textContent.includes('reading')",
        timeout=600_000,
    )


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
