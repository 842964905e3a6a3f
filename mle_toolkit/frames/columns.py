"""The columns of the tidy frame, and how a frame of them is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit.records import LoadReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = {
    "experiment": "string",
    "competition": "string",
    "split": "string",
    "scaffold": "string",
    "model": "string",
    "agent": "string",
    "seed": "Int64",
    "status": "string",
    "score": "float64",
    "medal": "string",
    "any_medal": "boolean",
    "above_median": "boolean",
    "valid_submission": "boolean",
    "percentile": "float64",
    "validation_score": "float64",
    "elapsed_s": "float64",
    "tokens_in": "Int64",
    "tokens_out": "Int64",
    "cost_usd": "float64",
    "n_nodes": "Int64",
    "hardware": "string",
    "flagged": "boolean",
    "tags": "string",
    "path": "string",
}


def from_columns(values: Mapping[str, Sequence[Any]], rows: int) -> pd.DataFrame:
    """Return the tidy frame with the given columns; the others are missing."""
    nothing = [None] * rows
    return pd.DataFrame(
        {
            name: pd.Series(values.get(name, nothing), dtype=kind)
            for name, kind in COLUMNS.items()
        }
    )


def join(frames: Sequence[pd.DataFrame], report: LoadReport) -> pd.DataFrame:
    """Return the frames below each other, with the reports of all and `report`."""
    parts = [frame.attrs["report"] for frame in frames]
    filled = [frame for frame in frames if len(frame)] or list(frames[:1])
    whole = pd.concat(filled, ignore_index=True) if filled[1:] else filled[0]
    whole.attrs["report"] = LoadReport(
        len(whole),
        tuple(problem for part in (*parts, report) for problem in part.problems),
        tuple(item for part in (*parts, report) for item in part.missing),
    )
    return whole
