"""Chat models behind one protocol: offline, scripted, OpenAI and Anthropic.

A model takes messages and tools and returns one reply; see `chat`.  `get_model`
finds one by name.
"""

from mle_toolkit.models.chat import ChatModel, Message, Reply, Tool, ToolCall
from mle_toolkit.models.registry import get_model, known_models

__all__ = [
    "ChatModel",
    "Message",
    "Reply",
    "Tool",
    "ToolCall",
    "get_model",
    "known_models",
]
