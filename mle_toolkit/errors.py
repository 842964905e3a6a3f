"""The exceptions of the toolkit.

Every exception derives from `ToolkitError`, and also from the built-in class
that a caller would expect.  A message says what went wrong, the value that was
given, the legal values, and what to do.
"""

from collections.abc import Iterable

# More legal names than this would hide the sentence they belong to.
_LISTED = 12


class ToolkitError(Exception):
    """Base of every error that this toolkit raises on purpose."""


class UsageError(ToolkitError, ValueError):
    """An argument has an illegal value."""


class UnknownNameError(UsageError, KeyError):
    """A competition, agent, model, metric or method of that name is not known."""

    # KeyError shows the repr of its argument; a sentence should stay a sentence.
    __str__ = Exception.__str__


class CardError(UsageError):
    """A competition's card is missing, unreadable or contradicts itself."""


class SubmissionError(UsageError):
    """A submission cannot be read or breaks the competition's rules."""


class NotPreparedError(ToolkitError, RuntimeError):
    """The data of a competition are not on this machine yet."""


class StoreError(ToolkitError, RuntimeError):
    """A run folder is missing, damaged or cannot be written."""


class SandboxError(ToolkitError, RuntimeError):
    """The box cannot be started, or broke while it was in use."""


class ModelError(ToolkitError, RuntimeError):
    """A chat model did not answer."""


class MissingExtraError(ToolkitError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed. "
            f"Install it with: pip install 'mle-toolkit[{extra}]'"
        )


def check_choice(what: str, got: object, legal: Iterable[str]) -> None:
    """Raise `UnknownNameError` unless `got` is one of the `legal` names.

    Examples
    --------
    >>> check_choice("method", "t", ["t", "wilson"])
    >>> check_choice("method", "q", ["t", "wilson"])
    Traceback (most recent call last):
    ...
    mle_toolkit.errors.UnknownNameError: unknown method 'q'; choose 't' or 'wilson'
    """
    names = list(legal)
    if got in names:
        return
    quoted = [repr(name) for name in names[:_LISTED]]
    if len(names) > _LISTED:
        quoted.append(f"{len(names) - _LISTED} more")
    listed = " or ".join(
        part for part in (", ".join(quoted[:-1]), *quoted[-1:]) if part
    )
    import difflib

    close = difflib.get_close_matches(str(got), names, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    msg = f"unknown {what} {got!r}{hint}; choose {listed or 'nothing: none exist'}"
    raise UnknownNameError(msg)
