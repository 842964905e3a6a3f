"""Agents: scaffolds that let a chat model work on a competition.

`registry` names the scaffolds; `runner` is the process that runs one of them for one
attempt, started by the supervisor as ``python -m mle_toolkit.agents.runner``.
"""

from mle_toolkit.agents.registry import known_agents, load_scaffold

__all__ = ["known_agents", "load_scaffold"]
