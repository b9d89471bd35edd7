import pytest

pytest.importorskip("jax", reason="the extra [jax] is not installed")

from orchestrator.training.on_jax.device import SINGLE_THREADED, limits


def test_on_a_cpu_xla_has_the_threads_of_the_trial():
    assert limits(2, "", gpu=False) == {"NPROC": "2"}
    assert limits(1, "", gpu=False) == {"NPROC": "1", "XLA_FLAGS": SINGLE_THREADED}


def test_flags_that_are_set_already_stay_and_none_is_set_twice():
    assert limits(1, "--other", gpu=False)["XLA_FLAGS"] == f"--other {SINGLE_THREADED}"
    assert limits(1, SINGLE_THREADED, gpu=False) == {"NPROC": "1"}


def test_with_a_gpu_all_cores_compile():
    assert limits(1, "", gpu=True) == {}
