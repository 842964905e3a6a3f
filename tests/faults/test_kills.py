"""Kill real processes with SIGKILL: nothing is lost, nothing is done twice."""

import signal
import subprocess
import sys
import time

import pytest

from mle_toolkit.running import control
from mle_toolkit.store import read_json
from tests.laboratory import GOOD, alive, kill, pid_of, states, until

# On a slow machine the two minutes that any other test has are too short.
pytestmark = pytest.mark.timeout(600)

SLOW = "import time\ntime.sleep(3)\n" + GOOD
# The first try runs until it is ended, however late that is; a later one does well.
ENDLESS_AT_FIRST = (
    "import os, time\nif 'try-1' in os.getcwd():\n    time.sleep(600)\n" + GOOD
)


def assert_published_once(experiment, tries=1):
    """Every attempt has one graded result of its newest try, and no other try ran."""
    for attempt in experiment.attempts():
        result = attempt.result()
        assert result["status"] == "finished"
        assert result["try"] == tries
        assert len(attempt.tries()) == tries
        assert attempt.grade()["valid"]


def test_dispatcher_killed(lab):
    """Running attempts finish and publish alone; resume runs exactly the rest."""
    experiment = lab.start(lab.model(SLOW), attempts=4, parallel=2)
    until(lambda: states(experiment).count("running") == 2)
    kill(experiment.dispatcher)
    until(lambda: states(experiment).count("published") == 2)
    time.sleep(0.5)
    assert sorted(states(experiment)) == [
        "pending",
        "pending",
        "published",
        "published",
    ]
    first = {a.path: a.result() for a in experiment.attempts() if a.result()}

    control.resume(experiment)
    assert control.wait(experiment, timeout_s=300).complete
    assert_published_once(experiment)
    assert all(
        a.result() == first.get(a.path, a.result()) for a in experiment.attempts()
    )


def test_launching_process_killed(lab):
    """The death of the kernel or the command that launched does not matter at all."""
    folder = lab.folder / "run"
    program = (
        "import sys, time\n"
        "import mle_toolkit as mle\n"
        f"mle.launch('digits', model={lab.model(SLOW)!r}, attempts=3, steps=1,"
        f" parallel=2, sandbox='none', time_limit='10m', out={str(folder)!r})\n"
        "print('launched', flush=True)\n"
        "time.sleep(600)\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout.readline() == "launched\n"
    launcher.kill()
    launcher.communicate()
    experiment = control.ExperimentFolder.open(folder)
    lab.experiments.append(experiment)
    assert control.wait(experiment, timeout_s=300).complete
    assert_published_once(experiment)


def test_supervisor_killed(lab):
    """Nothing that it started goes on; a new try takes over; one result appears."""
    child = "import os\nos.system('setsid sleep 4713 &')\n"
    model = lab.model(child + ENDLESS_AT_FIRST)
    experiment = lab.start(model)
    (attempt,) = experiment.attempts()
    until(lambda: alive("4713"))
    kill(attempt.latest_try().claim)
    until(lambda: attempt.latest_try().number == 2)
    first = attempt.tries()[0]
    assert first.abandoned.exists()
    size = first.events.stat().st_size
    assert control.wait(experiment, timeout_s=300).complete
    assert_published_once(experiment, tries=2)
    until(lambda: not alive("4713"))
    assert first.events.stat().st_size == size, "the dead try was written to"


def test_supervisor_killed_leaves_nothing_running(lab):
    """With nobody left to take over, the whole tree goes, which had ten minutes."""
    child = "import os\nos.system('setsid sleep 4714 &')\n"
    model = lab.model(child + ENDLESS_AT_FIRST)
    experiment = lab.start(model)
    (attempt,) = experiment.attempts()
    until(lambda: alive("4714"))
    kill(experiment.dispatcher)
    kill(attempt.latest_try().claim)
    until(lambda: not alive("4714"))
    until(lambda: not alive(str(attempt.path / "spec.json")))
    assert states(experiment) == ["lost"]

    control.resume(experiment)
    assert control.wait(experiment, timeout_s=300).complete
    assert_published_once(experiment, tries=2)


def test_guard_killed(lab):
    """Without its guard the runner dies, and the attempt fails with a reason."""
    model = lab.model("import os, time\nos.system('sleep 4716 & sleep 600')\n" + GOOD)
    experiment = lab.start(model)
    (attempt,) = experiment.attempts()
    until(lambda: alive("4716"))
    supervisor = pid_of(attempt.latest_try().claim)
    children = subprocess.run(
        ["pgrep", "-P", str(supervisor)], capture_output=True, text=True, check=True
    )
    (guard,) = children.stdout.split()
    subprocess.run(["kill", "-9", guard], check=True)
    assert control.wait(experiment, timeout_s=300).complete
    assert attempt.result()["status"] == "failed"
    until(lambda: not alive(str(attempt.path / "spec.json")))
    until(lambda: not alive("4716"))


def test_sleeping_supervisor_is_not_replaced(lab):
    """A stopped process is alive: nobody takes its attempt from it."""
    experiment = lab.start(lab.model(SLOW))
    (attempt,) = experiment.attempts()
    until(lambda: attempt.latest_try() is not None)
    kill(attempt.latest_try().claim, signal.SIGSTOP)
    time.sleep(2)
    assert len(attempt.tries()) == 1
    kill(attempt.latest_try().claim, signal.SIGCONT)
    assert control.wait(experiment, timeout_s=300).complete
    assert_published_once(experiment)


def test_supervisor_that_was_given_up_publishes_nothing(lab):
    """One that was taken for dead and wakes up sees it, and leaves no result."""
    experiment = lab.start(lab.model(ENDLESS_AT_FIRST))
    (attempt,) = experiment.attempts()
    until(lambda: attempt.latest_try() is not None)
    owner = attempt.latest_try().claim
    kill(experiment.dispatcher)
    kill(owner, signal.SIGSTOP)
    attempt.latest_try().abandoned.write_text("{}")
    control.resume(experiment)
    until(lambda: len(attempt.tries()) == 2)
    kill(owner, signal.SIGCONT)
    assert control.wait(experiment, timeout_s=300).complete
    assert_published_once(experiment, tries=2)


def test_attempt_that_kills_its_supervisors_ends(lab):
    """After three dead supervisors the attempt is published as failed."""
    experiment = lab.start(lab.model("import time\ntime.sleep(600)\n" + GOOD))
    (attempt,) = experiment.attempts()
    for number in (1, 2, 3):
        until(lambda n=number: len(attempt.tries()) == n)
        kill(attempt.latest_try().claim)
    assert control.wait(experiment, timeout_s=300).complete
    assert attempt.result()["status"] == "failed"
    assert "3 supervisors died" in attempt.result()["error"]


def test_two_dispatchers_at_once(lab):
    """Starting again and again gives one dispatcher and one try per attempt."""
    experiment = lab.create(lab.model(SLOW), attempts=2)
    command = [sys.executable, "-m", control.DISPATCHER, str(experiment.path)]
    rivals = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
    codes = sorted(rival.wait(timeout=300) for rival in rivals)
    assert codes == [0, 3, 3, 3]
    assert_published_once(experiment)


def test_two_supervisors_at_once(lab):
    """Of many supervisors for one attempt, one claims it; the others leave."""
    experiment = lab.create(lab.model(SLOW))
    (attempt,) = experiment.attempts()
    attempt.path.mkdir(parents=True)
    plan = control.plans(experiment)[0]
    from mle_toolkit.records import to_json

    (attempt.path / "spec.json").write_text(to_json(plan.spec(plan.attempts[0])))
    command = [sys.executable, "-m", "mle_toolkit.running.supervisor", attempt.path]
    rivals = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [rival.wait(timeout=300) for rival in rivals] == [0, 0, 0, 0]
    assert len(attempt.tries()) == 1
    assert attempt.result()["status"] == "finished"


def test_stop_and_resume(lab):
    """A stop ends running attempts with a word; resume runs those never begun."""
    # Those that are stopped would run on for ten minutes; the last one would not.
    first = "import os, time\nif '/2/try-1/' not in os.getcwd():\n    time.sleep(600)\n"
    experiment = lab.start(lab.model(GOOD, first + GOOD), attempts=3, steps=2)
    until(lambda: list(experiment.path.glob("*/*/*/try-1/submissions/*.csv")))
    control.stop(experiment)
    assert not control.wait(experiment, timeout_s=300).complete
    stopped = [a for a in experiment.attempts() if a.result()]
    assert len(stopped) == 2
    assert {a.result()["status"] for a in stopped} == {"stopped"}
    control.resume(experiment)
    assert control.wait(experiment, timeout_s=300).complete
    last = [a for a in experiment.attempts() if a not in stopped]
    assert [a.result()["status"] for a in last] == ["finished"]
    assert read_json(last[0].grade_path)["valid"]
