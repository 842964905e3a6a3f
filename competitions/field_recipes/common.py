"""What the recipes of several competitions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn import ensemble
from sklearn.calibration import CalibratedClassifierCV

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

USUAL, TUNED = 2, 3


class Described:
    """A model of our own, which can be put into words."""

    def in_words(self, describe: Callable[[Any], str]) -> str:
        """Return what the model is; `describe` does the same for its parts."""
        raise NotImplementedError


def chance(rng: random.Random, share: float) -> bool:
    """Draw whether something happens that happens in that share of cases."""
    return rng.random() < share


def average(models: list[Any], *, classify: bool) -> Any:
    """Return the models as one, which averages their predictions."""
    named = [(f"m{number}", model) for number, model in enumerate(models)]
    if classify:
        return ensemble.VotingClassifier(named, voting="soft")
    return ensemble.VotingRegressor(named)


def calibrated(model: Any) -> CalibratedClassifierCV:
    """Return the classifier with probabilities that are learnt from held-out rows."""
    return CalibratedClassifierCV(model, method="sigmoid", cv=3, ensemble=False)
