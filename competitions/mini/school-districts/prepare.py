"""Make the data of `school-districts` from the table that statsmodels carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statsmodels.datasets import star98

from mle_toolkit.competitions.tables import shuffled, write_split

if TYPE_CHECKING:
    from pathlib import Path

SALT = "schools"
N_TRAIN = 150
# Column of the source, our name, our unit and the decimals that are kept.  Products
# of columns, which the source has too, are left out.
COLUMNS = (
    ("LOWINC", "low_income", 0.01, 3),
    ("PERASIAN", "asian", 0.01, 3),
    ("PERBLACK", "black", 0.01, 3),
    ("PERHISP", "hispanic", 0.01, 3),
    ("PERMINTE", "minority_teachers", 0.01, 2),
    ("AVYRSEXP", "experience", 12.0, 0),
    ("AVSALK", "salary", 0.85, 1),
    ("PERSPENK", "spending", 0.85, 2),
    ("PTRATIO", "class_size", 1.0, 1),
    ("PCTAF", "college_courses", 0.01, 2),
    ("PCTCHRT", "charter", 0.01, 2),
    ("PCTYRRND", "year_round", 0.01, 2),
)
DIGITS = 4


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    districts = star98.load_pandas().data.to_dict("records")
    rows = shuffled(range(len(districts)), SALT, "order")
    names = {row: 700 + number for number, row in enumerate(rows)}

    def entry(row: int) -> tuple[list[int], list[object], list[str]]:
        district = districts[row]
        above, below = int(district["NABOVE"]), int(district["NBELOW"])
        cells: list[object] = [tested(above + below)]
        cells += [
            f"{factor * float(district[name]):.{decimals}f}"
            for name, _, factor, decimals in COLUMNS
        ]
        return [names[row]], cells, [f"{above / (above + below):.{DIGITS}f}"]

    write_split(
        public,
        private,
        id_column="district",
        header=["tested", *(name for _, name, *_ in COLUMNS)],
        targets=["share_above"],
        train=(entry(row) for row in rows[:N_TRAIN]),
        test=(entry(row) for row in rows[N_TRAIN:]),
        example=["0.5"],
    )


def tested(pupils: int) -> int:
    """Return the number of pupils to two digits."""
    step = 10 ** max(0, len(str(pupils)) - 2)
    return step * ((pupils + step // 2) // step)
