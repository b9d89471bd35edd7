"""TensorFlow and JAX read the same weights file and say the same; and JAX needs no TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from analysis.explain.methods.catalogue import METHODS
from analysis.explain.network import Network, directions
from analysis.features.feature_maps import feature_maps
from analysis.features.maximisation import Settings, ideal_classes, ideal_filters
from analysis.members import Weights, build
from orchestrator.models import catalogue
from orchestrator.models.options import Options
from orchestrator.process.backend import BACKENDS, is_installed
from orchestrator.testing.stand_ins import tiny, weights_file

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
ARCHITECTURES = (pytest.param("CCPF", marks=pytest.mark.slow), "CPCPNFF")
"""By default the one that also has a normalisation and a hidden layer."""

SHAPE, CLASSES = (24, 24, 1), 7
TOLERANCES = {"logits": 1e-4, "ideals": 2e-3}
"""What is compared -> how far apart; maps, of which the largest value is 1: 1e-3."""

STILL = Settings(steps=8, shift=0, turn=0, zoom=0)
"""Without moves: TensorFlow's gradient of a moved image is that of the move back, an approximation,
while JAX has the exact one; and Adam's first steps have one length whatever a gradient's is."""


def config(architecture):
    return tiny(architecture=architecture, width=0.25)


def write_answers(weights: str, file: str, architecture: str) -> None:
    """Everything asked of a net, of this process' backend, as arrays of one file."""
    content = Path(weights).read_bytes()
    network = Network(build(config(architecture), SHAPE, CLASSES, Weights(content, weights)))
    images = np.random.default_rng(1).integers(0, 256, (5, *SHAPE[:2]), dtype=np.uint8)
    scores = directions([0, 1, 2, 3, 6], CLASSES)
    contrasts = directions([0, 1, 2, 3, 6], CLASSES, against=[1, 0, 3, 5, 2])
    answers = {"logits": network.logits(images)}
    for name, method in METHODS.items():
        answers[name] = method.maps(network, images, scores).values
        answers[f"{name} contrast"] = method.contrast(network, images, contrasts).values
    for maps in feature_maps(network, images):
        answers[f"maps of {maps.layer}"] = maps.maps
    for kind, ideals in (("class", ideal_classes), ("filter", ideal_filters)):
        answers[f"ideals, {kind}"] = ideals(network, settings=STILL).images
    np.savez(file, **answers)


def in_another_process(backend: str, script: str, *arguments: str) -> None:
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
    subprocess.run(
        [sys.executable, "-c", script, *arguments],
        check=True,
        cwd=REPOSITORY,
        env=environment,
        timeout=280,
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_backends_agree_on_logits_maps_and_pictures(tmp_path, architecture):
    own = keras.backend.backend()
    (other,) = set(BACKENDS) - {own}
    if not is_installed(other):
        pytest.skip(f"{other} is not installed")
    keras.utils.set_random_seed(5)
    options = Options(width=0.25)
    model = catalogue.build(architecture, SHAPE, CLASSES, options)
    (tmp_path / "weights").write_bytes(weights_file(model.weights))
    files = {name: str(tmp_path / f"{name}.npz") for name in BACKENDS}
    write_answers(str(tmp_path / "weights"), files[own], architecture)
    script = (
        "import sys; from analysis.backends.agreement_test import write_answers; "
        "write_answers(*sys.argv[1:])"
    )
    in_another_process(other, script, str(tmp_path / "weights"), files[other], architecture)
    one, two = (dict(np.load(files[name])) for name in (own, other))
    assert one.keys() == two.keys()
    for name, values in one.items():
        scale = 1.0 if name == "logits" else np.abs(values).max()
        tolerance = TOLERANCES.get(name.split(",")[0], 1e-3)
        np.testing.assert_allclose(two[name], values, rtol=0, atol=tolerance * scale, err_msg=name)


def test_with_jax_nothing_here_imports_tensorflow(tmp_path):
    script = """
import pkgutil, sys
from importlib import import_module
import analysis.backends, analysis.ensemble, analysis.explain, analysis.features
import analysis.members, analysis.pipeline, keras
for room in (analysis.backends, analysis.ensemble, analysis.explain, analysis.features,
             analysis.pipeline):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        if not module.name.endswith(("_test", "conftest", "on_tensorflow")):
            import_module(module.name)
from analysis.explain.network import Network
inputs = keras.Input((8, 8, 1))
maps = keras.layers.Conv2D(2, 3)(inputs)
network = Network(keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(maps))))
from analysis.explain.evaluation.randomised import randomised
randomised(network).model.save(sys.argv[1])
keras.saving.load_model(sys.argv[1])
assert keras.backend.backend() == "jax"
assert not {name.split(".")[0] for name in sys.modules} & {"tensorflow", "torch"}
"""
    if not is_installed("jax"):
        pytest.skip("jax is not installed")
    in_another_process("jax", script, str(tmp_path / "saved.keras"))
