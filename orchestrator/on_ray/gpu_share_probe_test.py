import re

import pytest

from orchestrator.config import TrialConfig
from orchestrator.on_ray.gpu_share_probe import fastest_share
from orchestrator.training.throughput.concurrent import Load

pytestmark = pytest.mark.ray

TINY = TrialConfig(architecture="CPF", width=0.1, batch_size=16, precision="float32")


def test_a_task_that_holds_a_whole_gpu_measures_trials_there(shared_ray, tmp_path, capsys):
    """The CPU's JAX computes; the GPU is one that Ray was told of.

    One process here: throughput/concurrent_test.py measures two at once, and chooses.
    """
    cache = {"ORCHESTRATOR_CACHE": str(tmp_path)}
    load = Load(TINY.to_flat(), 70, 14, 24, 7, backend="jax", environment=cache)
    share = fastest_share(load, (1,), print, seconds=0.2)
    assert share.share == 1.0
    assert re.match(r"measured: 1 at once [1-9]\d* images/s; more are taken", share.evidence)
    assert capsys.readouterr().out == ""  # there was room at once
