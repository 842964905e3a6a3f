"""Grading reports of MLE-bench become rows, and every fault is counted."""

import json
import math
import os
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mle_toolkit as mle
from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.frames import COLUMNS, load_attempts
from tests.builders import write_run

LEAF, PIZZA = "leaf-classification", "random-acts-of-pizza"
MEDALS = ("gold", "silver", "bronze")
_TICKS = iter(range(10**6))


def report(competition=LEAF, *, medal=None, score=0.5, **changes):
    """One report as MLE-bench writes it, at a time of its own."""
    tick = next(_TICKS)
    made = {
        "competition_id": competition,
        "score": score,
        "gold_threshold": 0.01,
        "silver_threshold": 0.02,
        "bronze_threshold": 0.03,
        "median_threshold": 0.1,
        "any_medal": medal is not None,
        **{f"{name}_medal": name == medal for name in MEDALS},
        "above_median": medal is not None,
        "submission_exists": score is not None,
        "valid_submission": score is not None,
        "is_lower_better": True,
        "created_at": f"2026-01-01T00:00:00.{tick:06d}",
        "submission_path": f"runs/made/{competition}_{tick}/submission.csv",
    }
    return {name: value for name, value in (made | changes).items() if value != "-"}


def write(path, *reports, **changes):
    """Write the report of a run, or one report alone, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"total_runs": len(reports), "competition_reports": list(reports)}
    path.write_text(json.dumps(content | changes))
    return path


def problems(frame):
    """The kinds of problems and how often each came."""
    return frame.attrs["report"].counts()


def test_a_run_becomes_the_tidy_frame(tmp_path):
    """Each value lands in its column; what is not said is missing, with a reason."""
    path = write(
        tmp_path / "group-a" / "2026_grading_report.json",
        report(medal="silver", score=0.015),
        report(PIZZA, score=None),
    )
    frame = load_attempts(path)
    assert frame.dtypes.astype(str).to_dict() == COLUMNS
    first, second = frame.to_dict("records")
    assert first["score"] == 0.015
    assert (first["medal"], first["any_medal"], first["above_median"]) == (
        "silver", True, True,
    )  # fmt: skip
    assert first["valid_submission"] is True
    assert (first["experiment"], first["agent"]) == ("group-a", "group-a")
    assert (first["split"], first["seed"], first["path"]) == ("low", 0, str(path))
    assert math.isnan(second["score"])
    assert second["any_medal"] is False
    assert second["valid_submission"] is False
    unknown = {item.column: item.reason for item in frame.attrs["report"].missing}
    empty = [name for name in COLUMNS if frame[name].isna().all()]
    assert set(empty) <= set(unknown)
    assert "leaderboard" in unknown["percentile"]
    assert "each run group" in unknown["experiment"]


def test_one_report_alone_and_a_list_are_read_too(tmp_path):
    """The same rows, whichever of the three forms the file has."""
    items = [report(medal="gold"), report(PIZZA)]
    (tmp_path / "list.json").write_text(json.dumps(items))
    (tmp_path / "one.json").write_text(json.dumps(items[0]))
    columns = ["competition", "score", "medal", "any_medal"]
    whole = load_attempts(write(tmp_path / "run.json", *items))[columns]
    assert load_attempts(tmp_path / "list.json")[columns].equals(whole)
    assert load_attempts(tmp_path / "one.json")[columns].equals(whole.head(1))


def test_attempts_are_numbered_in_the_order_of_paths(tmp_path):
    """The i-th report of a competition in an experiment is seed i, folder by folder."""
    # As text, "a-b/" sorts before "a/"; as paths, "a" comes first.
    for group, score in (("a-b", 0.3), ("a", 0.1)):
        name = "1_grading_report.json"
        write(tmp_path / group / name, report(score=score), report(score=score + 0.1))
    table = tmp_path / "run_group_experiments.csv"
    table.write_text("experiment_id,run_group\nx,a-b\nx,a\n")
    frame = load_attempts(tmp_path)
    assert list(frame["score"]) == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert list(frame["seed"]) == [0, 1, 2, 3]
    assert set(frame["experiment"]) == {"x"}
    assert problems(frame) == {}


def test_experiments_come_from_the_table(tmp_path):
    """A group may serve two experiments; what does not fit together is counted."""
    for group in ("g1", "g2", "g3"):
        write(tmp_path / group / "1_grading_report.json", report())
    table = tmp_path / "run_group_experiments.csv"
    table.write_text(
        "experiment_id,run_group\naira-dojo,g1\nmine,g1\nmine,g2\nmine,gone\n"
    )
    frame = load_attempts(tmp_path)
    rows = frame.groupby("experiment")["seed"].apply(list).to_dict()
    assert rows == {"aira-dojo": [0], "mine": [0, 1], "g3": [0]}
    assert problems(frame) == {"unlisted group": 1, "no report": 1}
    known = frame.set_index("experiment").loc["aira-dojo"]
    assert (known["scaffold"], known["model"]) == ("AIRA-dojo", "o3")
    # The table itself stands for the groups that it lists.
    assert set(load_attempts(table)["experiment"]) == {"aira-dojo", "mine"}
    # One group alone looks for the table above it, and does not miss the others.
    alone = load_attempts(tmp_path / "g2")
    assert set(alone["experiment"]) == {"mine"}
    assert problems(alone) == {}
    # What the caller says goes first.
    given = load_attempts(tmp_path, experiments={"g1": "a", "g2": ["a", "b"]})
    assert set(given["experiment"]) == {"a", "b", "g3"}


def test_a_report_that_comes_again_is_left_out_and_counted(tmp_path):
    """A copy under another name adds nothing, whole or in part."""
    items = [report(), report(PIZZA), report(score=None, submission_path="None")]
    write(tmp_path / "a" / "1_grading_report.json", *items)
    write(tmp_path / "b" / "1_grading_report.json", *items)
    write(tmp_path / "c" / "1_grading_report.json", items[0], report())
    frame = load_attempts(tmp_path)
    assert list(frame["experiment"]) == ["a"] * 3 + ["c"]
    assert problems(frame) == {"duplicate": 4}
    assert frame.attrs["report"].skipped == 4
    assert "4 skipped, 4 problems (4 duplicate)" in str(frame.attrs["report"])


def test_attempts_that_are_merely_alike_are_kept(tmp_path):
    """Two failures in one tick, reports without a date, and a second grading."""
    failed = report(score=None, submission_path="None")
    write(tmp_path / "a" / "1_grading_report.json", failed, dict(failed))
    undated = report(PIZZA, created_at="-")
    write(tmp_path / "b" / "1_grading_report.json", undated, dict(undated))
    graded = report()
    again = graded | {"created_at": "2027-01-01T00:00:00"}
    write(tmp_path / "c" / "1_grading_report.json", graded, again)
    frame = load_attempts(tmp_path)
    assert len(frame) == 6
    assert problems(frame) == {"alike": 1, "same submission": 1}
    assert frame.attrs["report"].skipped == 0


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty file"),
        (b"{torn", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b'{"competition_id": "\xff\xfe"}', "broken JSON"),
        (b"9" * 10_000, "broken JSON"),
        (b'{"runs": []}', "not a report"),
        (b"3", "not a report"),
        (b'{"competition_reports": 3}', "not a report"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS pointer"),
        (b'[{"score": 1}]', "no competition"),
        (b'[3, null, "x"]', "no competition"),
        (b'{"competition_id": 7}', "no competition"),
    ],
)
def test_a_bad_file_costs_nothing_but_itself(tmp_path, content, kind):
    """It is counted with its kind; the others are read; alone it is an error."""
    write(tmp_path / "good" / "1_grading_report.json", report())
    bad = tmp_path / "bad" / "1_grading_report.json"
    bad.parent.mkdir()
    bad.write_bytes(content)
    frame = load_attempts(tmp_path)
    assert list(frame["experiment"]) == ["good"]
    assert set(problems(frame)) == {kind}
    assert frame.attrs["report"].skipped >= 1
    if kind == "no competition":
        assert load_attempts(bad).empty
    else:
        with pytest.raises(StoreError, match="no grading report"):
            load_attempts(bad)
    assert load_attempts(bad.parent).empty


def test_what_is_no_plain_file_is_counted(tmp_path):
    """A pipe does not block, a dead link and a locked folder are named."""
    write(tmp_path / "good" / "1_grading_report.json", report())
    os.mkfifo(tmp_path / "good" / "2_grading_report.json")
    (tmp_path / "good" / "3_grading_report.json").symlink_to("nowhere.json")
    (tmp_path / "good" / "loop").symlink_to(tmp_path)
    (tmp_path / "good" / "4_grading_report.json").mkdir()
    frame = load_attempts(tmp_path)
    assert len(frame) == 1
    assert problems(frame) == {"unreadable": 2, "linked folder": 1}


def test_a_folder_without_permission_is_counted(tmp_path, monkeypatch):
    """What the system refuses is a counted problem, with the system's words."""
    write(tmp_path / "good" / "1_grading_report.json", report())
    write(tmp_path / "shut" / "1_grading_report.json", report())
    locked = write(tmp_path / "part" / "1_grading_report.json", report())
    scandir, opened = os.scandir, os.open

    def refuse(path, *args, **options):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path, *args, **options)

    def refuse_file(path, *args, **options):
        if str(path) == str(locked):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "open", refuse_file)
    frame = load_attempts(tmp_path)
    assert list(frame["experiment"]) == ["good"]
    assert problems(frame) == {"unreadable folder": 1, "unreadable": 1}
    assert "Permission denied" in frame.attrs["report"].problems[0].reason


def test_links_are_followed_once(tmp_path):
    """A linked report counts; a second name of the same folder does not."""
    store = tmp_path / "store"
    write(store / "1_grading_report.json", report())
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "1_grading_report.json").symlink_to(store / "1_grading_report.json")
    (root / "b").symlink_to(store)
    (root / "c").symlink_to(store)
    frame = load_attempts(root)
    assert list(frame["experiment"]) == ["a"]
    assert problems(frame) == {"duplicate": 1, "linked folder": 1}


def test_numbers_of_every_size_are_read(tmp_path):
    """NaN and infinity are scores; a number beyond all floats is odd, not fatal."""
    path = tmp_path / "1_grading_report.json"
    huge = "9" * 400
    items = [
        json.dumps(report(score=0.125)).replace("0.125", text)
        for text in ("NaN", "Infinity", "-Infinity", "1e308", "1e999", huge, "3")
    ]
    path.write_text(f"[{','.join(items)}]")
    frame = load_attempts(path)
    expected = [math.nan, math.inf, -math.inf, 1e308, math.inf, math.nan, 3.0]
    assert np.array_equal(frame["score"], expected, equal_nan=True)
    assert frame["valid_submission"].all()
    assert problems(frame) == {"odd value": 1}


def test_reports_of_several_schemas_mix(tmp_path):
    """Old files without some fields, flags as numbers, and contradictions."""
    nothing = {"any_medal": "-", **{f"{name}_medal": "-" for name in MEDALS}}
    path = write(
        tmp_path / "1_grading_report.json",
        report(any_medal="-", medal="gold"),
        report(any_medal=1, above_median=0),
        report(**nothing),
        report(medal="gold", any_medal=False),
        report(medal="gold", silver_medal=True),
        report(score="0.5", above_median="yes"),
        report(valid_submission=False, medal="gold"),
        report(any_medal=True),
        total_runs=9,
    )
    frame = load_attempts(path)
    flags = frame["any_medal"].astype("Int8").fillna(-1)
    assert list(flags) == [1, 1, -1, 0, 1, 0, 1, 1]
    assert list(frame["medal"].fillna("")) == ["gold", "", "", "", "", "", "gold", ""]
    assert math.isnan(frame["score"][5])
    assert problems(frame) == {"odd value": 8, "totals disagree": 1}


def test_unknown_competitions_are_kept_without_a_split(tmp_path):
    """A competition of one's own is an attempt too; it is counted once."""
    path = write(
        tmp_path / "1_grading_report.json", report("mine"), report("mine"), report()
    )
    frame = load_attempts(path)
    assert list(frame["split"].fillna("")) == ["", "", "low"]
    (problem,) = frame.attrs["report"].problems
    assert (problem.path, problem.kind) == ("mine", "unknown competition")
    assert problem.reason.startswith("2 reports")


def test_files_named_otherwise_are_read_when_there_are_no_others(tmp_path):
    """The name decides first; without any such name, every JSON file is tried."""
    write(tmp_path / "mine.json", report())
    (tmp_path / "metadata.json").write_text("{}")
    (tmp_path / ".hidden.json").write_text("{torn")
    frame = load_attempts(tmp_path)
    assert len(frame) == 1
    assert problems(frame) == {"not a report": 1}
    write(tmp_path / "1_grading_report.json", report(PIZZA))
    named = load_attempts(tmp_path)
    assert list(named["competition"]) == [PIZZA]
    assert problems(named) == {}


def test_our_runs_and_reports_lie_side_by_side(tmp_path):
    """A folder of both is one frame, and nothing inside of a run is taken twice."""
    write_run(tmp_path / "first", attempts=2)
    write_run(tmp_path / "second", attempts=1)
    write(tmp_path / "first" / "digits" / "1_grading_report.json", report())
    write(tmp_path / "theirs" / "1_grading_report.json", report(PIZZA))
    frame = mle.load_attempts(tmp_path)
    assert frame.dtypes.astype(str).to_dict() == COLUMNS
    counts = frame["experiment"].value_counts().to_dict()
    assert counts == {"first": 4, "second": 2, "theirs": 1}
    alone = load_attempts(tmp_path / "first")
    assert frame.head(4)["path"].equals(alone["path"])
    assert alone.attrs["report"].rows == 4


@pytest.mark.parametrize("name", ["", "missing", "empty", "other", "table.csv"])
def test_nothing_to_read_is_an_error(tmp_path, name):
    """The sentence says what was looked for."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text("{}")
    (tmp_path / "table.csv").write_text("experiment_id,run_group\nx,y\n")
    with pytest.raises(StoreError, match="grading report"):
        load_attempts(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "experiment_id and run_group"),
        (b"", "no rows"),
        (b"experiment_id,run_group\n\xff,x\n", "UTF-8"),
    ],
)
def test_a_wrong_table_is_an_error(tmp_path, content, said):
    """It decides what belongs together, so it is never guessed."""
    write(tmp_path / "a" / "1_grading_report.json", report())
    (tmp_path / "run_group_experiments.csv").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        load_attempts(tmp_path)
    with pytest.raises(StoreError, match="cannot be read"):
        load_attempts(tmp_path, experiments=tmp_path / "nowhere.csv")


def test_it_is_a_copy_of_the_file_and_no_more(tmp_path):
    """Moving the folder changes the paths alone."""
    write(tmp_path / "a" / "1_grading_report.json", report(), report(PIZZA))
    shutil.copytree(tmp_path / "a", tmp_path / "moved" / "a")
    first, second = load_attempts(tmp_path / "a"), load_attempts(tmp_path / "moved")
    assert first.drop(columns="path").equals(second.drop(columns="path"))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(report())), inner, max_size=6)
    ),
    max_leaves=8,
)


@given(content=junk)
def test_any_json_is_rows_or_counted(tmp_path_factory, content):
    """Whatever JSON holds, each entry is a row or a problem, and nothing raises."""
    folder = tmp_path_factory.mktemp("junk")
    (folder / "1_grading_report.json").write_text(
        json.dumps({"competition_reports": [content, report()]})
    )
    frame = load_attempts(folder)
    assert len(frame) + frame.attrs["report"].skipped == 2
    assert frame.dtypes.astype(str).to_dict() == COLUMNS
