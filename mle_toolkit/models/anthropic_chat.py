"""Anthropic's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import MissingExtraError, ModelError
from mle_toolkit.models.chat import Reply, ToolCall
from mle_toolkit.models.options import ModelOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.models.chat import Message, Tool

# The protocol demands a limit; the client refuses to wait for much more than this.
_DEFAULT_MAX_TOKENS = 16_384


class AnthropicModel:
    """A model behind Anthropic's messages protocol.

    The key comes from ANTHROPIC_API_KEY, the endpoint from ANTHROPIC_BASE_URL
    unless the options name one.

    Parameters
    ----------
    model
        The model's name.
    options
        How to call it; the protocol knows no seed.
    """

    def __init__(self, model: str, *, options: ModelOptions | None = None) -> None:
        self.name = f"anthropic:{model}"
        self._options = options or ModelOptions()
        self._fixed = _fixed_fields(model, self._options)
        try:
            import anthropic
        except ImportError as error:
            package = "anthropic"
            raise MissingExtraError(package, "models") from error
        self._error = anthropic.AnthropicError
        try:
            self._client = anthropic.Anthropic(
                base_url=self._options.base_url,
                timeout=self._options.timeout_s,
                max_retries=self._options.max_retries,
            )
        except anthropic.AnthropicError as error:
            msg = f"{self.name} cannot be used: {_line(error)}"
            raise ModelError(msg) from error
        keys = ("api_key", "auth_token", "credentials")
        if not any(getattr(self._client, key, None) for key in keys):
            msg = f"{self.name} cannot be used: set ANTHROPIC_API_KEY"
            raise ModelError(msg)

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Tool] = ()
    ) -> Reply:
        """Return the reply; see `mle_toolkit.models.chat.ChatModel`."""
        request = self._fixed | {"messages": _turns(messages)}
        system = "\n\n".join(item.content for item in messages if item.role == "system")
        if system:
            request["system"] = system
        if tools:
            request["tools"] = [_tool(item) for item in tools]
            required = [item.name for item in tools if item.required]
            if required:
                request["tool_choice"] = {"type": "tool", "name": required[0]}
        try:
            answer = self._client.messages.create(**request)
        except self._error as error:
            msg = f"{self.name} did not answer: {_line(error)}"
            raise ModelError(msg) from error
        return self._reply(answer)

    def _reply(self, answer: Any) -> Reply:
        usage = answer.usage
        tokens_in = (
            usage.input_tokens
            + (usage.cache_creation_input_tokens or 0)
            + (usage.cache_read_input_tokens or 0)
        )
        return Reply(
            text="".join(part.text for part in answer.content if part.type == "text"),
            tool_calls=tuple(
                ToolCall(part.id, part.name, dict(part.input))
                for part in answer.content
                if part.type == "tool_use"
            ),
            tokens_in=tokens_in,
            tokens_out=usage.output_tokens,
            cost_usd=self._options.cost_usd(tokens_in, usage.output_tokens),
        )


def _fixed_fields(model: str, options: ModelOptions) -> dict[str, Any]:
    # Named parameters of the client come and go with its version; the body stays.
    body: dict[str, Any] = {}
    if options.temperature is not None:
        body["temperature"] = options.temperature
    if options.reasoning_effort is not None:
        body["output_config"] = {"effort": options.reasoning_effort}
    return {
        "model": model,
        "max_tokens": options.max_tokens or _DEFAULT_MAX_TOKENS,
        "extra_body": body or None,
    }


def _turns(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return the turns: neighbours that speak with one voice become one turn."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        parts = _parts(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].extend(parts)
        elif parts:
            turns.append({"role": role, "content": parts})
    return turns


def _parts(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [
            {
                "type": "tool_result",
                "tool_use_id": message.tool_call_id or "",
                "content": message.content,
            }
        ]
    parts: list[dict[str, Any]] = []
    if message.content.strip():
        parts.append({"type": "text", "text": message.content})
    parts.extend(
        {
            "type": "tool_use",
            "id": call.id,
            "name": call.name,
            "input": call.arguments,
        }
        for call in message.tool_calls
    )
    return parts


def _tool(tool: Tool) -> dict[str, Any]:
    schema = tool.parameters or {"type": "object", "properties": {}}
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": schema,
    }


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
