"""Interactive notebook research toolkit for agents that do machine learning.

Launch agents on competitions, watch them, grade what they submit, and say what
the results mean::

    import mle_toolkit as mle

    exp = mle.launch("digits", "breast-cancer", attempts=8, time_limit="5m")
    exp.wait()
    exp.attempts()

Public names are loaded when they are first used, so that importing the package
costs next to nothing.
"""

__version__ = "0.1.0"

_NAMES = {
    "Experiment": "mle_toolkit.notebook.experiment",
    "attach": "mle_toolkit.notebook.experiment",
    "import_traces": "mle_toolkit.traces.importing.storing",
    "launch": "mle_toolkit.notebook.launching",
    "launcher": "mle_toolkit.notebook.launcher",
    "competition": "mle_toolkit.competitions",
    "grade": "mle_toolkit.competitions",
    "list_competitions": "mle_toolkit.competitions",
    "load_annotations": "mle_toolkit.frames",
    "load_attempts": "mle_toolkit.frames",
    "new_competition": "mle_toolkit.competitions",
    "record": "mle_toolkit.published",
    "watch": "mle_toolkit.notebook.watching",
}
_PACKAGES = {
    "analysis": "mle_toolkit.analysis",
    "figures": "mle_toolkit.reporting.figures",
    "stats": "mle_toolkit.stats",
}

__all__ = [
    "Experiment",
    "__version__",
    "analysis",
    "attach",
    "competition",
    "figures",
    "grade",
    "import_traces",
    "launch",
    "launcher",
    "list_competitions",
    "load_annotations",
    "load_attempts",
    "new_competition",
    "record",
    "stats",
    "watch",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    import importlib

    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in _PACKAGES:
        value = importlib.import_module(_PACKAGES[name])
    else:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, for tab completion."""
    return sorted(__all__)
