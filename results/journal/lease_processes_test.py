"""A lease whose holder is another process, which is killed or stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from results.journal.event_journal import Busy
from results.journal.lease import Lease
from results.storage.s3_server import CONDITIONS
from results.store import Store

SECONDS = 1.2
NAME = "journal.lease"


@pytest.fixture(
    params=[(), pytest.param(CONDITIONS, marks=pytest.mark.slow)], ids=["conditional", "plain"]
)
def store(request, bucket, s3):
    """One that refuses a write where another was faster, and one that heeds no condition."""
    bucket.ignored = request.param
    return Store(s3).below("first")


HOLD = """
import sys
from results.journal.lease import Lease
from results.store import Store
lease = Lease(Store(sys.argv[1]), {name!r}, {seconds}).take()
print("held", flush=True)
for line in sys.stdin:
    try:
        lease.check()
        print("still held", flush=True)
    except Exception as problem:
        print(type(problem).__name__, flush=True)
"""


def holding(store):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(name=NAME, seconds=SECONDS), store.place],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.faults
def test_killed_holder_of_this_machine_is_succeeded_at_once(store):
    process = holding(store)
    with pytest.raises(Busy):
        Lease(store, NAME, SECONDS).take()
    process.kill()
    process.communicate()
    began = time.monotonic()
    Lease(store, NAME, SECONDS).take().release()
    assert time.monotonic() - began < SECONDS


@pytest.mark.faults
def test_stopped_holder_is_succeeded_after_the_lease_and_knows_it_when_it_comes_back(store):
    process = holding(store)
    os.kill(process.pid, signal.SIGSTOP)
    began = time.monotonic()
    lease = Lease(store, NAME, SECONDS).take()
    assert time.monotonic() - began >= SECONDS
    os.kill(process.pid, signal.SIGCONT)
    out, _ = process.communicate("check\n")
    assert out == "Busy\n"
    lease.check()
    lease.release()
