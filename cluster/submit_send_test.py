"""A job that Ray has taken and that nobody answers for any more; Ray's command is a stand-in."""

import os
import socket
import sys

import pytest

from cluster import job_log
from cluster.submit import ENVIRONMENT, Submission, how_to, send


@pytest.fixture
def a_ray_that_takes_everything(tmp_path, monkeypatch):
    """The command `ray` beside this Python."""
    ray = tmp_path / "ray"
    ray.write_text("#!/bin/sh\nexit 0\n")
    ray.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS"):
        monkeypatch.setenv(name, "to be taken back")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a" * 64)


def test_a_head_that_is_gone_is_lost_from_sight_and_the_lines_to_find_it_again_are_there(
    a_ray_that_takes_everything, monkeypatch, capsys
):
    impatient = job_log.Times(pause=0.01, patience=0.0)
    monkeypatch.setattr(job_log, "Times", lambda: impatient)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    submission = Submission(address, "gone", ("true",), ENVIRONMENT)
    assert send(submission, "THE SAME COMMAND") == 1
    out, err = capsys.readouterr()
    assert out == ""
    lost = "\nlost sight of the job, which may go on: "
    assert lost in err
    reason, _, rest = err.partition(lost)[2].partition("\n")
    assert reason.startswith("ConnectionError: ")
    assert address in reason
    assert rest == f"{how_to(submission)}\n"
    assert "RAY_ADDRESS" not in os.environ
