"""Pictures of every pane of the live view: both themes, two widths, live and static."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ui_shown

from mle_toolkit.reporting.live.page import experiment_page, trace_page
from tests.ui.lab import THEMES, Notebook, click_node, write_notebook

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from mle_toolkit.store import ExperimentFolder

NAMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
STILL = "from IPython.display import HTML\nHTML("
# A notebook takes some width for itself.
WIDTHS = {600: 770, 1600: 1600}


def write(desk: Any, target: Path) -> str:
    """Write all pictures into `target`; return what was written."""
    target.mkdir(parents=True, exist_ok=True)
    run = ui_shown.write_shown(desk.folder / "shown")
    for theme, name in NAMES.items():
        desk.lab.set(THEMES, theme=name)
        for width in WIDTHS:
            picture = Pictures(desk, target, theme, width)
            picture.of_notebook(run)
            picture.of_page(run)
    return f"{len(list(target.glob('*.png')))} pictures in {target}"


class Pictures:
    """Pictures in one theme and one width."""

    def __init__(self, desk: Any, target: Path, theme: str, width: int) -> None:
        self.desk = desk
        self.target = target
        self.theme = theme
        self.width = width

    def of_notebook(self, run: ExperimentFolder) -> None:
        """Take what JupyterLab shows: live, and static as without a kernel."""
        cells = (
            f"import mle_toolkit as mle\nexp = mle.attach({str(run.path)!r})\nexp",
            "exp[0]",
            "exp[8]",
            "exp.compare(0, 2)",
            f"{STILL}exp._repr_mimebundle_()['text/html'])",
            f"{STILL}exp[0]._repr_mimebundle_()['text/html'])",
        )
        name = f"pictures-{self.theme}-{self.width}.ipynb"
        write_notebook(self.desk.lab.root / name, *cells)
        book = Notebook(self.desk.lab, self.desk.context, name)
        book.page.set_viewport_size({"width": WIDTHS[self.width], "height": 1100})
        book.open()
        page = book.page
        page.evaluate(
            "() => jupyterapp.shell.leftCollapsed"
            " || jupyterapp.commands.execute('application:toggle-left-area')"
        )
        self._list(book, 0)
        self._attempt(book, 1)
        for index, what in ((2, "running"), (3, "compare")):
            self._cell(book, index)
            self._save(page, f"live-{what}", self._view(book, index))
        page.set_viewport_size({"width": WIDTHS[self.width], "height": 1800})
        for index, what in ((4, "experiment"), (5, "attempt")):
            self._cell(book, index)
            page.wait_for_timeout(300)
            cell = page.locator(".jp-Cell").nth(index)
            self._save(page, f"static-{what}", cell.locator(".jp-OutputArea"))
        book.close()
        self.desk.lab.end_kernels()

    def of_page(self, run: ExperimentFolder) -> None:
        """Take what an exported page shows."""
        page = self.desk.context.new_page()
        page.set_viewport_size({"width": self.width, "height": 1000})
        page.emulate_media(color_scheme=self.theme)
        for what, text in (
            ("experiment", experiment_page(run)),
            ("attempt", trace_page(run.attempts()[0])),
        ):
            path = self.desk.folder / f"{what}.html"
            path.write_text(text)
            page.goto(path.as_uri())
            page.wait_for_selector(".mv-attempt-row, .mlev-row")
            page.wait_for_timeout(400)
            self._save(page, f"page-{what}", page.locator("body"))
        page.close()

    def _list(self, book: Notebook, index: int) -> None:
        self._cell(book, index)
        view = self._view(book, index)
        self._save(book.page, "live-experiment", view)
        view.get_by_role("button", name="Matrix").click()
        self._save(book.page, "live-matrix", view)

    def _attempt(self, book: Notebook, index: int) -> None:
        page = book.page
        self._cell(book, index)
        view = self._view(book, index)
        self._save(page, "live-attempt", view)
        click_node(page, _inner_node(page))
        self._save(page, "live-node-code", view)
        for tab in ("Diff to parent", "Plan", "Output", "Events"):
            view.get_by_role("tab", name=tab).click()
            self._save(page, f"live-node-{tab.split()[0].lower()}", view)
        view.locator(".mlev-row:visible").nth(2).click()
        self._save(page, "live-event", view)
        view.get_by_role("button", name="Add a note").click()
        self._save(page, "live-note", view)
        view.get_by_role("button", name="Cancel").click()
        view.get_by_label("Search the texts of all events").fill("node 7")
        self._save(page, "live-search", view)

    def _cell(self, book: Notebook, index: int) -> None:
        book.run(index)
        book.show(index)

    def _view(self, book: Notebook, index: int) -> Any:
        view = book.page.locator(".jp-Cell").nth(index).locator(".mlev")
        view.wait_for()
        return view

    def _save(self, page: Page, what: str, element: Any) -> None:
        """Wait until nothing moves any more, then take the picture."""
        page.mouse.move(2, 2)
        page.wait_for_timeout(500)
        path = self.target / f"{what}-{self.theme}-{self.width}.png"
        element.first.screenshot(path=path, animations="disabled")


def _inner_node(page: Page) -> str:
    """Return a node in sight that came from another one and ran."""
    page.wait_for_selector(".mv-node .mv-scored")
    return str(
        page.evaluate(
            "() => [...document.querySelectorAll('.mv-node')].filter((one) =>"
            " one.ariaLevel > 1 && one.querySelector('.mv-scored')).at(-1).dataset.k"
        )
    )
