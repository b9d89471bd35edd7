import os

import pytest

from orchestrator import plan
from orchestrator.on_ray.resources import TrialResources
from orchestrator.on_ray.trial import Trial
from orchestrator.on_ray.tune_adapter import TuneEvents, TuneScheduler, TuneSearcher
from orchestrator.on_ray.tuner import PENDING_AT_ONCE, experiment
from orchestrator.request import parse
from orchestrator.testing.scripted import conduct

QUESTION = """
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep("tiny", "Is it?", {"architecture": "CPF"}, Budget(trials=12), embedded=140)
"""


@pytest.mark.parametrize(("flags", "pending"), [([], "1"), (["--concurrency=3"], "3")])
def test_tune_only_runs_what_it_is_told_and_keeps_nothing(tmp_path, monkeypatch, flags, pending):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(PENDING_AT_ONCE, "")
    (tmp_path / "tiny.py").write_text(QUESTION)
    words = [str(tmp_path / "tiny.py"), "--results", str(tmp_path / "results"), *flags]
    request = parse(words)
    planned = plan.make(request)
    make = experiment(request, planned, Trial, conduct(), TrialResources(2, 0.25), lambda: None)
    tuner = make(str(tmp_path / "scratch"))._local_tuner
    config, run = tuner._tune_config, tuner._run_config
    assert isinstance(config.search_alg, TuneSearcher)
    assert isinstance(config.scheduler, TuneScheduler)
    assert config.reuse_actors
    assert run.failure_config.max_failures == 0  # retries are the scheduler's
    assert run.checkpoint_config.checkpoint_frequency == 0
    assert [type(callback) for callback in run.callbacks] == [TuneEvents]
    assert str(run.storage_path) == str(tmp_path / "scratch")
    assert os.environ[PENDING_AT_ONCE] == pending
