"""Programs: readable, honest, understood again, and mended when they fail."""

import ast
import dataclasses
import random
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mle_toolkit.agents.replies import read_program
from mle_toolkit.models.offline import OfflineModel
from mle_toolkit.models.offline.drafting import (
    PATIENCE_S,
    allowance_s,
    draft,
    lightened,
    possible_blocks,
    sober,
    taste_of,
)
from mle_toolkit.models.offline.families import families, seconds
from mle_toolkit.models.offline.improving import improve
from mle_toolkit.models.offline.problem import make_out
from mle_toolkit.models.offline.reading import Brief, read_brief
from mle_toolkit.models.offline.rereading import reread
from mle_toolkit.models.offline.writing import write_program
from mle_toolkit.submissions import Rules, check_format, read_table

NAMES = [
    "arrays",
    "binary",
    "counts",
    "files",
    "grades",
    "images",
    "pixels",
    "series",
    "several",
    "unknown",
]
SCORE = re.compile(r"^validation \w+: (-?[\d.]+)$", re.MULTILINE)


def recipe_of(problem, seed, changes=0):
    """Return a draft's recipe after some changes."""
    taste, rng = taste_of(seed, problem), random.Random(seed)
    recipe = draft(Brief(), problem, taste, rng)
    for _ in range(changes):
        change = improve(recipe, Brief(), problem, taste, rng)
        recipe = change.recipe if change else recipe
    return recipe


@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_understood_again(cases, name):
    """Reading a program gives the recipe that writes the same program."""
    problem = make_out(read_brief(cases[name].prompt()))

    @settings(max_examples=15)
    @given(st.integers(0, 10_000), st.integers(0, 6))
    def check(seed, changes):
        program = write_program(recipe_of(problem, seed, changes), problem)
        recipe = reread(program, problem)
        assert recipe is not None
        assert write_program(recipe, problem) == program

    check()


@pytest.mark.parametrize("name", NAMES)
def test_programs_look_like_programs(cases, name):
    """They parse, fit the page as far as names allow, and read no other data."""
    problem = make_out(read_brief(cases[name].prompt()))
    for seed in range(10):
        program = write_program(recipe_of(problem, seed, seed), problem)
        tree = ast.parse(program)
        assert ast.get_docstring(tree)
        assert set(re.findall(r"input/([\w.]+)", program)) <= {
            "train.csv",
            "test.csv",
            "sample_submission.csv",
            "images.npz",
        }
        assert max(map(len, program.splitlines())) <= 96


@pytest.mark.parametrize(
    "text", ["", "x = (", "import os", "MODELS = {'a': 1}\nFOLDS=2"]
)
def test_foreign_programs_are_not_understood(cases, text):
    """A program of another hand has no recipe."""
    problem = make_out(read_brief(cases["binary"].prompt()))
    assert reread(text, problem) is None


@pytest.mark.parametrize("name", NAMES)
def test_plain_programs_work(cases, run_program, name):
    """The plain recipe gives a score and a valid submission on every kind of data."""
    case = cases[name]
    problem = make_out(read_brief(case.prompt()))
    execution, path = run_program(case, write_program(sober(problem), problem))
    assert execution.status == "ok", execution.output
    assert SCORE.search(execution.output)
    assert wrong(case, path) is None


@pytest.mark.parametrize("name", ["binary", "images", "counts", "pixels", "series"])
def test_failures_are_mended(cases, run_program, name):
    """A draft that fails is debugged to a program that works, within a few steps."""
    case = cases[name]
    for seed in range(3):
        model = OfflineModel(seed=seed)
        node, outputs = None, []
        for _ in range(6):
            reply = model.complete(
                case.prompt(nodes=[node] if node else (), parent=node)
            )
            program = read_program(reply.text)
            assert program.fault is None
            execution, path = run_program(case, program.code)
            outputs.append(execution.output[-300:])
            if execution.status == "ok":
                break
            node = node_after(program.code, execution)
        assert execution.status == "ok", outputs
        assert SCORE.search(execution.output)
        assert wrong(case, path) is None


def node_after(code, execution):
    """Return the node of a program that failed."""
    from mle_toolkit.agents.nodes import Node

    return Node(
        number=0,
        parent=None,
        stage="draft",
        plan="A plan.",
        code=code,
        output=execution.output,
        reason=f"it ended with {execution.exception}",
    )


def wrong(case, path):
    """Return what is wrong with a submission."""
    sample = read_table(f"{case.task.public_dir}/sample_submission.csv")
    return check_format(
        read_table(path),
        sample,
        id_column="row",
        target_columns=case.task.target_columns,
        rules=Rules(numeric=case.task.competition != "grades", **case.task.rules),
    )


def test_the_validation_score_is_honest(cases, run_program):
    """On labels of pure chance the score is what chance gives."""
    case = cases["binary"]
    problem = make_out(read_brief(case.prompt()))
    program = write_program(sober(problem), problem)
    shuffled = program.replace(
        'train = pd.read_csv("input/train.csv")',
        'train = pd.read_csv("input/train.csv")\n'
        "train['malignant'] = train['malignant'].sample(frac=1, random_state=3).values",
    )
    assert shuffled != program
    execution, _ = run_program(case, shuffled)
    assert 0.3 < float(SCORE.search(execution.output)[1]) < 0.7


def test_a_forecast_is_checked_on_later_rows(cases, run_program):
    """A trend that is continued is worth more than one that is not, by both scores."""
    case = cases["series"]
    problem = make_out(read_brief(case.prompt()))
    days = np.arange(160, 220)
    truth = 50 + 0.3 * days + 5 * np.sin(2 * np.pi * days / 52)
    told, true = [], []
    for trend in (0, 1):
        recipe = dataclasses.replace(sober(problem), trend=trend)
        execution, path = run_program(case, write_program(recipe, problem))
        told.append(float(SCORE.search(execution.output)[1]))
        true.append(np.abs(pd.read_csv(path)["level"] - truth).mean())
    assert told[1] < told[0] / 2
    assert true[1] < true[0] / 2
    assert 0.3 < told[1] / true[1] < 3


def test_pixels_of_one_picture_are_held_out_together(cases, run_program):
    """On pictures of pure chance nothing can be learnt, and the score says so."""
    case = cases["pixels"]
    problem = make_out(read_brief(case.prompt()))
    program = write_program(sober(problem), problem)
    execution, path = run_program(case, program)
    assert float(SCORE.search(execution.output)[1]) < 0.2
    wrong_truth = program.replace(
        "table[GROUP] = number", "table[TARGETS[0]] = number % 2; table[GROUP] = number"
    )
    assert wrong_truth != program
    execution, _ = run_program(case, wrong_truth)
    assert float(SCORE.search(execution.output)[1]) > 0.45
    assert pd.read_csv(path)["grey"].between(0, 1).all()


@pytest.mark.parametrize("name", ["binary", "images", "counts"])
def test_time_is_respected(cases, name):
    """What should take too long is made lighter, for large data too."""
    problem = make_out(read_brief(cases[name].prompt()))
    large = dataclasses.replace(problem, rows=20_000, test_rows=10_000)
    for seed in range(20):
        recipe = recipe_of(large, seed)
        assert seconds(recipe, large) <= PATIENCE_S
        assert seconds(lightened(recipe, large, 1.0), large) <= 1.0


def test_the_allowance_follows_the_budget():
    """Little time, light programs; much time does not make them heavy."""
    assert allowance_s(Brief()) == PATIENCE_S
    assert allowance_s(Brief(run_limit_s=2.0)) == 1.0
    assert allowance_s(Brief(time_left_s=10.0, steps=5)) == 1.0


def test_one_column_of_words_is_joined_with_none(cases):
    """It takes two to join; a single column would only get its own name again."""
    problem = make_out(read_brief(cases["counts"].prompt()))
    taste, rng = taste_of(0, problem), random.Random(0)
    assert "joined" in possible_blocks(problem, taste, rng)
    alone = dataclasses.replace(problem, words=("colour",), codes=())
    assert "joined" not in possible_blocks(alone, taste, rng)
    assert "counts" in possible_blocks(alone, taste, rng)


def test_a_careful_hand_does_not_choose_what_cannot_learn(cases):
    """Poisson regression is not for labels below 0, unless by oversight."""
    problem = make_out(read_brief(cases["several"].prompt()))
    assert problem.label_low < 0
    taste = dataclasses.replace(taste_of(1, problem), care=1.0)
    rng = random.Random(0)
    recipes = [draft(Brief(), problem, taste, rng) for _ in range(60)]
    used = {member.family for recipe in recipes for member in recipe.members}
    assert not {"poisson", "gamma"} & used
    assert len(used) > 4
    assert used <= set(families(problem))
