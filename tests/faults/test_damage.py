"""Files that are damaged afterwards: named, counted, and no harm to the others."""

import shutil

import pytest

from mle_toolkit.errors import StoreError
from mle_toolkit.frames import events_frame, load_attempts
from mle_toolkit.running import control
from mle_toolkit.store import ExperimentFolder
from mle_toolkit.traces import read_events
from tests.laboratory import GOOD, Lab, states

# On a slow machine the two minutes that any other test has are too short.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """An experiment of three attempts that is done."""
    lab = Lab(tmp_path_factory.mktemp("original"))
    experiment = lab.start(lab.model(GOOD), attempts=3)
    assert control.wait(experiment, timeout_s=300).complete
    yield experiment
    lab.end()


@pytest.fixture
def finished(original, lab):
    """A copy of it: a run folder can be moved as it is."""
    shutil.copytree(original.path, lab.folder / "copy")
    experiment = ExperimentFolder.open(lab.folder / "copy")
    lab.experiments.append(experiment)
    return experiment


def test_damage_is_counted_and_the_others_are_read(finished):
    """Corrupt events, results and grades each cost their own record only."""
    first, second, third = finished.attempts()
    log = first.latest_try().events
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + b"\x00\xffjunk\n" + b"".join(lines[1:]) + b'{"torn')
    second.result_path.write_text("{half")
    third.grade_path.write_text("[]")

    frame = load_attempts(finished.path)
    assert list(frame["status"]) == ["finished", "broken", "broken"]
    assert len(frame.attrs["report"].problems) == 2
    assert len(list(read_events(first))) == len(lines)
    assert len(events_frame([first]).attrs["report"].problems) == 1
    assert states(finished)[1] == "broken"


def test_broken_result_is_not_run_again(finished):
    """Resume leaves a published attempt alone, even when its result is damaged."""
    second = finished.attempts()[1]
    second.result_path.write_text("{half")
    control.resume(finished)
    control.wait(finished, timeout_s=300)
    assert len(second.tries()) == 1


def test_missing_grade_is_made_again(finished):
    """Resume grades what lost its grade."""
    first = finished.attempts()[0]
    grade = first.grade()
    first.grade_path.unlink()
    control.resume(finished)
    assert control.wait(finished, timeout_s=300).complete
    assert first.grade() == grade


def test_damaged_plan_is_an_error(finished):
    """Without a readable plan nothing is guessed."""
    (finished.path / "plan-1.json").write_text("{}")
    with pytest.raises(StoreError, match="plan"):
        control.plans(finished)


def test_folder_is_not_used_twice(lab, finished):
    """A second experiment in the same folder is refused, with what to do."""
    with pytest.raises(StoreError, match="already"):
        lab.create(lab.model(GOOD), where=finished.path)


def test_extension_adds_new_seeds_only(finished):
    """Extending runs the new seeds, and touches no old one."""
    before = [a.result_path.stat().st_mtime_ns for a in finished.attempts()]
    control.extend(finished, 2)
    control.resume(finished)
    assert control.wait(finished, timeout_s=300).complete
    attempts = finished.attempts()
    assert [a.spec().seed for a in attempts] == [0, 1, 2, 3, 4]
    assert [a.result_path.stat().st_mtime_ns for a in attempts[:3]] == before


def test_spec_that_cannot_be_read_fails_the_attempt(lab):
    """A damaged spec gives a failed result, not a loop."""
    experiment = lab.create(lab.model(GOOD))
    (attempt,) = experiment.attempts()
    attempt.path.mkdir(parents=True)
    (attempt.path / "spec.json").write_text('{"experiment": "x"}')
    control.start(experiment)
    control.wait(experiment, timeout_s=300)
    assert attempt.result()["status"] == "failed"
    assert "cannot begin" in attempt.result()["error"]
