"""A session where the machine is not as one would wish: one Ray, everything odd at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from orchestrator.errors import BadInput
from orchestrator.on_ray import session as module
from orchestrator.on_ray.session import session
from orchestrator.on_ray.tune_internals import searching
from orchestrator.process.surroundings.own_packages import NAMES, ROOT

PROGRAM = """
import sys, threading
import ray
from orchestrator.on_ray.session import session

def look():
    import jobs, my_rates, results
    return my_rates.RATES, [module.__file__ for module in (jobs, results)]

def work():
    with session(1, 0, None, folders=[sys.argv[1]]):
        print(*ray.get(ray.remote(look).remote()), flush=True)

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.ray
def test_names_of_ours_in_the_working_folder_a_neighbour_a_thread_and_no_home(tmp_path):
    questions, working = tmp_path / "questions", tmp_path / "working"
    questions.mkdir()
    working.mkdir()
    (questions / "my_rates.py").write_text("RATES = (0.1, 0.2)\n")
    for name in NAMES:
        (working / f"{name}.py").write_text("raise SystemExit('the user's own')\n")
    variables = {k: v for k, v in os.environ.items() if not k.startswith("RAY_AUTH_TOKEN")}
    variables |= {"HOME": "/proc", "RAY_ADDRESS": "192.0.2.1:6379", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(questions)],
        cwd=working,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    files = [str(ROOT / name / "__init__.py") for name in ("jobs", "results")]
    assert done.stdout.splitlines()[-1:] == [f"(0.1, 0.2) {files}"], done.stderr


def test_folders_are_searched_in_order_behind_ours_and_before_the_working_folder():
    config = searching(["/first", "/second"])
    config._py_driver_sys_path.extend(["/working"])  # as Ray does in `connect`
    search: list[str] = []
    for folder in config._py_driver_sys_path:  # as a worker of Ray's does
        search.insert(0, folder)
    assert search == [str(ROOT), "/first", "/second", "/working"]


def test_a_ray_that_runs_in_this_process_is_left_alone_and_named(monkeypatch):
    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    refused = pytest.raises(BadInput, match=r"has a Ray already.*call ray\.shutdown\(\) first")
    with refused, session(1, 0, None):
        pass


def test_without_a_place_for_a_token_there_is_one_for_this_ray_alone(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "file")
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    monkeypatch.setenv("RAY_AUTH_TOKEN", "to be taken back")
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    module._own_token()
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64
