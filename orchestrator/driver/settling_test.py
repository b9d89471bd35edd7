"""A GPU that what computes does not see."""

import sys

import pytest

from orchestrator import plan
from orchestrator.driver import settling
from orchestrator.driver.local_files import LocalFiles
from orchestrator.driver.run import SweepRun
from orchestrator.on_ray.precision_probe import GpuUnseen, ProbeReport
from orchestrator.on_ray.resources import TrialResources
from orchestrator.request import parse
from orchestrator.testing.stand_ins import ListJournal


def settled(question, results, words, monkeypatch):
    """What is settled where Ray has a GPU and no process of a trial sees it."""

    def probe(backend, resources, measures, say):
        if resources.gpus:
            raise GpuUnseen("tensorflow sees none")
        return ProbeReport(None, "float32", "measured")

    monkeypatch.setattr(settling, "probe", probe)
    request = parse([question, "--results", str(results), "--backend", "tensorflow", *words])
    planned = plan.make(request)
    work = SweepRun(request, planned, ListJournal(), LocalFiles(planned.store), sys.stderr)
    return settling.settle(work, TrialResources.of(request, 1.0))


def test_trials_train_on_the_cpu_and_it_is_said_where_nobody_asked_for_the_gpu(
    question, results, monkeypatch, capfd
):
    planned, resources = settled(question, results, [], monkeypatch)
    assert resources.gpus == 0
    assert resources.threads >= 1
    assert planned.backend == "tensorflow"
    assert "note: trials train on the CPU: tensorflow sees none" in capfd.readouterr().err


def test_a_gpu_that_was_asked_for_and_is_not_seen_ends_the_sweep(question, results, monkeypatch):
    with pytest.raises(GpuUnseen, match="sees none"):
        settled(question, results, ["--gpus-per-trial", "0.5"], monkeypatch)
