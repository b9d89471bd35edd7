import os
import subprocess
import sys

import pytest

from results import holder


def test_this_process_is_not_gone():
    assert not holder.gone(holder.identity())
    assert f"process {os.getpid()} " in holder.shown()


def other() -> tuple[subprocess.Popen[str], dict[str, object]]:
    script = "from results import holder; print(holder.identity(), flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, eval(process.stdout.readline())


def test_another_process_is_gone_when_it_has_been_killed_not_before():
    process, told = other()
    assert not holder.gone(told)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, its number still taken
    assert holder.gone(told)
    process.communicate()
    assert holder.gone(told)


def test_number_given_to_a_new_process_does_not_revive_the_old_one():
    assert holder.gone({**holder.identity(), "started": "1"})


@pytest.mark.parametrize("key", ["host", "boot", "namespace"])
@pytest.mark.parametrize("value", ["elsewhere", "", None])
def test_process_of_another_machine_is_never_known_to_be_gone(key, value):
    assert not holder.gone({**holder.identity(), "started": "1", key: value})


@pytest.mark.parametrize("told", [{}, {"pid": 1}, {"holder": "somebody"}])
def test_holder_of_whom_too_little_is_known_is_not_known_to_be_gone(told):
    assert not holder.gone(told)
