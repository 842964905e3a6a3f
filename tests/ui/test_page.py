"""The exported page in a real browser: everything works without a kernel."""

import re

import pytest
from playwright.sync_api import expect

from mle_toolkit.reporting.live.page import experiment_page, trace_page
from tests.builders import write_run
from tests.ui.lab import click_node
from tests.ui.worlds import planned_run

ROWS = ".mlev-row:visible"
SELECTED = ".mlev-row[aria-selected=true]"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "shown", attempts=3)


@pytest.fixture
def trace(open_page, run):
    """The page of one attempt: five nodes, 21 events or so."""
    return open_page(trace_page(run.attempts()[0], ref="digits/tree-search-offline/0"))


@pytest.fixture
def experiment(open_page, run):
    return open_page(experiment_page(run))


def count_of(page):
    return int(page.locator(".mlev-count").inner_text().split()[0].replace(",", ""))


def test_all_panes_of_an_attempt_are_there(trace, run):
    """Tree, chart, budget and transcript show what the log holds."""
    log = run.attempts()[0].path / "try-1" / "events.jsonl"
    expect(trace.locator(".mv-node")).to_have_count(5)
    drawn = trace.locator(".mv-chart-canvas .mv-step-best")
    expect(drawn).to_have_attribute("d", re.compile("M.*V"))
    expect(trace.locator(".mlev-slot-budget")).to_contain_text("training")
    assert count_of(trace) == len(log.read_bytes().splitlines())
    expect(trace.locator(".mlev-top")).to_contain_text("Small digits")


def test_search_hides_what_does_not_match(trace):
    """Searching looks into whole events, and clearing it brings all back."""
    total = count_of(trace)
    trace.get_by_label("Search the texts of all events").fill("print('NODE 3')")
    expect(trace.locator(".mlev-count")).to_have_text(f"1 of {total}")
    expect(trace.locator(ROWS)).to_have_count(1)
    trace.keyboard.press("Escape")
    expect(trace.locator(".mlev-count")).to_have_text(f"{total} events")


def test_kinds_filter_the_transcript(trace):
    """A chip shows the events of its kind alone; two chips those of both."""
    total = count_of(trace)
    trace.locator(".mlev-chip", has_text="model").click()
    expect(trace.locator(".mlev-count")).to_have_text(f"5 of {total}")
    trace.locator(".mlev-chip", has_text="end").click()
    expect(trace.locator(".mlev-count")).to_have_text(f"6 of {total}")


def test_tree_chart_and_transcript_select_together(trace):
    """A node that is clicked is found in the transcript, and an event its node."""
    click_node(trace, 3)
    expect(trace.locator(".mlev-detail-head")).to_contain_text("Node 3")
    expect(trace.locator(".mlev-row.is-node").first).to_be_visible()
    trace.get_by_role("button", name="Close the details").click()
    row = trace.locator(ROWS, has_text="improve 2").first
    row.click()
    expect(trace.locator('.mv-node[data-k="2"]')).to_have_attribute(
        "aria-selected", "true"
    )
    expect(trace.locator(".mlev-detail-head")).to_contain_text("node 2")


def test_a_node_shows_program_difference_and_output(trace):
    """The tabs show the texts of a node, and how it differs from its parent."""
    click_node(trace, 2)
    detail = trace.locator(".mlev-detail")
    expect(detail.locator(".mlev-code")).to_contain_text("print('node 2')")
    detail.get_by_role("tab", name="Diff to parent").click()
    expect(detail).to_contain_text("print('node 1')")
    expect(detail).to_contain_text("print('node 2')")
    detail.get_by_role("tab", name="Plan").click()
    expect(detail).to_contain_text("<script>x</script>")
    detail.get_by_role("tab", name="Plan").press("ArrowRight")
    expect(detail.get_by_role("tab", name="Code")).to_be_focused()
    expect(detail.get_by_role("tab", selected=True)).to_have_text("Code")
    detail.get_by_role("tab", name="Events").click()
    expect(detail.locator(".mlev-small-row").first).to_be_visible()


def test_the_keyboard_is_enough(experiment):
    """From the list to an attempt, an event, its details and back without a mouse."""
    page = experiment
    page.get_by_role("listbox", name="Attempts").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    events = page.get_by_role("listbox", name="Events")
    expect(events).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".mlev-detail-head")).to_contain_text("#2")
    page.keyboard.press("/")
    expect(page.get_by_label("Search the texts of all events")).to_be_focused()
    page.keyboard.type("node 4")
    expect(page.locator(".mlev-count")).to_contain_text(re.compile(r"\d of"))
    page.keyboard.press("Escape")
    page.get_by_role("tree").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".mlev-detail-head")).to_contain_text("Node")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox", name="Attempts")).to_be_visible()


def test_everything_that_can_be_pressed_can_be_reached_by_tab(trace):
    """Tab comes past every control that is in sight."""
    controls = "button:visible:enabled, input:visible, [tabindex='0']:visible"
    wanted = trace.locator(controls).count()
    trace.locator("body").click(position={"x": 1, "y": 1})
    seen = set()
    for _ in range(wanted + 10):
        trace.keyboard.press("Tab")
        seen.add(
            trace.evaluate(
                "() => { const e = document.activeElement; e.seen ??= Math.random();"
                " return e === document.body ? 0 : e.seen; }"
            )
        )
    # The tabs of a widget are one stop, so a few controls may be passed over.
    assert len(seen - {0}) >= 0.8 * wanted


def test_two_attempts_side_by_side(experiment):
    """Two attempts that are ticked are compared: scores, where they part, programs."""
    page = experiment
    digits = page.locator(".mv-attempt-row:visible", has_text="digits")
    for at in range(2):
        digits.nth(at).get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare (2 of 2)").click()
    pane = page.get_by_role("region", name="Comparison")
    expect(pane).to_contain_text("digits/tree-search-offline/0")
    expect(pane).to_contain_text("digits/tree-search-offline/1")
    expect(pane.locator(".mv-curve").first).to_be_attached()
    expect(pane.locator(".mv-gain-row").nth(1)).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("listbox", name="Attempts")).to_be_visible()


def test_two_nodes_side_by_side(trace):
    """A node is compared with the best one, by the button in its details."""
    best = trace.locator(".mv-best").first
    expect(best).to_be_attached()
    number = trace.evaluate(
        "() => [...document.querySelectorAll('.mv-node')]"
        ".find((one) => !one.querySelector('.mv-best')).dataset.k"
    )
    click_node(trace, number)
    trace.get_by_role("button", name="Compare with best").click()
    pane = trace.get_by_role("region", name="Comparison")
    expect(pane).to_contain_text(f"print('node {number}')")
    trace.get_by_role("button", name="Back").click()
    expect(trace.locator(".mv-node").first).to_be_visible()


def test_what_needs_a_kernel_says_so(trace):
    """A saved page takes no notes, and says why."""
    trace.locator(ROWS).first.click()
    expect(trace.get_by_role("button", name=re.compile("Add a note"))).to_be_disabled()
    expect(trace.locator(".mlev-detail-foot")).to_contain_text("saved page")


def test_ten_thousand_attempts_are_sorted_and_filtered(open_page, tmp_path):
    """The list stays complete and in order, with few elements."""
    page = open_page(experiment_page(planned_run(tmp_path / "many", 10_000)))
    count = page.locator(".mv-count")
    expect(count).to_have_text("10,000 attempts")
    seeds = page.get_by_role("button", name=re.compile("^seed"))
    seeds.click()
    seeds.click()
    expect(seed_of(page, 0)).to_have_text("249")
    page.get_by_label("Filter attempts by text").fill("comp-7")
    expect(count).to_have_text("1,000 of 10,000 attempts")
    page.get_by_label("Filter by agent").select_option("agent/model-2")
    expect(count).to_have_text("250 of 10,000 attempts")
    page.get_by_role("listbox", name="Attempts").focus()
    page.keyboard.press("End")
    expect(seed_of(page, 249)).to_have_text("0")
    assert page.locator(".mv-attempt-row").count() < 100


def seed_of(page, index):
    """The rows are a pool: their order in the document is not that of the list."""
    return page.locator(f'.mv-attempt-row[data-index="{index}"] .mv-col-seed')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_system_colours(page, open_page, run, scheme):
    """Dark systems get dark pages, and text that can be read on them."""
    page.emulate_media(color_scheme=scheme)
    open_page(trace_page(run.attempts()[0]))
    root = page.locator(".mlev").first
    expect(root).to_have_attribute("data-theme", scheme)
    ink, ground = (
        root.evaluate(f"(one) => getComputedStyle(one).{name}")
        for name in ("color", "backgroundColor")
    )
    assert (brightness(ink) > brightness(ground)) == (scheme == "dark")


def brightness(colour):
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3]))
