"""Find a chat model by its name; providers are imported only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.models.options import read_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mle_toolkit.models.chat import ChatModel

FAMILIES = ("offline", "scripted", "openai", "anthropic")


def known_models() -> tuple[str, ...]:
    """Return how the name of each kind of model is written.

    Examples
    --------
    >>> known_models()
    ('offline', 'scripted:PATH', 'openai:MODEL', 'anthropic:MODEL')
    """
    return ("offline", "scripted:PATH", "openai:MODEL", "anthropic:MODEL")


def get_model(
    name: str, *, seed: int, options: Mapping[str, Any] | None = None
) -> ChatModel:
    """Return the chat model called `name`.

    Parameters
    ----------
    name
        ``"offline"`` (writes scikit-learn programs; not a language model),
        ``"scripted:replies.json"`` (replies from a file), ``"openai:MODEL"`` (also
        any endpoint that speaks this protocol, by OPENAI_BASE_URL) or
        ``"anthropic:MODEL"``.
    seed
        Seed of the offline model; passed to an endpoint only with the option
        ``send_seed``.
    options
        See `mle_toolkit.models.options.ModelOptions`; `offline` and `scripted`
        take none.

    Raises
    ------
    UnknownNameError
        When there is no such kind of model or option.
    UsageError
        When the part after the colon is missing, or an option is illegal.
    MissingExtraError
        When the provider's package is not installed.
    ModelError
        When the provider's client cannot be made, for example without a key.
    """
    family, _, rest = name.partition(":")
    check_choice("model", family, FAMILIES)
    if family == "offline":
        return _offline(name, seed, options)
    if not rest:
        msg = f"model {name!r} names no model; write it as {_written(family)!r}"
        raise UsageError(msg)
    if family == "scripted":
        from mle_toolkit.models.scripted import ScriptedModel

        _take_none(name, options)
        return ScriptedModel(rest)
    settings = read_options(options)
    if family == "openai":
        from mle_toolkit.models.openai_chat import OpenAIModel

        return OpenAIModel(rest, seed=seed, options=settings)
    from mle_toolkit.models.anthropic_chat import AnthropicModel

    return AnthropicModel(rest, options=settings)


def _offline(name: str, seed: int, options: Mapping[str, Any] | None) -> ChatModel:
    if name != "offline":
        msg = f"the offline model is called 'offline', nothing more; got {name!r}"
        raise UsageError(msg)
    _take_none(name, options)
    from mle_toolkit.models.offline import OfflineModel

    return OfflineModel(seed=seed)


def _written(family: str) -> str:
    return next(name for name in known_models() if name.startswith(family))


def _take_none(name: str, options: Mapping[str, Any] | None) -> None:
    if options:
        msg = f"model {name!r} takes no options; got {', '.join(options)}"
        raise UsageError(msg)
