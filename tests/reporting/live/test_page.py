import base64
import hashlib
import json
import re

import pytest

from mle_toolkit.reporting.live import page
from mle_toolkit.store import ExperimentFolder
from tests.reporting.live.traces import Made, plan

REF = "digits/tree-search-offline/0"
EVIL = "</script><script>alert(1)</script><!--\u2028"


@pytest.fixture
def made(tmp_path):
    plan(tmp_path, [REF, "digits/tree-search-offline/1"])
    made = Made(tmp_path, REF)
    for number in range(4):
        made.node(number, 0.5 - number / 10)
    made.add("note", text=EVIL)
    return made


def embedded(html):
    (text,) = re.findall(
        r'<script type="application/json" id="mle-data">(.*?)</script>', html, re.DOTALL
    )
    return json.loads(text)


def test_a_page_holds_everything_of_an_attempt(made):
    """Rows, events and nodes are inside; nothing has to be asked for."""
    data = embedded(page.trace_page(made.folder, ref=REF))
    assert data["hello"]["attempt"] == REF
    trace = data["traces"][REF]
    assert [row["q"] for row in trace["rows"]] == list(range(1, 14))
    assert set(trace["events"]) == {str(seq) for seq in range(1, 14)}
    assert trace["nodes"]["3"]["code"] == "print(3)"
    assert trace["summary"]["total"] == 13
    assert trace["events"]["13"]["parts"][0]["text"].startswith("</script><script>")


def test_text_of_agents_cannot_leave_its_place(made):
    """The only markup of a page is ours, and the only scripts are two of ours."""
    html = page.trace_page(made.folder, ref=EVIL)
    assert html.count("<script") == 2
    assert html.count("</script>") == 2
    assert "\u2028" not in html


def test_the_policy_allows_one_script(made):
    """The page's own script is named by its hash; all else is forbidden."""
    html = page.trace_page(made.folder)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", html)


def test_what_does_not_fit_is_left_out_and_said(made):
    """The newest details stay, every row stays, and the page says what is missing."""
    trace = embedded(page.trace_page(made.folder, ref=REF, most_bytes=1500))
    trace = trace["traces"][REF]
    assert len(trace["rows"]) == 13
    assert "13" in trace["events"]
    assert "1" not in trace["events"]
    left_out = 13 - len(trace["events"])
    assert trace["summary"]["problem_list"][0].startswith(f"{left_out} of 13 events")


@pytest.mark.usefixtures("made")
def test_a_page_of_an_experiment_lists_all_and_holds_what_has_begun(tmp_path):
    """Pending attempts are listed; the others can be opened."""
    done = []
    html = page.experiment_page(
        ExperimentFolder.open(tmp_path), progress=lambda *at: done.append(at)
    )
    data = embedded(html)
    assert len(data["experiment"]["attempts"]) == 2
    assert list(data["traces"]) == [REF]
    assert not data["experiment"]["actions"]
    assert done == [(1, 1)]


def test_a_page_does_not_tell_where_the_run_folder_lies(made, tmp_path):
    """Paths within the run folder are told from it on, others as they are."""
    made.add("exec", node=1, output=f"File {tmp_path}/{REF}/x.py and /opt{tmp_path}/x")
    made.folder.grade_path.write_text("no JSON")
    made.publish()
    pages = [
        page.trace_page(made.folder, ref=REF),
        page.experiment_page(ExperimentFolder.open(tmp_path)),
    ]
    for html in pages:
        assert f"File {REF}/x.py and /opt{tmp_path}/x" in html
        assert html.count(str(tmp_path)) == html.count(f"/opt{tmp_path}")
        summary = embedded(html)["traces"][REF]["summary"]
        assert any("grade.json is not JSON" in text for text in summary["problem_list"])


def test_what_is_left_out_counts_as_a_problem(made):
    """The page shows its list of problems only when there is one."""
    html = page.trace_page(made.folder, ref=REF, most_bytes=10)
    summary = embedded(html)["traces"][REF]["summary"]
    assert "without their details" in summary["problem_list"][0]
    assert summary["problems"] == 1
