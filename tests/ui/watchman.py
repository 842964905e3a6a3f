"""Watches the pages of a browser: no script of an agent, no request to elsewhere."""

from __future__ import annotations

import contextlib
import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request

LOOPBACK = {"127.0.0.1", "localhost", ""}
# JupyterLab's own, when a kernel is restarted or a page is left.
_HARMLESS = ("Canceled future", "Kernel connection", "is disposed", "Disposed")
_INIT = """
window.__trouble = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__trouble.push(`policy ${event.violatedDirective}: ${event.blockedURI}`);
});
"""
_TROUBLE = """() => [...(window.__trouble || []),
  ...(window.__pwned === undefined ? [] : [`a script ran: ${window.__pwned}`])]"""


class Watchman:
    """Collects what must not happen in any page of a context, and raises at the end.

    With `may_ask`, requests to elsewhere are none of that: they get no answer anyway.
    """

    def __init__(self, context: BrowserContext, *, may_ask: bool = False) -> None:
        self.context = context
        self._may_ask = may_ask
        self.trouble: list[str] = []
        self.kept: set[Page] = set()
        context.add_init_script(_INIT)
        context.on("request", self._on_request)
        context.on("dialog", self._on_dialog)
        context.on("page", self._on_page)
        context.on("weberror", self._on_error)

    def begin(self) -> None:
        """Forget what happened before."""
        self.trouble.clear()

    def end(self) -> None:
        """Close pages that are not kept; raise if something has happened in any."""
        for page in self.context.pages:
            self.look(page)
            if page not in self.kept:
                page.close()
        if self.trouble:
            raise AssertionError("\n".join(self.trouble))

    def look(self, page: Page) -> None:
        """Ask a page, and the frames in it, what happened there."""
        for frame in page.frames:
            with contextlib.suppress(Exception):
                self.trouble += frame.evaluate(_TROUBLE)

    def _on_request(self, request: Request) -> None:
        url = urllib.parse.urlsplit(request.url)
        local = url.scheme in {"data", "blob", "file", "about"}
        if not (local or self._may_ask) and url.hostname not in LOOPBACK:
            self.trouble.append(f"asked the network: {request.url[:300]}")

    def _on_dialog(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.trouble.append(f"dialog {dialog.type}: {dialog.message}")
        dialog.accept()

    def _on_page(self, page: Page) -> None:
        page.on("download", lambda it: self.trouble.append(f"download: {it.url}"))

    def _on_error(self, error: Any) -> None:
        said = str(error.error)
        if not any(word in said for word in _HARMLESS):
            self.trouble.append(f"error in a page: {said[:1000]}")
