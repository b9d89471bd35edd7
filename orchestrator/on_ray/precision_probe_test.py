"""On a Ray that believes in a GPU which is not there: what processes of trials see and say."""

import os
import subprocess
import time

import pytest
import ray

from orchestrator.errors import BadInput
from orchestrator.on_ray.precision_probe import _look, probe
from orchestrator.on_ray.resources import TrialResources, see_own_gpus
from orchestrator.process.backend import is_installed

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("no_true_gpu", "shared_ray")]

NAMES = (
    "CUDA_VISIBLE_DEVICES",
    "XLA_PYTHON_CLIENT_MEM_FRACTION",
    "XLA_PYTHON_CLIENT_PREALLOCATE",
)


@pytest.fixture(scope="module")
def no_true_gpu():
    if subprocess.run("nvidia-smi", shell=True, capture_output=True, check=False).returncode == 0:
        pytest.skip("there is a GPU here")


def variables():
    see_own_gpus()
    return [os.environ.get(name) for name in NAMES]


def in_a_worker(share):
    return ray.get(ray.remote(num_cpus=1, num_gpus=share)(variables).remote())


@pytest.mark.parametrize(
    ("share", "seen"),
    [(0, ["", None, None]), (0.25, ["0", "0.225", "false"]), (1, ["0", "0.9", None])],
)
def test_a_process_sees_the_gpu_that_it_was_given_and_takes_its_share_of_memory(share, seen):
    assert in_a_worker(share) == seen


def test_of_an_actor_too():
    class Actor:
        def ask(self):
            return variables()

    actor = ray.remote(num_cpus=1, num_gpus=0.5)(Actor).remote()
    assert ray.get(actor.ask.remote()) == ["0", "0.45", "false"]
    ray.kill(actor)


# What each framework sees and prefers on a CPU: training/engines_test.py, in processes apart.


def test_a_gpu_that_the_framework_does_not_see_ends_the_sweep_within_seconds():
    began = time.monotonic()
    with pytest.raises(BadInput, match=r"0.5 of a GPU, but tensorflow sees none.*nvidia-smi"):
        probe("tensorflow", TrialResources(1, 0.5), measures=False, say=lambda line: None)
    assert time.monotonic() - began < 60


def on_platform(name):
    os.environ["JAX_PLATFORMS"] = name
    return _look("jax", TrialResources(1, 0.5), False)


@pytest.mark.parametrize(
    ("platform", "reason"),
    [
        ("rocm", "it says: Unable to initialize backend 'rocm'"),
        ("cuda", "jax sees none where trials run"),  # for that JAX has no words
    ],
)
def test_a_framework_that_cannot_begin_on_the_gpu_is_a_sentence_with_its_reason(platform, reason):
    pytest.importorskip("jax")
    task = ray.remote(num_cpus=1, num_gpus=0.5, max_calls=1)(on_platform)
    sentence = ray.get(task.remote(platform))
    assert sentence.startswith("each trial was given 0.5 of a GPU, but jax sees none")
    assert reason in sentence
    assert sentence.endswith("--gpus-per-trial 0 trains on the CPU")


def test_on_a_cpu_the_faster_precision_is_told_with_its_evidence():
    backend = "jax" if is_installed("jax") else "tensorflow"  # the other one was probed above
    report = probe(backend, TrialResources(1, 0.0), measures=True, say=lambda line: None)
    assert report.gpu is None
    assert report.precision in ("float32", "mixed_bfloat16")
    assert report.evidence
    assert report.notes == ()
