"""Every test is a process of its own: which framework is loaded is decided once in each."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.process.backend import BACKENDS, is_installed
from orchestrator.training.engines import ENGINES

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]

USERS_OWN = {
    "floatx": "float16",
    "epsilon": 1e-2,
    "backend": "torch",
    "image_data_format": "channels_first",
    "nnx_enabled": True,
}
"""A `keras.json` with nothing as we need it."""

TRAIN = """
import hashlib, json, sys
import numpy as np
from orchestrator.training.engines import open_engine
from orchestrator.training.training_run import TrainingRun
from orchestrator.testing.stand_ins import noise, tiny

engine = open_engine(sys.argv[1], 1)
run = TrainingRun(engine, tiny(optimizer="adam", dropout=0.3), noise())
run.epoch()
digest = hashlib.sha256()
for name, array in sorted(engine.state().items()):
    array = np.asarray(array)
    digest.update(f"{name}{array.dtype}{array.shape}".encode() + array.tobytes())
import keras
answer = {
    "digest": digest.hexdigest(),
    "loss": run.history[-1].validation_loss,
    "backend": keras.backend.backend(),
}
"""

LOOK = """
import json, sys
from orchestrator.training.engines import choose_precision, device
seen = device(sys.argv[1])
seen.settle(1)
looked = seen.gpu_name(), choose_precision(sys.argv[1], 0.1).precision
assert looked[1] in ("float32", "mixed_bfloat16")
assert ("tensorflow" in sys.modules) == (sys.argv[1] == "tensorflow")
"""

TELL = """
print(json.dumps(answer | {"tensorflow": "tensorflow" in sys.modules}))
"""


@pytest.fixture(params=ENGINES)
def backend(request):
    if not is_installed(request.param):
        pytest.skip(f"{request.param} is not installed")
    if importlib.util.find_spec(f"orchestrator.training.on_{request.param}.precision") is None:
        pytest.skip(f"the room of {request.param} is not complete yet")
    return request.param


def answer(program, backend, **variables):
    done = subprocess.run(
        [sys.executable, "-c", program, backend],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, **variables},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_backend_can_be_asked_for():
    assert set(ENGINES) == set(BACKENDS)


def test_jax_needs_no_tensorflow_and_keras_json_decides_nothing(backend, tmp_path):
    """Not the backend, nor float type, layout or epsilon: the weights are the same to the bit."""
    (tmp_path / "keras.json").write_text(json.dumps(USERS_OWN))
    # no variable of the user's, as of a test run on one backend, either
    odd = answer(TRAIN + TELL, backend, KERAS_HOME=str(tmp_path), KERAS_BACKEND="torch")
    assert odd["backend"] == backend
    assert odd["tensorflow"] == (backend == "tensorflow")
    # nor does it matter that device and precision were asked first, of the same framework alone
    looked_first = LOOK + TRAIN + TELL
    own = answer(looked_first, backend, KERAS_HOME=str(tmp_path / "none"), KERAS_BACKEND="")
    assert odd == own
