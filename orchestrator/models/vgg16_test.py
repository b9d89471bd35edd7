from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from orchestrator.errors import BadInput
from orchestrator.models.catalogue import CAM_LAYER, Options, build, parameter_count
from orchestrator.models.options import IMAGENET_FILE
from orchestrator.models.vgg16 import ImageNetScaling

SHAPE = (32, 32, 1)


@pytest.fixture(scope="module")
def original() -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))


@pytest.fixture(scope="module")
def cache(original: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Keras folder with random weights where ImageNet's would be."""
    home = tmp_path_factory.mktemp("keras")
    (home / "models").mkdir()
    original.save_weights(home / "all.weights.h5")
    write_legacy(original, home / "models" / IMAGENET_FILE)
    return home


def write_legacy(model: keras.Model, path: Path) -> None:
    """Keras 1's layout, in which ImageNet's weights are distributed."""
    with h5py.File(path, "w") as file:
        layers = [layer for layer in model.layers if layer.weights]
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}_W_1:0", f"{layer.name}_b_1:0"]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in zip(names, layer.get_weights(), strict=True):
                group.create_dataset(name, data=value)


@pytest.fixture
def home(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(cache))
    return cache


def convolutions(model: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]


@pytest.mark.parametrize("weights", ["imagenet", "file"])
def test_loaded_kernels_are_those_of_the_file(
    home: Path, original: keras.Model, weights: str
) -> None:
    named = "imagenet" if weights == "imagenet" else str(home / "all.weights.h5")
    model = build("vgg16", SHAPE, 7, Options(weights=named))
    pairs = list(zip(convolutions(model), convolutions(original), strict=True))
    assert len(pairs) == 13
    for ours, theirs in pairs:
        assert ours.name == theirs.name
        for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("home")
def test_features_are_those_of_keras_own_vgg16(original: keras.Model) -> None:
    model = build("vgg16", SHAPE, 7, Options())
    features = keras.Model(model.input, model.get_layer("block5_pool").output)
    gray = np.random.default_rng(0).random((2, *SHAPE), dtype=np.float32)
    colour = np.repeat(gray, 3, axis=-1) * 255
    expected = original(keras.applications.vgg16.preprocess_input(colour.copy()))
    np.testing.assert_allclose(features(gray), expected, rtol=1e-4, atol=1e-4)
    assert model.get_layer(CAM_LAYER).output.shape == (None, 2, 2, 512)


@pytest.mark.parametrize(
    ("fine_tune", "blocks"),
    [("frozen", ""), ("last_block", "555"), ("all", "1122333444555")],
)
@pytest.mark.usefixtures("home")
def test_only_what_is_fine_tuned_learns(fine_tune: str, blocks: str) -> None:
    model = build("vgg16", SHAPE, 7, Options(fine_tune=fine_tune))
    kernels = [v.path for v in model.trainable_variables if v.path.endswith("kernel")]
    assert "".join(path[len("block")] for path in kernels if path.startswith("block")) == blocks
    assert any(v.path.startswith("head1/") for v in model.trainable_variables)
    assert parameter_count(model) == 14_714_688 + 512 * 256 + 4 * 256 + 1799


@pytest.mark.usefixtures("home")
def test_additional_layers_and_their_width() -> None:
    model = build("vgg16", SHAPE, 7, Options(head="64 32", width=0.5))
    shapes = [w.shape for w in model.weights if "head" in w.path and w.path.endswith("kernel")]
    assert shapes == [(512, 32), (32, 16)]
    assert convolutions(model)[0].filters == 64  # loaded weights have their own width
    bare = build("vgg16", SHAPE, 7, Options(head="none"))
    assert parameter_count(bare) == 14_714_688 + 512 * 7 + 7
    assert bare.get_layer("flatten_dropout")


def test_from_scratch_everything_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    model = build("vgg16", SHAPE, 7, Options(weights="none", width=0.1))
    assert all(layer.trainable for layer in convolutions(model))
    assert all(layer.kernel.numpy().any() for layer in convolutions(model))


def test_absent_weights_are_never_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(BadInput, match="weights=none"):
        build("vgg16", SHAPE, 7)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_refused(cache: Path, tmp_path: Path) -> None:
    content = (cache / "models" / IMAGENET_FILE).read_bytes()
    for name, damaged in {
        "empty.h5": b"",
        "text.h5": b"not a weights file\n",
        "cut.h5": content[: len(content) // 2],
        "cut.weights.h5": (cache / "all.weights.h5").read_bytes()[:100_000],
    }.items():
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(BadInput, match=rf"{name} does not hold the weights of VGG16"):
            build("vgg16", SHAPE, 7, Options(weights=str(tmp_path / name)))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    other = build("CCPFF", SHAPE, 7, Options(width=0.1))
    other.save_weights(tmp_path / "other.weights.h5")
    write_legacy(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]), tmp_path / "two.h5")
    for name in ("other.weights.h5", "two.h5"):
        with pytest.raises(BadInput, match=f"{name} does not hold the weights of VGG16"):
            build("vgg16", SHAPE, 7, Options(weights=str(tmp_path / name)))


@pytest.mark.parametrize("shape", [(31, 48, 1), (48, 48, 2)])
def test_images_it_cannot_take_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(BadInput, match="at least 32x32 pixels and 1 or 3 channels"):
        build("vgg16", shape, 7, Options(weights="none"))


def test_scaling_of_gray_and_colour() -> None:
    layer = ImageNetScaling()
    gray = layer(np.full((1, 1, 1, 1), 0.5, np.float32))
    assert np.array(gray).ravel() == pytest.approx(127.5 - np.array([103.939, 116.779, 123.68]))
    red = layer(np.array([1, 0, 0], np.float32).reshape(1, 1, 1, 3))
    assert np.array(red).ravel() == pytest.approx([-103.939, -116.779, 255 - 123.68])
