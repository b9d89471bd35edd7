import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

CODE = """
import json, time
import numpy as np
from orchestrator.testing.stand_ins import noise, tiny
from orchestrator.training.engines import open_engine

engine = open_engine("jax", 1)
engine.begin(tiny(architecture="CCPFF"), noise())
start = time.process_time()
result = engine.epoch(np.arange(64, dtype=np.int32).reshape(4, 16), np.full(4, 0.01, np.float32))
print(json.dumps([result.sums.loss, time.process_time() - start]))
"""


def first_epoch(cache):
    """Loss and seconds of CPU of a fresh process' first epoch."""
    environment = {**os.environ, "ORCHESTRATOR_CACHE": str(cache), "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_a_second_process_compiles_nothing_again(tmp_path: Path):
    loss, compiling = first_epoch(tmp_path)
    programs = list((tmp_path / "programs").rglob("*-cache"))
    assert programs
    again, reading = first_epoch(tmp_path)
    assert again == loss
    assert reading < 0.6 * compiling
    assert list((tmp_path / "programs").rglob("*-cache")) == programs
