import errno
import fcntl
import logging
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from orchestrator.data.cache import single_flight as module
from orchestrator.data.cache.single_flight import single_flight

ROOT = Path(__file__).parents[3]

HOLDER = """
import sys
from pathlib import Path
from orchestrator.data.cache.single_flight import single_flight
with single_flight(Path(sys.argv[1]), "holds"):
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path) -> Path:
    return tmp_path / "cache" / ".lock"


@pytest.fixture
def holder(lock):
    """Another process that is inside, until its standard input ends."""
    command = [sys.executable, "-c", HOLDER, lock]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "inside\n"
        yield process
        process.kill()


def entering(lock: Path) -> tuple[threading.Thread, threading.Event]:
    entered = threading.Event()

    def work() -> None:
        with single_flight(lock, "waits"):
            entered.set()

    thread = threading.Thread(target=work)
    thread.start()
    return thread, entered


def test_another_process_is_waited_for(holder, lock):
    thread, entered = entering(lock)
    assert not entered.wait(0.3)
    holder.stdin.close()
    thread.join(10)
    assert entered.is_set()


@pytest.mark.faults
def test_the_turn_of_a_killed_process_is_over_at_once(holder, lock):
    thread, entered = entering(lock)
    assert not entered.wait(0.2)
    holder.send_signal(signal.SIGKILL)
    assert entered.wait(2)
    thread.join()


def test_of_many_one_is_inside_at_a_time_and_no_file_stays(lock):
    inside, most = [], []

    def work() -> None:
        for _ in range(5):
            with single_flight(lock, "works"):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.002)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 40
    assert list(lock.parent.iterdir()) == []


def test_a_failure_inside_ends_the_turn(lock):
    with pytest.raises(ZeroDivisionError), single_flight(lock, "fails"):
        raise ZeroDivisionError
    with single_flight(lock, "works"):
        pass


def test_a_file_that_a_dead_process_left_is_in_nobodys_way(lock):
    lock.parent.mkdir()
    lock.touch()
    with single_flight(lock, "works"):
        pass
    assert not lock.exists()


def test_who_waits_long_is_told_for_what(holder, lock, monkeypatch, caplog):
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    thread, _ = entering(lock)
    time.sleep(0.5)
    holder.stdin.close()
    thread.join(10)
    assert [record.message for record in caplog.records] == [
        "waiting for another process, which waits"
    ]


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with single_flight(tmp_path / "cache" / ".lock", "works"):
        pass


def test_a_file_system_without_locks_is_no_obstacle_and_said_so(lock, monkeypatch, caplog):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with caplog.at_level(logging.WARNING), single_flight(lock, "works"):
        pass
    assert f"{lock.parent} cannot be locked (No locks available)" in caplog.text
