import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
import safetensors.numpy

from analysis.explain.targets import pixels as as_given
from analysis.members import UNDRAWN, Weights, build, member
from analysis.sweep_folder import SweepFolder
from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from orchestrator.models import catalogue
from orchestrator.models.options import Options
from orchestrator.testing.stand_ins import bands, tiny, weights_file
from orchestrator.training.engines import ENGINES
from results.schema import EPOCHS, TRIALS, table
from results.store import DamagedResults, Store

SMALL = {"width": 0.1, "weights": "none", "head": "16"}
OPTIONS = [field.name for field in dataclasses.fields(Options)]


def made(config, shape, classes=3, seed=1):
    """A net as a trial would make it, with other weights and statistics than it starts from."""
    options = Options(**{name: getattr(config, name) for name in OPTIONS})
    with keras.saving.custom_object_scope(UNDRAWN):
        model = catalogue.build(config.architecture, shape, classes, options)
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if "moving" in variable.path or "gamma" in variable.path:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
        elif len(variable.shape) > 1:
            deviation = np.sqrt(2 / np.prod(variable.shape[:-1]))
            variable.assign(rng.normal(0, deviation, variable.shape).astype(np.float32))
    return model


def content(model):
    return weights_file(model.weights)


def weights_of(model):
    return Weights(content(model), "weights/abc.safetensors")


def pixels(shape, n=3):
    return np.random.default_rng(0).random((n, *shape), dtype=np.float32)


def logits(model, images):
    return np.asarray(model(images, training=False))


@pytest.mark.parametrize("architecture", [*catalogue.MODELS, "CPNIPRPFF"])
def test_every_architecture_gives_the_same_logits_again(architecture):
    config = TrialConfig(architecture=architecture, **SMALL)
    shape = (32, 32, 1)
    original = made(config, shape)
    images = pixels(shape)
    expected = logits(original, images)
    for fused in (False, True):
        again = build(config, shape, 3, weights_of(original), fused)
        np.testing.assert_allclose(logits(again, images), expected, rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def vgg16_file(tmp_path_factory):
    """A weights file of VGG16's base that training could start from; the values are random."""
    keras.utils.set_random_seed(3)
    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    file = tmp_path_factory.mktemp("vgg16") / "base.weights.h5"
    base.save_weights(file)
    return file


@pytest.mark.parametrize(
    ("head", "batch_normalisation", "fine_tune"),
    [("16 8", True, "frozen"), ("none", False, "last_block")],
)
def test_vgg16_needs_no_file_of_its_base(
    vgg16_file: Path, head: str, batch_normalisation: bool, fine_tune: str
):
    config = TrialConfig(
        architecture="vgg16",
        weights=str(vgg16_file),
        head=head,
        batch_normalisation=batch_normalisation,
        fine_tune=fine_tune,
        width=0.5,
    )
    original = made(config, (32, 32, 1))
    elsewhere = dataclasses.replace(config, weights="/another/machine/base.weights.h5")
    again = build(elsewhere, (32, 32, 1), 3, weights_of(original))
    assert [w.path for w in again.weights] == [w.path for w in original.weights]
    images = pixels((32, 32, 1))
    np.testing.assert_allclose(
        logits(again, images), logits(original, images), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_trained_trial_predicts_again_what_it_predicted(ema):
    inputs = bands()
    config = tiny(ema=ema, architecture="CPFF")
    engine = ENGINES[keras.backend.backend()](1)
    engine.begin(config, inputs)
    order = np.arange(128, dtype=np.int32).reshape(8, 16)
    trained = engine.epoch(order, np.full(8, 0.05, np.float32))
    content = weights_file(list(trained.weights.values()))
    weights = Weights(content, "weights/abc.safetensors")
    again = build(config, (16, 16, 1), 4, weights)
    rebuilt = logits(again, as_given(inputs.validation, 1))
    np.testing.assert_allclose(rebuilt, trained.logits, atol=1e-5)


def test_it_is_float32_whatever_the_trial_was():
    config = tiny(precision="mixed_bfloat16")
    original = made(config, (16, 16, 1))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        again = build(config, (16, 16, 1), 3, weights_of(original))
        assert keras.config.dtype_policy().name == "mixed_bfloat16"  # as it was
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in again.layers} == {"float32"}
    images = pixels((16, 16, 1))
    np.testing.assert_allclose(logits(again, images), logits(original, images), atol=1e-5)


@pytest.fixture(scope="module")
def arrays():
    return safetensors.numpy.load(content(made(tiny(), (16, 16, 1))))


def changed(arrays, **changes):
    kept = {k.replace("_", "-"): v for k, v in changes.items()}
    return {name: array for name, array in (arrays | kept).items() if array is not None}


def test_a_file_that_is_cut_off_or_none_is_refused(arrays):
    content = safetensors.numpy.save(arrays)
    for damaged in (
        content[:-1],
        content[: len(content) // 2],
        content[:5],
        b"",
        b"not safetensors",
    ):
        message = rf"^weights/abc.safetensors \({len(damaged)} bytes\) is no whole safetensors file"
        with pytest.raises(BadInput, match=message):
            build(tiny(), (16, 16, 1), 3, Weights(damaged, "weights/abc.safetensors"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight_0000": None}, r"holds 6 arrays, weight-0001 to .* has 7, weight-0000 to"),
        ({"weight_0007": np.zeros(1, np.float32)}, "holds 8 arrays"),
        ({"weight_0001": np.zeros(5, np.float32)}, r"weight-0001 is float32 \(5,\), but .*\(4,\)"),
        ({"weight_0001": np.zeros(4, np.float64)}, r"weight-0001 is float64 \(4,\)"),
        ({"weight_0001": np.array([0, 0, np.nan, 0], np.float32)}, "weight-0001 .* not finite"),
        ({"weight_0001": np.array([0, 0, np.inf, 0], np.float32)}, "weight-0001 .* not finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused(arrays, change, message):
    damaged = safetensors.numpy.save(changed(arrays, **change))
    with pytest.raises(
        BadInput, match=rf"^weights/abc.safetensors:? .*{message}|^weights.*{message}"
    ):
        build(tiny(), (16, 16, 1), 3, Weights(damaged, "weights/abc.safetensors"))


def test_weights_of_another_number_of_classes_are_refused(arrays):
    with pytest.raises(BadInput, match="another net's weights"):
        build(tiny(), (16, 16, 1), 7, Weights(safetensors.numpy.save(arrays), "w"))


def test_a_member_is_found_in_a_sweep_s_folder(tmp_path, arrays):
    store = Store(tmp_path)
    data_record = {"path": "embedded faces (140)", "digest": "0" * 64, "classes": ["a", "b", "c"]}
    store.write_json("sweep.json", {"data": data_record})
    rows = [tiny().to_flat() | {"trial": trial, "status": "completed"} for trial in ("t0", "t1")]
    store.write_table("trials.parquet", table(TRIALS, rows))
    store.write_table("epochs.parquet", table(EPOCHS, []))
    store.write_bytes("weights/t0.safetensors", safetensors.numpy.save(arrays))
    folder = SweepFolder(store)
    model = member(folder, "t0", (16, 16))
    np.testing.assert_array_equal(model.weights[0].numpy(), arrays["weight-0000"])
    with pytest.raises(DamagedResults, match=r"weights/t1.safetensors does not exist"):
        member(folder, "t1", (16, 16))
