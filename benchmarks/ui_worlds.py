"""Run folders for the benchmark of the live view: long logs, fast ones, many attempts.

As a script it appends to a log as fast as it is told to:
``python benchmarks/ui_worlds.py FOLDER COUNT PER_SECOND``.
"""

from __future__ import annotations

import json
import struct
import sys
import time
from array import array
from pathlib import Path

KINDS = ("model", "exec", "node", "note")
BATCH = 5000


def write_long_log(folder: Path, events: int, size: int) -> Path:
    """Write a try of `events` events of about `size` bytes each, with an index.

    Returns
    -------
    Path
        The attempt's folder.
    """
    folder.mkdir(parents=True)
    claim = {"host": "made", "boot": "", "pid": 1, "started": ""}
    (folder / "claim").write_text(json.dumps(claim))
    filler = ("x_train = scale(x_train)  # a line of a program " * 40)[: size - 190]
    places, at = array("Q"), 0
    with (folder / "events.jsonl").open("wb") as log:
        lines = []
        for seq in range(1, events + 1):
            line = long_line(seq, filler)
            places.append(at)
            at += len(line)
            lines.append(line)
            if len(lines) == BATCH:
                log.write(b"".join(lines))
                lines.clear()
        log.write(b"".join(lines))
    (folder / "events.idx").write_bytes(places.tobytes())
    return folder.parent


def long_line(seq: int, filler: str) -> bytes:
    """Return one event of a long log: a node has a model call, a run and a note."""
    kind, node = KINDS[seq % 4], seq // 400
    text = f"event {seq} of node {node}: {filler}"
    fields = {
        "model": f'"reply": "{text}", "tokens_in": 900, "tokens_out": 300',
        "exec": f'"code": "{text}", "output": "of event {seq} now", "status": "ok"',
        "node": f'"plan": "{text}", "stage": "improve", "parent": {max(0, node - 1)},'
        f' "metric": {1 / (1 + node):.6f}, "is_buggy": false,'
        f' "lower_is_better": true, "summary": "event {seq} went well"',
        "note": f'"text": "{text}"',
    }[kind]
    return (
        f'{{"seq": {seq}, "time": null, "elapsed_s": {seq * 0.08:.2f},'
        f' "kind": "{kind}", "node": {node}, {fields}}}\n'
    ).encode()


def write_graded(folder: Path, attempts: int) -> Path:
    """Write an experiment of `attempts` attempts that all have a grade."""
    items = []
    for at in range(attempts):
        competition, agent, seed = f"comp-{at % 50}", f"agent-{at // 50 % 4}", at // 200
        ref = f"{competition}/{agent}/{seed}"
        place = folder / ref
        place.mkdir(parents=True)
        score = (at * 7919 % 1000) / 1000
        medal = ("gold", "silver", "bronze", None, None, None)[at % 6]
        result = {"status": "finished", "n_nodes": 20, "validation_score": score,
                  "elapsed_s": 3600.0 + at, "tokens_in": 5000, "tokens_out": 900,
                  "cost_usd": 0.1, "try": 1}  # fmt: skip
        grade = {"score": score, "valid": True, "medal": medal,
                 "lower_is_better": False}  # fmt: skip
        (place / "result.json").write_text(json.dumps(result))
        (place / "grade.json").write_text(json.dumps(grade))
        items.append({"path": ref, "competition": competition, "scaffold": agent,
                      "model": "offline", "seed": seed})  # fmt: skip
    plan = {"attempts": items, "tasks": {}, "limits": {"time_limit_s": 86400.0}}
    (folder / "plan-1.json").write_text(json.dumps(plan))
    return folder


def stream(folder: Path, count: int, per_second: float) -> None:
    """Append notes in the rhythm of a hundredth of a second; print when each began."""
    filler = "y" * 100
    log = (folder / "events.jsonl").open("ab")
    index = (folder / "events.idx").open("ab")
    at, seq = log.tell(), index.tell() // 8
    begin, made = time.time(), 0
    stamps = []
    while made < count:
        due = min(count, int((time.time() - begin) * per_second) + 1)
        lines, places = [], []
        for _ in range(due - made):
            seq += 1
            line = (
                f'{{"seq": {seq}, "elapsed_s": {seq * 0.001:.3f}, "kind": "note",'
                f' "text": "event {seq} {filler}"}}\n'
            ).encode()
            lines.append(line)
            places.append(at)
            at += len(line)
        made = due
        log.write(b"".join(lines))
        log.flush()
        index.write(struct.pack(f"<{len(places)}Q", *places))
        index.flush()
        stamps.append((seq, time.time()))
        time.sleep(0.01)
    print(json.dumps(stamps))


if __name__ == "__main__":
    stream(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
