"""Both backends compute the same: from one state, in one order, in float32 on a processor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

pytestmark = pytest.mark.long

STEPS = 100

CODE = """
import json, sys
import numpy as np
import safetensors.numpy
from orchestrator.testing.stand_ins import bands, tiny
from orchestrator.training.engines import open_engine

task = json.load(sys.stdin)
engine = open_engine(task["backend"], 1)
config = tiny(**task["changes"], width=0.25, batch_size=64, label_smoothing=0.1,
              class_weights="balanced", weight_decay=1e-3, ema=0.9)
engine.begin(config, bands(n=512, side=24))
if task["begin_from"]:
    engine.load_state(safetensors.numpy.load_file(task["begin_from"]))
else:
    state = {name: np.asarray(value) for name, value in engine.state().items()}
    safetensors.numpy.save_file(state, task["state"])
seen = {"first": engine.predict_validation()}
losses = []
for step in range(task["steps"]):
    rows = np.random.default_rng([0, step]).permutation(512)[:64].reshape(1, 64).astype(np.int32)
    result = engine.epoch(rows, np.full(1, config.learning_rate, np.float32))
    losses.append(result.sums.loss)
seen |= {"losses": np.array(losses), **{k: np.array(v) for k, v in result.weights.items()}}
safetensors.numpy.save_file({k: np.ascontiguousarray(v) for k, v in seen.items()}, task["seen"])
"""


def trained(folder: Path, backend, changes, begin_from=""):
    """Losses, first logits and last weights; and a file with the state it began in."""
    task = {
        "backend": backend,
        "changes": changes,
        "begin_from": str(begin_from),
        "state": str(folder / f"{backend}.state"),
        "seen": str(folder / f"{backend}.seen"),
        "steps": STEPS,
    }
    subprocess.run(
        [sys.executable, "-c", CODE],
        input=json.dumps(task),
        text=True,
        check=True,
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
