"""Small competitions of every kind that the offline model should cope with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from mle_toolkit.agents.nodes import Node
from mle_toolkit.agents.overview import describe_folder
from mle_toolkit.agents.prompts import Budget, program_prompt
from mle_toolkit.competitions.images import write_png
from mle_toolkit.records import Task
from mle_toolkit.sandbox import open_box

N_TRAIN, N_TEST = 160, 60


@dataclass(frozen=True)
class Case:
    """A task whose data lie in a folder."""

    task: Task

    def prompt(self, *, nodes=(), parent=None, run_limit_s=60.0, time_left_s=300.0):
        """Return the prompt that an agent would send."""
        budget = Budget(
            steps=4, time_left_s=time_left_s, run_limit_s=run_limit_s, cpus=1
        )
        return program_prompt(
            self.task,
            overview=describe_folder(
                Path(self.task.public_dir), sample=self.task.sample_submission
            ),
            budget=budget,
            nodes=list(nodes),
            parent=parent,
        )


def make_case(folder, name, features, truth, *, metric, targets, lower=True, example=0):
    """Write a competition; columns of `truth` are in the training data only."""
    public = folder / name
    public.mkdir()
    table = features.copy()
    table.insert(0, "row", [f"r{i}" for i in range(len(table))])
    train = pd.concat([table, truth], axis=1).iloc[:N_TRAIN]
    test = table.iloc[N_TRAIN:]
    train.to_csv(public / "train.csv", index=False)
    test.to_csv(public / "test.csv", index=False)
    sample = pd.DataFrame({"row": test["row"], **dict.fromkeys(targets, example)})
    sample.to_csv(public / "sample_submission.csv", index=False)
    task = Task(
        competition=name,
        title=name,
        description="# Overview\n\nPredict.\n\n# Data overview\n\nNot this one.",
        metric=metric,
        lower_is_better=lower,
        public_dir=str(public),
        sample_submission="sample_submission.csv",
        id_column="row",
        target_columns=tuple(targets),
    )
    return Case(task)


def numbers(rng, n=N_TRAIN + N_TEST, columns=5):
    """Return a table of numbers in which some are missing."""
    values = rng.normal(size=(n, columns))
    table = pd.DataFrame(values, columns=[f"x{i}" for i in range(columns)])
    return table.mask(rng.random(table.shape) < 0.05)


def words(rng, n=N_TRAIN + N_TEST):
    """Return categories, one of which occurs in the test set alone."""
    table = pd.DataFrame(
        {
            "colour": rng.choice(["red", "green", "blue"], n),
            "street": [f"S{i}" for i in rng.integers(0, 80, n)],
        }
    )
    table.loc[n - 1, "colour"] = "violet"
    table.loc[rng.random(n) < 0.1, "colour"] = None
    return table


def build_cases(folder):
    """Return the competitions by name."""
    rng = np.random.default_rng(5)
    n = N_TRAIN + N_TEST
    x = numbers(rng)
    signal = x["x0"].fillna(0) - x["x1"].fillna(0)
    noisy = signal + rng.normal(size=n)
    digits = load_digits(n_class=4)
    pick = rng.permutation(len(digits.target))[:n]
    images = pd.DataFrame(
        digits.data[pick].astype(int), columns=[f"p{i:02d}" for i in range(64)]
    )
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    prose = [" ".join(rng.choice(["good", "bad", "meal"], 14)) for _ in range(n)]
    counts = pd.DataFrame({"visits": rng.poisson(np.exp(0.5 * signal))})
    yes = pd.DataFrame({"malignant": (noisy > 0).astype(int)})
    grade = pd.DataFrame({"grade": np.where(noisy > 0, "fine", "poor")})
    two = pd.DataFrame({"a|b": 10 * noisy, 'c "d"': noisy**2})
    odd = x.rename(columns={"x0": "x|0", "x1": " x 1"})
    cases = [
        ("binary", x, yes, "roc_auc", ["malignant"], False),
        (
            "images",
            images,
            pd.DataFrame({"label": digits.target[pick]}),
            "log_loss",
            [f"digit_{i}" for i in range(4)],
            True,
        ),
        (
            "counts",
            pd.concat([x, words(rng)], axis=1),
            counts,
            "rmsle",
            ["visits"],
            True,
        ),
        (
            "grades",
            pd.concat([x, words(rng)], axis=1).assign(day=days, review=prose),
            grade,
            "accuracy",
            ["grade"],
            False,
        ),
        ("several", odd, two, "mean_absolute_error", list(two.columns), True),
        ("unknown", x, noisy.rename("y").to_frame(), "strange_score", ["y"], False),
    ]
    return {
        name: make_case(
            folder,
            name,
            table,
            truth,
            metric=metric,
            targets=targets,
            lower=lower,
            example="fine" if name == "grades" else 0,
        )
        for name, table, truth, metric, targets, lower in cases
    }


def build_picture_cases(folder):
    """Return competitions whose features are pictures beside the tables."""
    rng = np.random.default_rng(6)
    digits = load_digits(n_class=2)
    pick = rng.permutation(len(digits.target))[: N_TRAIN + N_TEST]
    pictures = (15 * digits.images[pick]).astype(np.uint8)
    label = pd.DataFrame({"label": digits.target[pick]})
    settings = {"metric": "roc_auc", "targets": ["label"], "lower": False}
    none = pd.DataFrame(index=range(len(pick)))
    arrays = make_case(folder, "arrays", none, label, **settings)
    parts = {"train": pictures[:N_TRAIN], "test": pictures[N_TRAIN:]}
    np.savez(Path(arrays.task.public_dir) / "images.npz", **parts)
    names = [f"images/{number}.png" for number in range(len(pick))]
    table = pd.DataFrame({"file": names, "size": rng.normal(size=len(pick))})
    files = make_case(folder, "files", table, label, **settings)
    (Path(files.task.public_dir) / "images").mkdir()
    for name, picture in zip(names, pictures, strict=True):
        write_png(Path(files.task.public_dir) / name, picture.tolist())
    return {"arrays": arrays, "files": files, "pixels": pixel_case(folder, rng)}


def pixel_case(folder, rng):
    """Return a competition that asks for the clean grey of each pixel."""
    public = folder / "pixels"
    for part in ("noisy", "clean"):
        (public / part).mkdir(parents=True)
    tiles, shape = range(20), (8, 10)
    for tile in tiles:
        clean = 255 * (rng.random(shape) > 0.2)
        noisy = np.clip(0.5 * clean + 60 + 20 * rng.normal(size=shape), 0, 255)
        write_png(public / "clean" / f"{tile}.png", clean.tolist())
        write_png(public / "noisy" / f"{tile}.png", noisy.astype(int).tolist())
    index = pd.DataFrame(
        {
            "tile": tiles,
            "noisy": [f"noisy/{tile}.png" for tile in tiles],
            "wanted": [f"clean/{tile}.png" for tile in tiles],
        }
    )
    index[:14].to_csv(public / "train.csv", index=False)
    index[14:].drop(columns="wanted").to_csv(public / "test.csv", index=False)
    ids = [f"{t}_{y}_{x}" for t in tiles[14:] for y in range(8) for x in range(10)]
    sample = pd.DataFrame({"row": ids, "grey": 1})
    sample.to_csv(public / "sample_submission.csv", index=False)
    return Case(
        Task(
            competition="pixels",
            title="pixels",
            description="Clean.",
            metric="rmse",
            lower_is_better=True,
            public_dir=str(public),
            sample_submission="sample_submission.csv",
            id_column="row",
            target_columns=("grey",),
            rules={"minimum": 0.0, "maximum": 1.0},
        )
    )


def series_case(folder):
    """Return a competition that asks for the future of a series, in which days lack."""
    rng = np.random.default_rng(7)
    days = np.arange(N_TRAIN + N_TEST)
    level = 50 + 0.3 * days + 5 * np.sin(2 * np.pi * days / 52)
    truth = pd.DataFrame({"level": level + rng.normal(size=len(days))})
    truth.loc[[3, 40], "level"] = None
    dates = pd.Timestamp("2020-01-04") + pd.to_timedelta(7 * days, "D")
    table = pd.DataFrame({"date": dates.strftime("%Y-%m-%d")})
    return make_case(folder, "series", table, truth, metric="mae", targets=["level"])


@pytest.fixture(scope="session")
def cases(tmp_path_factory):
    """The competitions by name."""
    folder = tmp_path_factory.mktemp("cases")
    return (
        build_cases(folder)
        | build_picture_cases(folder)
        | {"series": series_case(folder)}
    )


@pytest.fixture(scope="session")
def run_program(tmp_path_factory):
    """A function that runs a program on a case; returns (execution, submission)."""
    boxes = {}

    def run(case, code):
        name = case.task.competition
        if name not in boxes:
            folder = tmp_path_factory.mktemp(f"box-{name}")
            box = open_box(
                "none",
                workspace=folder / "workspace",
                inputs=Path(case.task.public_dir),
                scratch=folder / "scratch",
            )
            boxes[name] = (box, folder / "workspace" / "submission.csv")
        box, submission = boxes[name]
        submission.unlink(missing_ok=True)
        return box.run_python(code, timeout_s=100), submission

    yield run
    for box, _ in boxes.values():
        box.close()


def node_of(number, program, *, reason="", metric=None, output="", parent=None):
    """Return a node for a prompt."""
    return Node(
        number=number,
        parent=parent,
        stage="draft" if parent is None else "debug",
        plan="A plan.",
        code=program,
        output=output,
        is_buggy=metric is None,
        reason=reason,
        metric=metric,
    )
