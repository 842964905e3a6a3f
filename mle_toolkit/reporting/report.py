"""Write an experiment as one page of HTML that needs nothing but itself."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.reporting import sections, words
from mle_toolkit.reporting.curves import pass_at_k_curve
from mle_toolkit.reporting.export import inline_svg, save
from mle_toolkit.reporting.markup import Html, element, escape, join
from mle_toolkit.reporting.material import gather
from mle_toolkit.reporting.timelines import score_over_time
from mle_toolkit.store import write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.figure import Figure

    from mle_toolkit.reporting.material import CompetitionFacts, Material


def write_report(experiment_path: str | Path, out_dir: str | Path) -> Path:
    """Write the report of an experiment and return the path of its page.

    ``index.html`` holds its figures and needs no network and no script.  Beside
    it lie ``figures/`` (each figure as PDF with the data it shows as CSV) and
    ``attempts.csv``, for use elsewhere.

    Parameters
    ----------
    experiment_path
        A run folder.  It may still be running; what is not published is left out.
    out_dir
        Where to write; made when it is missing.

    Raises
    ------
    StoreError
        When there is no experiment, or the report cannot be written.
    """
    material = gather(experiment_path)
    folder = Path(out_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _portable(material).to_csv(folder / "attempts.csv", index=False)
        page = folder / "index.html"
        write_text(page, _document(material, _Figures(folder / "figures")))
    except OSError as error:
        msg = f"the report cannot be written to {folder}: {error.strerror or error}"
        raise StoreError(msg) from error
    return page


def _portable(material: Material) -> pd.DataFrame:
    """Return the attempts with paths as seen from the run folder."""
    paths = [
        str(Path(path).relative_to(material.path)) for path in material.attempts["path"]
    ]
    return material.attempts.assign(path=paths)


class _Figures:
    """Draws figures into the page, and beside it as PDF with their data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def draw(
        self,
        name: str,
        data: pd.DataFrame,
        figure: Callable[[pd.DataFrame], Figure],
        *,
        caption: str,
    ) -> Html:
        """Return a figure with its caption, or the reason why there is none."""
        try:
            drawn = figure(data)
        except UsageError as error:
            return element("p", f"No figure: {error}.", class_="muted")
        self._count += 1
        file = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
        save(drawn, self._folder / f"{file}.pdf", data=data)
        svg = Html(inline_svg(drawn, name=f"f{self._count}", description=caption))
        label = element("b", f"Figure {self._count}.")
        return element("figure", svg, element("figcaption", label, " ", caption))


def _document(material: Material, figures: _Figures) -> str:
    css = resources.files("mle_toolkit.reporting").joinpath("report.css")
    head = join(
        [
            element("meta", charset="utf-8"),
            element(
                "meta", name="viewport", content="width=device-width, initial-scale=1"
            ),
            element("meta", name="color-scheme", content="light dark"),
            element(
                "title", f"{material.name}: agents on machine-learning competitions"
            ),
            element("style", Html(css.read_text(encoding="utf-8"))),
        ]
    )
    body = element(
        "main",
        _opening(material),
        _section("Results", sections.headline(material), _overall(material, figures)),
        *[_competition(material, facts, figures) for facts in material.competitions],
        _section("Read this before quoting a number", sections.caveat_list(material)),
        _section("What ran", sections.settings(material)),
        element("footer", _closing()),
    )
    page = element("html", element("head", head), element("body", body), lang="en")
    return f"<!doctype html>\n{page}\n"


def _opening(material: Material) -> Html:
    count = len(material.competitions)
    done = int(material.summary["n_attempts"].sum())
    medals = int(material.summary["any_medal"].sum())
    sentence = (
        f"{' and '.join(material.agents)} made {words.counted(done, 'attempt')} on "
        f"{words.counted(count, 'competition')}; {medals} won a medal."
    )
    left = len(material.attempts) - done
    if left:
        sentence += f" {words.counted(left, 'attempt')} more not published and graded."
    return element(
        "header",
        element("p", "Experiment report", class_="kicker"),
        element("h1", material.name),
        element("p", sentence, class_="lead"),
    )


def _overall(material: Material, figures: _Figures) -> Html:
    count = len(material.competitions)
    names = (
        "Clopper-Pearson intervals from their attempts"
        if count == 1
        else "Over all competitions: end-atom interval, which speaks of other "
        "competitions of the same kind. Single competitions: Clopper-Pearson "
        "interval from their attempts"
    )
    note = f"Small figures are 95 % intervals. {names}."
    figure = figures.draw(
        "pass-at-k",
        material.rates,
        pass_at_k_curve,
        caption=(
            "Unbiased pass@k: the chance that at least one of k attempts wins a "
            "medal. Thick: mean over competitions with its 95 % interval. Thin: "
            "single competitions."
        ),
    )
    rates = sections.rates(material)
    return join(
        [
            element("h3", "pass@k"),
            element("div", element("div", rates, _small(note)), figure, class_="pair"),
        ]
    )


def _competition(
    material: Material, facts: CompetitionFacts, figures: _Figures
) -> Html:
    steps = material.steps[material.steps["competition"] == facts.name]
    rates = material.rates[material.rates["competition"] == facts.name]
    over_time = figures.draw(
        f"score-over-time-{facts.name}",
        steps,
        lambda data: score_over_time(data, facts.thresholds, metric=facts.metric),
        caption=(
            "Scores over time. Thick: the median attempt. Thin: the test score that "
            "each attempt would have had, had it submitted its choice at that time; "
            "dots are the submissions that were graded. Agents never saw test scores."
        ),
    )
    curve = figures.draw(
        f"pass-at-k-{facts.name}",
        rates,
        pass_at_k_curve,
        caption=f"pass@k on {facts.title}, with the 95 % interval from its attempts.",
    )
    title = [facts.title]
    if facts.title != facts.name:
        title.append(element("code", facts.name))
    return _section(
        join(title, " "),
        sections.competition_lines(facts),
        element("div", over_time, curve, class_="pair wide-left"),
        sections.attempts_of(material, facts.name),
    )


def _section(title: object, *content: object) -> Html:
    return element("section", element("h2", title), *content)


def _small(text: str) -> Html:
    return element("p", text, class_="small")


def _closing() -> Html:
    return escape(
        "Written by mle-toolkit. Figures as PDF, their data and the table of attempts "
        "as CSV lie beside this file."
    )
