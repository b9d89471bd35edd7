"""Real processes on the CPU's JAX, where the net is tiny."""

import dataclasses

import pytest

from orchestrator.config import TrialConfig
from orchestrator.training.throughput import concurrent
from orchestrator.training.throughput.concurrent import Load, measure
from orchestrator.training.throughput.gpu_share import choose

pytestmark = pytest.mark.long

TINY = TrialConfig(architecture="CPF", width=0.1, batch_size=16, precision="float32")


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    cache = str(tmp_path_factory.mktemp("cache"))
    return Load(
        TINY.to_flat(), 70, 14, side=24, classes=7, backend="jax",
        environment={"ORCHESTRATOR_CACHE": cache},
    )  # fmt: skip


def test_two_processes_are_measured_at_once_and_the_share_follows(load):
    reached = {}

    def measured(count):
        reached[count] = measure(load, count, 0.2)
        return reached[count]

    choice = choose(measured, counts=(1, 2))
    assert [r.failure for r in reached.values()] == ["", ""]
    assert [r.device for r in reached.values()] == [None, None]
    rates = {count: r.images_per_second for count, r in reached.items()}
    assert min(rates.values()) > 0
    assert choice.share == (0.5 if rates[2] >= 1.1 * rates[1] else 1.0)
    # the program that the first process compiled, the next ones find
    assert reached[2].first_epoch_seconds < reached[1].first_epoch_seconds


def test_a_process_that_fails_says_why(load):
    wrong = dataclasses.replace(load, config={**load.config, "architecture": "PPPPPPPPF"})
    reached = measure(wrong, 1, 0.2)
    assert "PPPPPPPPF" in reached.failure
    assert reached.images_per_second == 0


def test_processes_that_take_too_long_are_ended(load, monkeypatch):
    monkeypatch.setattr(concurrent, "PATIENCE_S", 0.1)
    assert measure(load, 1, 0.2).failure
