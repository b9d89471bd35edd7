import dataclasses

import pytest

from orchestrator import plan
from orchestrator.driver.gpu_sharing import load, most_at_once, settle_share
from orchestrator.driver.sweep_record import record
from orchestrator.on_ray.resources import TrialResources
from orchestrator.process import hardware
from orchestrator.request import parse
from orchestrator.search.examples import usual_example
from orchestrator.training.throughput.gpu_share import GpuShare

QUESTION = """
from orchestrator.config import Budget, Sweep

def sweep():
    rows = [{"architecture": "CPF", "width": 1.0}, {"architecture": "CCPF", "width": 0.5},
            {"architecture": "CCPF", "width": 0.25}]
    return Sweep("tiny", "Is it?", {"precision": "float32"}, Budget(trials=3), embedded=140,
                 search="grid", configurations=rows)
"""
WHOLE = TrialResources(1, 1.0)


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A function: words of the command line -> (plan, request)."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hardware, "cores", lambda: 16)
    file = tmp_path / "tiny.py"
    file.write_text(QUESTION)

    def make(*words):
        request = parse([str(file), "--results", str(tmp_path / "results"), *words])
        return plan.make(request), request

    return make


def refused(line):
    raise AssertionError(f"nothing was to be measured, but it said: {line}")


def test_without_a_gpu_nothing_is_measured(planned):
    assert settle_share(*planned(), TrialResources(1, 0.0), refused) is None


def test_a_share_that_was_asked_for_is_taken(planned):
    sweep = planned("--gpus-per-trial", "0.5")
    expected = GpuShare(0.5, "as asked for")
    assert settle_share(*sweep, TrialResources(1, 0.5), refused) == expected


def test_a_resumed_sweep_keeps_the_share_that_its_record_names(planned):
    begun, request = planned("--name", "tiny")
    share = GpuShare(0.25, "measured: 4 at once are the fastest")
    content = record(begun, None, share)
    assert content["gpu_share"] == {"share": 0.25, "evidence": share.evidence}
    begun.store.write_json("sweep.json", content)
    resumed = dataclasses.replace(begun, resume=True)
    assert settle_share(resumed, request, WHOLE, refused) == share


@pytest.mark.parametrize(
    ("words", "most"),
    [
        ((), 3),  # trials of the sweep
        (("--concurrency", "2"), 2),
        (("--trials", "1"), 1),
        (("--concurrency", "8"), 3),
    ],
)
def test_no_more_are_measured_at_once_than_there_can_be(planned, words, most):
    assert most_at_once(*planned(*words)) == most


def test_cores_bound_how_many_are_measured_at_once(planned, monkeypatch):
    monkeypatch.setattr(hardware, "cores", lambda: 2)
    assert most_at_once(*planned()) == 2


def test_what_is_measured_is_the_architecture_that_most_configurations_have(planned):
    made, _ = planned()
    assert (
        usual_example(made.space, made.base).architecture,
        usual_example(made.space, made.base).width,
    ) == ("CCPF", 0.5)
    measured = load(made, usual_example(made.space, made.base))
    assert measured.config["architecture"] == "CCPF"
    assert (measured.training, measured.validation, measured.side) == (112, 14, 48)
