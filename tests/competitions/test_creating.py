"""A competition of one's own is whole, honest and like any other."""

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import (
    check_competition,
    competition,
    grade,
    list_competitions,
    load_card,
    new_competition,
    task,
)
from mle_toolkit.competitions.creating.building import wrap_competition
from mle_toolkit.competitions.metrics import METRICS
from mle_toolkit.errors import CardError, UnknownNameError, UsageError

SMALL = {"n_entrants": 10}
N = 240


@pytest.fixture(scope="module")
def table():
    """Return rows with numbers, levels, a group, a time, gaps and some targets."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(N, 2))
    frame = pd.DataFrame(x, columns=["a", "b"])
    frame["kind"] = rng.choice(["u", "v", None], N)
    frame["patient"] = rng.integers(0, 30, N)
    frame["day"] = pd.date_range("2024-01-01", periods=N).astype(str)[::-1]
    frame["sick"] = (x[:, 0] + rng.normal(size=N) > 0).astype(int)
    frame["level"] = np.select([x[:, 1] > 0.6, x[:, 1] < -0.6], ["high", "low"], "mid")
    frame["stars"] = rng.integers(1, 6, N)
    frame["cost"] = np.exp(x[:, 0]) + rng.random(N)
    frame.loc[::17, "a"] = np.nan
    frame.loc[0, "sick"] = np.nan
    return frame


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Competitions are made in, and found in, a folder of this test."""
    monkeypatch.setenv("MLE_COMPETITIONS", str(tmp_path / "own"))
    return tmp_path / "own"


def read(card):
    """Return train, test, sample and answers."""
    public, private = (card.folder / "prepared" / p for p in ("public", "private"))
    names = [
        public / "train.csv",
        public / "test.csv",
        public / "sample_submission.csv",
    ]
    return [pd.read_csv(path) for path in (*names, private / "answers.csv")]


@pytest.mark.parametrize(
    ("target", "metric", "columns"),
    [
        ("sick", "roc_auc", ("sick",)),
        ("sick", "log_loss", ("sick",)),
        ("level", "log_loss", ("level_high", "level_low", "level_mid")),
        ("level", "accuracy", ("level",)),
        ("level", "f1_macro", ("level",)),
        ("stars", "quadratic_weighted_kappa", ("stars",)),
        ("cost", "rmsle", ("cost",)),
        (["cost", "a"], "mcrmse", ("cost", "a")),
    ],
)
def test_each_kind_of_target_becomes_a_whole_competition(
    table, target, metric, columns
):
    """Found by its id, graded, described; the answers score best, nothing leaks."""
    made = new_competition("mine", table, target=target, metric=metric, **SMALL)
    card = load_card("mine")
    assert made.competition.card == card
    assert card.target_columns == columns
    train, test, sample, answers = read(card)
    assert len(train) + len(test) == len(table.dropna(subset=target))
    assert not set(train["id"]) & set(test["id"])
    assert sample["id"].tolist() == answers["id"].tolist() == test["id"].tolist()
    for name in [target] if isinstance(target, str) else target:
        assert name in train.columns
        assert name not in test.columns
    best = grade("mine", answers)
    assert best.score_full == pytest.approx(METRICS[metric].best, abs=1e-9)
    assert best.medal == "gold"
    baseline = grade("mine", sample)
    assert baseline.valid
    assert baseline.percentile is not None
    board = competition("mine").leaderboard
    assert board == sorted(board, reverse=not card.lower_is_better)
    assert len(board) == 10
    assert METRICS[metric].title in task("mine").description
    assert task("mine").card_dir == str(card.folder)
    assert list_competitions("own").index.tolist() == ["mine"]


def test_groups_stay_together_and_time_runs_forward(table):
    """No patient is on both sides; every test day is after every training day."""
    by_group = new_competition(
        "groups", table, target="sick", metric="roc_auc", group="patient", **SMALL
    )
    train, test, *_ = read(by_group.competition.card)
    assert not set(train["patient"]) & set(test["patient"])
    assert 0.1 < len(test) / N < 0.45
    by_time = new_competition(
        "times",
        table,
        target="cost",
        metric="rmse",
        time="day",
        test_share=0.2,
        **SMALL,
    )
    train, test, *_ = read(by_time.competition.card)
    assert train["day"].max() < test["day"].min()
    assert len(test) == pytest.approx(0.2 * N, abs=1)
    assert "by time" in by_time.competition.card.notes[0]


def test_classes_keep_their_shares(table):
    """A stratified split has each class on both sides, in proportion."""
    made = new_competition("mine", table, target="level", metric="accuracy", **SMALL)
    train, _, _, answers = read(made.competition.card)
    shares = [rows["level"].value_counts(normalize=True) for rows in (train, answers)]
    assert (shares[0] - shares[1]).abs().max() < 0.02


def test_the_same_seed_makes_the_same_competition(table, tmp_path):
    """Bytes are equal in another folder; another seed draws other rows."""
    files = []
    for name, seed in (("x", 3), ("y", 3), ("z", 4)):
        made = new_competition(
            "mine", table, target="cost", metric="rmse", folder=tmp_path / name,
            seed=seed, **SMALL,
        )  # fmt: skip
        root = made.competition.card.folder
        files.append(
            {
                p.relative_to(root): p.read_bytes()
                for p in root.rglob("*")
                if p.is_file()
            }
        )
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_it_can_lie_anywhere(table, tmp_path):
    """A path serves where an id does; a shipped id cannot be taken."""
    made = new_competition(
        "mine", table, target="sick", metric="roc_auc", folder=tmp_path / "far", **SMALL
    )
    path = str(made.competition.card.folder)
    with pytest.raises(UnknownNameError):
        load_card("mine")
    assert load_card(path).id == "mine"
    answers = read(made.competition.card)[3]
    assert grade(path, answers).score == 1.0
    with pytest.raises(UsageError, match="exists already"):
        new_competition(
            "mine", table, target="sick", metric="roc_auc", folder=tmp_path / "far"
        )
    with pytest.raises(UsageError, match="there is a competition 'digits' already"):
        new_competition("digits", table, target="sick", metric="roc_auc")


def test_what_looks_wrong_is_remarked(table):
    """Repeated rows and a feature that is the target in disguise are told."""
    doubled = pd.concat([table, table], ignore_index=True)
    doubled["copy"] = doubled["sick"].map({0.0: "no", 1.0: "yes"})
    made = new_competition("mine", doubled, target="sick", metric="roc_auc", **SMALL)
    text = " / ".join(made.remarks)
    assert "test rows also occur in the training data" in text
    assert "column 'copy' alone gives 'sick' away" in text
    assert check_competition(load_card("mine")) == list(made.remarks)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"target": "gone"}, "no column 'gone'"),
        ({"metric": "auc"}, "unknown metric 'auc'"),
        ({"metric": "coco_map"}, "does not score plain columns"),
        ({"target": "cost"}, "needs classes"),
        ({"target": "level"}, "two classes; 'level' has 3"),
        ({"target": "level", "metric": "rmse"}, "needs numbers"),
        ({"target": "a", "metric": "rmsle"}, "0 and more"),
        ({"target": ["sick", "level"]}, "takes one target"),
        ({"test_share": 1.0}, "between 0 and 1"),
        ({"test_share": 0.001}, "each needs 5"),
        ({"group": "patient", "time": "day"}, "not both"),
        ({"time": "kind"}, "cannot be read as times|without a time"),
        ({"n_entrants": 3}, "10 entrants or more"),
        ({"name": "../x"}, "an id has letters"),
        ({"data": "nowhere.csv"}, "cannot be read as a CSV"),
    ],
)
def test_wrong_wishes_are_errors_and_leave_nothing(table, folder, options, reason):
    """Each says what is wrong; no half-made folder stays."""
    given = {"name": "mine", "data": table, "target": "sick", "metric": "roc_auc"}
    given |= options
    with pytest.raises(UsageError, match=reason):
        new_competition(given.pop("name"), given.pop("data"), **given)
    assert not folder.exists() or list(folder.iterdir()) == []


SCRIPT = """
def prepare(public, private):
    (public / "images").mkdir()
    for number in range(12):
        (public / "images" / f"{number}.pgm").write_bytes(b"P5 1 1 255 x")
    ids = "".join(f"{n},cat\\n" for n in range(12))
    (public / "sample_submission.csv").write_text("id,kind\\n" + ids)
    rows = "".join(f"{n},{'cat' if n % 3 else 'dog'}\\n" for n in range(12))
    (private / "answers.csv").write_text("id,kind\\n" + rows)
"""


def test_images_come_in_by_a_script(tmp_path):
    """A prepare.py writes any files; the rest is as with a table."""
    paths = {name: tmp_path / name for name in ("prepare.py", "task.md", "lines.csv")}
    paths["prepare.py"].write_text(SCRIPT)
    paths["task.md"].write_text("# Cats\n")
    paths["lines.csv"].write_text("score\n1.0\n0.9\n0.5\n")
    given = {
        "target": "kind", "metric": "accuracy", "description": paths["task.md"],
    }  # fmt: skip
    made = wrap_competition(
        "cats", paths["prepare.py"], leaderboard=paths["lines.csv"], **given
    )
    folder = made.competition.card.folder
    assert len(list((folder / "prepared/public/images").iterdir())) == 12
    sample = grade("cats", folder / "prepared/public/sample_submission.csv")
    assert sample.score == pytest.approx(8 / 12, abs=1e-5)
    blank = pd.DataFrame({"id": range(12), "kind": [None] + ["cat"] * 11})
    assert grade("cats", blank).reason == "the row of id 0 has no label"
    with pytest.raises(UsageError, match="no file"):
        wrap_competition(
            "dogs", paths["prepare.py"], leaderboard=tmp_path / "none.csv", **given
        )
    paths["prepare.py"].write_text(SCRIPT.replace("sample_submission", "sample"))
    with pytest.raises(Exception, match="not prepared"):
        wrap_competition(
            "dogs", paths["prepare.py"], leaderboard=paths["lines.csv"], **given
        )
    assert not (folder.parent / "dogs").exists()


def test_a_broken_card_of_the_user_does_not_hide_the_others(folder):
    """It is told with its file, and the rest is listed."""
    (folder / "bad").mkdir(parents=True)
    (folder / "bad" / "card.toml").write_text("id = 3")
    with pytest.warns(UserWarning, match="bad"):
        assert "digits" in list_competitions().index
    with pytest.raises(CardError, match="metric is missing"):
        load_card("bad")


# Two attempts of three programs: minutes on a slow machine.
@pytest.mark.timeout(600)
def test_an_agent_runs_on_it_and_is_graded(table, tmp_path, monkeypatch):
    """Launched by its folder, graded by a process that was told nothing else."""
    import mle_toolkit as mle

    monkeypatch.delenv("MLE_COMPETITIONS")
    made = new_competition(
        "mine", table, target="sick", metric="roc_auc", folder=tmp_path / "far", **SMALL
    )
    exp = mle.launch(
        str(made.competition.card.folder),
        attempts=2, steps=3, time_limit="10m", sandbox="none", out=tmp_path / "run",
    )  # fmt: skip
    exp.wait(show=False)
    frame = exp.attempts()
    assert set(frame["competition"]) == {"mine"}
    assert frame["valid_submission"].any()
    assert frame["percentile"].notna().any()
