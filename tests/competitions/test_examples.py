"""Every grader of MLE-bench agrees with the reference on recorded submissions.

``examples/`` holds generated files, no competition data: for each competition one
answers file, a perfect and a noisy submission with the score that the reference gave
at full precision, and one that it refused.
"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from mle_toolkit.competitions import grade, list_cards

FOLDER = Path(__file__).parent / "examples"
with (FOLDER / "examples.csv").open(encoding="utf-8") as file:
    EXAMPLES = list(csv.DictReader(file))
# A perfect file of icecube scores about 1e-8: nothing but rounding.
ABSOLUTE = {"icecube-neutrinos-in-deep-ice": 1e-7}


def of(example, **options):
    """Return our grade of a recorded submission."""
    return grade(
        example["competition_id"],
        FOLDER / example["submission"],
        answers=FOLDER / example["answers"],
        **options,
    )


def test_there_are_examples_of_every_competition():
    """All 82 are covered, each with a score and a refusal."""
    cards = {card.id for card in list_cards() if card.split != "mini"}
    for outcome in ("score", "invalid"):
        covered = {
            each["competition_id"] for each in EXAMPLES if each["outcome"] == outcome
        }
        assert covered == cards
    assert len(cards) == 82


@pytest.mark.parametrize(
    "example",
    [each for each in EXAMPLES if each["outcome"] == "score"],
    ids=lambda each: f"{each['competition_id']}-{each['kind']}",
)
def test_scores_equal_the_reference(example):
    """To 1e-9 before rounding, and to the last digit after it."""
    found = of(example)
    wanted = float(example["score"])
    assert found.valid, found.reason
    if math.isnan(wanted) or math.isinf(wanted):
        assert str(found.score_full) == str(wanted)
        return
    assert found.score_full == pytest.approx(
        wanted, rel=1e-9, abs=ABSOLUTE.get(example["competition_id"], 1e-12)
    )
    assert found.score == np.round(wanted, 5)


@pytest.mark.parametrize(
    "example",
    [each for each in EXAMPLES if each["outcome"] != "score"],
    ids=lambda each: f"{each['competition_id']}-{each['kind']}",
)
def test_what_the_reference_refuses_is_refused_with_a_reason(example):
    """One sentence that names what is wrong, never the name of an exception."""
    found = of(example)
    assert not found.valid
    assert found.score is None
    assert found.reason
    assert "cannot be scored" not in found.reason
    assert "\n" not in found.reason
