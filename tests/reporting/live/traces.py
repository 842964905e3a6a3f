"""Attempts with traces made to order, for the tests of the view."""

import json

from mle_toolkit import claims
from mle_toolkit.store import AttemptFolder, write_json
from mle_toolkit.traces import EventWriter


class Made:
    """An attempt whose log grows as a test says; this process is its supervisor."""

    def __init__(self, root, ref="digits/tree-search-offline/0"):
        self.folder = AttemptFolder(root / ref)
        self.folder.path.mkdir(parents=True)
        assert claims.claim_next(str(self.folder.path)) == 1
        self.writer = EventWriter(self.folder.path / "try-1")

    def add(self, kind, **fields):
        """Append any event."""
        return self.writer.append(kind, fields)

    def node(self, number, metric=None, *, parent=None, stage=None, **fields):
        """Add what a search says of one node: model, exec and node."""
        stage = stage or ("draft" if parent is None else "improve")
        self.add(
            "model", node=number, purpose=stage, reply=f"plan of {number}",
            messages=[{"role": "user", "content": "write"}], tokens_in=100,
            tokens_out=20, cost_usd=0.5, duration_s=2.0,
        )  # fmt: skip
        self.add(
            "exec", node=number, code=f"print({number})", output=f"out {number}",
            status="error" if metric is None else "ok", exception=None, duration_s=3.0,
        )  # fmt: skip
        self.add(
            "node", node=number, parent=parent, stage=stage, plan=f"plan of {number}",
            is_buggy=metric is None, reason="it broke" if metric is None else None,
            metric=metric, lower_is_better=True, has_submission=metric is not None,
            **fields,
        )  # fmt: skip

    def snapshot(self, number, node, score=None, *, best=False, medal=None):
        """Keep a submission of a node, graded when there is a score."""
        folder = self.folder.path / "try-1" / "submissions"
        folder.mkdir(exist_ok=True)
        self.add("submission", node=node, number=number, best=best)
        write_json(
            folder / f"{number:04d}.json",
            {"number": number, "node": node, "elapsed_s": 10.0 * number},
        )
        if score is not None:
            write_json(
                folder / f"{number:04d}.grade.json",
                {"score": score, "medal": medal, "lower_is_better": True},
            )

    def publish(self, **fields):
        """Publish a result."""
        result = {
            "status": "finished", "try": 1, "elapsed_s": 60.0, "submission": None,
            "tokens_in": 1, "tokens_out": 2, "cost_usd": 0.25, "n_nodes": 3,
            "validation_score": 0.5, "error": None, **fields,
        }  # fmt: skip
        write_json(self.folder.result_path, result)

    def grade(self, **fields):
        """Write the grade."""
        lines = {"gold": 0.1, "silver": 0.2, "bronze": 0.3, "median": 0.4}
        grade = {
            "score": 0.15, "score_full": 0.15, "medal": "silver", "any_medal": True,
            "valid": True, "lower_is_better": True, "percentile": 90.0,
            "thresholds": lines, **fields,
        }  # fmt: skip
        write_json(self.folder.grade_path, grade)

    def lines(self):
        """Return the log as parsed lines."""
        text = (self.folder.path / "try-1" / "events.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]


def plan(root, refs, **fields):
    """Write a plan that names the given attempts."""
    attempts = [{"path": ref, "competition": ref.split("/")[0]} for ref in refs]
    write_json(root / "plan-1.json", {"version": 1, "attempts": attempts, **fields})
