"""A form that launches experiments and shows the Python that does the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets  # type: ignore[import-untyped]

from mle_toolkit.errors import ToolkitError
from mle_toolkit.records import SANDBOXES
from mle_toolkit.reporting.markup import element

if TYPE_CHECKING:
    from mle_toolkit.notebook.experiment import Experiment

_WIDE = "640px"


def launcher() -> Launcher:
    """Return a form to choose competitions, agent, model and limits, and launch.

    Below the form stands the Python that does the same; it follows every change.
    The experiment that was launched last is in the attribute ``experiment``.
    """
    return Launcher()


class Launcher(widgets.VBox):
    """The form; see `launcher`.

    Attributes
    ----------
    experiment
        The handle of the last experiment that this form launched, or None.
    """

    def __init__(self) -> None:
        self.experiment: Experiment | None = None
        self._busy = False
        self._fields = _fields()
        self._code = widgets.HTML()
        self._message = widgets.HTML()
        self._button = widgets.Button(
            description="Launch", button_style="primary", icon="play"
        )
        self._button.on_click(self._on_launch)
        for field in self._fields.values():
            field.observe(self._on_change, names="value")
        self._on_change()
        rows = [
            self._fields["competitions"],
            *(widgets.HBox([self._fields[name] for name in pair]) for pair in _PAIRS),
            self._code,
            self._button,
            self._message,
        ]
        super().__init__(rows, layout=widgets.Layout(max_width=_WIDE))

    @property
    def code(self) -> str:
        """The Python that does what the Launch button does."""
        competitions, options = self._arguments()
        lines = [f"    {name!r}," for name in competitions]
        lines += [f"    {name}={value!r}," for name, value in options.items()]
        return "\n".join(
            ["import mle_toolkit as mle", "", "exp = mle.launch(", *lines, ")", "exp"]
        )

    def _arguments(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        values = {name: field.value for name, field in self._fields.items()}
        competitions = tuple(values.pop("competitions"))
        for name in ("agent", "model", "time_limit", "out"):
            values[name] = values[name].strip()
        if not values["out"]:
            del values["out"]
        values["steps"] = values["steps"] or None
        return competitions, values

    def _on_change(self, _: object = None) -> None:
        self._code.value = element("pre", self.code)
        if self._busy:
            return
        chosen = bool(self._fields["competitions"].value)
        self._button.disabled = not chosen
        self._message.value = "" if chosen else _CHOOSE

    def _on_launch(self, _: object) -> None:
        """Launch in a thread: preparing data may take long, and a callback must not."""
        self._busy = self._button.disabled = True
        self._say("Starting ...")
        thread = threading.Thread(
            target=self._launch, args=self._arguments(), name="mle-launch", daemon=True
        )
        thread.start()

    def _launch(self, competitions: tuple[str, ...], options: dict[str, Any]) -> None:
        from mle_toolkit.notebook import launching

        try:
            self.experiment = launching.launch(*competitions, **options)
        except ToolkitError as error:
            self._say(f"Not started: {error}")
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            self._say(f"Not started: {type(error).__name__}: {error}")
        else:
            path = str(self.experiment.path)
            self._say(f"Started. Follow it with: exp = mle.attach({path!r}); exp")
        finally:
            self._busy = self._button.disabled = False

    def _say(self, sentence: str) -> None:
        self._message.value = element("p", sentence)


_CHOOSE = element(
    "p", "Choose one or more competitions (hold Ctrl or Cmd for several)."
)
_PAIRS = (
    ("agent", "model"),
    ("attempts", "parallel"),
    ("steps", "time_limit"),
    ("seed", "sandbox"),
    ("out",),
)


def _fields() -> dict[str, Any]:
    from mle_toolkit.agents.registry import known_agents
    from mle_toolkit.competitions.cards import list_cards

    cards = [(f"{card.title} ({card.id})", card.id) for card in list_cards()]
    style = {"description_width": "92px"}
    wide: dict[str, Any] = {"style": style, "layout": widgets.Layout(width="624px")}
    half: dict[str, Any] = {"style": style, "layout": widgets.Layout(width="308px")}
    return {
        "competitions": widgets.SelectMultiple(
            description="Competitions",
            options=cards,
            rows=min(8, max(3, len(cards))),
            **wide,
        ),
        "agent": widgets.Dropdown(
            description="Agent", options=known_agents(), **half
        ),
        "model": widgets.Combobox(
            description="Model",
            value="offline",
            options=["offline", "openai:", "anthropic:"],
            placeholder="offline, openai:MODEL or anthropic:MODEL",
            **half,
        ),
        "attempts": _number("Attempts", 8, (1, 100_000), half),
        "parallel": _number("In parallel", 2, (1, 10_000), half),
        # 0 steps: no limit but time.
        "steps": _number("Steps", 5, (0, 1_000_000), half),
        "time_limit": widgets.Text(description="Time limit", value="24h", **half),
        "seed": _number("First seed", 0, (0, 2**31), half),
        "sandbox": widgets.Dropdown(description="Sandbox", options=SANDBOXES, **half),
        "out": widgets.Text(
            description="Run folder", placeholder="a new one below runs/", **wide
        ),
    }  # fmt: skip


def _number(
    name: str, value: int, legal: tuple[int, int], look: dict[str, Any]
) -> widgets.BoundedIntText:
    low, high = legal
    return widgets.BoundedIntText(
        description=name, value=value, min=low, max=high, **look
    )
