"""One browser and one JupyterLab for the tests of this folder."""

from __future__ import annotations

import contextlib
import os
import urllib.parse

import pytest

from tests.builders import write_run
from tests.ui.lab import JupyterLab, Notebook, browser_of, find_browser, write_notebook
from tests.ui.watchman import Watchman
from tests.ui.writer import Writer

SIZE = {"width": 1400, "height": 1000}


# Not for the session: while Playwright is here, no other test can use asyncio.
@pytest.fixture(scope="package")
def browser():
    path = find_browser()
    if path is None:
        reason = "there is no chromium and no google-chrome on the PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with browser_of(path) as browser:
        yield browser


@pytest.fixture(scope="package")
def lab(tmp_path_factory, browser):  # noqa: ARG001 - without it nobody needs a lab
    server = JupyterLab(tmp_path_factory.mktemp("lab"))
    try:
        yield server.wait()
    finally:
        server.end()


@pytest.fixture(scope="package")
def watchman(browser):
    """One profile for all, because JupyterLab takes seconds without a cache."""
    watchman = Watchman(browser.new_context(viewport=SIZE))
    yield watchman
    watchman.context.close()


@pytest.fixture
def context(watchman):
    """The profile; what its pages must not do fails the test."""
    watchman.begin()
    yield watchman.context
    watchman.end()


@pytest.fixture
def page(context):
    return context.new_page()


@pytest.fixture
def open_page(page, tmp_path):
    """Open the text of an exported page as a file."""

    def open_it(text, name="page.html"):
        path = tmp_path / name
        path.write_text(text)
        page.goto("file://" + urllib.parse.quote(str(path)))
        return page

    return open_it


@pytest.fixture
def notebook(lab, context, request):
    """Write a notebook with the given cells and open it."""
    name = f"{request.node.name.partition('[')[0]}-{os.getpid()}-{id(request):x}.ipynb"

    def open_it(*cells):
        write_notebook(lab.root / name, *cells)
        return Notebook(lab, context, name).open()

    yield open_it
    lab.end_kernels(of=name)


@pytest.fixture
def live(tmp_path):
    """An experiment, its attempt that is being written, and the process that does."""
    with live_run(tmp_path / "live") as made:
        yield made


@pytest.fixture(scope="module")
def shown(lab, watchman, tmp_path_factory):
    """A notebook that shows such an attempt, for tests that leave it as it was."""
    name = f"shown-{os.getpid()}.ipynb"
    with live_run(tmp_path_factory.mktemp("shown") / "live") as (_, attempt, writer):
        source = f"import mle_toolkit as mle\nmle.watch({str(attempt.path)!r})"
        write_notebook(lab.root / name, source)
        book = Notebook(lab, watchman.context, name)
        watchman.kept.add(book.page)
        book.open().run(0)
        yield book, attempt, writer
        watchman.kept.clear()


@contextlib.contextmanager
def live_run(folder):
    """Write a run whose second attempt is owned by a process that writes."""
    run = write_run(folder, competitions=("digits",), attempts=2, pending=1)
    attempt = run.attempts()[1]
    writer = Writer(attempt.path / "try-1")
    try:
        yield run, attempt, writer
    finally:
        writer.close()
