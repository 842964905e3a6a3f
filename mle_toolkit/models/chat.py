"""What a chat model is to an agent: messages and tools in, one reply out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool.

    Attributes
    ----------
    id
        Name of this call; the tool's answer refers to it.
    name
        Name of the tool.
    arguments
        What the model passed, as it came: check it before use.
    """

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Attributes
    ----------
    role
        ``"system"``, ``"user"``, ``"assistant"`` or ``"tool"``.
    content
        The text.
    tool_calls
        The calls that an assistant's message asks for.
    tool_call_id
        The call that a tool's message answers.
    """

    role: str
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            msg = f"a message's role is one of {', '.join(ROLES)}; got {self.role!r}"
            raise UsageError(msg)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call.

    Attributes
    ----------
    parameters
        JSON schema of the arguments.
    required
        The model has to call this tool, not merely may.
    """

    name: str
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered.

    Attributes
    ----------
    tokens_in, tokens_out
        As the provider counts them; what was read from its cache counts too.
    cost_usd
        Cost in US dollars; None when the price is not known.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None


class ChatModel(Protocol):
    """A chat model of any provider."""

    @property
    def name(self) -> str:
        """The name by which `get_model` finds this model."""

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Tool] = ()
    ) -> Reply:
        """Return the reply to `messages`.

        Raises
        ------
        ModelError
            When no reply came, after the retries that the provider's client makes.
        """
