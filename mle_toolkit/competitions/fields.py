"""Read a TOML table with types, so that a mistake in a card names its field."""

from __future__ import annotations

from typing import Any

from mle_toolkit.errors import CardError, UnknownNameError, check_choice

_NEEDED: Any = object()


class Fields:
    """A TOML table that is read field by field; what is left over is an error.

    Each method takes the name of a field and returns its value, or `default` when
    the field is absent; without a default it is needed.

    Raises
    ------
    CardError
        When a field is missing or of another type.
    """

    def __init__(self, data: dict[str, Any], where: str) -> None:
        self._left = dict(data)
        self._known: list[str] = []
        self._where = where

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to read."""
        return not self._left

    def text(self, name: str, *, default: str = _NEEDED) -> str:
        """Return a text."""
        value: str = self._take(name, (str,), "a text", default)
        return value

    def flag(self, name: str, *, default: bool = _NEEDED) -> bool:
        """Return true or false."""
        value: bool = self._take(name, (bool,), "true or false", default)
        return value

    def integer(self, name: str, *, default: int = _NEEDED) -> int:
        """Return a whole number."""
        value: int = self._take(name, (int,), "a whole number", default)
        return value

    def number(self, name: str, *, default: float | None = _NEEDED) -> float | None:
        """Return a number, or the default as it is."""
        value = self._take(name, (int, float), "a number", default)
        return None if value is None else float(value)

    def texts(
        self, name: str, *, default: tuple[str, ...] = _NEEDED
    ) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._take(name, (list,), "a list of texts", default)
        if not all(isinstance(item, str) for item in value):
            self._fail(f"{name} must be a list of texts; got {value!r}")
        return tuple(value)

    def table(self, name: str, *, default: dict[str, Any] = _NEEDED) -> Fields:
        """Return the reader of a table inside this one."""
        value = self._take(name, (dict,), "a table", default)
        return Fields(value, f"{self._where}, [{name}]")

    def finish(self) -> None:
        """Raise when a field was never asked for: it may be a spelling mistake."""
        for name in self._left:
            try:
                check_choice("field", name, self._known)
            except UnknownNameError as error:
                self._fail(str(error))

    def _take(self, name: str, types: tuple[type, ...], what: str, default: Any) -> Any:
        self._known.append(name)
        if name not in self._left:
            if default is _NEEDED:
                self._fail(f"{name} is missing; it must be {what}")
            return default
        value = self._left.pop(name)
        # A bool is an int in Python, never in a card.
        if not isinstance(value, types) or (
            isinstance(value, bool) and bool not in types
        ):
            self._fail(f"{name} must be {what}; got {value!r}")
        return value

    def _fail(self, fault: str) -> None:
        msg = f"{self._where}: {fault}"
        raise CardError(msg)
