import pytest

from orchestrator.config import TrialConfig
from orchestrator.on_ray.gpu_share_probe import fastest_share
from orchestrator.training.throughput.concurrent import Load

pytestmark = pytest.mark.ray

TINY = TrialConfig(architecture="CPF", width=0.1, batch_size=16, precision="float32")


def test_a_task_that_holds_a_whole_gpu_measures_how_many_share_it(shared_ray, tmp_path, capsys):
    """The CPU's JAX computes; the GPU is one that Ray was told of."""
    cache = {"ORCHESTRATOR_CACHE": str(tmp_path)}
    load = Load(TINY.to_flat(), 70, 14, 24, 7, backend="jax", environment=cache)
    share = fastest_share(load, (1, 2), print, seconds=0.2)
    assert share.share in (1.0, 0.5)
    assert share.evidence.startswith("measured: 1 at once ")
    assert "2 at once " in share.evidence
    assert "failed" not in share.evidence
    assert capsys.readouterr().out == ""  # there was room at once
