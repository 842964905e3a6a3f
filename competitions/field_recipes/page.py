"""Pipelines for `page`: the clean grey of a pixel from what surrounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import ndimage
from skimage.io import imread
from sklearn import dummy, ensemble, linear_model, neighbors, neural_network, tree
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from field_recipes.common import TUNED, USUAL, chance

if TYPE_CHECKING:
    import random
    from pathlib import Path

WHITE = 255
REACH = 3
# Neighbouring pixels tell nearly the same: every third is enough to learn from.
STEP = 3


def read(path: Path) -> pd.DataFrame:
    """Return a row for each pixel of the tiles of an index, with what surrounds it."""
    tables, index, public = [], pd.read_csv(path), path.parent
    for row in index.itertuples():
        table = pixels(_grey(public / row.image))
        table.insert(0, "tile", row.tile)
        if "clean_image" in index:
            table["grey"] = _grey(public / row.clean_image).ravel()
            table = table.iloc[row.tile % STEP :: STEP]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def pixels(tile: Any) -> pd.DataFrame:
    """Return the surroundings of each pixel of one tile."""
    calm = ndimage.median_filter(tile, 3)
    light = ndimage.gaussian_filter(ndimage.percentile_filter(calm, 80, 15), 2)
    even = tile / light
    columns = {}
    for name, values in (("raw", tile), ("even", even)):
        wide = np.pad(values, REACH, mode="reflect")
        for down in range(2 * REACH + 1):
            for right in range(2 * REACH + 1):
                part = wide[down : down + len(tile), right : right + tile.shape[1]]
                columns[
                    f"{name}_{max(abs(down - REACH), abs(right - REACH))}_{down}{right}"
                ] = part
    calm = calm / light
    columns |= {
        "filter_median": calm,
        "filter_wide_median": ndimage.median_filter(even, 5),
        "filter_blur": ndimage.gaussian_filter(calm, 1),
        "filter_wide_blur": ndimage.gaussian_filter(calm, 2),
        "filter_lowest": ndimage.minimum_filter(calm, 5),
        "filter_highest": ndimage.maximum_filter(calm, 5),
        "filter_spread": np.full(tile.shape, calm.std()),
    }
    return pd.DataFrame(
        {name: values.ravel().astype(np.float32) for name, values in columns.items()}
    )


def draw(rng: random.Random, skill: int) -> Any:
    """Draw a regressor."""
    seed = rng.randrange(1 << 30)
    if skill == 0:
        return dummy.DummyRegressor(strategy=rng.choice(["mean", "median"]))
    if skill < USUAL:
        see = FunctionTransformer(rng.choice([one_pixel, near, near, one_even_pixel]))
        model = rng.choice(
            [
                linear_model.Ridge(10 ** rng.uniform(-2, 2)),
                tree.DecisionTreeRegressor(
                    max_depth=rng.randint(2, 8), random_state=seed
                ),
                neighbors.KNeighborsRegressor(rng.randint(10, 60)),
                _boosting(rng, seed, rounds=(10, 40), leaves=(4, 10)),
            ]
        )
        return make_pipeline(see, StandardScaler(), model)
    if skill < TUNED:
        see = FunctionTransformer(rng.choice([near, wide, wide, evened, evened]))
        model = rng.choice(
            [
                linear_model.Ridge(),
                ensemble.HistGradientBoostingRegressor(
                    max_iter=rng.choice([50, 100]), random_state=seed
                ),
                _forest(rng, seed),
                neural_network.MLPRegressor(
                    hidden_layer_sizes=(16,), max_iter=12, random_state=seed
                ),
            ]
        )
        return make_pipeline(see, StandardScaler(), model)
    see = FunctionTransformer(rng.choice([evened_widely, filtered, everything]))
    if chance(rng, 0.2):
        model = neural_network.MLPRegressor(
            hidden_layer_sizes=(rng.choice([16, 32]),),
            alpha=10 ** rng.uniform(-4, -1),
            max_iter=20,
            random_state=seed,
        )
        return make_pipeline(see, StandardScaler(), model)
    if chance(rng, 0.15):
        return make_pipeline(see, _forest(rng, seed))
    return make_pipeline(see, _boosting(rng, seed, rounds=(60, 140), leaves=(12, 40)))


def _boosting(
    rng: random.Random, seed: int, *, rounds: tuple[int, int], leaves: tuple[int, int]
) -> Any:
    return ensemble.HistGradientBoostingRegressor(
        learning_rate=rng.uniform(0.06, 0.16),
        max_iter=rng.randint(*rounds),
        max_leaf_nodes=rng.randint(*leaves),
        l2_regularization=10 ** rng.uniform(-1, 1),
        random_state=seed,
    )


def _forest(rng: random.Random, seed: int) -> Any:
    return ensemble.ExtraTreesRegressor(
        25,
        min_samples_leaf=rng.randint(2, 8),
        max_features=rng.uniform(0.2, 0.4),
        max_samples=0.4,
        bootstrap=True,
        random_state=seed,
    )


def one_pixel(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the grey of the pixel itself."""
    return frame.filter(regex="^raw_0")


def near(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the grey of 3 by 3 pixels."""
    return frame.filter(regex="^raw_[01]")


def wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the grey of 5 by 5 pixels."""
    return frame.filter(regex="^raw_[012]")


def one_even_pixel(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the grey of the pixel, divided by the light around it."""
    return frame.filter(regex="^even_0")


def evened(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the evened grey of 3 by 3 pixels."""
    return frame.filter(regex="^even_[01]|filter_median")


def evened_widely(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the evened grey of 7 by 7 pixels, and a few filters."""
    return frame.filter(regex="^even|^filter_(median|blur|lowest)")


def filtered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the evened grey of 5 by 5 pixels, and all filters."""
    return frame.filter(regex="^even_[012]|^filter")


def everything(frame: pd.DataFrame) -> pd.DataFrame:
    """Return all columns but the number of the tile."""
    return frame.filter(regex="^even|^filter|^raw_[01]")


def _grey(path: Path) -> Any:
    return imread(path) / WHITE
