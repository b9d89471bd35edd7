import os
import time

import pytest
import ray

from orchestrator.config import TrialConfig
from orchestrator.on_ray.compile_ahead import (
    VISIBLE,
    Upcoming,
    _compile,
    compiling_ahead,
    see_one_gpu,
)
from orchestrator.on_ray.resources import TrialResources
from orchestrator.training.throughput.concurrent import Load

TINY = {"width": 0.1, "batch_size": 16, "precision": "float32"}
WHOLE = TrialResources(1, 1.0)


def load(architecture):
    config = TrialConfig(architecture=architecture, **TINY)
    return Load(config.to_flat(), 70, 14, 24, 7, backend="jax")


@pytest.fixture
def own_environment(monkeypatch):
    for name in (VISIBLE, "XLA_PYTHON_CLIENT_PREALLOCATE", "XLA_PYTHON_CLIENT_MEM_FRACTION"):
        monkeypatch.setenv(name, "")  # so that what the test sets is taken back
    monkeypatch.delenv(VISIBLE)


@pytest.mark.parametrize(
    ("visible", "own", "seen"),
    [
        ("2,3", None, "2"),  # as the driver of a Ray of ours sees them
        ("GPU-1f", "", "GPU-1f"),
        (None, None, "0"),  # a node of a cluster that hides none
        (None, "1,0", "1"),
        (None, "", ""),  # one that does
    ],
)
def test_one_gpu_is_seen_of_those_that_may_be(own_environment, visible, own, seen):
    if own is not None:
        os.environ[VISIBLE] = own
    assert see_one_gpu(visible) is bool(seen)
    assert os.environ[VISIBLE] == seen
    assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.09"


def test_what_goes_wrong_is_no_failure_of_the_sweep(tmp_path, capsys):
    none = TrialResources(1, 0.0)  # of no GPU there are any number of shares
    with compiling_ahead(Upcoming([load("CPF")], none, at_once=1, logs=tmp_path)):
        trained = True
    assert trained
    assert "Traceback" in capsys.readouterr().err


def test_a_process_that_cannot_compile_says_why_and_fails_nobody(capsys, tmp_path):
    (tmp_path / "logs").touch()  # a file, where workers have their folder
    assert _compile(Upcoming([load("CPF")], WHOLE, at_once=1, logs=tmp_path / "logs")) is None
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith(("FileExistsError", "NotADirectoryError"))


@pytest.mark.ray
@pytest.mark.long
def test_an_idle_core_compiles_one_program_after_the_other(shared_ray, tmp_path):
    loads = [load("CPF"), load("PPPPPPPPF"), load("CCPF")]
    upcoming = Upcoming(loads, WHOLE, at_once=1, logs=tmp_path, visible="0")
    with compiling_ahead(upcoming):
        lines = wait_for_lines(tmp_path, 3)
    assert lines[0].startswith("compiled ahead: CPF, batch 16: 4 programs in ")
    assert lines[1].startswith("not compiled ahead: PPPPPPPPF, batch 16: BadInput: ")
    assert lines[2].startswith("compiled ahead: CCPF, batch 16: 4 programs in ")
    assert len(list((shared_ray / "programs").rglob("*_one_step-*-cache"))) == 2


@pytest.mark.ray
@pytest.mark.long
def test_compiling_ends_with_the_sweep(shared_ray, tmp_path):
    loads = [load("CPFF"), *[load("resnet")] * 100]
    with compiling_ahead(Upcoming(loads, WHOLE, at_once=1, logs=tmp_path, visible="0")):
        wait_for_lines(tmp_path, 1)
        assert ray.available_resources()["CPU"] == 1.0  # the trials'
    until = time.monotonic() + 30
    while ray.available_resources().get("CPU") != 2.0:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert len(wait_for_lines(tmp_path, 1)) == 1


def wait_for_lines(logs, count):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        text = "".join(file.read_text() for file in logs.glob("worker-*.log"))
        lines = [line for line in text.splitlines() if "compiled ahead" in line]
        if len(lines) == count:
            return lines
        time.sleep(0.2)
    raise AssertionError(text)


@pytest.mark.ray
def test_where_trials_take_all_cores_nothing_is_compiled(shared_ray, tmp_path, capsys):
    half = TrialResources(1, 0.5)
    with compiling_ahead(Upcoming([load("CPF")], half, at_once=2, logs=tmp_path, visible="0")):
        assert ray.available_resources()["CPU"] == 2.0
    assert "2 trials leave no core idle" in capsys.readouterr().out
