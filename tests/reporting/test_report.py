"""The report: one page that is whole, honest and safe."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from mle_toolkit.errors import StoreError
from mle_toolkit.reporting.report import write_report
from mle_toolkit.store import read_json, write_json
from tests.builders import write_run

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """What a browser would find in the page."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.text = []
        self.open = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):  # noqa: D102 - called by the parser
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "br", "path", "use", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag):  # noqa: D102 - called by the parser
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):  # noqa: D102 - called by the parser
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self):
        """The text as it is read."""
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The folder of a report on a whole experiment."""
    folder = tmp_path_factory.mktemp("report")
    run = write_run(folder / "quickstart", attempts=6, seed=3)
    page = write_report(run.path, folder / "out")
    assert page == folder / "out" / "index.html"
    return page


@pytest.fixture(scope="module")
def page(report):
    """The page as a browser would find it."""
    return Page(report.read_text())


def test_it_needs_nothing_but_itself(report):
    """No script, no link, no address of another file or host."""
    text = report.read_text()
    page = Page(text)
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    references = [
        value for name, value in page.attributes if name in {"src", "href", "data"}
    ]
    assert all(value is None or value.startswith("#") for value in references)
    names = ("xmlns", "xmlns:xlink")
    outside = [v for n, v in page.attributes if n not in names and v and "://" in v]
    assert not outside
    assert "@import" not in text
    assert "url(http" not in text


def test_it_says_what_happened(page):
    """Headline, rates with intervals, attempts, settings and versions are there."""
    assert "tree-search/offline made 12 attempts on 2 competitions" in page.words
    for part in (
        "pass@k", "Medal rate, pass@1", "pass@6", "95 % interval", "Small digits",
        "Cell nuclei", "log loss", "gold 0.071", "Time limit 5m", "Sandbox bwrap",
        "In parallel 2 attempts", "Made-up 5000", "mle-toolkit", "scikit-learn",
    ):  # fmt: skip
        assert part in page.words, part
    assert page.tags.count("svg") == 5
    assert page.tags.count("figcaption") == 5


def test_numbers_are_those_of_the_analysis(report, page):
    """The page and the tables beside it come from the same frames."""
    rates = pd.read_csv(report.parent / "figures" / "pass-at-k.csv")
    first = rates[(rates["competition"] == "all") & (rates["k"] == 1)].iloc[0]
    assert f"{100 * first['estimate']:.0f} %" in page.words
    limits = f"{100 * first['low']:.0f} to {100 * first['high']:.0f} %"
    assert f"95 % interval {limits}" in page.words


def test_caveats_are_those_that_apply(page):
    """An offline run on two mini competitions is called what it is."""
    for part in (
        "not a language model", "machine-made", "2 competitions are few",
        "the winner is recognised", "Attempts were short",
    ):  # fmt: skip
        assert part in page.words, part
    assert "unconfined" not in page.words
    assert "not all attempts" not in page.words.lower()


def test_data_lie_beside(report):
    """PDF and CSV of each figure, and the attempts without paths of this machine."""
    names = {path.name for path in (report.parent / "figures").iterdir()}
    for stem in ("pass-at-k", "pass-at-k-digits", "score-over-time-breast-cancer"):
        assert {f"{stem}.pdf", f"{stem}.csv"} <= names
    attempts = pd.read_csv(report.parent / "attempts.csv")
    assert len(attempts) == 12
    assert not attempts["path"].str.startswith("/").any()


def test_it_is_readable_in_light_and_dark_and_on_paper(report):
    """Both schemes set the same variables, and every variable used is set."""
    text = report.read_text()
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    used = set(re.findall(r"var\(--([\w-]+)\)", text))
    defined = set(re.findall(r"--([\w-]+):", text))
    assert used <= defined


def test_text_of_agents_is_text(tmp_path):
    """Markup in errors, reasons and names is shown, never run."""
    run = write_run(tmp_path / "run", competitions=("digits",), attempts=3)
    first, second, _ = run.attempts()
    result = first.result()
    result["error"] = EVIL
    result["hardware"]["cpu"] = EVIL
    write_json(first.result_path, result)
    grade = second.grade()
    grade.update(valid=False, score=None, reason=EVIL, medal=None, any_medal=False)
    write_json(second.grade_path, grade)
    plan = read_json(run.path / "plan-1.json")
    plan["options"] = {"base_url": EVIL, "api_key": "sesame"}
    plan["tasks"]["digits"]["title"] = EVIL
    write_json(run.path / "plan-1.json", plan)
    text = write_report(run.path, tmp_path / "out").read_text()
    page = Page(text)
    assert not {"script", "img"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "alert(1)" in page.words
    assert "sesame" not in text


def test_unfinished_experiments_say_so(tmp_path):
    """A report in the middle of a run counts what is published and names the rest."""
    run = write_run(tmp_path / "run", attempts=5, pending=3)
    page = Page(write_report(run.path, tmp_path / "out").read_text())
    assert "6 attempts more not published and graded" in page.words
    assert "6 of 10 attempts are not published and graded yet" in page.words


def test_nothing_published_yet(tmp_path):
    """A report of an experiment that has just begun is a page, not an error."""
    run = write_run(tmp_path / "run", attempts=2, pending=2)
    page = Page(write_report(run.path, tmp_path / "out").read_text())
    assert "0 attempts" in page.words
    assert "No figure" in page.words
    assert "svg" not in page.tags


def test_one_competition_and_no_sandbox(tmp_path):
    """One competition has no interval over competitions, and no box is named."""
    run = write_run(tmp_path / "run", competitions=("digits",), attempts=4)
    plan = read_json(run.path / "plan-1.json")
    plan["sandbox"] = "none"
    write_json(run.path / "plan-1.json", plan)
    page = Page(write_report(run.path, tmp_path / "out").read_text())
    assert "One competition" in page.words
    assert "ran unconfined" in page.words


def test_damaged_attempts_are_named(tmp_path):
    """What cannot be read is in the report, the rest is counted."""
    run = write_run(tmp_path / "run", competitions=("digits",), attempts=3)
    run.attempts()[1].result_path.write_text("{torn")
    page = Page(write_report(run.path, tmp_path / "out").read_text())
    assert "Not everything could be read" in page.words
    assert "result.json is not JSON" in page.words
    assert str(tmp_path) not in page.words


def test_no_experiment_and_no_room_are_errors(tmp_path):
    """A folder without a plan, and a place that cannot be written, are named."""
    with pytest.raises(StoreError, match="holds no experiment"):
        write_report(tmp_path, tmp_path / "out")
    run = write_run(tmp_path / "run", competitions=("digits",), attempts=1)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(run.path, tmp_path / "file" / "out")
