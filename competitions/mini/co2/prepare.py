"""Make the data of `co2` from the series that statsmodels carries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from statsmodels.datasets import co2

from mle_toolkit.competitions.tables import write_split

if TYPE_CHECKING:
    from pathlib import Path

# Weeks that are to be forecast: the last five years.
N_TEST = 261
# In 28 years the calendar repeats itself: weekday, leap year and season stay.
SHIFT = dt.timedelta(days=28 * 365 + 7)
# Ticks of the instrument, counted from a level of our own.
TICKS, LEVEL = 2.7, 290.0


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    series = co2.load_pandas().data["co2"]
    weeks = [
        (dt.date.fromisoformat(moment.strftime("%Y-%m-%d")), float(value))
        for moment, value in series.items()
    ]
    train, test = weeks[:-N_TEST], weeks[-N_TEST:]

    def entry(
        number: int, week: tuple[dt.date, float]
    ) -> tuple[list[int], list[str], list[str | None]]:
        day, value = week
        known = None if value != value else f"{TICKS * (value - LEVEL):.1f}"  # noqa: PLR0124 - NaN
        return [number], [(day - SHIFT).isoformat()], [known]

    write_split(
        public,
        private,
        id_column="week",
        header=["date"],
        targets=["level"],
        train=(entry(number, week) for number, week in enumerate(train)),
        test=(entry(number, week) for number, week in enumerate(test, len(train))),
        example=["200.0"],
    )
