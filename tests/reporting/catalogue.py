"""Every figure of the package, on data with names as long as they get."""

import numpy as np
import pandas as pd
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.records import Thresholds
from mle_toolkit.reporting import figures
from tests.builders import SCALES, write_run
from tests.scored import scored_frame

LONG = "tree-search/openai:gpt-4o-2024-08-06-fine-tuned"
AGENTS = (LONG, "react/small", "command/an agent, with $5 and $10 in its name")
RECORD = ("disarray", "Leeroo", "Thesis", "aira-dojo", "models-o1-preview-aide")
METRIC = "Root mean squared logarithmic error, weighted by rarity"


def frames(folder):
    """Return what figures are drawn from, by the names of `drawings`."""
    scored = scored_frame(agents=AGENTS, competitions=4, attempts=4)
    record = mle.record(missing="failure")
    record = record[record["agent"].isin(RECORD)]
    run = write_run(folder / "made", attempts=5)
    attempts = mle.load_attempts(run.path)
    attempts["agent"] = np.where(attempts["seed"] % 2, LONG, "react/small")
    steps = analysis.best_over_time(attempts)
    medals = analysis.medal_steps(attempts)
    dropped = mle.record(missing="drop")
    return {
        "rates": analysis.pass_at_k(scored),
        "single": analysis.pass_at_k(scored[scored["agent"] == LONG]),
        "steps": steps[steps["competition"] == "digits"],
        "forecast": analysis.forecast_pass_at_k(
            dropped[dropped["agent"] == "aira-dojo"], k=[22, 60, 200]
        ),
        "medals": analysis.medal_curve(medals),
        "split": analysis.best_split(medals, budget=[0.008, 0.016]),
        "profile": analysis.performance_profile(scored),
        "power": analysis.power_curve(competitions=[22, 75], seeds=[1, 5, 16]),
        "medal_rate": analysis.medal_rate(
            record, method=["end-atom", "sem-over-seeds"]
        ),
        "ranks": analysis.rank_intervals(dropped[dropped["agent"].isin(RECORD)]),
        "pairs": analysis.compare_many(record, pairs="neighbours"),
        "baseline": analysis.compare_many(scored, baseline=LONG),
        "board": analysis.leaderboard(record),
        "counts": record[record["split"] == "high"],
        "few": pd.DataFrame(
            {"agent": AGENTS, "competition": "x", "split": "mini", "c": 1, "n": 2}
        ),
    }


def drawings(frames):
    """Return a function of a width for each figure."""
    lines = Thresholds(**SCALES["digits"].thresholds)
    board = frames["board"]
    return {
        "rates": lambda width: figures.pass_at_k_curve(frames["rates"], width=width),
        "single": lambda width: figures.pass_at_k_curve(frames["single"], width=width),
        "steps": lambda width: figures.score_over_time(
            frames["steps"], lines, metric=METRIC, width=width
        ),
        "forecast": lambda width: figures.forecast_plot(
            frames["forecast"], width=width
        ),
        "medals": lambda width: figures.medal_curve_plot(frames["medals"], width=width),
        "split": lambda width: figures.budget_split_plot(frames["split"], width=width),
        "profile": lambda width: figures.performance_profile_plot(
            frames["profile"], width=width
        ),
        "power": lambda width: figures.power_plot(frames["power"], width=width),
        "medal_rate": lambda width: figures.medal_rate_plot(
            frames["medal_rate"], width=width
        ),
        "ranks": lambda width: figures.rank_plot(frames["ranks"], width=width),
        "pairs": lambda width: figures.comparison_plot(frames["pairs"], width=width),
        "baseline": lambda width: figures.comparison_plot(
            frames["baseline"], width=width
        ),
        "board": lambda width: figures.leaderboard_plot(
            board[board["split"] == "all"], width=width
        ),
        "panels": lambda width: figures.leaderboard_plot(board, width=width),
        "counts": lambda width: figures.medal_heat_map(frames["counts"], width=width),
        "few": lambda width: figures.medal_heat_map(frames["few"], width=width),
    }


def texts_of(figure):
    """Return the texts that are seen, with their places in pixels."""
    figure.draw_without_rendering()
    hidden = _undrawn(figure)
    return [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]


def faults_of(figure, *, tolerance=1.0):
    """Return what leaves the page, what lies on other text, and what has no room."""
    page, seen = figure.bbox, texts_of(figure)
    found = [
        f"{text!r} leaves the page by {_beyond(box, page):.1f} px"
        for text, box in seen
        if _beyond(box, page) > tolerance
    ]
    for at, (text, box) in enumerate(seen):
        for other, its in seen[at + 1 :]:
            both = Bbox.intersection(box, its)
            if both is not None and _touch(both, box, its):
                found.append(
                    f"{text!r} and {other!r} overlap: {both.width:.0f} x "
                    f"{both.height:.0f} px"
                )
    for axes in figure.axes:
        box = axes.get_window_extent()
        if len(figure.axes) == 1 and box.width < 0.18 * page.width:
            found.append(f"axes are {box.width:.0f} of {page.width:.0f} px wide")
    return found


def _touch(both, box, other):
    """Whether two texts lie on each other: lines of fonts with high lines may meet."""
    less = min(box.width, box.height, other.width, other.height)
    return min(both.width, both.height) > max(1.0, 0.25 * less)


def _beyond(box, page):
    return max(page.x0 - box.x0, box.x1 - page.x1, page.y0 - box.y0, box.y1 - page.y1)


def _undrawn(figure):
    """Return the ids of labels of ticks that lie beyond the limits of their axis."""
    labels, drawn = set(), set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [*axis.majorTicks, *axis.minorTicks]
            labels |= {
                id(text) for each in ticks for text in (each.label1, each.label2)
            }
            for each in axis._update_ticks():
                drawn |= {id(each.label1), id(each.label2)}
    return labels - drawn
