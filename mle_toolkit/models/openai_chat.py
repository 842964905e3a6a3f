"""OpenAI's chat completions, and every endpoint that speaks the same protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import MissingExtraError, ModelError
from mle_toolkit.models.chat import Reply, ToolCall
from mle_toolkit.models.options import ModelOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.models.chat import Message, Tool


class OpenAIModel:
    """A model behind the OpenAI chat protocol.

    The key comes from OPENAI_API_KEY, the endpoint from OPENAI_BASE_URL unless the
    options name one.

    Parameters
    ----------
    model
        The model's name at the endpoint.
    seed
        Sent only if the options say so.
    options
        How to call it.
    """

    def __init__(
        self, model: str, *, seed: int = 0, options: ModelOptions | None = None
    ) -> None:
        self.name = f"openai:{model}"
        self._options = options or ModelOptions()
        self._fixed = _fixed_fields(model, seed, self._options)
        try:
            import openai
        except ImportError as error:
            package = "openai"
            raise MissingExtraError(package, "models") from error
        self._error = openai.OpenAIError
        try:
            self._client = openai.OpenAI(
                base_url=self._options.base_url,
                timeout=self._options.timeout_s,
                max_retries=self._options.max_retries,
            )
        except openai.OpenAIError as error:
            msg = f"{self.name} cannot be used: set OPENAI_API_KEY ({_line(error)})"
            raise ModelError(msg) from error

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Tool] = ()
    ) -> Reply:
        """Return the reply; see `mle_toolkit.models.chat.ChatModel`."""
        request = self._fixed | {"messages": [_message(item) for item in messages]}
        if tools:
            request["tools"] = [_tool(item) for item in tools]
            required = [item.name for item in tools if item.required]
            if required:
                request["tool_choice"] = {
                    "type": "function",
                    "function": {"name": required[0]},
                }
        try:
            answer = self._client.chat.completions.create(**request)
        except self._error as error:
            msg = f"{self.name} did not answer: {_line(error)}"
            raise ModelError(msg) from error
        return self._reply(answer)

    def _reply(self, answer: Any) -> Reply:
        if not getattr(answer, "choices", None):
            msg = f"{self.name} sent an answer without choices"
            raise ModelError(msg)
        message = answer.choices[0].message
        tokens_in = answer.usage.prompt_tokens if answer.usage else 0
        tokens_out = answer.usage.completion_tokens if answer.usage else 0
        known = answer.usage is not None
        return Reply(
            text=message.content or message.refusal or "",
            tool_calls=tuple(
                ToolCall(call.id, call.function.name, _arguments(call))
                for call in message.tool_calls or ()
                if call.type == "function"
            ),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost_usd=self._options.cost_usd(tokens_in, tokens_out) if known else None,
        )


def _fixed_fields(model: str, seed: int, options: ModelOptions) -> dict[str, Any]:
    fields = {
        "model": model,
        "temperature": options.temperature,
        "max_completion_tokens": options.max_tokens,
        "reasoning_effort": options.reasoning_effort,
        # Endpoints read the seed as a signed 32-bit number.
        "seed": seed % 2**31 if options.send_seed else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _message(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_call_id is not None:
        plain["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        plain["content"] = message.content or None
        plain["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json.dumps(call.arguments),
                },
            }
            for call in message.tool_calls
        ]
    return plain


def _tool(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}


def _arguments(call: Any) -> dict[str, Any]:
    """Return a call's arguments; text that is no JSON object is kept under ``_``."""
    try:
        arguments = json.loads(call.function.arguments or "{}")
    except ValueError:
        return {"_": call.function.arguments}
    return arguments if isinstance(arguments, dict) else {"_": arguments}


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
