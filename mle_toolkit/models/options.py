"""The options of a chat model: read once, checked, and priced."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import UsageError, check_choice

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """How to call a provider's model.

    Attributes
    ----------
    temperature, max_tokens, reasoning_effort
        Passed on when given; otherwise the provider's default holds.
    send_seed
        Pass the seed to the endpoint.  Not every endpoint accepts one.
    base_url
        The endpoint; None means what the provider's own variable says.
    timeout_s, max_retries
        For each request; the provider's client does the retries.
    usd_per_mtok_in, usd_per_mtok_out
        Price of a million tokens in US dollars.  The cost is known only if both
        are given.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    send_seed: bool = False
    base_url: str | None = None
    timeout_s: float = 600.0
    max_retries: int = 4
    usd_per_mtok_in: float | None = None
    usd_per_mtok_out: float | None = None

    def cost_usd(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return what a reply cost, or None when the price is not known.

        Examples
        --------
        >>> priced = ModelOptions(usd_per_mtok_in=2.0, usd_per_mtok_out=10.0)
        >>> priced.cost_usd(1_000_000, 100_000)
        3.0
        >>> ModelOptions().cost_usd(1, 1) is None
        True
        """
        if self.usd_per_mtok_in is None or self.usd_per_mtok_out is None:
            return None
        total = tokens_in * self.usd_per_mtok_in + tokens_out * self.usd_per_mtok_out
        return total / 1e6


def read_options(options: Mapping[str, Any] | None) -> ModelOptions:
    """Return `options` as a record.

    Raises
    ------
    UsageError
        When an option is not known or has an illegal value.
    """
    given = dict(options or {})
    legal = {item.name: str(item.type) for item in fields(ModelOptions)}
    for name, value in given.items():
        check_choice("model option", name, legal)
        _check_type(name, value, legal[name])
    return ModelOptions(**given)


def _check_type(name: str, value: Any, wanted: str) -> None:
    if value is None and "None" in wanted:
        return
    kinds: dict[str, tuple[type, ...]] = {
        "float": (int, float),
        "int": (int,),
        "str": (str,),
        "bool": (bool,),
    }
    kind = wanted.split(" ", maxsplit=1)[0]
    right = isinstance(value, kinds[kind])
    if kind != "bool" and isinstance(value, bool):
        right = False
    if right and kind in {"float", "int"} and value < 0:
        right = False
    if not right:
        msg = f"model option {name} must be a {kind}, not negative; got {value!r}"
        raise UsageError(msg)
