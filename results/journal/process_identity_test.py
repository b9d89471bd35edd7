import os
import subprocess
import sys

import pytest

from results.journal import process_identity


def test_this_process_is_not_gone():
    assert not process_identity.gone(process_identity.identity())
    assert f"process {os.getpid()} " in process_identity.shown()


def other() -> tuple[subprocess.Popen[str], dict[str, object]]:
    script = (
        "from results.journal import process_identity\n"
        "print(process_identity.identity(), flush=True)\n"
        "input()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, eval(process.stdout.readline())


def test_another_process_is_gone_when_it_has_been_killed_not_before():
    process, identity = other()
    assert not process_identity.gone(identity)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, its number still taken
    assert process_identity.gone(identity)
    process.communicate()
    assert process_identity.gone(identity)


def test_number_given_to_a_new_process_does_not_revive_the_old_one():
    assert process_identity.gone({**process_identity.identity(), "started": "1"})


@pytest.mark.parametrize("key", ["host", "boot", "namespace"])
@pytest.mark.parametrize("value", ["elsewhere", "", None])
def test_process_of_another_machine_is_never_known_to_be_gone(key, value):
    assert not process_identity.gone({**process_identity.identity(), "started": "1", key: value})


@pytest.mark.parametrize("identity", [{}, {"pid": 1}, {"holder": "somebody"}])
def test_holder_of_whom_too_little_is_known_is_not_known_to_be_gone(identity):
    assert not process_identity.gone(identity)


def test_off_linux_nobody_is_known_to_be_gone(monkeypatch):
    before = process_identity.identity()

    def absent(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(os, "readlink", absent)
    here = process_identity.identity()
    assert (here["boot"], here["namespace"], here["pid"]) == ("", "", os.getpid())
    for identity in (here, before):
        assert not process_identity.gone({**identity, "started": "1"})
