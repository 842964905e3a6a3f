"""Records in the forms of real tools, as captured from them; the content is made up.

Captured from Claude Code 2.1.331, Codex 0.169.0, the OpenHands SDK 1.58.2 and
mini-swe-agent 2.4.6, each against a scripted model.
"""

import json

from tests.traces.importing import foreign


def _model_usage(tokens_in, tokens_out, cost):
    return {
        "claude-sonnet-4-5": {
            "inputTokens": tokens_in - 60,
            "outputTokens": tokens_out,
            "cacheReadInputTokens": 50,
            "cacheCreationInputTokens": 10,
            "webSearchRequests": 0,
            "costUSD": cost,
            "contextWindow": 200000,
        }
    }


def _claude_result(usage, models, cost, **more):
    return {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "num_turns": 3,
        "duration_ms": 1500,
        "session_id": "s-1",
        "uuid": "u-end",
        "total_cost_usd": cost,
        "usage": usage,
        "modelUsage": models,
        "terminal_reason": "completed",
        **more,
    }


def claude_agents():
    """A stream in which an agent of the agent works while the agent goes on.

    The second result is that of the prompt by which the inner agent reports.
    """

    def call(key, tool, name, usage, second, **more):
        block = {"type": "tool_use", "id": tool, "name": name, "input": {}}
        return foreign.claude_block(key, block, usage, second, **more)

    def said(key, text, second, **more):
        block = {"type": "text", "text": text}
        return foreign.claude_block(key, block, usage, second, **more)

    def answer(tool, second, **more):
        block = {"type": "tool_result", "tool_use_id": tool, "content": tool}
        return {
            "type": "user",
            "message": {"role": "user", "content": [block]},
            "parent_tool_use_id": None,
            "session_id": "s-1",
            "uuid": f"u-{tool}",
            "timestamp": f"2026-11-23T10:00:{second:02d}.000Z",
            **more,
        }

    usage = foreign.claude_usage(100, 1, made=10, read=50)
    inner = {"parent_tool_use_id": "t1", "agent_id": "a1"}
    first = foreign.claude_usage(303, 63, made=30, read=150)
    return [
        foreign.claude_stream()[0],
        {
            "type": "system", "subtype": "thinking_tokens", "session_id": "s-1",
            "estimated_tokens": 9, "uuid": "u-think",
        },
        call("m1", "t1", "Task", usage, 1),
        answer("t1", 2),
        call("m2", "t2", "Bash", usage, 3),
        call("m3", "t3", "Bash", usage, 4, **inner),
        call("m2", "t4", "Read", usage, 5),
        answer("t3", 6, **inner),
        answer("t2", 7),
        said("m4", "Inner is done.", 8, **inner),
        answer("t4", 9),
        said("m5", "Done.", 10),
        _claude_result(first, _model_usage(700, 90, 0.0033), 0.0033),
        said("m6", "All done.", 11),
        _claude_result(
            usage, _model_usage(967, 127, 0.004), 0.004, num_turns=1, duration_ms=250
        ),
    ]  # fmt: skip


def claude_out_of_money():
    """A stream that ended at its budget: the usage of the result is 0."""
    usage = foreign.claude_usage(100, 1, made=10, read=50)
    block = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}
    end = _claude_result(
        foreign.claude_usage(0, 0),
        _model_usage(160, 20, 0.00065),
        0.00065,
        subtype="error_max_budget_usd",
        is_error=True,
        errors=["Reached maximum budget ($0.0001)"],
        terminal_reason="budget_exhausted",
    )
    call = foreign.claude_block("m1", block, usage, 1)
    return [foreign.claude_stream()[0], call, end]


def claude_resumed():
    """The stream of a session that was resumed, and went on for a second prompt."""
    usage = foreign.claude_usage(103, 1, made=10, read=50)
    lines = [foreign.claude_stream()[0]]
    for second, total, cost, since in ((1, 646, 0.75, 163), (2, 810, 0.875, 164)):
        block = {"type": "text", "text": "Done."}
        lines += [
            foreign.claude_block(f"m{second}", block, usage, second),
            _claude_result(
                usage,
                _model_usage(total, 90, cost),
                cost,
                num_turns=1,
                model_usage_since_last_result=_model_usage(since, 23, 0.125),
            ),
        ]
    return lines


def _claude_log_line(kind, second, agent=None, **more):
    line = {
        "parentUuid": None,
        "isSidechain": agent is not None,
        "type": kind,
        "uuid": f"u-{agent}-{second}",
        "timestamp": f"2026-11-23T10:00:{second:02d}.000Z",
        "cwd": "/w",
        "sessionId": "s-1",
        "version": "2.1.331",
        **more,
    }
    return line if agent is None else {**line, "agentId": agent}


def write_claude_session(folder):
    """Write a session's log, and next to it the log of its agent; return the log."""

    def said(second, key, block, agent=None):
        message = {
            "id": key,
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "content": [block],
            "usage": foreign.claude_usage(100, 20, made=10, read=50),
        }
        return _claude_log_line("assistant", second, agent, message=message)

    def asked(second, content, agent=None):
        message = {"role": "user", "content": content}
        return _claude_log_line("user", second, agent, message=message)

    def result(tool):
        return [{"type": "tool_result", "tool_use_id": tool, "content": tool}]

    def call(tool, name):
        return {"type": "tool_use", "id": tool, "name": name, "input": {}}

    session = {"sessionId": "s-1"}
    limit = {"type": "max_turns_reached", "maxTurns": 2, "turnCount": 3}
    main = [
        {"type": "last-prompt", "lastPrompt": "Win.", **session},
        asked(1, "Win."),
        {"type": "api-request", "timestamp": "2026-11-23T10:00:01.000Z", **session},
        {"type": "api-request-blob", "hash": "ab", "message": {}, **session},
        said(2, "m1", call("t1", "Task")),
        asked(3, result("t1")),
        {"type": "tools-used", "tools": ["Task"], **session},
        said(5, "m2", call("t2", "Bash")),
        asked(7, result("t2")),
        _claude_log_line("attachment", 9, attachment=limit),
        {
            "type": "cost-state",
            "totalCostUSD": 0.004,
            "totalDuration": 9000,
            "modelUsage": _model_usage(640, 80, 0.004),
            **session,
        },
    ]
    inner = [
        asked(3, "Look into it.", "a1"),
        said(4, "m3", call("t3", "Bash"), "a1"),
        asked(6, result("t3"), "a1"),
        said(8, "m4", {"type": "text", "text": "Inner is done."}, "a1"),
    ]
    agents = folder / "s-1" / "subagents"
    agents.mkdir(parents=True)
    foreign.write_lines(agents / "agent-a1.jsonl", inner)
    (agents / "agent-a1.meta.json").write_text(json.dumps({"toolUseId": "t1"}))
    return foreign.write_lines(folder / "s-1.jsonl", main)


def codex_rollout():
    """A rollout with the items and the token records of newer versions."""

    def item(second, kind, **fields):
        return foreign.rollout_line(
            second, "event_msg", type="item_completed", item={"type": kind, **fields}
        )

    def record(second, total, last):
        names = ("input_tokens", "output_tokens")
        return foreign.rollout_line(
            second,
            "token_usage_record",
            usage=dict(zip(names, last, strict=True)),
            thread_token_usage=dict(zip(names, total, strict=True)),
        )

    def response(second, kind, **fields):
        return foreign.rollout_line(second, "response_item", type=kind, **fields)

    def shell(second, key, command):
        arguments = json.dumps({"cmd": command})
        return response(
            second, "function_call", name="exec_command", call_id=key,
            arguments=arguments,
        )  # fmt: skip

    def ran(second, key, code, seconds, nanos):
        duration = {"secs": seconds, "nanos": nanos}
        return item(
            second, "CommandExecution", id=key, exit_code=code, duration=duration,
            status="failed" if code else "completed", aggregated_output="x",
        )  # fmt: skip

    looking = [{"type": "summary_text", "text": "Looking"}]
    said = [{"type": "output_text", "text": "I look."}]
    return [
        foreign.rollout_line(0, "session_meta", id="01a2", cli_version="0.169.0"),
        foreign.rollout_line(0, "event_msg", type="task_started", turn_id="t"),
        foreign.rollout_line(0, "turn_context", cwd="/w", model="gpt-5-codex"),
        response(1, "message", role="user", content=[{"type": "input_text"}]),
        item(1, "UserMessage", id="u"),
        item(2, "Reasoning", id="rs", summary_text=["Looking"]),
        response(2, "reasoning", id="rs", summary=looking, content=None),
        item(3, "AgentMessage", id="ms"),
        response(3, "message", role="assistant", content=said),
        shell(4, "c1", "fit"),
        shell(4, "c2", "fail"),
        response(
            4, "function_call", name="no_such_tool", call_id="c3", arguments="{}"
        ),
        record(5, (1000, 30), (1000, 30)),
        ran(6, "c1", 0, 1, 500_000_000),
        response(7, "function_call_output", call_id="c1", output="Output:\nx"),
        ran(7, "c2", 3, 0, 250_000_000),
        response(8, "function_call_output", call_id="c2", output="Output:\nx"),
        response(
            8, "function_call_output", call_id="c3",
            output="unsupported call: no_such_tool",
        ),
        foreign.rollout_tokens(9, (1000, 30), (1000, 30)),
        item(9, "BrandNew", id="n"),
        response(10, "message", role="assistant", content=said),
        record(11, (2500, 70), (1500, 40)),
        foreign.rollout_tokens(11, (2500, 70), (1500, 40)),
        foreign.rollout_line(12, "event_msg", type="task_complete"),
        ran(13, "c4", 137, 0, 1),
    ]  # fmt: skip


def write_openhands_conversation(folder, *, until=None):
    """Write a conversation as the SDK persists it: one file per event, and a state."""
    items = [
        each
        for each in foreign.openhands_1()
        if each["kind"] != "ConversationStateUpdateEvent"
    ]
    (folder / "events").mkdir(parents=True)
    for number, each in enumerate(items[:until]):
        name = f"event-{number:05d}-0a1b2c3d-000{number}.json"
        (folder / "events" / name).write_text(json.dumps(each))
    usages = [
        {
            "response_id": key,
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
        }
        for key, tokens_in, tokens_out in (("r1", 500, 40), ("r2", 502, 42))
    ]
    metrics = {
        **foreign.openhands_metrics(0.004, 1100, 90),
        "model_name": "openai/gpt-4o",
        "costs": [{"cost": 0.0015}, {"cost": 0.002}],
        "token_usages": usages,
    }
    state = {
        "id": "c",
        "agent": {"llm": {"model": "openai/gpt-4o"}, "kind": "Agent"},
        "execution_status": "finished",
        "stats": {"usage_to_metrics": {"agent": metrics}},
    }
    (folder / "base_state.json").write_text(json.dumps(state))
    return folder


def mini_trajectory(**info):
    """Two commands in one answer, one that could not be read, the end."""

    def answer(second, content, *commands, **more):
        actions = [
            {"command": command, "tool_call_id": f"c{second}{number}"}
            for number, command in enumerate(commands)
        ]
        usage = {"prompt_tokens": 500 + second, "completion_tokens": 40}
        extra = {
            "actions": actions,
            "response": {"id": f"r{second}", "usage": usage},
            "cost": 0.25,
            "timestamp": 1700000000.0 + second,
        }
        return {"role": "assistant", "content": content, "extra": extra, **more}

    def output(second, key, text, code):
        extra = {
            "raw_output": text,
            "returncode": code,
            "timestamp": 1700000000.0 + second,
            "exception_info": "",
        }
        wrapped = f"<output>\n{text}</output>"
        return {
            "role": "tool", "tool_call_id": key, "content": wrapped, "extra": extra,
        }  # fmt: skip

    return {
        "info": {
            "model_stats": {"instance_cost": 0.625, "api_calls": 3},
            "config": {
                "agent": {"step_limit": 0, "cost_limit": 3.0},
                "model": {
                    "model_name": "openai/gpt-4o",
                    "model_kwargs": {"api_key": "not for a trace"},
                },
            },
            "mini_version": "2.4.6",
            "exit_status": "Submitted",
            "submission": "my answer\n",
            **info,
        },
        "messages": [
            {"role": "system", "content": "Be good."},
            {"role": "user", "content": "Fix it."},
            answer(0, "I look.", "ls", "false", reasoning_content="Hm."),
            output(2, "c00", "a.csv\n", 0),
            output(2, "c01", "", 1),
            {"role": "user", "content": "No command?", "extra": {"n_actions": 0}},
            answer(4, "I send it in.", "submit"),
            {"role": "exit", "content": "my answer\n", "extra": {}},
        ],
        "trajectory_format": "mini-swe-agent-1.1",
    }
