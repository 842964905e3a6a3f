"""A real JupyterLab of this environment, and a notebook in a real browser.

JupyterLab is asked through its own commands (``expose_app_in_browser``): a first
Ctrl+Enter after a kernel has become idle is sometimes lost, a command can be watched.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

START_S = 60.0
STEP_MS = 30_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing but this machine can be reached: everything else goes to a dead proxy.
BROWSER_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--proxy-server=127.0.0.1:9",
)
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
KERNELS = "@jupyterlab/apputils-extension:kernels-settings"
THEMES = "@jupyterlab/apputils-extension:themes"


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class JupyterLab:
    """A server with its own settings, kernels and root folder, on a free port."""

    def __init__(self, home: Path) -> None:
        self.root = home / "root"
        self.root.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = home / "lab.log"
        self._process = self._start(home)

    def _start(self, home: Path) -> subprocess.Popen[bytes]:
        config = home / "config" / "labconfig"
        config.mkdir(parents=True)
        overrides = config / "default_setting_overrides.json"
        overrides.write_text(json.dumps(OVERRIDES))
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--expose-app-in-browser", "--ip=127.0.0.1", f"--port={self.port}",
            f"--IdentityProvider.token={self.token}", "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}", "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            f"--LabApp.workspaces_dir={home / 'workspaces'}",
            f"--LabApp.user_settings_dir={home / 'settings'}",
            "--LanguageServerManager.autodetect=False",
        ]  # fmt: skip
        with self._log.open("wb") as log:
            return subprocess.Popen(
                command,
                env=_environment(home),
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> JupyterLab:
        """Wait until the server answers."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                self.ask("GET", "/api/status")
            except OSError:
                time.sleep(0.1)
            else:
                return self
        message = f"JupyterLab did not start:\n{self._log.read_text()[-4000:]}"
        raise RuntimeError(message)

    def ask(self, method: str, path: str, data: Any = None) -> Any:
        """Call the server's REST interface."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if data is None else json.dumps(data).encode(),
            headers={"Authorization": f"token {self.token}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def set(self, plugin: str, **values: Any) -> None:
        """Change a user's setting; pages that are opened later have it."""
        path = f"/lab/api/settings/{plugin.replace(':', '%3A')}"
        self.ask("PUT", path, {"raw": json.dumps(values)})

    def kernel_pids(self) -> list[int]:
        """Return the processes of all kernels of this server."""
        import psutil

        parent = psutil.Process(self._process.pid)
        return [
            each.pid
            for each in parent.children(recursive=True)
            if "ipykernel_launcher" in " ".join(each.cmdline())
        ]

    def end_kernels(self, of: str = "") -> None:
        """Shut down the kernels of a notebook, or all, so that they take no time."""
        for session in self.ask("GET", "/api/sessions"):
            if of not in session["path"]:
                continue
            with contextlib.suppress(urllib.error.HTTPError):
                self.ask("DELETE", f"/api/sessions/{session['id']}")

    def end(self) -> None:
        """End the server and its kernels."""
        with contextlib.suppress(OSError):
            self.end_kernels()
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
                return


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, lab: JupyterLab, context: BrowserContext, name: str) -> None:
        self.lab = lab
        self.context = context
        self.name = name
        self.page: Page = context.new_page()

    @property
    def path(self) -> Path:
        """The file."""
        return self.lab.root / self.name

    def open(self) -> Notebook:
        """Open it in a workspace that nobody had before, and wait for its kernel."""
        workspace = secrets.token_hex(6)
        self.page.goto(
            f"{self.lab.url}/lab/workspaces/{workspace}/tree/{self.name}"
            f"?token={self.lab.token}"
        )
        self.until_idle()
        return self

    def until_idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        self.page.wait_for_function(_READY, timeout=2 * STEP_MS)

    def run(self, index: int, *, wait: bool = True) -> None:
        """Run a cell; begin again if JupyterLab has lost the wish."""
        before = self._count(index)
        for _ in range(10):
            self.page.evaluate(_RUN, index)
            if self._begun(index, before):
                break
        else:
            message = f"cell {index} did not run"
            raise RuntimeError(message)
        if wait:
            self.wait_for(index)

    def wait_for(self, index: int) -> None:
        """Wait for the end of a cell; raise if it ended with an error."""
        self.page.wait_for_function(_DONE, arg=index, timeout=2 * STEP_MS)
        for output in self.outputs(index):
            if output["output_type"] == "error":
                raise RuntimeError("\n".join(output["traceback"]))

    def running(self, index: int) -> bool:
        """Whether a cell is running."""
        return bool(self.page.evaluate(_STATE, index)["running"])

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """Return the outputs of a cell as they would be saved."""
        return list(self.page.evaluate(_OUTPUTS, index))

    def text(self, index: int) -> str:
        """Return what a cell has printed."""
        return "".join(
            output.get("text", "")
            for output in self.outputs(index)
            if output["output_type"] == "stream"
        )

    def show(self, index: int) -> None:
        """Scroll to a cell: those far away have no elements."""
        self.page.evaluate(_SHOW, index)

    def save(self) -> dict[str, Any]:
        """Save the notebook; return what is in the file."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.context.save()")
        return dict(json.loads(self.path.read_text()))

    def restart(self) -> None:
        """Restart the kernel, without being asked whether to."""
        self.page.evaluate(
            "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel"
            ".restart()"
        )
        self.until_idle()

    def reload(self) -> None:
        """Reload the page."""
        self.page.reload()
        self.until_idle()

    def close(self) -> None:
        """Close the page; the kernel goes on."""
        self.page.close()

    def _count(self, index: int) -> int | None:
        return self.page.evaluate(_STATE, index)["count"]

    def _begun(self, index: int, before: int | None) -> bool:
        from playwright.sync_api import TimeoutError as TooLate

        try:
            self.page.wait_for_function(_BEGUN, arg=[index, before], timeout=2000)
        except TooLate:
            return False
        return True


_CELL = "jupyterapp.shell.currentWidget.content.widgets[index]"
_READY = """() => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  const context = panel?.sessionContext;
  const loaded = panel?.content?.widgets?.length > 0 && panel.context.isReady;
  return loaded && context?.isReady && context.session?.kernel?.status === "idle";
}"""
_RUN = """(index) => {
  const panel = jupyterapp.shell.currentWidget;
  panel.content.activeCellIndex = index;
  panel.content.deselectAll();
  jupyterapp.commands.execute("notebook:run-cell");
}"""
_STATE = f"""(index) => {{
  const {{ model }} = {_CELL};
  return {{
    count: model.executionCount,
    running: model.executionState === "running" || model.executionState === "pending",
  }};
}}"""
_BEGUN = f"""([index, before]) => {{
  const {{ model }} = {_CELL};
  return model.executionState === "running" || model.executionCount !== before;
}}"""
_DONE = f"""(index) => {{
  const {{ model }} = {_CELL};
  return model.executionCount !== null && model.executionState === "idle";
}}"""
_OUTPUTS = f"(index) => {_CELL}.model.outputs.toJSON()"
_SHOW = """(index) => {
  const { content } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = index;
  return content.scrollToItem(index, "start");
}"""


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook with these code cells."""
    import nbformat

    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={
            "kernelspec": {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            },
            "language_info": {"name": "python"},
        },
    )
    nbformat.write(made, path)
    return path


def click_node(page: Page, number: int | str) -> None:
    """Click into the middle of the mark of a node, be it filled or hollow."""
    mark = page.locator(f'.mv-node[data-k="{number}"] .mv-mark')
    mark.wait_for()
    box = mark.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@contextlib.contextmanager
def browser_of(path: str, *more: str) -> Iterator[Browser]:
    """Yield a browser that can reach nothing but this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=[*BROWSER_ARGS, *more]
        )
        try:
            yield browser
        finally:
            browser.close()


def _environment(home: Path) -> dict[str, str]:
    """Everything of Jupyter and IPython lies in `home`; the rest stays as it is."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "PYTEST"))
        and name.lower() not in {"http_proxy", "https_proxy", "all_proxy"}
    }
    return {
        **kept,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_NO_CONFIG": "",
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
