"""Whatever a file holds, its grade is a score or one sentence that says why not.

A sample of what ``benchmarks/fuzz_graders.py`` does in full: there every file is graded
in a process with a limit of memory and of time.
"""

import csv
import dataclasses
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.faults import fault_of, reason_fault
from benchmarks.mutations import CELLS, HEAVY_BYTES, contents, places
from mle_toolkit.competitions import grade, list_cards, load_card
from mle_toolkit.competitions.grading import Grader

FOLDER = Path(__file__).parent / "examples"
with (FOLDER / "examples.csv").open(encoding="utf-8") as file:
    NOISY = [row for row in csv.DictReader(file) if row["kind"] == "noisy"]
OURS = [card.id for card in list_cards("mini")]
# What each competition sees, and how many of the others it draws.
ALWAYS = (
    "untouched",
    "empty",
    "header-only",
    "random-bytes",
    "reversed-columns",
    "column-blank",
    "column-400-digits",
    "column-1e308",
    "combination-0",
)
N_DRAWN = 20


def sample(text, folder, seed):
    """Yield name and path of some malformed files, some others for each seed."""
    draw = random.Random(seed)
    made = dict(contents(text, seed=draw.randrange(1 << 30), n_random=12, heavy=False))
    drawn = draw.sample(sorted(set(made) - set(ALWAYS)), N_DRAWN)
    path = folder / "content.csv"
    for name in (*ALWAYS, *drawn):
        path.write_bytes(made[name])
        yield name, path
    kinds = list(places(folder, text.encode()))
    yield from draw.sample(kinds, 3)


def check(grader, text, folder):
    """Fail for the first file whose grade is not as it should be."""
    strict = dataclasses.replace(grader, strict=True)
    n_refused = 0
    for name, path in sample(text, folder, grader.card.id):
        found = grader.grade(path)
        assert fault_of(found, strict.grade(path)) is None, name
        assert found.valid or name != "untouched", found.reason
        n_refused += not found.valid
    assert n_refused >= 5


@pytest.mark.parametrize("example", NOISY, ids=lambda each: each["competition_id"])
def test_every_grader_of_mle_bench_survives_malformed_files(example, tmp_path):
    """Each of the 82, on files made from a good one."""
    grader = Grader.of(example["competition_id"], answers=FOLDER / example["answers"])
    text = (FOLDER / example["submission"]).read_text(encoding="utf-8")
    check(grader, text, tmp_path)


def invented(competition):
    """Return answers that the card's rules allow."""
    card = load_card(competition)
    generator = np.random.default_rng(0)
    names = list(card.target_columns)
    values = generator.uniform(0, 1, (40, len(names)))
    if len(names) > 1:
        values = np.eye(len(names))[generator.integers(0, len(names), 40)]
    elif card.metric not in {"mae", "rmse", "rmsle"}:
        # Classes or grades: 0 and 1 are legal for each.
        values = values.round()
    table = pd.DataFrame(values, columns=names)
    table.insert(0, card.id_column, [f"row-{number}" for number in range(40)])
    return table


@pytest.mark.parametrize("competition", OURS)
def test_the_standard_protocol_survives_malformed_files(competition, tmp_path):
    """With every metric and rule of the offline competitions."""
    answers = invented(competition)
    text = answers.to_csv(index=False)
    check(Grader.of(competition, answers=answers), text, tmp_path)


@pytest.mark.parametrize("example", NOISY[::9], ids=lambda each: each["competition_id"])
@pytest.mark.parametrize("unit", ["x", "1 ", "9"])
def test_a_cell_of_five_megabytes_is_graded(example, unit, tmp_path):
    """Some graders, of each kind: letters, numbers and one number."""
    lines = (FOLDER / example["submission"]).read_text(encoding="utf-8").splitlines()
    head, _, _ = lines[-1].rpartition(",")
    lines[-1] = f"{head},{unit * (HEAVY_BYTES // len(unit))}"
    path = tmp_path / "submission.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    name, answers = example["competition_id"], FOLDER / example["answers"]
    found = grade(name, path, answers=answers)
    strict = grade(name, path, answers=answers, strict=True)
    assert fault_of(found, strict) is None


def test_the_check_sees_what_it_is_for():
    """A grade that is not one, an unforeseen error, two lines and an endless reason."""
    competition, answers = OURS[0], invented(OURS[0])
    good = grade(competition, answers, answers=answers)
    bad = Grader.of(competition, answers=answers).refuse("no reason at all")
    assert fault_of(good, good) is None
    assert fault_of(bad, bad) is None
    assert "not a grade" in fault_of(None, good)
    assert "without a score" in fault_of(dataclasses.replace(good, reason="why"), good)
    assert "with a score" in fault_of(dataclasses.replace(bad, score=0.5), bad)
    assert "other scores" in fault_of(good, dataclasses.replace(good, score_full=7.0))
    assert "other reasons" in fault_of(bad, dataclasses.replace(bad, reason="none"))
    assert "for no danger" in fault_of(good, bad)
    assert reason_fault("the submission cannot be scored: ValueError: x")
    assert reason_fault("two\nlines")
    assert reason_fault("x" * 2000)
    assert reason_fault("")
    assert reason_fault("a value is missing (row 3)") is None


def test_the_full_fuzz_has_hundreds_of_files_for_each_competition(tmp_path):
    """Each with a name of its own, and the same again for the same seed."""
    text = (FOLDER / NOISY[0]["submission"]).read_text(encoding="utf-8")
    made, again = (
        list(contents(text, seed=1, n_random=30, heavy=False)) for _ in range(2)
    )
    assert made == again
    names = [name for name, _ in made]
    assert len(set(names)) == len(names) >= 240
    assert len({data for _, data in made}) >= 200
    assert sum(name.startswith("cell-") for name in names) == len(CELLS)
    assert len(list(places(tmp_path, text.encode()))) >= 10
