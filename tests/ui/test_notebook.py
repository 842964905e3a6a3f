"""The live view in a real JupyterLab."""

import json
import re
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect

import mle_toolkit as mle
from tests.ui.lab import KERNELS, Notebook, write_notebook
from tests.ui.watchman import Watchman

pytestmark = pytest.mark.slow
TOTAL = ".mlev-count"
HEADS = ".mlev-row:visible .mlev-row-head"
LAST_S = 30_000


def cell_of(attempt):
    return f"import mle_toolkit as mle\nmle.watch({str(attempt.path)!r})"


def expect_events(page, total):
    """All events are counted, and the newest one is in sight."""
    count = page.locator(TOTAL)
    expect(count).to_have_text(f"{total} events", timeout=LAST_S)
    newest = page.locator(HEADS, has_text=f"event {total} at")
    expect(newest).to_be_visible(timeout=LAST_S)


def expect_first(page):
    """The first event can be reached: the whole log is there, not only its end."""
    page.locator(".mlev-list").first.focus()
    page.keyboard.press("Home")
    first = page.locator(HEADS, has_text="tree-search/offline")
    expect(first).to_be_visible(timeout=LAST_S)
    follow(page)


def follow(page):
    """Keep the newest event in sight from now on."""
    # A view that has just come begins to follow by itself.
    expect(page.locator(HEADS).first).to_be_visible(timeout=LAST_S)
    button = page.get_by_role("button", name="Follow", exact=True)
    if button.get_attribute("aria-pressed") != "true":
        button.click()


def test_new_events_appear_while_another_process_writes(context, shown):  # noqa: ARG001
    """What another process appends becomes visible by itself, again and again."""
    book, _, writer = shown
    follow(book.page)
    for _ in range(3):
        expect_events(book.page, writer.write(5, hz=20))
    expect_first(book.page)


def test_nothing_is_lost_by_reload_second_tab_or_a_closed_notebook(notebook, live):
    """A view that comes back has every event, and gets new ones."""
    _, attempt, writer = live
    book = notebook(cell_of(attempt))
    book.run(0)
    expect_events(book.page, writer.write(300))
    book.save()

    book.page.evaluate("() => { window.mark = 1; }")
    writer.begin(20, hz=20)
    book.reload()
    assert book.page.evaluate("() => window.mark") is None
    expect_events(book.page, writer.end())
    expect_events(book.page, writer.write(2))

    second = Notebook(book.lab, book.context, book.name).open()
    expect_events(second.page, writer.write(3))
    expect_events(book.page, writer.total)
    expect_first(second.page)

    second.close()
    book.close()
    writer.write(10)
    again = Notebook(book.lab, book.context, book.name).open()
    expect_events(again.page, writer.write(2))
    expect_first(again.page)


def test_one_cell_attaches_again_after_a_restart_of_the_kernel(context, shown):  # noqa: ARG001
    """A new kernel knows nothing; running one cell shows all events and new ones."""
    book, _, writer = shown
    follow(book.page)
    expect_events(book.page, writer.write(50))
    book.restart()
    writer.write(5)
    book.run(0)
    expect_events(book.page, writer.write(5))
    expect_first(book.page)


@pytest.mark.parametrize("subshells", ["perCommTarget", "disabled"])
def test_a_busy_kernel_shows_new_events(notebook, lab, live, tmp_path, subshells):
    """While a cell runs new events appear; a click waits for its end at most."""
    _, attempt, writer = live
    lab.set(KERNELS, commsOverSubshells=subshells)
    try:
        book = notebook(cell_of(attempt), blocking(tmp_path / "over"))
        book.run(0)
        expect_events(book.page, writer.write(5))
        book.run(1, wait=False)
        expect_events(book.page, writer.write(5, hz=20))
        book.page.locator(HEADS, has_text=f"event {writer.total - 1} at").click()
        expect_events(book.page, writer.write(2))
        assert book.running(1)
        (tmp_path / "over").touch()
        detail = book.page.locator(".mlev-detail-body")
        expect(detail).to_contain_text(f"event {writer.total - 3} at", timeout=LAST_S)
    finally:
        lab.set(KERNELS)


MUTE = """
from mle_toolkit.notebook import live
(view,) = live._watcher._views
spoken = view.send
view.send = lambda message, *more: None if "push" in message else spoken(message, *more)
"""


def test_what_a_sleeping_browser_missed_is_asked_for(notebook, live):
    """Batches that never arrived leave a gap in their numbers, and nothing is lost."""
    _, attempt, writer = live
    log = attempt.path / "try-1" / "events.jsonl"

    def add_node(number):
        event = {"kind": "node", "node": number, "stage": "draft", "metric": 0.5}
        with log.open("a") as file:
            file.write(json.dumps(event) + "\n")

    book = notebook(cell_of(attempt), MUTE, "view.send = spoken")
    book.run(0)
    nodes = book.page.locator(".mlev-slot-tree [role=treeitem]")
    add_node(0)
    expect(nodes).to_have_count(1, timeout=LAST_S)
    book.run(1)
    for number in range(1, 4):
        add_node(number)
        writer.write(1)
    # The kernel has read them, and told nobody.
    time.sleep(1.0)
    book.run(2)
    add_node(4)
    expect(nodes).to_have_count(5, timeout=LAST_S)


def test_the_picture_gives_way_to_the_view(context, shown):  # noqa: ARG001
    """A live view hides the picture that stands for it, also after it was renewed."""
    book, _, writer = shown
    follow(book.page)
    picture = book.page.locator("[data-mle-static]")
    expect(picture).to_be_hidden()
    first = picture.inner_html()
    writer.write(3)
    book.page.wait_for_function(
        "(first) => document.querySelector('[data-mle-static]').innerHTML !== first",
        arg=first,
        timeout=LAST_S,
    )
    expect(picture).to_be_hidden()


def test_a_saved_notebook_shows_the_picture_without_a_kernel(notebook, live, browser):
    """What nbconvert makes of a saved notebook shows the trace, without a network."""
    run, attempt, writer = live
    book = notebook(cell_of(attempt), f"mle.attach({str(run.path)!r})")
    writer.write(4)
    book.run(0)
    book.run(1)
    expect_events(book.page, writer.total)
    saved = book.save()
    for cell, word in zip(saved["cells"], ("event", "live"), strict=True):
        html = "".join(map(html_of, cell["outputs"]))
        assert "<img" in html
        assert word in html
    assert book.path.stat().st_size < 2 * 200_000
    expect_picture(browser, convert(book.path), "Small digits")


def test_papermill_keeps_the_picture(browser, live, tmp_path):
    """A notebook that papermill has run shows the trace in nbconvert's page."""
    _, attempt, writer = live
    writer.write(4)
    source = write_notebook(tmp_path / "in.ipynb", cell_of(attempt))
    target = tmp_path / "out.ipynb"
    program = (
        "import papermill, sys; papermill.execute_notebook(sys.argv[1], sys.argv[2],"
        " progress_bar=False, store_widget_state=False)"
    )
    run_tool("-c", program, str(source), str(target))
    expect_picture(browser, convert(target), "Small digits")


def test_stop_leaves_a_wish(notebook, live):
    """Two clicks on "stop" write the file that asks the attempt to stop."""
    run, attempt, _ = live
    book = notebook(f"import mle_toolkit as mle\nmle.attach({str(run.path)!r})")
    book.run(0)
    row = book.page.locator(".mv-attempt-row:visible", has_text="running")
    expect(row).to_be_visible()
    wish = attempt.path / "stop"
    row.locator(".mv-stop").click()
    expect(row.locator(".mv-stop")).to_have_text("really?")
    assert not wish.exists()
    row.locator(".mv-stop").click()
    stopping = book.page.locator(".mv-attempt-row:visible", has_text="stopping")
    expect(stopping).to_be_visible(timeout=LAST_S)
    assert json.loads(wish.read_text())["pid"] > 0
    assert not (run.path / "stop").exists()


def test_a_note_is_kept_in_the_run_folder(context, shown):  # noqa: ARG001
    """A note that is written in the browser is in the folder, and in other views."""
    book, attempt, writer = shown
    page = book.page
    follow(page)
    expect_events(page, writer.write(3))
    page.locator(HEADS, has_text=f"event {writer.total} at").click()
    page.get_by_role("button", name=re.compile("Add a note")).click()
    page.get_by_label("Add a tag").fill("odd")
    page.keyboard.press("Enter")
    page.get_by_label("Comment").fill("Look <b>here</b>.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".mlev-note .mlev-words").first).to_have_text(
        "Look <b>here</b>."
    )
    notes = mle.load_annotations(attempt.path)
    assert notes["comment"].tolist() == ["Look <b>here</b>."]
    book.save()
    book.reload()
    expect_events(page, writer.total)
    expect(page.locator(".mlev-top")).to_contain_text("Notes 1")


def blocking(sign):
    """A cell that keeps the kernel busy until a file appears."""
    return (
        "import pathlib, time\n"
        f"while not pathlib.Path({str(sign)!r}).exists(): time.sleep(0.05)"
    )


def html_of(output):
    """The HTML of an output, as a notebook file has it: in one piece or in lines."""
    found = output.get("data", {}).get("text/html", "")
    return found if isinstance(found, str) else "".join(found)


def convert(path):
    """Return the page that nbconvert makes of a notebook."""
    run_tool("-m", "nbconvert", "--to", "html", str(path))
    return path.with_suffix(".html")


def run_tool(*arguments):
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def expect_picture(browser, path, words):
    """A page shows the picture of a trace, and its pictures can be drawn."""
    # The template of nbconvert asks for scripts of its own, and gets none.
    watchman = Watchman(browser.new_context(), may_ask=True)
    page = watchman.context.new_page()
    page.goto(f"file://{path}")
    expect(page.get_by_text(words).first).to_be_visible()
    images = page.locator("img[src^='data:image/svg']")
    expect(images.first).to_be_visible()
    widths = images.evaluate_all("all => all.map((one) => one.naturalWidth)")
    watchman.end()
    watchman.context.close()
    assert len(widths) >= 2
    assert min(widths) > 100
