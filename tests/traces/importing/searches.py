"""Journals and logs of search agents, made up here as their tools write them."""

from __future__ import annotations

import json

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing.storing import import_traces

BEGIN = 1_700_000_000.0


def aide_node(number, *, metric=0.5, maximize=True, buggy=False, **more):
    """A node as AIDE dumps it: its parent is nulled, see ``node2parent``."""
    node = {
        "code": f"print({number})",
        "plan": f"plan {number}",
        "step": number,
        "id": f"id-{number}",
        "ctime": BEGIN + 100.0 * number,
        "parent": None,
        "children": [],
        "_term_out": ["Epoch 1\n", f"score {metric}\n"],
        "exec_time": 20.5,
        "exc_type": "ValueError" if buggy else None,
        "exc_info": {"args": ["bad"]} if buggy else None,
        "exc_stack": [["runfile.py", 3, "<module>", "x"]] if buggy else None,
        "analysis": f"analysis {number}",
        "metric": {
            "value": None if buggy else metric,
            "maximize": None if buggy else maximize,
        },
        "is_buggy": buggy,
    }
    return node | more


def aide_journal(nodes=None, parents=None):
    """Five nodes: two drafts, a failed improvement, its mend, and an improvement."""
    if nodes is None:
        nodes = [
            aide_node(0, metric=0.5),
            aide_node(1, metric=0.7),
            aide_node(2, buggy=True),
            aide_node(3, metric=0.9),
            aide_node(4, metric=0.8),
        ]
    if parents is None:
        parents = {"id-2": "id-1", "id-3": "id-2", "id-4": "id-0"}
    return {"nodes": nodes, "node2parent": parents, "__version": "2"}


def dojo_node(number, *, parents=(), best=None, score=None, metric=0.5, **more):
    """A line of aira-dojo's JOURNAL.jsonl; `score` is the one on the test set."""
    info = None
    if score is not None:
        info = {
            "competition_id": "leaf",
            "score": score,
            "gold_threshold": 0.1,
            "silver_threshold": 0.2,
            "bronze_threshold": 0.3,
            "median_threshold": 0.6,
            "gold_medal": False,
            "silver_medal": False,
            "bronze_medal": score <= 0.3,
            "any_medal": score <= 0.3,
            "above_median": score < 0.6,
            "valid_submission": True,
            "is_lower_better": True,
        }
    node = {
        "code": f"x = {number}",
        "plan": f"plan {number}",
        "step": number,
        "id": f"id-{number}",
        "parents": list(parents),
        "children": [],
        "operators_used": ["draft", "analysis"],
        "operators_metrics": [
            {"usage": {"completion_tokens": 30, "prompt_tokens": 200,
                       "total_tokens": 230, "latency": 4.0, "cost": 0.25}},
            {"usage": {"completion_tokens": 5, "prompt_tokens": 50,
                       "total_tokens": 55, "latency": 1.0, "cost": 0.125}},
        ],
        "_term_out": ["ran\n"],
        "exec_time": 10.0,
        "exit_code": 0,
        "analysis": f"analysis {number}",
        "metric": metric,
        "metric_maximize": False,
        "metric_info": info,
        "is_buggy": False,
        "current_best_node": best,
        "timestamp": BEGIN + 60.0 * (number + 1),
    }  # fmt: skip
    return node | more


def dojo_lines():
    """Three nodes; the second is best, and the third is worse on validation only."""
    return [
        dojo_node(0, metric=0.5, score=0.55, best="id-0"),
        dojo_node(1, metric=0.4, score=0.28, best="id-1", parents=["id-0"]),
        dojo_node(2, metric=0.45, score=0.15, best="id-1", parents=["id-0", "id-1"]),
    ]


def mlab_trace():
    """Three steps, the last of which is the final answer."""

    def step(second, name, args, observation):
        return {
            "action": {"name": name, "args": args},
            "observation": observation,
            "timestamp": BEGIN + second,
        }

    return {
        "steps": [
            step(0, "List Files", {"dir_path": "."}, "train.csv"),
            step(30, "Execute Script", {"script_name": "a.py"}, "EnvError: no a.py"),
            step(75, "Final Answer", {"final_answer": "done"}, "end"),
        ],
        "low_level_steps": [step(30, "Read File", {"file_name": "a.py"}, "x")],
        "action_infos": {"List Files": {}},
        "task_description": "Predict the leaves.",
    }


def mlab_log(number):
    """The prompt and the reply of a step, between rulers."""
    rule = "=" * 19
    return (
        f"\n{rule}prompt{rule[2:]}==\nPrompt of {number}\n"
        f"{rule}gpt-4o response (4000){rule}\nThought: {number}\n"
        f"{rule}tokens{rule}\nNumber of prompt tokens: {100 + number}\n"
        f"Number of sampled tokens: {10 + number}\n\n\n"
    )


def write_mlab(folder, trace=None):
    """Write a run as MLAB does; return its ``trace.json``."""
    (folder / "agent_log").mkdir(parents=True)
    (folder / "env_log").mkdir()
    for number in range(3):
        name = f"step_{number}_log.log"
        (folder / "agent_log" / name).write_text(mlab_log(number))
    (folder / "env_log" / "overall_time.txt").write_text("80.5\n")
    path = folder / "env_log" / "trace.json"
    path.write_text(json.dumps(mlab_trace() if trace is None else trace))
    return path


def write_json_lines(path, items):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def write_document(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def of_kind(events, kind):
    return [event for event in events if event["kind"] == kind]


def of_trace(module, path):
    """Return the one trace in a file, and its events."""
    (trace,) = module.read(path)
    return trace, list(trace.events)


def outcome(path, out, **options):
    """Import a file; return how many traces it gave, or the name that the error has."""
    try:
        return import_traces(path, out, **options).rows
    except StoreError as error:
        return path.name if path.name in str(error) else str(error)
