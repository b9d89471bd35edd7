"""Both backends compute the same: from one state, in one order, in float32 on a processor."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from orchestrator.process.backend import BACKENDS, TENSORFLOW, is_installed
from orchestrator.testing.stand_ins import bands, tiny
from orchestrator.training.engines import open_engine

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not all(map(is_installed, BACKENDS)), reason="compares two backends, and one is not here"
    ),
]

STEPS = 100
OF_VALIDATION = ("validation", "validation_labels", "validation_ids")

CODE = """
import json, sys
from orchestrator.training.agreement_test import train
train(**json.load(sys.stdin))
"""


def train(backend, changes, begin_from, state, seen):
    """Leaves losses, first logits and last weights; and a file with the state it began in."""
    engine = open_engine(backend, 1)
    config = tiny(
        **changes,
        width=0.125,
        batch_size=64,
        label_smoothing=0.1,
        class_weights="balanced",
        weight_decay=1e-3,
        ema=0.9,
    )
    inputs = bands(n=512, side=16)
    few = {name: getattr(inputs, name)[:64] for name in OF_VALIDATION}  # each step predicts them
    engine.begin(config, dataclasses.replace(inputs, **few))
    if begin_from:
        engine.load_state(safetensors.numpy.load_file(begin_from))
    else:
        arrays = {name: np.asarray(value) for name, value in engine.state().items()}
        safetensors.numpy.save_file(arrays, state)
    first, losses = engine.predict_validation(), []
    for step in range(STEPS):
        rows = np.random.default_rng([0, step]).permutation(512)[:64].reshape(1, 64)
        rates = np.full(1, config.learning_rate, np.float32)
        result = engine.epoch(rows.astype(np.int32), rates)
        losses.append(result.sums.loss)
    arrays = {"first": first, "losses": losses} | dict(result.weights)
    safetensors.numpy.save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, seen)


def trained(folder: Path, backend, changes, begin_from=""):
    """What `train` leaves: here, or in another process where that needs the other framework."""
    task = {
        "backend": backend,
        "changes": changes,
        "begin_from": str(begin_from),
        "state": str(folder / f"{backend}.state"),
        "seen": str(folder / f"{backend}.seen"),
    }
    if backend == (os.environ.get("KERAS_BACKEND") or TENSORFLOW):
        train(**task)
    else:
        subprocess.run(
            [sys.executable, "-c", CODE],
            input=json.dumps(task),
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    return safetensors.numpy.load_file(task["seen"]), task["state"]


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "cnn5", "optimizer": "sgd", "momentum": 0.9},
        pytest.param(
            {"architecture": "CCPF", "optimizer": "adamw", "learning_rate": 1e-3},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_losses_of_100_steps_and_logits_agree(changes, tmp_path):
    tensorflow, state = trained(tmp_path, "tensorflow", changes)
    jax, _ = trained(tmp_path, "jax", changes, begin_from=state)
    np.testing.assert_allclose(jax["first"], tensorflow["first"], atol=1e-4)
    assert len(jax["losses"]) == STEPS
    np.testing.assert_allclose(jax["losses"], tensorflow["losses"], atol=1e-3)
    assert tensorflow["losses"][-1] < 0.5 * tensorflow["losses"][0]  # it was trained
    assert jax.keys() == tensorflow.keys()
    for name, weight in tensorflow.items():
        if name.startswith("weight"):  # rounding grows with the steps
            np.testing.assert_allclose(jax[name], weight, atol=0.02)
