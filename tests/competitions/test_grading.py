"""Good submissions get a score and a medal, all others a reason and no error."""

import gzip
import math
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

import mle_toolkit
from mle_toolkit.competitions import grade, leaderboard, load_card, rank
from mle_toolkit.competitions.grading import Grader
from mle_toolkit.errors import NotPreparedError, UnknownNameError, UsageError

pytestmark = pytest.mark.usefixtures("prepared")
NAME = "breast-cancer"


@pytest.fixture(scope="module")
def answers(prepared):
    """Return the answers of breast-cancer."""
    return pd.read_csv(prepared[NAME].private / "answers.csv")


@pytest.fixture(scope="module")
def noisy(answers):
    """Return a submission that is right most of the time."""
    noise = np.random.default_rng(7).normal(0, 0.6, len(answers))
    return answers.assign(malignant=answers["malignant"] + noise)


@pytest.fixture
def save(tmp_path):
    """Return a function that writes a submission file."""

    def _save(content, name="submission.csv"):
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False)
        else:
            path.write_bytes(content)
        return path

    return _save


def test_a_file_and_a_frame_get_the_same_grade(answers, noisy, save):
    """Score, rounding, medal and percentile; from a file as from memory."""
    found = grade(NAME, noisy)
    assert found == grade(NAME, save(noisy)) == grade(NAME, str(save(noisy)))
    full = roc_auc_score(answers["malignant"], noisy["malignant"])
    assert found.valid
    assert found.reason is None
    assert found.score_full == pytest.approx(full, abs=1e-12)
    assert found.score == round(full, 5)
    ranking = rank(full, leaderboard(NAME))
    assert found.medal == ranking.medal
    assert found.percentile == ranking.percentile
    assert found.thresholds == ranking.thresholds
    assert not found.lower_is_better
    assert found.competition == NAME
    assert mle_toolkit.grade is grade


def test_the_order_of_rows_does_not_matter(noisy):
    """Rows are matched by id."""
    shuffled = noisy.sample(frac=1, random_state=1).iloc[:, ::-1]
    assert grade(NAME, shuffled) == grade(NAME, noisy)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda t: t.rename(columns={"malignant": "target"}),
            "column 'malignant' is missing; found: 'sample', 'target'",
        ),
        (lambda t: t.iloc[1:], "1 id is missing from column 'sample': 1220"),
        (lambda t: pd.concat([t, t.tail(1)]), "1 id occurs more than once"),
        (lambda t: t.assign(sample=t["sample"] + 1), "1 id is missing"),
        (lambda t: t.iloc[:0], "there are no rows; 349 are expected"),
        (lambda t: t.assign(malignant=np.nan), "is missing (id 1220, and 348 more)"),
        (lambda t: t.assign(malignant="yes"), "the value 'yes' in column"),
        (lambda t: t.assign(malignant=np.inf), "is infinite"),
        (lambda t: t.assign(malignant=[[1]] * len(t)), "is not a number"),
        (lambda t: t.set_index("sample"), "call reset_index()"),
        (lambda t: t.T, "are missing"),
    ],
)
def test_an_invalid_frame_has_a_precise_reason(noisy, change, reason):
    """The grade is invalid, says why, and has no score or medal."""
    found = grade(NAME, change(noisy))
    assert not found.valid
    assert reason in found.reason
    assert found.score is None
    assert found.score_full is None
    assert found.percentile is None
    assert (found.medal, found.any_medal, found.above_median) == (None, False, False)
    assert found.thresholds == rank(None, leaderboard(NAME)).thresholds


HEADER = b"sample,malignant\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (HEADER, "there are no rows"),
        (gzip.compress(HEADER, mtime=0), "gzip data"),
        (bytes(range(1, 256)) * 9, "not UTF-8"),
        (HEADER + b"1220,0.5,3\n" * 349, "more fields"),
        (HEADER + b"1220\n" * 349, "1 id occurs more than once"),
        (HEADER + b"1220," + b"x" * (5 << 20) + b"\n", "ids are missing"),
        (HEADER + b"1,1\n" * 500_000, "rows are allowed"),
        (b"x" * (17 << 20), "16.0 MiB are allowed"),
        (b"sample;malignant\n1220;0.5\n", "found: 'sample;malignant'"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_an_invalid_file_has_a_precise_reason(save, content, reason):
    """Damage and excess are refused, each for what it is."""
    found = grade(NAME, save(content))
    assert not found.valid
    assert reason in found.reason
    assert len(found.reason) < 400


def test_a_huge_file_is_refused_by_its_size(tmp_path):
    """A tebibyte of nothing is not read, which would take minutes at best."""
    path = tmp_path / "submission.csv"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "16.0 MiB are allowed" in grade(NAME, path).reason


def test_files_that_are_no_files_are_refused(tmp_path, noisy, save):
    """Links, folders, pipes, absent files, other endings."""
    link = tmp_path / "link.csv"
    link.symlink_to(save(noisy))
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name, reason in (
        ("link.csv", "symbolic link"),
        ("pipe.csv", "a pipe"),
        ("folder.csv", "a folder"),
        ("none.csv", "there is no file"),
        ("a.txt", "must end in .csv; got 'a.txt'"),
    ):
        found = grade(NAME, tmp_path / name)
        assert not found.valid
        assert reason in found.reason


@given(content=st.text("sample,malignant\n1220.5", max_size=200))
def test_no_content_raises(tmp_path_factory, content):
    """Whatever is in the file, there is a grade."""
    path = tmp_path_factory.mktemp("any") / "s.csv"
    path.write_text(content)
    found = grade(NAME, path)
    assert found.valid == (found.reason is None)


@pytest.mark.parametrize("thing", [None, 3, [1, 2], {"id": 1}])
def test_other_objects_are_invalid_too(thing):
    """What is neither a path nor a frame has a reason as well."""
    assert not grade(NAME, thing).valid


def test_digits_need_probabilities(prepared):
    """Rows must add up; a small difference is accepted with a warning."""
    sample = pd.read_csv(prepared["digits"].public / "sample_submission.csv")
    found = grade("digits", sample)
    assert found.score == round(math.log(10), 5)
    assert found.warnings == ("all rows have the same prediction",)
    close = sample.assign(digit_0=0.105)
    found = grade("digits", close)
    assert found.valid
    assert "897 rows do not add up to 1 exactly" in found.warnings
    for value, reason in ((0.2, "must add up to 1"), (-0.1, "below 0"), (1.1, "above")):
        found = grade("digits", sample.assign(digit_0=value))
        assert not found.valid
        assert reason in found.reason
    swapped = sample[["image", *reversed(sample.columns[1:])]]
    assert grade("digits", swapped).score == round(math.log(10), 5)


def test_doctor_visits_refuse_negative_counts(prepared):
    """RMSLE has no meaning below 0; a huge number is only a bad guess."""
    sample = pd.read_csv(prepared["doctor-visits"].public / "sample_submission.csv")
    found = grade("doctor-visits", sample.assign(visits=-0.01))
    assert "the value -0.01 in column 'visits' is below 0" in found.reason
    assert grade("doctor-visits", sample.assign(visits=1e308)).score > 700
    assert grade("doctor-visits", sample.assign(visits=1.3)).valid


def test_more_columns_are_accepted_with_a_warning(noisy):
    """Columns nobody asked for are listed."""
    found = grade(NAME, noisy.assign(note="a"))
    assert found.valid
    assert found.warnings == ("columns that nobody asked for: 'note'",)


def test_a_score_that_is_not_finite_is_a_score(monkeypatch, noisy):
    """As in MLE-bench: NaN counts as valid, wins nothing, and is told."""
    fake = {"__call__": lambda *_: math.nan, "inputs": "numbers"}
    metric = type("Metric", (), fake)()
    monkeypatch.setattr(
        "mle_toolkit.competitions.protocols.standard.get_metric", lambda _: metric
    )
    found = grade(NAME, noisy)
    assert found.valid
    assert math.isnan(found.score)
    assert found.medal is None
    assert "the score is nan, not a finite number" in found.warnings
    strict = grade(NAME, noisy, strict=True)
    assert not strict.valid
    assert "the score is nan" in strict.reason


def test_other_answers_may_be_given(tmp_path, answers, noisy):
    """Answers from a file, through a link, or from a frame."""
    few = answers.head(40)
    path = tmp_path / "a.csv"
    few.to_csv(path, index=False)
    (tmp_path / "link").symlink_to(path)
    found = grade(NAME, noisy.head(40), answers=path)
    assert found.valid
    assert found == grade(NAME, noisy.head(40), answers=few)
    assert found == grade(NAME, noisy.head(40), answers=tmp_path / "link")
    assert "309 ids are unknown" in grade(NAME, noisy, answers=few).reason


def test_our_own_troubles_are_raised(tmp_path, monkeypatch, answers, noisy):
    """Unknown competition, answers missing or unfit: not the submission's fault."""
    with pytest.raises(UnknownNameError, match="did you mean 'breast-cancer'"):
        grade("breast-cancr", noisy)
    with pytest.raises(UsageError, match="there is no file"):
        grade(NAME, noisy, answers=tmp_path / "none.csv")
    with pytest.raises(UsageError, match="the frame given as answers"):
        grade(NAME, noisy, answers=answers.drop(columns="malignant"))
    monkeypatch.setenv("MLE_DATA", str(tmp_path))
    with pytest.raises(NotPreparedError, match="mle prepare breast-cancer"):
        grade(NAME, noisy)


def test_one_grader_serves_many_submissions(noisy):
    """The grader keeps the answers; grading does not change them."""
    grader = Grader.of(NAME)
    before = grader.answers.copy()
    assert grader.grade(noisy) == grader.grade(noisy) == grade(NAME, noisy)
    pd.testing.assert_frame_equal(before, grader.answers)
    assert grader.card == load_card(NAME)
