"""The calibration of ``docs/calibration.md`` in a small form, with fixed seeds."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
NEEDED = ("calibration", "calibration_rates", "calibration_comparisons", "worlds")


@pytest.fixture(scope="module")
def bench():
    """The benchmark scripts as modules, by name."""
    sys.path.insert(0, str(BENCHMARKS))
    yield {name: importlib.import_module(name) for name in NEEDED}
    sys.path.remove(str(BENCHMARKS))


def test_worlds_know_their_truth(bench):
    """The exact means agree with those of many draws."""
    worlds = bench["worlds"]
    rng = np.random.default_rng(0)
    for world in worlds.WORLDS + worlds.ADVERSARIAL:
        p = world.draw(rng, 40_000)
        for k in (1, 8):
            drawn = 1 - (1 - p) ** k
            error = 5 * drawn.std() / 200 + 1e-12
            assert world.pass_at_k(k) == pytest.approx(drawn.mean(), abs=error)


@pytest.mark.parametrize("target", ["population", "these"])
@pytest.mark.parametrize("size", [22, 75])
def test_our_intervals_cover_in_every_world(bench, target, size):
    """At least 95 % on average and 92 % in the worst world, of 1000 each.

    Three standard errors of 0.7 points are allowed to the worst of 66 cells.
    """
    rates, worlds = bench["calibration_rates"], bench["worlds"]
    tallies = rates.coverage(
        worlds.WORLDS,
        (("3", 1), ("by difficulty", 1), ("8", 4)),
        target=target,
        others=(),
        effort=0.5,
        rng=np.random.default_rng(12),
        sizes=(size,),
    )
    ours = tallies[rates.OURS]
    assert len(ours.cells) == 66
    assert 95.0 <= ours.mean <= 99.0
    assert ours.worst >= 92.0 - 2.1, ours.worst_cell


def test_the_strict_form_covers_in_adversarial_worlds(bench):
    """Where a few sure competitions are often not drawn, it holds and others fail."""
    rates, worlds = bench["calibration_rates"], bench["worlds"]
    tallies = rates.coverage(
        worlds.ADVERSARIAL,
        (("3", 1), ("16", 1)),
        target="population",
        others=("cluster-t", "logit-t"),
        effort=0.25,
        rng=np.random.default_rng(12),
        sizes=(22,),
    )
    assert tallies[rates.STRICT].worst >= 92.0
    assert tallies["logit-t"].worst < 92.0
    assert tallies["cluster-t"].worst < 80.0


def test_comparisons_keep_their_level(bench):
    """Agents that are equal on average: few alarms, but many from reading bars."""
    comparisons, calibration = bench["calibration_comparisons"], bench["calibration"]
    found = comparisons.Rejections()
    coverage = {name: calibration.Tally() for name in comparisons.METHODS}
    comparisons.cells(
        "null",
        comparisons.interaction,
        found,
        coverage,
        effort=0.1,
        rng=np.random.default_rng(5),
        worlds=comparisons.WORLDS[1:4],
        sizes=(22,),
    )
    means = {name: np.mean(rates) for name, rates in found.rates.items()}
    assert means["sign-flip test"] <= 6.0
    assert means["end-atom interval without 0"] <= 6.0
    assert means["bars of one SEM over seeds do not overlap"] >= 20.0
    assert coverage["end-atom"].mean >= 95.0


def test_a_section_replaces_its_own_part_of_the_page(bench):
    """What others wrote stays, whether the part is new or old."""
    replace = bench["calibration"].replace_section
    page = replace("# Page\n", "rates", "## Rates\n\nold")
    page = replace(page, "scores", "## Scores")
    page = replace(page, "rates", "## Rates\n\nnew")
    assert page == (
        "# Page\n\n<!-- begin rates -->\n## Rates\n\nnew\n<!-- end rates -->\n\n"
        "<!-- begin scores -->\n## Scores\n<!-- end scores -->\n"
    )


def test_an_undefined_interval_covers_nothing(bench):
    """NaN limits count against a method, and are reported."""
    tally = bench["calibration"].Tally()
    tally.add("cell", [(0.1, 0.3), (np.nan, np.nan), (0.4, 0.6), (0.0, 0.2)], 0.2)
    assert tally.coverage == [50.0]
    assert tally.undefined == [25.0]
    assert tally.widths == [pytest.approx(0.2)]
