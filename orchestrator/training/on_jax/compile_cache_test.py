import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

BEGIN = """
import json, time
import numpy as np
from orchestrator.testing.stand_ins import noise, tiny
from orchestrator.training.engines import open_engine
from orchestrator.training.on_jax import device

device.on_gpu = lambda: LOOP_INSIDE
device.gpu_name = lambda: None
engine = open_engine("jax", 1)
config = tiny(architecture="CCPFF", ema=0.5, augmentation_strength=0.5)
"""
FIRST_EPOCH = """
engine.begin(config, noise())
start = time.process_time()
result = engine.epoch(np.arange(64, dtype=np.int32).reshape(4, 16), np.full(4, 0.01, np.float32))
loss = result.sums.loss
engine.state()
print(json.dumps([loss, time.process_time() - start]))
"""
AHEAD = """
print(engine.compile(config, noise()))
"""


def output(code, cache, loop_inside=False):
    """What a fresh process prints."""
    environment = {**os.environ, "ORCHESTRATOR_CACHE": str(cache), "KERAS_BACKEND": "jax"}
    code = BEGIN.replace("LOOP_INSIDE", str(loop_inside)) + code
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def programs(cache, name=""):
    """Those in the cache."""
    kept = (cache / "programs").rglob("*-cache")
    return sorted(file for file in kept if name in file.name)


def test_a_second_process_compiles_nothing_again(tmp_path: Path):
    loss, compiling = output(FIRST_EPOCH, tmp_path)
    kept = programs(tmp_path)
    assert kept
    again, reading = output(FIRST_EPOCH, tmp_path)
    assert again == loss
    assert reading < 0.6 * compiling
    assert programs(tmp_path) == kept


@pytest.mark.parametrize(
    ("loop_inside", "names"),
    [
        (False, ("_one_step", "_one_batch", "_predicting_weights", "copied")),
        (True, ("_all_steps", "_all_batches", "_predicting_weights", "copied")),
    ],
)
def test_what_was_compiled_ahead_a_trial_finds(tmp_path: Path, loop_inside, names):
    """By a process that has run none of it; in the form for processors and in that for GPUs."""
    assert output(AHEAD, tmp_path, loop_inside) == len(names)
    kept = [programs(tmp_path, name) for name in names]
    assert [len(files) for files in kept] == [1, 1, 1, 1]
    output(FIRST_EPOCH, tmp_path, loop_inside)
    assert [programs(tmp_path, name) for name in names] == kept


KIND = """
import json
from pathlib import Path
import jax
from orchestrator.training.on_jax import compile_cache

jax.devices()
def absent(*_, **__):
    raise FileNotFoundError
Path.read_text = absent
print(json.dumps(compile_cache._kind()))
"""


def test_processors_of_which_nothing_is_known_share_a_folder(tmp_path: Path):
    assert output(KIND, tmp_path) == "cpu"
