"""The metric of scans: Dice of slices, and Hausdorff distance of volumes.

Volumes stay runs: only the voxels that can decide a distance are ever listed.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.intervals import (
    Intervals,
    common,
    spread,
    union,
    without,
)
from mle_toolkit.competitions.metrics.runs import common_areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.spatial import cKDTree

    from mle_toolkit.competitions.metrics.runs import Runs

    Whole = NDArray[np.int64]
    Points = NDArray[np.float64]

_MOST_TIMES = 10
_DICE_WEIGHT, _DISTANCE_WEIGHT = 0.4, 0.6
# Slices, rows and columns of a block; rows of a piece.
_BLOCK = (4, 16, 16)
_PIECE = 16
# The largest box that is painted, and the seconds of looking up that it is worth.
_MOST_PAINTED = 1 << 25
_PATIENCE_S = 1.0
# Bounds are compared with room for rounding.
_CAUTION = 1 - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """The masked voxels of a stack of slices, as runs down the columns.

    Attributes
    ----------
    shape
        Slices, height, width.
    column
        Column of each run, counted through all slices: slice x width + column;
        shape (runs,), rising.
    start, stop
        First row of each run and the row after its last, shape (runs,); the runs of
        a column are disjoint and do not touch.
    """

    shape: tuple[int, int, int]
    column: Whole
    start: Whole
    stop: Whole

    @property
    def voxels(self) -> int:
        """How many voxels are masked."""
        return int((self.stop - self.start).sum())

    def equals(self, other: Volume) -> bool:
        """Whether shape and voxels are the same."""
        return self.shape == other.shape and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("column", "start", "stop")
        )


def stack(masks: Runs, *, place: Whole, slices: int, height: int) -> Volume:
    """Return the volume whose slices are masks; those of one slice are united.

    Parameters
    ----------
    masks
        Masks of one size, whose pixels run down the first column, then the next.
    place
        The slice that each mask lies in, shape (images,).
    slices
        How many slices there are.
    height
        Pixels in a column, at least 1.

    Examples
    --------
    Two masks of 2 x 2 pixels in one slice; the first run turns into a new column:

    >>> import numpy as np
    >>> from mle_toolkit.competitions.metrics.runs import decode_runs
    >>> masks = decode_runs(["2 2", "4 1"], np.array([4, 4]))
    >>> stack(masks, place=np.array([0, 0]), slices=1, height=2)
    Volume(shape=(1, 2, 2), column=array([0, 1]), start=array([1, 0]),
    stop=array([2, 2]))
    """
    width = int(masks.sizes[0]) // height if len(masks.sizes) else 0
    image = masks.image
    start = masks.start - masks.edges[image]
    stop = masks.stop - masks.edges[image]
    first, last = start // height, (stop - 1) // height
    counts = last - first + 1
    column = spread(first, counts)
    low = np.maximum(np.repeat(start, counts), column * height)
    high = np.minimum(np.repeat(stop, counts), (column + 1) * height)
    down = place[np.repeat(image, counts)] * width
    # A row more than there is keeps the runs of neighbouring columns apart.
    shift = (down + column) * (height + 1) - column * height
    joined = union(low + shift, high + shift)
    column, row = np.divmod(joined.start, height + 1)
    return Volume(
        shape=(slices, height, width),
        column=column,
        start=row,
        stop=row + joined.stop - joined.start,
    )


def hausdorff(truth: Volume, prediction: Volume) -> float:
    """Return the Hausdorff distance of two volumes as a share of the diagonal.

    The indices of a voxel are divided by the shape of the *true* volume, and the
    larger of the two directed distances by the root of 3.

    Parameters
    ----------
    truth, prediction
        The volumes; their shapes may differ.

    Returns
    -------
    float
        0 for equal volumes; 1 when one is empty or the prediction has more than ten
        times the voxels of the truth; NaN when both are empty.

    References
    ----------
    F. Hausdorff (1914), Grundzuege der Mengenlehre, chapter VIII.

    Examples
    --------
    One voxel against one that is three of four rows further down: 3/4 / root 3.

    >>> import numpy as np
    >>> one, zero = np.array([1]), np.array([0])
    >>> truth = Volume(shape=(1, 4, 4), column=zero, start=zero, stop=one)
    >>> other = Volume(shape=(1, 4, 4), column=zero, start=3 * one, stop=4 * one)
    >>> round(hausdorff(truth, other), 6)
    0.433013
    """
    n_true, n_given = truth.voxels, prediction.voxels
    if not n_true and not n_given:
        return math.nan
    if truth.equals(prediction):
        return 0.0
    if not n_true or not n_given or n_given > _MOST_TIMES * n_true:
        return 1.0
    grid = _Grid.of(truth, prediction)
    one, other = grid.line(truth), grid.line(prediction)
    return max(grid.directed(one, other), grid.directed(other, one)) / math.sqrt(3)


def dice_hausdorff(
    truth: Runs,
    prediction: Runs,
    true_volumes: Sequence[Volume],
    volumes: Sequence[Volume],
) -> float:
    """Return 0.4 x mean Dice + 0.6 x (1 - mean Hausdorff distance).

    Dice is taken of each mask and the distance of each volume.  Where truth and
    prediction are both empty there is nothing to take, and the mean ignores it.

    Parameters
    ----------
    truth, prediction
        Masks of the same images.
    true_volumes, volumes
        The volumes, paired by position; the longer list is cut.

    Returns
    -------
    float
        In [0, 1], 1 is best; NaN when there is nothing to take one of the means of.

    Examples
    --------
    >>> import numpy as np
    >>> from mle_toolkit.competitions.metrics.runs import decode_runs
    >>> masks = decode_runs(["2 2"], np.array([4]))
    >>> volume = stack(masks, place=np.array([0]), slices=1, height=2)
    >>> dice_hausdorff(masks, masks, [volume], [volume])
    1.0
    """
    total = truth.areas + prediction.areas
    filled = total > 0
    shares = 2.0 * common_areas(truth, prediction)[filled] / total[filled]
    pairs = zip(true_volumes, volumes, strict=False)
    distances = np.array([hausdorff(true, given) for true, given in pairs])
    distances = distances[~np.isnan(distances)]
    if not len(shares) or not len(distances):
        return math.nan
    distance = float(distances.mean())
    return _DICE_WEIGHT * float(shares.mean()) + _DISTANCE_WEIGHT * (1 - distance)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Numbers the voxels of two volumes, with a gap after each column and slice."""

    rows: int
    columns: int
    scale: tuple[int, int, int]

    @classmethod
    def of(cls, truth: Volume, other: Volume) -> _Grid:
        # With the gaps no neighbour of a voxel is a voxel on the far side.
        return cls(
            rows=max(truth.shape[1], other.shape[1]) + 1,
            columns=max(truth.shape[2], other.shape[2]) + 1,
            scale=truth.shape,
        )

    def line(self, volume: Volume) -> Intervals:
        """Return the voxels as numbers."""
        plane, column = np.divmod(volume.column, max(1, volume.shape[2]))
        shift = (plane * self.columns + column) * self.rows
        return Intervals(volume.start + shift, volume.stop + shift)

    def indices(self, line: Whole) -> Whole:
        """Return slice, row and column of voxels, shape (voxels, 3)."""
        column, row = np.divmod(line, self.rows)
        plane, column = np.divmod(column, self.columns)
        return np.column_stack([plane, row, column])

    def points(self, line: Whole) -> Points:
        """Return the positions of voxels as shares of the axes, shape (voxels, 3)."""
        return np.asarray(self.indices(line) / np.array(self.scale))

    def blocks(self, line: Whole) -> Whole:
        """Return a number for the block that each voxel lies in."""
        plane, row, column = (self.indices(line) // np.array(_BLOCK)).T
        return np.asarray((plane * self.rows + row) * self.columns + column)

    def surface(self, voxels: Intervals) -> Whole:
        """Return the voxels that lack one of their six neighbours."""
        inner = voxels.shrunk()
        for step in (self.rows, self.rows * self.columns):
            for by in (step, -step):
                inner = common(inner, voxels.shifted(by))
        return without(voxels, inner).members()

    def directed(self, voxels: Intervals, others: Intervals) -> float:
        """Return the largest distance from a voxel to the nearest of the others.

        The nearest one is on the surface: from any other a step leads closer.
        A distance known for one voxel bounds those of its surroundings, so blocks,
        then pieces of runs, then voxels are left out once they cannot matter.
        """
        from scipy.spatial import cKDTree

        far = without(voxels, others)
        if not len(far):
            return 0.0
        surface = self.surface(others)
        # A grid needs no balance, and unbalanced trees are built in half the time.
        tree = cKDTree(self.points(surface), leafsize=32, balanced_tree=False)
        start, count = _cut(far)
        middle = start + count // 2
        places = self.points(middle)
        radius = (count // 2) / self.scale[1]
        _, first, block = np.unique(
            self.blocks(middle), return_index=True, return_inverse=True
        )
        started = time.perf_counter()
        known = _nearest(tree, places[first])
        seconds = time.perf_counter() - started
        away = np.linalg.norm(places - places[first][block], axis=1)
        kept = known[block] + away + radius > known.max() * _CAUTION
        start, count, radius = start[kept], count[kept], radius[kept]
        box = max(far.stop[-1], others.stop[-1]) - min(far.start[0], others.start[0])
        # From one sphere to another around it all distances are about the same: then
        # bounds rule nothing out, and a tree has to visit most of its points.
        is_slow = count.sum() * seconds / len(first) > _PATIENCE_S
        if is_slow and box < _MOST_PAINTED:
            painted = self.painted(spread(start, count), surface)
            return float(max(known.max(), painted))
        known_here = _nearest(tree, places[kept])
        best = max(known.max(), known_here.max(initial=0.0))
        kept = known_here + radius > best * _CAUTION
        line = spread(start[kept], count[kept])
        return float(max(best, _nearest(tree, self.points(line)).max(initial=0.0)))

    def painted(self, line: Whole, others: Whole) -> float:
        """Return the largest distance from `line` to the nearest of the others."""
        from scipy.ndimage import distance_transform_edt

        here, there = self.indices(line), self.indices(others)
        low = np.minimum(here.min(axis=0), there.min(axis=0))
        high = np.maximum(here.max(axis=0), there.max(axis=0))
        free = np.ones(high - low + 1, dtype=np.bool_)
        free[tuple((there - low).T)] = False
        # Distances would take five times the memory of the indices.
        nearest = distance_transform_edt(
            free,
            sampling=[1 / size for size in self.scale],
            return_distances=False,
            return_indices=True,
        )
        steps = nearest[:, *(here - low).T].T - (here - low)
        return float(np.linalg.norm(steps / np.array(self.scale), axis=1).max())


def _nearest(tree: cKDTree, points: Points) -> Points:
    """Return the distance of each point to the nearest one in the tree."""
    return np.asarray(tree.query(points)[0])


def _cut(voxels: Intervals) -> tuple[Whole, Whole]:
    """Return starts and lengths of the intervals, cut to pieces."""
    length = voxels.stop - voxels.start
    counts = -(-length // _PIECE)
    piece = spread(np.zeros_like(counts), counts) * _PIECE
    start = np.repeat(voxels.start, counts) + piece
    return start, np.minimum(_PIECE, np.repeat(voxels.stop, counts) - start)
