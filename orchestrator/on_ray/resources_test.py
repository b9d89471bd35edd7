import pytest

from orchestrator.errors import BadInput
from orchestrator.on_ray.resources import TrialResources
from orchestrator.process import hardware
from orchestrator.request import SweepRequest


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.setattr(hardware, "cores", lambda: 8)


@pytest.mark.parametrize(
    ("said", "gpus", "expected"),
    [
        ({}, 0, TrialResources(1, 0.0)),
        ({"concurrency": 2}, 0, TrialResources(4, 0.0)),
        ({"concurrency": 3}, 0, TrialResources(2, 0.0)),
        ({"concurrency": 20}, 0, TrialResources(1, 0.0)),
        ({"concurrency": 2, "address": "auto"}, 0, TrialResources(1, 0.0)),
        ({}, 2, TrialResources(1, 1.0)),  # until it is measured
        ({"gpus_per_trial": 1.0}, 2, TrialResources(1, 1.0)),
        ({"gpus_per_trial": 0.0}, 2, TrialResources(1, 0.0)),
        ({"gpus_per_trial": 0.0}, 0, TrialResources(1, 0.0)),
        ({"gpus_per_trial": 0.5, "address": "auto"}, 0, TrialResources(1, 0.5)),  # more may come
    ],
)
def test_a_thread_each_or_a_share_of_a_gpu(said, gpus, expected):
    assert TrialResources.of(SweepRequest(**said), gpus) == expected


def test_a_share_of_no_gpu_is_refused():
    with pytest.raises(BadInput, match=r"--gpus-per-trial 0\.5: there is no GPU here"):
        TrialResources.of(SweepRequest(gpus_per_trial=0.5), 0)
