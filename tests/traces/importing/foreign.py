"""Traces as other tools write them, made up here, and ways to break them."""

import copy
import json
import tracemalloc

from hypothesis import strategies as st

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.records import ForeignTrace

KINDS = {
    "start", "model", "tool", "exec", "node", "submission", "validation", "limit",
    "note", "error", "end",
}  # fmt: skip

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-23T10:00:00Z", "NaN", "\ud800", 10**400, -1, 1e308]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "content", "usage"]) | st.text(),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def claude_usage(tokens_in, tokens_out, *, made=0, read=0):
    return {
        "input_tokens": tokens_in,
        "cache_creation_input_tokens": made,
        "cache_read_input_tokens": read,
        "output_tokens": tokens_out,
        "service_tier": "standard",
    }


def claude_block(key, block, usage, second, **more):
    return {
        "type": "assistant",
        "message": {
            "id": key,
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "content": [block],
            "stop_reason": None,
            "usage": usage,
        },
        "parent_tool_use_id": None,
        "session_id": "s-1",
        "uuid": f"u-{key}-{second}",
        "timestamp": f"2026-11-23T10:00:{second:02d}.000Z",
        **more,
    }


def claude_answer(call, content, second, *, failed=False, **more):
    return {
        "type": "user",
        "message": {
            "role": "user",
            "content": [
                {
                    "tool_use_id": call,
                    "type": "tool_result",
                    "content": content,
                    "is_error": failed,
                }
            ],
        },
        "parent_tool_use_id": None,
        "session_id": "s-1",
        "uuid": f"u-{call}",
        "timestamp": f"2026-11-23T10:00:{second:02d}.500Z",
        **more,
    }


def claude_stream():
    """Two calls of the model: one thinks and runs two tools, one is the answer."""
    first, second = claude_usage(100, 1, read=50, made=7), claude_usage(30, 2, read=157)
    return [
        {
            "type": "system",
            "subtype": "init",
            "cwd": "/workspace",
            "session_id": "s-1",
            "tools": ["Task", "Bash", "Read"],
            "mcp_servers": [],
            "model": "claude-sonnet-4-5",
            "permissionMode": "bypassPermissions",
            "claude_code_version": "2.1.330",
            "uuid": "u-0",
        },
        claude_block("m1", {"type": "thinking", "thinking": "Look first."}, first, 1),
        claude_block("m1", {"type": "text", "text": "I look."}, first, 2),
        claude_block(
            "m1",
            {
                "type": "tool_use",
                "id": "t1",
                "name": "Bash",
                "input": {"command": "ls"},
            },
            first,
            3,
        ),
        claude_block(
            "m1",
            {"type": "tool_use", "id": "t2", "name": "Read", "input": {"path": "x"}},
            first,
            4,
        ),
        claude_answer("t1", "train.csv", 6),
        claude_answer("t2", [{"type": "text", "text": "no file"}], 7, failed=True),
        {"type": "rate_limit_event", "session_id": "s-1", "uuid": "u-r"},
        claude_block("m2", {"type": "text", "text": "Done."}, second, 9),
        {
            "type": "result",
            "subtype": "success",
            "is_error": False,
            "duration_ms": 12_500,
            "duration_api_ms": 9_000,
            "num_turns": 2,
            "result": "Done.",
            "session_id": "s-1",
            "total_cost_usd": 0.0125,
            "usage": claude_usage(130, 64, read=207, made=7),
            "modelUsage": {},
            "permission_denials": [],
            "uuid": "u-9",
        },
    ]


def claude_log():
    """A session log: other keys, the prompt, no result."""
    shared = {"sessionId": "s-2", "cwd": "/w", "version": "2.1.330", "parentUuid": None}
    lines = [
        {"type": "queue-operation", "operation": "enqueue", "sessionId": "s-2"},
        {
            "type": "user",
            "message": {"role": "user", "content": "Win the competition."},
            "uuid": "u-1",
            "timestamp": "2026-11-23T10:00:00.000Z",
        },
        *claude_stream()[1:-1],
    ]
    return [
        {k: v for k, v in line.items() if k != "session_id"} | shared for line in lines
    ]


def codex_item(stage, key, kind, **fields):
    return {"type": f"item.{stage}", "item": {"id": key, "type": kind, **fields}}


def codex_stream():
    """One turn: reasoning, a command, a file, a failing command, the answer."""
    ran = {"command": "bash -lc ls", "exit_code": 0, "aggregated_output": "train.csv\n"}
    return [
        {"type": "thread.started", "thread_id": "0199a213"},
        {"type": "turn.started"},
        codex_item("completed", "item_0", "reasoning", text="**Looking**"),
        codex_item(
            "started",
            "item_1",
            "command_execution",
            command="bash -lc ls",
            aggregated_output="",
            exit_code=None,
            status="in_progress",
        ),
        codex_item(
            "completed", "item_1", "command_execution", status="completed", **ran
        ),
        codex_item(
            "started",
            "item_2",
            "todo_list",
            items=[{"text": "fit", "completed": False}],
        ),
        codex_item(
            "completed",
            "item_3",
            "file_change",
            changes=[{"path": "a.py", "kind": "add"}],
            status="completed",
        ),
        {"type": "error", "message": "Reconnecting... 1/5"},
        codex_item(
            "completed",
            "item_4",
            "command_execution",
            command="python a.py",
            aggregated_output="KeyError\n",
            exit_code=1,
            status="failed",
        ),
        codex_item("completed", "item_5", "agent_message", text="Done."),
        {
            "type": "turn.completed",
            "usage": {
                "input_tokens": 24763,
                "cached_input_tokens": 24448,
                "output_tokens": 122,
            },
        },
    ]


def rollout_line(second, kind, **payload):
    time = f"2026-11-23T10:00:{second:02d}.000Z"
    return {"timestamp": time, "type": kind, "payload": payload}


def rollout_tokens(second, total, last):
    info = {
        name: {
            "input_tokens": tokens_in,
            "cached_input_tokens": 0,
            "output_tokens": tokens_out,
            "reasoning_output_tokens": 0,
            "total_tokens": tokens_in + tokens_out,
        }
        for name, (tokens_in, tokens_out) in (
            ("total_token_usage", total),
            ("last_token_usage", last),
        )
    }
    return rollout_line(second, "event_msg", type="token_count", info=info)


def codex_rollout():
    """The same kind of session as a rollout, with times and tokens of each call."""
    said = [{"type": "input_text", "text": "Win."}]
    done = [{"type": "output_text", "text": "Done."}]
    ran = json.dumps({"output": "boom", "metadata": {"exit_code": 2}})
    return [
        rollout_line(
            0, "session_meta", id="0199", cwd="/w", cli_version="0.118.0",
            originator="codex_exec", model_provider="openai",
        ),
        rollout_line(0, "response_item", type="message", role="user", content=said),
        rollout_line(0, "event_msg", type="user_message", message="Win."),
        rollout_line(0, "event_msg", type="task_started", model_context_window=1000),
        rollout_line(1, "turn_context", cwd="/w", model="gpt-5-codex", effort="high"),
        rollout_line(
            3, "response_item", type="reasoning", encrypted_content="gAAA",
            summary=[{"type": "summary_text", "text": "Looking"}],
        ),
        rollout_line(
            4, "response_item", type="function_call", name="shell", call_id="c1",
            arguments='{"command":["bash","-lc","ls"]}',
        ),
        rollout_tokens(4, (1000, 40), (1000, 40)),
        rollout_line(
            6, "response_item", type="function_call_output", call_id="c1", output=ran
        ),
        rollout_tokens(6, (1000, 40), (1000, 40)),
        rollout_line(
            8, "response_item", type="message", role="assistant", content=done
        ),
        rollout_line(8, "event_msg", type="agent_message", message="Done."),
        rollout_tokens(8, (2500, 55), (1500, 15)),
        rollout_line(9, "event_msg", type="task_complete", last_agent_message="Done."),
    ]  # fmt: skip


def openhands_metrics(cost, tokens_in, tokens_out):
    return {
        "accumulated_cost": cost,
        "accumulated_token_usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
        },
    }


def openhands_0():
    """A task, two actions of one answer, their observations, the end."""

    def action(number, verb, second, response, metrics, **args):
        return {
            "id": number,
            "timestamp": f"2025-03-01T10:00:{second:02d}.000000",
            "source": "agent",
            "message": f"Action {verb}",
            "action": verb,
            "args": args,
            "tool_call_metadata": {
                "tool_call_id": f"call_{number}",
                "function_name": {"run": "execute_bash"}.get(verb, verb),
                "model_response": {"id": response, "model": "gpt-4o-2024-08-06"},
                "total_calls_in_response": 2,
            },
            "llm_metrics": metrics,
        }

    def observation(number, kind, second, cause, code, content):
        return {
            "id": number,
            "timestamp": f"2025-03-01T10:00:{second:02d}.500000",
            "source": "agent",
            "message": "ran",
            "cause": cause,
            "observation": kind,
            "content": content,
            "extras": {"metadata": {"exit_code": code}},
        }

    first = openhands_metrics(0.01, 1000, 50)
    return [
        {
            "id": 0,
            "timestamp": "2025-03-01T10:00:00.000000",
            "source": "user",
            "message": "Win.",
            "action": "message",
            "args": {"content": "Win.", "image_urls": None},
        },
        action(1, "run", 3, "r1", first, command="ls", thought="I look."),
        action(2, "run", 3, "r1", first, command="cat x", thought="I look."),
        observation(3, "run", 5, 1, 0, "train.csv"),
        observation(4, "run", 6, 2, 1, "no file"),
        {
            "id": 5,
            "timestamp": "2025-03-01T10:00:07.000000",
            "source": "environment",
            "message": "",
            "observation": "agent_state_changed",
            "content": "",
            "extras": {"agent_state": "running"},
        },
        action(
            6, "finish", 9, "r2", openhands_metrics(0.025, 2400, 80),
            final_thought="Done.",
        ),
        {
            "id": 7,
            "timestamp": "2025-03-01T10:00:10.000000",
            "source": "environment",
            "message": "",
            "observation": "agent_state_changed",
            "content": "",
            "extras": {"agent_state": "finished"},
        },
    ]  # fmt: skip


def openhands_1():
    """Events of the SDK: a prompt, an answer with one call, stats, a last message."""

    def event(kind, source, second, **fields):
        time = f"2026-11-23T10:00:{second:02d}.000000+00:00"
        return {
            "kind": kind,
            "id": f"e-{second}",
            "timestamp": time,
            "source": source,
            **fields,
        }

    def text(words):
        return [{"type": "text", "text": words}]

    def stats(second, *metrics):
        value = {"usage_to_metrics": {"agent": openhands_metrics(*metrics)}}
        kind = "ConversationStateUpdateEvent"
        return event(kind, "environment", second, key="stats", value=value)

    return [
        event("SystemPromptEvent", "agent", 0, system_prompt={"text": "Be good."}),
        event(
            "MessageEvent",
            "user",
            1,
            llm_message={"role": "user", "content": text("Win.")},
        ),
        event(
            "ActionEvent",
            "agent",
            4,
            thought=text("I look."),
            reasoning_content="Hm.",
            tool_name="terminal",
            tool_call_id="call_1",
            tool_call={
                "id": "call_1",
                "name": "terminal",
                "arguments": '{"command":"ls"}',
            },
            action={"kind": "TerminalAction", "command": "ls"},
            llm_response_id="r1",
        ),
        stats(5, 0.5, 100, 20),
        event(
            "ObservationEvent",
            "environment",
            6,
            tool_name="terminal",
            tool_call_id="call_1",
            action_id="e-4",
            observation={
                "kind": "TerminalObservation",
                "content": text("train.csv"),
                "exit_code": 0,
                "is_error": False,
            },
        ),
        event(
            "MessageEvent",
            "agent",
            8,
            llm_message={"role": "assistant", "content": text("Done.")},
            llm_response_id="r2",
        ),
        stats(9, 0.75, 260, 25),
    ]


def swe_trajectory():
    """Two steps, the second of which sends the patch in."""

    def step(action, observation, thought, seconds):
        return {
            "action": action,
            "observation": observation,
            "response": f"{thought}\n```\n{action}\n```",
            "thought": thought,
            "execution_time": seconds,
            "state": {"working_dir": "/repo"},
        }

    def called(key, name, arguments):
        return [
            {
                "id": key,
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
        ]

    steps = [
        step("ls -a", "setup.py", "I look.", 0.25),
        step("submit", "", "I send it in.", 1.5),
    ]
    history = [
        {"role": "system", "content": "Be good.", "agent": "main"},
        {"role": "assistant", "content": "shown", "agent": "main", "is_demo": True},
        {"role": "user", "content": [{"type": "text", "text": "Fix it."}]},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": called("c1", "bash", '{"command":"ls -a"}'),
        },
        {"role": "tool", "content": "setup.py", "tool_call_ids": ["c1"]},
        {
            "role": "assistant",
            "content": "I send it in.",
            "tool_calls": called("c2", "submit", "{}"),
        },
    ]
    config = {"agent": {"model": {"name": "claude-3-7-sonnet"}}}
    return {
        "trajectory": steps,
        "history": history,
        "info": {
            "swe_agent_version": "1.1.0",
            "exit_status": "submitted",
            "submission": "diff --git a b",
            "model_stats": {
                "instance_cost": 0.5,
                "tokens_sent": 3000,
                "tokens_received": 200,
                "api_calls": 2,
            },
        },
        "replay_config": json.dumps(config),
        "environment": "main",
    }


def others():
    """Formats that none of the readers of linear traces may take for its own."""
    step = {
        "step_id": 1,
        "timestamp": "2026-11-23T10:00:00Z",
        "source": "agent",
        "message": "I look.",
        "tool_calls": [],
        "observation": {"results": [{"content": "x"}]},
    }
    node = {"code": "x = 1", "plan": "p", "step": 0, "id": "a", "metric": {"value": 1}}
    cursor = {
        "type": "system", "subtype": "init", "apiKeySource": "env", "cwd": "/w",
        "session_id": "s", "model": "gpt-5", "permissionMode": "default",
    }  # fmt: skip
    said = {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}
    return {
        "atif.json": [
            {"schema_version": "ATIF-v1.4", "session_id": "s", "steps": [step]}
        ],
        "journal.json": [{"nodes": [node], "node2parent": {}, "__version": "2"}],
        "JOURNAL.jsonl": [node, node],
        "trace.json": [{"steps": [{"action": {"name": "x"}, "observation": "y"}]}],
        "events.jsonl": [{"seq": 1, "kind": "model", "reply": "x", "time": None}],
        "cursor.jsonl": [
            cursor,
            {"type": "assistant", "message": said, "session_id": "s"},
        ],
        "gemini.jsonl": [{"type": "init", "session_id": "s", "model": "gemini"}],
        "opencode.jsonl": [
            {"type": "step_finish", "sessionID": "s", "part": {"cost": 0.1}}
        ],
        "mini.traj.json": [
            {"info": {}, "messages": [said], "trajectory_format": "mini-1"}
        ],
    }


def write_lines(path, items):
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def write_all(folder):
    """Write one file of each kind; return the files by format."""
    made = {
        "claude-code": [
            write_lines(folder / "stream.jsonl", claude_stream()),
            write_lines(folder / "log.jsonl", claude_log()),
        ],
        "codex": [
            write_lines(folder / "exec.jsonl", codex_stream()),
            write_lines(folder / "rollout-1.jsonl", codex_rollout()),
        ],
        "openhands": [
            write_lines(folder / "sdk.jsonl", openhands_1()),
            folder / "trajectory.json",
            folder / "sdk.json",
        ],
        "swe-agent": [folder / "a__b-1.traj", folder / "plain.json"],
        "none": [write_lines(folder / name, items) for name, items in others().items()],
    }
    (folder / "trajectory.json").write_text(json.dumps(openhands_0(), indent=1))
    (folder / "sdk.json").write_text(json.dumps(openhands_1()))
    for path in made["swe-agent"]:
        path.write_text(json.dumps(swe_trajectory()))
    # A quotation of one format in another is no mark of it.
    quoted = json.dumps(claude_stream()[1]) + json.dumps(openhands_1()[2])
    quoting = codex_stream()
    quoting.insert(2, codex_item("completed", "q", "agent_message", text=quoted))
    made["codex"].append(write_lines(folder / "quoting.jsonl", quoting))
    return made


def taken(module, folder):
    """Return the formats of the files that a module says are its own, with counts."""
    return {
        name: sum(module.matches(path) for path in files)
        for name, files in write_all(folder).items()
        if any(module.matches(path) for path in files)
    }


def summed(events, name):
    """Return the sum over the calls, which is the total that the end names."""
    total = sum(event.get(name) or 0 for event in of_kind(events, "model"))
    assert events[-1].get(name, 0) == total
    return total


def of_kind(events, kind):
    return [event for event in events if event["kind"] == kind]


@st.composite
def mutated(draw, document):
    """Draw a copy of a JSON value with one value somewhere in it replaced."""
    document = copy.deepcopy(document)
    here, key = [document], 0
    while isinstance(here[key], (dict, list)) and here[key]:
        if here[key] is not document and draw(st.integers(0, 3)) == 0:
            break
        here = here[key]
        keys = sorted(here) if isinstance(here, dict) else range(len(here))
        key = draw(st.sampled_from(list(keys)))
    here[key] = draw(JSON)
    return document


def check_sound(module, path):
    """Read a file: only `StoreError`, or events that are in order."""
    try:
        (trace,) = module.read(path)
    except StoreError:
        return
    check_trace(trace)


def check_trace(trace):
    events = list(trace.events)
    assert isinstance(trace, ForeignTrace)
    assert {event["kind"] for event in events} <= KINDS
    assert events[0]["kind"] == "start"
    assert events[-1]["kind"] == "end"
    assert events[-1]["status"] == trace.status
    assert all(isinstance(problem, Problem) for problem in trace.problems)
    json.dumps(events, allow_nan=False)
    for name in ("tokens_in", "tokens_out", "cost_usd", "duration_s", "elapsed_s"):
        values = [event[name] for event in events if name in event]
        assert all(isinstance(v, (int, float)) and v >= 0 for v in values)
    for event in events:
        for name in ("reply", "reasoning", "output", "text", "message"):
            assert isinstance(event.get(name, ""), str)


def peak_of(module, path):
    """Return the events of a trace, counted, and the peak of memory in bytes."""
    tracemalloc.start()
    try:
        (trace,) = module.read(path)
        count = sum(1 for _ in trace.events)
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
