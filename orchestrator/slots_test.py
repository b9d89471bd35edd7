import pytest

from orchestrator import hardware
from orchestrator.command import Request
from orchestrator.errors import BadInput
from orchestrator.slots import Slots


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.setattr(hardware, "cores", lambda: 8)


@pytest.mark.parametrize(
    ("said", "gpus", "expected"),
    [
        ({}, 0, Slots(1, 0.0)),
        ({"concurrency": 2}, 0, Slots(4, 0.0)),
        ({"concurrency": 3}, 0, Slots(2, 0.0)),
        ({"concurrency": 20}, 0, Slots(1, 0.0)),
        ({"concurrency": 2, "address": "auto"}, 0, Slots(1, 0.0)),
        ({}, 2, Slots(1, 0.25)),
        ({"gpus_per_trial": 1.0}, 2, Slots(1, 1.0)),
        ({"gpus_per_trial": 0.0}, 2, Slots(1, 0.0)),
        ({"gpus_per_trial": 0.0}, 0, Slots(1, 0.0)),
        ({"gpus_per_trial": 0.5, "address": "auto"}, 0, Slots(1, 0.5)),  # more may come
    ],
)
def test_a_thread_each_or_a_share_of_a_gpu(said, gpus, expected):
    assert Slots.of(Request(**said), gpus) == expected


def test_a_share_of_no_gpu_is_refused():
    with pytest.raises(BadInput, match=r"--gpus-per-trial 0\.5: there is no GPU here"):
        Slots.of(Request(gpus_per_trial=0.5), 0)
