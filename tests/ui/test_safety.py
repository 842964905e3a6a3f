"""What agents and other people wrote is shown as text, in a real browser.

The hooks of `watchman` fail a test when a script of theirs runs, when a dialog opens,
when the page's policy had to stop something, and when the network is asked.
"""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from mle_toolkit.reporting.live import snapshot
from mle_toolkit.reporting.live.page import experiment_page, trace_page
from mle_toolkit.reporting.live.session import Session
from mle_toolkit.traces import EventWriter
from tests.ui.lab import click_node
from tests.ui.watchman import Watchman
from tests.ui.worlds import HOSTILE_NAME, SEEN, hostile_run

ROWS = ".mlev-row:visible"
BIG, BLOB = 100_000_000, 60_000_000
# Elements and attributes that only markup of an agent could have made.
FOREIGN = """(root) => {
  const within = document.querySelector(root);
  if (!within) return ["there is no " + root];
  const bad = within.querySelectorAll(
    "script, img:not([src^='data:image/svg+xml;base64,']), iframe, object, embed, base,"
    + "link, meta, style, form[action], animate, a[href], math, video, audio");
  const found = [...bad].map((one) => one.outerHTML.slice(0, 200));
  for (const one of within.querySelectorAll("*")) {
    for (const { name, value } of one.attributes) {
      if (/^on/i.test(name) || /javascript:|evil\\.example/i.test(value) && !["title",
          "aria-label", "alt", "value"].includes(name)) found.push(`${name}=${value}`);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return hostile_run(tmp_path_factory.mktemp("hostile") / "run")


def check(page, root):
    """Nothing but text has come of it, and the text can be seen."""
    assert page.evaluate(FOREIGN, root) == []
    text = page.locator(root).first.inner_text()
    assert any(word in text for word in (*SEEN, HOSTILE_NAME))
    for hidden in "\x1b\u202e\u2066\u2028\x00":
        assert hidden not in text


def visit_everything(page):
    """Open every event, every node with its tabs, and look at each."""
    root = ".mlev"
    events = page.get_by_role("listbox", name="Events")
    total = int(page.locator(".mlev-count").inner_text().split()[0])
    events.focus()
    page.keyboard.press("Home")
    for seq in range(1, total + 1):
        expect(page.locator(".mlev-detail-head")).to_contain_text(f"#{seq} ")
        # The text of a folded part is made when it is opened.
        page.locator(".mlev-detail-body details").evaluate_all(
            "all => all.forEach((one) => { one.open = true; })"
        )
        check(page, root)
        events.focus()
        page.keyboard.press("ArrowDown")
    for number in (0, 1):
        click_node(page, number)
        expect(page.locator(".mlev-detail-head")).to_contain_text(f"Node {number}")
        for tab in page.get_by_role("tab").all():
            if tab.is_enabled():
                tab.click()
                check(page, root)
    for pane in (".mv-tree-canvas", ".mv-chart-canvas"):
        box = page.locator(pane).bounding_box()
        for part in range(1, 10):
            x = box["x"] + part * box["width"] / 10
            page.mouse.move(x, box["y"] + box["height"] / 2)
    check(page, root)


def test_an_exported_attempt(open_page, run):
    """Every event and node of a hostile trace can be opened in the exported page."""
    page = open_page(trace_page(run.attempts()[0]), name=f"{HOSTILE_NAME}.html")
    expect(page.locator(ROWS).first).to_be_visible()
    visit_everything(page)
    assert page.locator("script").count() == 2
    assert page.locator("iframe, img").count() == 0


def test_an_exported_experiment(open_page, run):
    """The list, the matrix, the comparison and an attempt behind them."""
    page = open_page(experiment_page(run))
    rows = page.locator(".mv-attempt-row:visible")
    expect(rows).to_have_count(2)
    check(page, ".mlev")
    rows.first.hover()
    page.get_by_role("button", name="Matrix").click()
    page.locator(".mv-exp button, .mv-exp [data-i]").first.hover()
    check(page, ".mlev")
    page.get_by_role("button", name="Matrix").click()
    page.get_by_label("Filter attempts by text").fill(HOSTILE_NAME)
    expect(rows).to_have_count(2)
    for box in rows.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Compare (2 of 2)").click()
    expect(page.get_by_role("region", name="Comparison")).to_contain_text("Code")
    check(page, ".mlev")
    page.get_by_role("button", name="Back").click()
    rows.first.locator(".mv-col-agent").click()
    expect(page.locator(ROWS).first).to_be_visible()
    check(page, ".mlev")


def test_the_search_words_are_text(open_page, run):
    """What a user pastes into the search is text too."""
    page = open_page(trace_page(run.attempts()[0]))
    page.get_by_label("Search the texts of all events").fill(SEEN[0])
    expect(page.locator(".mlev-count")).to_contain_text(" of ")
    check(page, ".mlev")


@pytest.mark.parametrize("what", ["trace", "experiment"])
def test_the_picture(open_page, run, what):
    """The static HTML, on a page without any policy that could have helped."""
    if what == "trace":
        still = Session(run, run.attempts()[0]).still()
        (seen,) = still["traces"]
        html = snapshot.trace_html(seen["trace"], seen["rows"])
    else:
        html = snapshot.experiment_html(Session(run).still()["experiment"])
    page = open_page(f"<!doctype html><meta charset=utf-8><body>{html}</body>")
    expect(page.locator("body > div")).to_be_visible()
    check(page, "body")
    loaded = page.locator("img").evaluate_all("all => all.map((i) => i.naturalWidth)")
    assert loaded
    assert min(loaded) > 0


@pytest.mark.slow
def test_the_live_view_and_what_nbconvert_makes_of_it(notebook, run, browser):
    """In JupyterLab, and in the page of the saved notebook."""
    book = notebook(
        f"import mle_toolkit as mle\nexp = mle.attach({str(run.path)!r})\nexp[0]", "exp"
    )
    book.run(0)
    page = book.page
    expect(page.locator(ROWS).first).to_be_visible()
    visit_everything(page)
    book.run(1)
    book.show(1)
    expect(page.locator(".mv-attempt-row:visible").first).to_be_visible()
    check(page, ".mv-exp")
    for root in page.locator("[data-mle-static]").all():
        assert root.locator("script, iframe").count() == 0
    book.save()
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(book.path)]
    subprocess.run(command, check=True, capture_output=True)
    watchman = Watchman(browser.new_context(), may_ask=True)
    made = watchman.context.new_page()
    made.goto(f"file://{book.path.with_suffix('.html')}")
    expect(made.locator("[data-mle-static]").first).to_be_visible()
    for root in made.locator("[data-mle-static]").all():
        assert root.locator("script, iframe, a").count() == 0
    check(made, ".jp-OutputArea:has([data-mle-static])")
    watchman.end()
    watchman.context.close()


@pytest.mark.slow
def test_a_line_of_a_hundred_megabytes(notebook, tmp_path):
    """As a blob it is shown by pieces; within the log it is named, and nothing hangs.

    The end of a text is reached if it is not longer than what is read of a blob, also
    where characters are several bytes.
    """
    folder = tmp_path / "comp" / "agent" / "0" / "try-1"
    folder.mkdir(parents=True)
    claim = {"host": "made", "boot": "", "pid": 1, "started": ""}
    (folder / "claim").write_text(json.dumps(claim))
    log = EventWriter(folder)
    log.append("note", {"text": "the first"})
    text = SEEN[0] * (BIG // len(SEEN[0]))
    log.append("exec", {"output": text, "status": "ok"})
    log.append("exec", {"output": f"{text[:BLOB]} the very end", "status": "error"})
    log.append("note", {"text": f"{'é€😀' * 50_000} so ends this"})
    with (folder / "events.jsonl").open("ab") as raw:
        raw.write(b'{"seq": 5, "kind": "note", "text": "')
        raw.write(text.encode() + b'"}\n')
        raw.write(b'{"seq": 6, "kind": "note", "text": "after it", "elapsed_s": 3}\n')
    log.close()

    book = notebook(
        f"import mle_toolkit as mle\nmle.watch({str(folder.parent)!r})", "print(6 * 7)"
    )
    book.run(0)
    page = book.page
    expect(page.locator(".mlev-count")).to_have_text("6 events", timeout=30_000)
    expect(page.locator(ROWS, has_text="after it")).to_be_visible()
    expect(page.locator(ROWS, has_text="too long")).to_be_visible()
    body = page.locator(".mlev-detail-body")
    long = page.locator(ROWS, has_text=SEEN[0][:20])
    long.first.click()
    expect(body).to_contain_text(SEEN[0])
    page.get_by_role("button", name="To the end").click()
    expect(body).to_contain_text("Earlier part", timeout=30_000)
    long.last.click()
    expect(page.locator(".mlev-detail-head")).to_contain_text("#3 ")
    expect(body).to_contain_text(SEEN[0])
    page.get_by_role("button", name="Load more").click()
    expect(body).to_contain_text("22,000 of")
    page.get_by_role("button", name="To the end").click()
    expect(body).to_contain_text("the very end", timeout=30_000)
    page.locator(ROWS, has_text="é€😀").first.click()
    expect(body).to_contain_text("é€😀")
    page.get_by_role("button", name="To the end").click()
    expect(body).to_contain_text("so ends this")
    assert page.evaluate(FOREIGN, ".mlev") == []
    elements = page.locator(".mlev *").count()
    assert elements < 5000
    book.run(1)
    assert book.text(1) == "42\n"
