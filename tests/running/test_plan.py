import json

import pytest

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.records import Limits, Task, to_json
from mle_toolkit.running.plan import Plan, extend_plan, plan_experiment


def task(name):
    return Task(
        competition=name,
        title=name,
        description="words",
        metric="roc_auc",
        lower_is_better=False,
        public_dir="/data",
        sample_submission="sample_submission.csv",
        id_column="id",
        target_columns=("a", "b"),
    )


def plan(**changes):
    settings = {
        "scaffold": "tree-search",
        "model": "openai:gpt-4o",
        "seeds": range(3),
        "limits": Limits(time_limit_s=60, steps=5),
        **changes,
    }
    return plan_experiment("x", [task("a"), task("b")], **settings)


def test_every_seed_on_every_competition_once():
    """The grid is whole, each attempt has a folder of its own, early seeds first."""
    made = plan()
    paths = [item.path for item in made.attempts]
    assert len(set(paths)) == len(paths) == 6
    assert paths[:2] == [
        "a/tree-search-openai-gpt-4o/0",
        "b/tree-search-openai-gpt-4o/0",
    ]


def test_plan_survives_json():
    """A plan that was written is read back equal."""
    made = plan(options={"n": 1})
    assert Plan.from_dict(json.loads(json.dumps(made.to_dict()))) == made


def test_spec_survives_json():
    """A spec that was written is read back equal, nested records included."""
    from mle_toolkit.records import AttemptSpec, from_dict

    made = plan()
    spec = made.spec(made.attempts[0])
    assert from_dict(AttemptSpec, json.loads(to_json(spec))) == spec


def test_extension_continues_the_seeds():
    """Each extension begins after the last seed and carries the settings on."""
    first = plan()
    second = extend_plan([first], 2)
    third = extend_plan([first, second], 1)
    assert sorted({item.seed for item in second.attempts}) == [3, 4]
    assert {item.seed for item in third.attempts} == {5}
    assert (second.version, third.version) == (2, 3)
    assert third.limits == first.limits


@pytest.mark.parametrize(
    "changes",
    [{"seeds": []}, {"parallel": 0}, {"sandbox": "docker"}, {"engine": "cloud"}],
)
def test_illegal_plans_are_refused(changes):
    """What cannot be run is not planned."""
    with pytest.raises(UsageError):
        plan(**changes)


def test_engine_is_named_in_the_error():
    """An unknown engine is answered with the known ones."""
    with pytest.raises(UnknownNameError, match="'local'"):
        plan(engine="cloud")


@pytest.mark.parametrize("data", [{}, {"attempts": 3}, {"attempts": [], "tasks": []}])
def test_damaged_plan_is_a_usage_error(data):
    """A plan that lacks something is refused, never half read."""
    with pytest.raises(UsageError):
        Plan.from_dict(data)


@pytest.mark.parametrize(
    ("name", "value"),
    [("time_limit_s", 0), ("steps", -1), ("memory_mib", 0), ("cpus", 0)],
)
def test_limits_must_be_positive(name, value):
    """A limit of nothing is a mistake."""
    with pytest.raises(UsageError, match=name):
        Limits(**{name: value})
