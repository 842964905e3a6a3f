"""Many submissions at once: MLE-bench's JSONL in, its grading report out."""

import json
import math
import re
import shutil

import pytest

import mle_toolkit as mle
from mle_toolkit import competitions
from mle_toolkit.competitions import bulk
from mle_toolkit.competitions.bulk import grade_jsonl, read_entries
from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.records import Grade, Thresholds

TOTALS = [
    "total_runs", "total_runs_with_submissions", "total_valid_submissions",
    "total_medals", "total_gold_medals", "total_silver_medals",
    "total_bronze_medals", "total_above_median",
]  # fmt: skip
FIELDS = [
    "competition_id", "score", "gold_threshold", "silver_threshold",
    "bronze_threshold", "median_threshold", "any_medal", "gold_medal",
    "silver_medal", "bronze_medal", "above_median", "submission_exists",
    "valid_submission", "is_lower_better", "created_at", "submission_path",
]  # fmt: skip
NAME = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[^/]+_grading_report\.json"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Prepared data of one competition."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLE_DATA", str(tmp_path_factory.mktemp("data")))
        yield competitions.prepare("digits")


@pytest.fixture
def folder(digits, tmp_path):
    """A folder with a perfect and a sample submission and one that is invalid."""
    shutil.copy(digits.public / "sample_submission.csv", tmp_path / "sample.csv")
    shutil.copy(digits.private / "answers.csv", tmp_path / "perfect.csv")
    (tmp_path / "bad.csv").write_text("id,target\n1,2\n")
    return tmp_path


def write(folder, *lines):
    """Write a JSONL file; pairs become entries, text goes in as it is."""
    texts = [
        line
        if isinstance(line, str)
        else json.dumps({"competition_id": line[0], "submission_path": line[1]})
        for line in lines
    ]
    path = folder / "submissions.jsonl"
    path.write_text("\n".join(texts) + "\n")
    return path


def test_the_report_is_in_the_schema_of_mle_bench(folder):
    """Totals and reports by their names there, under a name that tells the time."""
    names = ("perfect.csv", "sample.csv", "bad.csv", None, "gone.csv")
    source = write(folder, *[("digits", name) for name in names])
    steps = []
    done = grade_jsonl(
        source, folder / "out", progress=lambda *each: steps.append(each)
    )
    assert steps == [(n, 5) for n in range(1, 6)]
    assert re.fullmatch(NAME, done.report.name)
    assert done.not_graded is None
    content = json.loads(done.report.read_text())
    assert list(content) == [*TOTALS, "competition_reports"]
    assert [content[name] for name in TOTALS] == [5, 3, 2, 1, 1, 0, 0, 1]
    assert {name: content[name] for name in TOTALS} == done.totals
    reports = content["competition_reports"]
    assert all(list(report) == FIELDS for report in reports)
    assert [report["score"] for report in reports][:1] == [0.0]
    assert [report["gold_medal"] for report in reports] == [True] + 4 * [False]
    assert [report["valid_submission"] for report in reports] == 2 * [True] + 3 * [
        False
    ]
    assert [report["submission_path"] for report in reports] == [
        "perfect.csv", "sample.csv", "bad.csv", "None", "gone.csv",
    ]  # fmt: skip
    assert reports[0]["is_lower_better"] is True
    assert reports[0]["gold_threshold"] < reports[0]["bronze_threshold"]
    assert "1 with a medal (1 gold, 0 silver, 0 bronze)" in str(done)
    assert "invalid" in str(done)


def test_each_grade_is_that_of_a_single_submission(folder):
    """In bulk nothing is graded in another way."""
    source = write(folder, ("digits", "perfect.csv"), ("digits", "sample.csv"))
    done = grade_jsonl(source, folder / "out")
    reports = json.loads(done.report.read_text())["competition_reports"]
    for report, name in zip(reports, ("perfect.csv", "sample.csv"), strict=True):
        single = competitions.grade("digits", folder / name)
        assert report["score"] == single.score
        assert report["any_medal"] == single.any_medal
        assert report["median_threshold"] == single.thresholds.median


def test_what_cannot_be_graded_blocks_nothing(folder):
    """It is listed with its reason, beside the report, and in none of the totals."""
    source = write(folder, ("leaf-classification", "sample.csv"), "{torn",
                   ("digits", "perfect.csv"), ("no-such", "sample.csv"), "", "[3]",
                   '{"submission_path": "x.csv"}', '{"competition_id": "digits"}',
                   '{"competition_id": "digits", "submission_path": 3}',
                   ("digits", "x\0.csv"), "\xff" * 3)  # fmt: skip
    done = grade_jsonl(source, folder / "out")
    assert done.graded == 1
    assert done.totals["total_runs"] == 1
    listed = json.loads(done.not_graded.read_text())["not_graded"]
    reasons = {item["where"].split(",")[0]: item["reason"] for item in listed}
    lines = [1, 2, 4, 6, 7, 8, 9, 10, 11]
    assert sorted(reasons) == sorted(f"line {number}" for number in lines)
    assert "not prepared" in reasons["line 1"]
    assert "not JSON" in reasons["line 2"]
    assert "unknown competition" in reasons["line 4"]
    assert "9 not graded" in str(done)
    assert done.not_graded.name.endswith("_not_graded.json")


def test_nothing_graded_writes_no_report(folder):
    """A report of zero runs would be taken for a result."""
    source = write(folder, ("no-such", "sample.csv"))
    done = grade_jsonl(source, folder / "out")
    assert done.report is None
    assert [path.name for path in (folder / "out").iterdir()] == [done.not_graded.name]


def test_it_comes_back_as_the_tidy_frame(folder):
    """What is written here is read by `load_attempts`, the list beside it is not."""
    source = write(folder, ("digits", "perfect.csv"), ("digits", None), ("no", "x.csv"),
                   ("digits", None), ("digits", "perfect.csv"))  # fmt: skip
    done = grade_jsonl(source, folder / "out")
    frame = mle.load_attempts(folder / "out")
    assert list(frame["medal"].fillna("")) == ["gold", "", "", "gold"]
    assert list(frame["valid_submission"]) == [True, False, False, True]
    assert list(frame["seed"]) == [0, 1, 2, 3]
    assert frame.attrs["report"].skipped == 0
    assert frame.equals(mle.load_attempts(done.report))
    assert "the same submission as in line 1" in str(done)


def test_no_report_is_ever_overwritten(folder):
    """A second report in the same second has a name of its own."""
    source = write(folder, ("digits", "perfect.csv"))
    first = grade_jsonl(source, folder / "out")
    before = first.report.read_bytes()
    others = {grade_jsonl(source, folder / "out").report for _ in range(3)}
    assert len(others | {first.report}) == 4
    assert first.report.read_bytes() == before


def test_paths_are_found_beside_the_file_and_then_here(folder, tmp_path, monkeypatch):
    """As MLE-bench's users have both; absolute ones are taken as they are."""
    here = tmp_path / "here"
    here.mkdir()
    shutil.move(folder / "sample.csv", here / "sample.csv")
    shutil.copy(folder / "perfect.csv", here / "perfect.csv")
    (here / "perfect.csv").write_text("not this one")
    monkeypatch.chdir(here)
    source = write(folder, ("digits", "perfect.csv"), ("digits", "sample.csv"),
                   ("digits", str(folder / "perfect.csv")))  # fmt: skip
    done = grade_jsonl(source, folder / "out")
    assert done.totals["total_valid_submissions"] == 3


def test_scores_that_are_not_finite_are_written_and_read(folder, monkeypatch):
    """NaN is a score of a valid submission, and JSON has to carry it."""
    lines = Thresholds(gold=0.1, silver=0.2, bronze=0.3, median=math.nan)
    made = Grade(
        competition="digits", score=math.nan, score_full=math.nan, valid=True,
        reason=None, warnings=("odd",), medal=None, any_medal=False,
        above_median=False, percentile=None, thresholds=lines, lower_is_better=True,
    )  # fmt: skip
    from mle_toolkit.competitions.grading import Grader

    monkeypatch.setattr(Grader, "grade", lambda *_: made)
    done = grade_jsonl(write(folder, ("digits", "perfect.csv")), folder / "out")
    frame = mle.load_attempts(done.report)
    assert math.isnan(frame["score"][0])
    assert frame["valid_submission"][0]
    assert "warning: odd" in str(done)


def test_a_grader_that_breaks_stops_nobody(folder, monkeypatch):
    """A fault of ours is a reason like any other."""
    from mle_toolkit.competitions.grading import Grader

    def broken(*_, **__):
        message = "too\nbad"
        raise RuntimeError(message)

    monkeypatch.setattr(Grader, "of", broken)
    done = grade_jsonl(write(folder, ("digits", "perfect.csv")), folder / "out")
    assert done.problems[0].reason == "grading broke: RuntimeError: too bad"


@pytest.mark.parametrize("name", ["missing.jsonl", "", "empty.jsonl", "no.jsonl"])
def test_a_file_without_submissions_is_an_error(folder, name):
    """A folder, nothing, an empty file, and one of broken lines."""
    (folder / "empty.jsonl").write_text("\n \n")
    (folder / "no.jsonl").write_text("{torn\n")
    with pytest.raises(UsageError, match=r"cannot be read|no plain file|no submission"):
        grade_jsonl(folder / name, folder / "out")
    assert not (folder / "out").exists()


def test_a_folder_that_cannot_be_written_is_an_error(folder):
    """Before anything is graded."""
    source = write(folder, ("digits", "perfect.csv"))
    with pytest.raises(StoreError, match="cannot be made"):
        grade_jsonl(source, folder / "perfect.csv" / "out")


def test_lines_may_end_in_any_way(folder):
    """CRLF, a byte order mark and a last line without an end."""
    line = json.dumps({"competition_id": "digits", "submission_path": "ä.csv"})
    path = folder / "odd.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{line}\r\n\r\n{line}".encode())
    entries, problems = read_entries(path)
    assert [entry.line for entry in entries] == [1, 3]
    assert [entry.submission for entry in entries] == ["ä.csv"] * 2
    assert [problem.kind for problem in problems] == ["repeated line"]


def test_answers_are_read_once_for_neighbours(folder, monkeypatch):
    """Lines of one competition in a row share its answers."""
    from mle_toolkit.competitions.grading import Grader

    made, of = [], Grader.of
    monkeypatch.setattr(
        Grader, "of", lambda name, **options: made.append(name) or of(name, **options)
    )
    grade_jsonl(write(folder, *[("digits", "sample.csv")] * 3), folder / "out")
    assert made == ["digits"]


def test_a_grade_is_needed_for_a_report():
    """What was not graded is no failed run."""
    entry = bulk.Entry(line=3, competition="x", submission=None, path=None)
    graded = next(bulk.grade_entries([entry]))
    with pytest.raises(UsageError, match="line 3 was not graded"):
        bulk.competition_report(graded)
