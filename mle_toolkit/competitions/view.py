"""A competition as a notebook shows it: description, sample rows, medal lines."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mle_toolkit.competitions import medals
from mle_toolkit.competitions.cards import Card, list_cards, load_card
from mle_toolkit.competitions.data import prepare
from mle_toolkit.competitions.markdown import to_html
from mle_toolkit.competitions.metrics import get_metric
from mle_toolkit.competitions.places import (
    Prepared,
    describe,
    how,
    is_complete,
    require_prepared,
)
from mle_toolkit.errors import CardError

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.records import Grade, Thresholds

_MAX_COLUMNS = 12
_LINES = ("gold", "silver", "bronze", "median")

# JupyterLab sets these variables in its light and dark theme; elsewhere the
# fallbacks inherit, so the text keeps the colour of the page.
_STYLE = """<style>
.mle-competition { color: var(--jp-ui-font-color1, inherit); max-width: 62em;
  font-family: var(--jp-ui-font-family, system-ui, sans-serif); line-height: 1.5; }
.mle-competition h2, .mle-competition h3, .mle-competition h4 {
  margin: 1em 0 .4em; color: inherit; }
.mle-competition h2 { margin-top: .2em; }
.mle-competition .mle-facts { color: var(--jp-ui-font-color2, inherit); }
.mle-competition code { font-family: var(--jp-code-font-family, monospace);
  background: var(--jp-layout-color2, rgba(128, 128, 128, .15));
  color: inherit; padding: 0 .25em; border-radius: 3px; }
.mle-competition pre { overflow-x: auto; padding: .6em .8em; border-radius: 4px;
  background: var(--jp-layout-color2, rgba(128, 128, 128, .15)); color: inherit; }
.mle-competition pre code { background: none; padding: 0; }
.mle-competition .mle-scroll { overflow-x: auto; }
.mle-competition table { border-collapse: collapse; margin: .4em 0; }
.mle-competition th, .mle-competition td { text-align: left; padding: .2em .7em;
  border-bottom: 1px solid var(--jp-border-color2, rgba(128, 128, 128, .35));
  white-space: nowrap; color: inherit; background: none; }
.mle-competition .mle-text td { white-space: normal; vertical-align: top; }
.mle-medals { display: flex; flex-wrap: wrap; gap: .5em; }
.mle-medals span { border: 1px solid var(--jp-border-color2, rgba(128,128,128,.35));
  border-left: 5px solid; border-radius: 4px; padding: .25em .7em; }
.mle-medals b { font-variant-numeric: tabular-nums; }
.mle-competition .mle-gold { border-left-color: #d4a017; }
.mle-competition .mle-silver { border-left-color: #a0a4a8; }
.mle-competition .mle-bronze { border-left-color: #b3703a; }
.mle-competition .mle-median { border-left-color: #5b8cc0; }
</style>"""


@dataclass(frozen=True, slots=True)
class Competition:
    """One competition, for looking at; made by `competition`.

    Attributes
    ----------
    card
        All facts of the competition.
    """

    card: Card

    @property
    def id(self) -> str:
        """The competition's id."""
        return self.card.id

    @property
    def description(self) -> str:
        """The task in words, Markdown."""
        return describe(self.card)

    @property
    def is_prepared(self) -> bool:
        """Whether the data are on this machine."""
        return is_complete(self.card)

    @property
    def public_dir(self) -> Path:
        """The folder of what agents see.

        Raises
        ------
        NotPreparedError
            When the data are not on this machine yet.
        """
        return require_prepared(self.card).public

    @property
    def leaderboard(self) -> list[float]:
        """The scores of the leaderboard, best first.

        Raises
        ------
        CardError
            When only the medal lines are known here.
        """
        return medals.leaderboard(self.card.id)

    @property
    def thresholds(self) -> Thresholds:
        """The medal lines and the median."""
        return medals.scale_of(self.card).thresholds

    def prepare(self) -> Prepared:
        """Make the data if they are not there; see `competitions.prepare`."""
        return prepare(self.card.id)

    def sample(self, n_rows: int = 5) -> pd.DataFrame:
        """Return the first rows of the training data.

        Raises
        ------
        NotPreparedError
            When the data are not on this machine yet.
        """
        path = require_prepared(self.card).public / self.card.files.train
        return pd.read_csv(path, nrows=n_rows)

    def grade(self, submission: str | Path | pd.DataFrame) -> Grade:
        """Grade a submission; see `mle_toolkit.grade`."""
        from mle_toolkit.competitions.grading import grade

        return grade(self.card.id, submission)

    def __repr__(self) -> str:
        return f"<Competition {self.card.id}: {self.card.title}, {_metric(self.card)}>"

    def _repr_html_(self) -> str:
        card = self.card
        return f"""{_STYLE}
<div class="mle-competition">
<h2>{html.escape(card.title)}</h2>
<p class="mle-facts"><code>{html.escape(card.id)}</code> &middot;
{html.escape(card.split)} &middot; {html.escape(card.category)} &middot;
{html.escape(_metric(card))}</p>
{_medals(self.thresholds)}
<p class="mle-facts">{html.escape(self._lines())} Data:
{html.escape(card.source.name)}; {html.escape(card.source.licence)}.</p>
{_remarks(card)}
{self._description()}
{self._rows()}
</div>"""

    def _lines(self) -> str:
        scale = medals.scale_of(self.card)
        if scale.leaderboard is None:
            return f"Lines: {scale.source}."
        n_lines = len(scale.leaderboard)
        if (self.card.folder / "leaderboard.csv").is_file():
            return (
                f"Lines by the usual medal rule on a reference field of {n_lines} "
                "pipelines, made by machine."
            )
        return f"Lines by the usual medal rule on a leaderboard of {n_lines} teams."

    def _description(self) -> str:
        try:
            text = to_html(_without_title(self.description), top_heading=2)
        except CardError as error:
            # Without data there is no description either, and that is said below.
            return to_html(f"{error}.") if self.is_prepared else ""
        return (
            "<details open><summary>Description</summary>"
            f'<div class="mle-text">{text}</div></details>'
        )

    def _rows(self) -> str:
        if not self.is_prepared:
            return to_html(f"The data are not on this machine yet: {how(self.card)}.")
        try:
            rows = self.sample()
        except (OSError, ValueError):
            # Not every competition has its training data in one table.
            return ""
        name = html.escape(self.card.files.train)
        shown = rows
        note = ""
        if rows.shape[1] > _MAX_COLUMNS:
            half = _MAX_COLUMNS // 2
            shown = pd.concat([rows.iloc[:, :half], rows.iloc[:, -half:]], axis=1)
            shown.insert(half, "...", "...")
            note = f'<p class="mle-facts">{rows.shape[1]} columns</p>'
        table = shown.to_html(index=False, border=0, na_rep="", escape=True)
        return (
            f'<h3>First rows of {name}</h3><div class="mle-scroll">{table}</div>{note}'
        )


def competition(name: str) -> Competition:
    """Return a competition to look at: description, sample rows, medal lines.

    Parameters
    ----------
    name
        The competition's id, such as ``"digits"``.

    Raises
    ------
    UnknownNameError
        When there is no such competition.

    Examples
    --------
    >>> competition("digits")
    <Competition digits: Handwritten digits, log loss (lower is better)>
    """
    return Competition(load_card(name))


def list_competitions(split: str | None = None) -> pd.DataFrame:
    """Return the competitions as a frame, one row each, by split and id.

    Parameters
    ----------
    split
        List the competitions of this split only.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``competition``; columns title, split, category, metric,
        lower_is_better, gold, silver, bronze, median, n_teams, prepared.  `n_teams` is
        missing where only the medal lines are known here.

    Raises
    ------
    UnknownNameError
        When there is no such split.
    """
    rows = []
    for card in list_cards(split):
        scale = medals.scale_of(card)
        board = scale.leaderboard
        rows.append(
            {
                "competition": card.id,
                "title": card.title,
                "split": card.split,
                "category": card.category,
                "metric": card.metric,
                "lower_is_better": card.lower_is_better,
                **{name: getattr(scale.thresholds, name) for name in _LINES},
                "n_teams": None if board is None else len(board),
                "prepared": is_complete(card),
            }
        )
    return pd.DataFrame(rows).astype({"n_teams": "Int64"}).set_index("competition")


def _metric(card: Card) -> str:
    direction = "lower" if card.lower_is_better else "higher"
    return f"{get_metric(card.metric).title} ({direction} is better)"


def _remarks(card: Card) -> str:
    """Return what to know before comparing scores, as a list; empty without any."""
    groups = (
        ("Known leak", card.known_leaks),
        ("Known issue", card.known_issues),
        ("Note", card.notes),
    )
    items = "".join(
        f"<li><b>{name}.</b> {html.escape(text)}</li>"
        for name, texts in groups
        for text in texts
    )
    return f"<ul>{items}</ul>" if items else ""


def _without_title(description: str) -> str:
    first, _, rest = description.lstrip().partition("\n")
    return rest if first.startswith("# ") else description


def _medals(lines: Thresholds) -> str:
    spans = "".join(
        f'<span class="mle-{name}">{name} <b>{getattr(lines, name):.5f}</b></span>'
        for name in _LINES
    )
    return f'<div class="mle-medals">{spans}</div>'
