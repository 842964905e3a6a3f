"""Write the part of a program that reads the data."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mle_toolkit.models.offline.literals import literal
from mle_toolkit.models.offline.pictures import ARRAYS, FILES, PIXELS, REACH
from mle_toolkit.models.offline.problem import CLASSES, LABEL, Problem

if TYPE_CHECKING:
    from mle_toolkit.models.offline.recipe import Recipe

_WITH_PIXELS = '''\
def with_pixels(table, images):
    """Return the table with a column for each pixel of its images."""
    flat = images.reshape(len(table), -1)
    names = [f"pixel_{number}" for number in range(flat.shape[1])]
    return pd.concat([table, pd.DataFrame(flat, columns=names)], axis=1)
'''
_READ_IMAGES = '''\
def read_images(names):
    """Return the pictures in these files as grey squares of one size."""
    images = [imread(f"input/{name}", as_gray=True) for name in names]
    return np.array([resize(image, (SIDE, SIDE)) for image in images])
'''
_PIXEL_TABLE = '''\
def pixel_table(index):
    """Return a row for each pixel: what surrounds it, and the truth where known."""
    tables = []
    for number, row in index.iterrows():
        image = imread(f"input/{row[IMAGE]}") / SCALE
        wide = np.pad(image, REACH, mode="reflect")
        around = sliding_window_view(wide, (2 * REACH + 1, 2 * REACH + 1))
        table = pd.DataFrame(around.reshape(image.size, -1)).add_prefix("around_")
        light = percentile_filter(median_filter(image, 3), 80, 15)
        table["light"] = np.maximum(light.ravel(), 1e-3)
        table["image_mean"] = image.mean()
        if TRUTH in index:
            table[TARGETS[0]] = imread(f"input/{row[TRUTH]}").ravel() / SCALE
            table[GROUP] = number
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
'''


def constants(problem: Problem) -> list[str]:
    """Return the lines that name what the data are read by."""
    lines = [f"TIME = {literal(problem.time)}"] if problem.time else []
    pictures = problem.pictures
    if pictures is not None and pictures.kind == PIXELS:
        lines += [
            f"IMAGE, TRUTH = {literal(pictures.train)}, {literal(pictures.wanted)}",
            'GROUP = "image_number"',
            f"REACH = {REACH}",
            f"SCALE = {pictures.scale}",
        ]
    elif pictures is not None and pictures.kind == FILES:
        lines.append(f"IMAGE = {literal(pictures.train)}")
    return lines


def functions(problem: Problem) -> str:
    """Return the functions that read pictures, if there are any."""
    kind = problem.pictures.kind if problem.pictures is not None else ""
    texts = {
        ARRAYS: _WITH_PIXELS,
        FILES: f"{_READ_IMAGES}\n\n{_WITH_PIXELS}",
        PIXELS: _PIXEL_TABLE,
    }
    return f"\n{texts[kind]}\n" if kind else ""


def loading(recipe: Recipe, problem: Problem) -> str:
    """Return the lines that read train and test."""
    lines = [
        f"train = {_table(problem, problem.train)}",
        f"test = {_table(problem, problem.test)}",
        *_pictures(problem),
    ]
    if not problem.id_in_test:
        lines.append(f"sample = pd.read_csv({literal('input/' + problem.sample)})")
    if problem.hollow_label:
        lines.append(f"train = train.dropna(subset=[{literal(problem.label)}])")
    if recipe.sample_rows:
        lines.append(
            "train = train.sample(min(SAMPLE_ROWS, len(train)), random_state=SEED)"
        )
    if problem.time:
        lines.append("train = train.sort_values(TIME, ignore_index=True)")
    if problem.kind in {CLASSES, LABEL}:
        lines.append(f"CLASSES = np.unique(train[{literal(problem.label)}])")
    return "\n".join(lines) + "\n"


def _table(problem: Problem, name: str) -> str:
    table = f"pd.read_csv({literal('input/' + name)})"
    return f"pixel_table({table})" if problem.is_pixelwise else table


def _pictures(problem: Problem) -> list[str]:
    """Return the lines that add columns of pixels to the tables."""
    pictures = problem.pictures
    if pictures is None or pictures.kind == PIXELS:
        return []
    if pictures.kind == FILES:
        return [
            f"{name} = with_pixels({name}.drop(columns=IMAGE), "
            f"read_images({name}[IMAGE]))"
            for name in ("train", "test")
        ]
    step = f"[:, ::{pictures.step}, ::{pictures.step}]" if pictures.step > 1 else ""
    return [
        f"{name} = with_pixels({name}, {_array(key)}{step})"
        for name, key in (("train", pictures.train), ("test", pictures.test))
    ]


def _array(key: str) -> str:
    file, _, member = key.partition(":")
    if posixpath.splitext(file)[1] == ".npz":
        return f"np.load({literal('input/' + file)})[{literal(member)}]"
    return f"np.load({literal('input/' + key)})"
