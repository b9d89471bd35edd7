import json
import os
import subprocess
import sys

import pytest

from orchestrator.errors import BadInput
from orchestrator.process import backend
from orchestrator.process.backend import BackendChoice, check, choose, jax_memory, recorded_or_other

BOTH = {"tensorflow", "jax"}
PLUGINS = {"jax_cuda12_plugin"}, {"jax_cuda13_plugin"}


@pytest.mark.parametrize(
    ("asked", "on_gpu", "there", "chosen"),
    [
        ("auto", False, BOTH, "tensorflow"),
        ("auto", True, BOTH, "tensorflow"),  # a JAX that does not see the GPU
        ("auto", True, BOTH | PLUGINS[0], "jax"),
        ("auto", True, BOTH | PLUGINS[1], "jax"),
        ("auto", False, BOTH | PLUGINS[1], "tensorflow"),
        ("auto", True, {"tensorflow"} | PLUGINS[0], "tensorflow"),  # a plugin, and no JAX
        ("auto", False, {"tensorflow"}, "tensorflow"),
        ("auto", False, {"jax"}, "jax"),  # as on Python 3.14
        ("auto", True, {"jax"}, "jax"),
        ("jax", False, BOTH, "jax"),
        ("tensorflow", True, BOTH | PLUGINS[0], "tensorflow"),
    ],
)
def test_auto_is_jax_where_it_sees_a_gpu_and_where_there_is_nothing_else(
    asked, on_gpu, there, chosen
):
    choice = choose(asked, on_gpu, there.__contains__)
    assert choice.backend == chosen
    assert choice.evidence


def test_the_reason_says_what_was_seen():
    assert choose("jax", False, BOTH.__contains__) == BackendChoice("jax", "as asked for")
    assert "jax_cuda12_plugin" in choose("auto", True, (BOTH | PLUGINS[0]).__contains__).evidence
    assert "pip install -e '.[cuda12]'" in choose("auto", True, BOTH.__contains__).evidence


@pytest.mark.parametrize(
    ("asked", "there", "sentence"),
    [
        ("jax", {"tensorflow"}, r"--backend jax: jax is not installed here; pip install .*\[jax\]"),
        ("tensorflow", {"jax"}, "--backend tensorflow: tensorflow is not installed here; pip"),
        ("auto", set(), "neither TensorFlow nor JAX is installed here.*'tensorflow.*; or pip"),
    ],
)
def test_what_is_not_installed_is_refused_with_what_to_install(asked, there, sentence):
    with pytest.raises(BadInput, match=sentence):
        check(asked, there.__contains__)
    with pytest.raises(BadInput, match=sentence):
        choose(asked, True, there.__contains__)


@pytest.mark.parametrize(
    ("recorded", "there", "chosen"),
    [("jax", BOTH, "jax"), ("jax", {"tensorflow"}, "tensorflow"), ("tensorflow", {"jax"}, "jax")],
)
def test_nets_are_read_by_what_trained_them_or_else_by_the_other(recorded, there, chosen):
    choice = recorded_or_other(recorded, there.__contains__)
    assert choice.backend == chosen
    assert ("not installed" in choice.evidence) == (recorded != chosen)


def test_a_process_of_jax_keeps_to_nine_tenths_of_its_share():
    half = {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.45", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    assert jax_memory(0.5) == half
    assert jax_memory(1.0) == {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.9"}


def python(program, **variables):
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **variables},
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_is_loaded_by_looking():
    program = (
        "import json, sys\n"
        "from orchestrator.process import backend\n"
        "backend.choose('auto', True), backend.settle('jax')\n"
        "print(json.dumps(sorted({'tensorflow', 'jax', 'keras', 'numpy'} & set(sys.modules))))"
    )
    assert python(program) == []


def test_variables_that_change_numbers_are_taken_away_and_named():
    program = (
        "import json, os\n"
        "from orchestrator.process import backend\n"
        "sentences = backend.not_followed()\n"
        "backend.settle('tensorflow')\n"
        "left = [name for name in backend.NUMERIC if name in os.environ]\n"
        "print(json.dumps([sentences, left, backend.not_followed()]))\n"
    )
    (sentence,), left, afterwards = python(program, TF_DETERMINISTIC_OPS="1", JAX_ENABLE_X64="1")
    assert sentence.endswith("would change with it: JAX_ENABLE_X64, TF_DETERMINISTIC_OPS")
    assert left == afterwards == []


@pytest.mark.long
@pytest.mark.skipif(not backend.is_installed("jax"), reason="asks for JAX")
def test_two_backends_never_share_a_process():
    program = (
        "import json\n"
        "from orchestrator.process import backend\n"
        "backend.settle('jax')\n"
        "import keras\n"
        "backend.settle('jax')\n"
        "try:\n"
        "    backend.settle('tensorflow')\n"
        "except RuntimeError as error:\n"
        "    print(json.dumps([keras.backend.backend(), str(error)]))\n"
    )
    loaded, sentence = python(program, KERAS_BACKEND="tensorflow")
    assert loaded == "jax"
    assert sentence.startswith("this process computes with Keras on jax already; tensorflow needs")
