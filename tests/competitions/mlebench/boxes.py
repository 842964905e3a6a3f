"""What the tests of boxes share: random boxes, and what a refusal looks like."""

import numpy as np

from mle_toolkit.competitions.metrics.boxes import Boxes


def refused(found, *words):
    """Whether it was refused in one sentence that has these words."""
    assert not found.valid
    assert found.score is None
    assert "cannot be scored: " not in found.reason.replace(
        "no submission can be scored: ", ""
    )
    assert "\n" not in found.reason
    assert len(found.reason) < 400
    for word in words:
        assert word in found.reason
    return True


def boxes_of(rows):
    """Boxes from rows of image, label, four corners and confidence."""
    array = np.array(rows, dtype=float).reshape(-1, 7)
    return Boxes(
        image=array[:, 0].astype(int),
        label=array[:, 1].astype(int),
        corners=array[:, 2:6],
        confidence=array[:, 6],
    )


def random_rows(rng, n, n_images=3, n_labels=2, *, grid=False):
    """Rows of boxes that overlap often, on a grid with many ties."""
    low = rng.integers(0, 5, (n, 2)) if grid else rng.random((n, 2)) * 4
    sides = rng.integers(1, 5, (n, 2)) if grid else 0.2 + rng.random((n, 2)) * 4
    confidence = rng.integers(1, 5, n) / 4 if grid else rng.random(n)
    return np.column_stack(
        [
            rng.integers(0, n_images, n),
            rng.integers(0, n_labels, n),
            low,
            low + sides,
            confidence,
        ]
    )
