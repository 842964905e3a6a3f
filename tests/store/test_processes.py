import dataclasses
import subprocess
import sys

from mle_toolkit.store import Observer, TryFolder, current_owner, write_json


def test_owner_of_this_process_lives():
    """A process takes itself for alive."""
    assert current_owner().alive() is True


def test_ended_process_is_dead_even_if_its_number_is_used_again():
    """The start time tells a process from a later one with the same id."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = current_owner(child.pid)
    assert owner.alive() is True
    child.communicate()
    assert owner.alive() is False
    reused = dataclasses.replace(current_owner(), started="1")
    assert reused.alive() is False


def test_zombie_is_dead():
    """A process that has ended but was not reaped is not alive."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    owner = current_owner(child.pid)
    while owner.alive():
        pass
    child.wait()
    assert owner.alive() is False


def test_other_boot_is_dead_and_other_host_unknown():
    """After a reboot nobody lives; of another machine nothing is known."""
    here = current_owner()
    assert dataclasses.replace(here, boot="x").alive() is False
    assert dataclasses.replace(here, host="x").alive() is None


def test_remote_heartbeat_goes_stale_by_the_observers_clock(tmp_path):
    """From afar, a try is dead once its heartbeat has not moved for long enough."""
    folder = TryFolder(tmp_path)
    far = dataclasses.replace(current_owner(), host="elsewhere")
    write_json(folder.claim, far.to_dict())
    folder.heartbeat.write_text("1")
    patient, hasty = Observer(stale_after_s=1000), Observer(stale_after_s=-1)
    assert not patient.is_dead(folder)
    assert not hasty.is_dead(folder), "the first look cannot tell"
    assert not patient.is_dead(folder)
    assert hasty.is_dead(folder)
    folder.heartbeat.write_text("2")
    assert not hasty.is_dead(folder), "it has moved"


def test_unreadable_claim_falls_back_to_the_heartbeat(tmp_path):
    """A damaged claim does not make a living try dead at once."""
    folder = TryFolder(tmp_path)
    folder.claim.write_text("{")
    folder.heartbeat.write_text("1")
    assert not Observer().is_dead(folder)
