import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestrator.on_ray.head_watch import SETTING, allowed_silence, watch_head


@pytest.fixture
def head():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def watched(head):
    """Watches the head; what was said, and the exit codes, are kept."""
    happened = []
    address = "{}:{}".format(*head.getsockname())
    return happened, watch_head(address, happened.append, seconds=0.4, end=happened.append)


def test_who_answers_is_left_alone(watched):
    happened, watch = watched
    with watch:
        time.sleep(1.0)
    assert happened == []


def test_silence_is_said_and_ends_the_process(head, watched):
    happened, watch = watched
    with watch:
        head.close()
        time.sleep(0.2)
        assert happened == []
        time.sleep(0.6)
    message, code = happened
    assert message.startswith("the Ray cluster at 127.0.0.1:")
    assert code == 1


def test_a_head_that_comes_back_in_time_is_waited_for(head, watched):
    happened, watch = watched
    where = head.getsockname()
    with watch:
        head.close()
        time.sleep(0.2)
        with socket.create_server(where):
            time.sleep(0.6)
    assert happened == []


def test_nobody_watches_after_the_block(head, watched):
    happened, watch = watched
    with watch:
        pass
    head.close()
    time.sleep(0.6)
    assert happened == []


def test_a_main_thread_that_is_stuck_is_ended_too():
    program = (
        "import sys, threading\n"
        "from orchestrator.on_ray.head_watch import watch_head\n"
        "with watch_head('127.0.0.1:1', lambda text: print(text, flush=True), seconds=0.2):\n"
        "    threading.Event().wait()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == "the Ray cluster at 127.0.0.1:1 has not answered for 0 s\n"


@pytest.mark.parametrize(
    ("setting", "expected"), [(None, 48.0), ("300", 288.0), ("10", 5.0), ("soon", 48.0)]
)
def test_it_speaks_before_ray_ends_the_process(monkeypatch, setting, expected):
    monkeypatch.delenv(SETTING, raising=False)
    if setting is not None:
        monkeypatch.setenv(SETTING, setting)
    assert allowed_silence() == expected
