import functools
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.config import CHOICES
from orchestrator.errors import BadInput
from orchestrator.models.catalogue import CAM_LAYER, MODELS, Options, build, parameter_count
from orchestrator.models.custom_layers import Dropout

SHAPE = (36, 32, 1)  # not square, so that a mistaken axis shows
CLASSES = 5
STRINGS = ("CF", "PCCPCCPCFFF", "CPNCPNCPCFF", "CPCPIIPIPFFF", "C2RPF", "NRCIF", "2CP3C2PFF")
SMALL = Options(width=0.125, weights="none", head="64 32")
NARROW = Options(width=0.0625, weights="none", head="64 32")


def seeded(name: str, options: Options = SMALL) -> keras.Model:
    keras.utils.set_random_seed(3)
    return build(name, SHAPE, CLASSES, options)


@functools.cache
def small(name: str) -> keras.Model:
    """Shared by the tests that do not compare its values (one of them moves its averages)."""
    return small_and_initial(name)[0]


@functools.cache
def small_and_initial(name: str) -> tuple[keras.Model, list[tuple[str, np.ndarray]]]:
    """The shared model, and path and value of each of its variables when it was built."""
    model = seeded(name)
    return model, [(v.path, np.array(v)) for v in model.variables]


@functools.cache
def narrow_in_bfloat16(name: str) -> keras.Model:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        return seeded(name, NARROW)
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.fixture(params=[*MODELS, *STRINGS])
def named(request: pytest.FixtureRequest) -> tuple[str, keras.Model]:
    return request.param, small(request.param)


def images(n: int = 3) -> np.ndarray:
    return np.random.default_rng(0).random((n, *SHAPE), dtype=np.float32)


def test_the_named_models_are_those_of_the_configuration() -> None:
    assert tuple(MODELS) == CHOICES["architecture"]


# ---- the contract, over every model and some strings


def test_logits_are_finite_and_of_the_right_shape(named: tuple[str, keras.Model]) -> None:
    out = named[1](images(), training=False)
    assert out.shape == (3, CLASSES)
    assert out.dtype == tf.float32
    assert np.isfinite(out).all()
    assert (np.array(out) < 0).any()  # logits, not probabilities
    assert np.std(out, axis=0).min() > 0  # the image matters


def test_maps_can_be_taken_with_their_gradient(named: tuple[str, keras.Model]) -> None:
    model = named[1]
    both = keras.Model(model.input, [model.get_layer(CAM_LAYER).output, model.output])
    x = tf.constant(images())
    with tf.GradientTape() as tape:
        tape.watch(x)
        maps, logits = both(x, training=False)
        top = logits[:, 0]
    to_maps, to_image = tape.gradient(top, [maps, x])
    assert len(maps.shape) == 4
    assert maps.shape[0] == 3
    summed = isinstance(model.get_layer(CAM_LAYER), keras.layers.Add)  # nothing rectifies it
    assert summed or np.min(maps) == 0  # after the activation
    assert np.any(to_maps)
    assert to_image.shape == x.shape
    assert np.isfinite(to_image).all()
    assert np.any(to_image)


@pytest.mark.parametrize("name", [*MODELS, "CPNCPNCPCFF", "C2RPF"])
def test_a_build_is_its_seed_and_copying_variables_brings_another_to_it(name: str) -> None:
    other, initial = small_and_initial(name)
    model, x = seeded(name), images()
    assert [v.path for v in model.variables] == [path for path, _ in initial]
    assert len({w.path for w in model.weights}) == len(model.weights)
    for a, (_, b) in zip(model.variables, initial, strict=True):
        np.testing.assert_array_equal(np.array(a), b, err_msg=a.path)
    for variable in other.weights:
        variable.assign(variable * 1.5)
    expected = model(x, training=False)
    assert not np.allclose(expected, other(x, training=False))
    for a, b in zip(other.variables, model.variables, strict=True):
        a.assign(b)
    np.testing.assert_array_equal(expected, other(x, training=False))


@pytest.mark.parametrize("name", ["cnn5", "vgg16", "CNF", "CIF", "C2RF"])
def test_another_seed_is_another_network(name: str) -> None:
    """Every letter, and the base that may be loaded."""
    kernels = []
    for seed in (3, 4):
        keras.utils.set_random_seed(seed)
        model = build(name, SHAPE, CLASSES, NARROW)
        kernels.append([np.array(v) for v in model.weights if len(v.shape) > 1])
    assert all((one != other).any() for one, other in zip(*kernels, strict=True))


def test_all_weights_learn_but_moving_averages(named: tuple[str, keras.Model]) -> None:
    model = named[1]
    still = {v.path.rsplit("/", 1)[-1] for v in model.non_trainable_weights}
    assert still <= {"moving_mean", "moving_variance"}
    x = tf.constant(images(8))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(x, training=True) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.isfinite(gradient).all(), variable.path


def test_dropout_is_there_and_is_no_parameter(named: tuple[str, keras.Model]) -> None:
    name, model = named
    dropouts = [layer for layer in model.layers if isinstance(layer, Dropout)]
    assert bool(dropouts) == (name not in ("CF", "NRCIF"))
    assert parameter_count(model) == sum(w.size for w in model.get_weights())


@pytest.mark.parametrize("name", [*MODELS, "CPNCPNCPCFF"])
def test_under_bfloat16_layers_compute_in_it_and_logits_are_float32(name: str) -> None:
    model = narrow_in_bfloat16(name)
    assert model.get_layer(CAM_LAYER).output.dtype == "bfloat16"
    assert {v.dtype for v in model.weights} == {"float32"}
    out = model(images(), training=True)
    assert out.dtype == tf.float32
    assert np.isfinite(out).all()


# ---- parameter counts; beside them the published numbers in millions

COUNTS = {
    # convolutions, their batch normalisation (4 a channel), fully connected layers, output
    "cnn5": (800 + 16_384 + 51_200 + 4 * 128 + 2304 * 1024 + 4 * 1024 + 7175, 2.4),
    "CPCPCPFFF": (
        800 + 16_384 + 51_200 + 4 * 128 + (2304 + 1024) * 1024 + 8 * 1024 + 7175,
        None,
    ),
    "CCPCCPCCPFF": (
        9 * (32 + 32**2 + 32 * 64 + 64**2 + 64 * 128 + 128**2)
        + 4 * (64 + 128 + 256)
        + 4608 * 256
        + 4 * 256
        + 1799,
        None,
    ),
    "vgg": (
        9 * (32 + 32**2 + 32 * 64 + 64**2 + 64 * 128 + 128**2 + 128 * 256 + 256**2)
        + 4 * (64 + 128 + 256 + 512)
        + 2304 * 256
        + 4 * 256
        + 1799,
        1.8,
    ),
    # first convolution; a module with n = 32 i: 5.28125 n^2 inside, 1.625 n a channel of its input
    "inception": (
        288
        + 5408 * 140
        + sum(52 * i * c for i, c in zip(range(1, 8), [32, *range(72, 433, 72)], strict=True))
        + 4 * (32 + 92 * 28)
        + 3535,
        1.2,
    ),
    "resnet": (46_400 + 278_528 + 1_703_936 + 3_276_800 + 4 * 4256 + 1799, 5.3),
    # first convolution; four stages of two blocks, the later ones with a 1x1 shortcut; output
    "resnet18": (
        9 * 64
        + 4 * 9 * 64**2
        + sum(9 * f * 2 * f + 3 * 9 * (2 * f) ** 2 + f * 2 * f for f in (64, 128, 256))
        + 4 * 5 * (64 + 128 + 256 + 512)
        + 513 * 7,
        11.2,
    ),
    "vgg_khaireddin": (
        9 * (64 + 64**2 + 64 * 128 + 128**2 + 128 * 256 + 256**2 + 256 * 512 + 512**2)
        + 4 * 2 * (64 + 128 + 256 + 512)
        + (3 * 3 * 512 + 1) * 4096
        + 4097 * 4096
        + 4097 * 7,
        None,  # theirs take images of 40 x 40: below
    ),
    "convnet4": (
        4 + 320 + 9248 + 18_496 + 36_928 + 4 * 192 + 2304 * 1024 + 1024 + 4 * 1024 + 7175,
        None,
    ),
    # first two convolutions with theirs; a module from c to f channels: (c + f) * 9 for a filter a
    # channel, c f + f^2 between channels, c f for the shortcut, 12 f of normalisation; class maps
    "mini_xception": (
        72
        + 576
        + 8 * 8
        + sum(
            (c + f) * 9 + 2 * c * f + f * f + 12 * f
            for c, f in zip((8, 16, 32, 64), (16, 32, 64, 128), strict=True)
        )
        + 9 * 128 * 7
        + 7,
        0.1,
    ),
    "vgg16": (14_714_688 + 3 * 4224 + 512 * 256 + 4 * 256 + 1799, None),
}


@pytest.mark.parametrize("name", list(MODELS))
def test_parameters_are_those_counted_by_hand_and_published(name: str) -> None:
    expected, published = COUNTS[name]
    count = parameter_count(build(name, (48, 48, 1), 7, Options(weights="none")))
    assert count == expected
    if published is not None:
        assert round(count / 1e6, 1) == published


def test_khaireddins_net_has_their_29_9_million_parameters_on_their_40_pixels() -> None:
    model = build("vgg_khaireddin", (40, 40, 1), 7)
    assert model.get_layer("p4").output.shape == (None, 2, 2, 512)
    assert round(parameter_count(model) / 1e6, 1) == 29.9
    with pytest.raises(BadInput, match="images of 15 x 16 pixels are too small"):
        build("vgg_khaireddin", (15, 16, 1), 7)


def test_resnet18_halves_three_times_and_keeps_its_first_shortcut_as_it_is() -> None:
    model = build("resnet18", (48, 48, 1), 7)
    sides = [(48, 64), (48, 64), (24, 128), (24, 128), (12, 256), (12, 256), (6, 512), (6, 512)]
    sums = [model.get_layer(f"r{number}_sum").output.shape for number in range(1, 9)]
    assert sums == [(None, side, side, filters) for side, filters in sides]
    shortcuts = [layer.name for layer in model.layers if layer.name.endswith("shortcut")]
    assert shortcuts == ["r3_shortcut", "r5_shortcut", "r7_shortcut"]
    assert sum(hasattr(layer, "kernel") for layer in model.layers) - len(shortcuts) == 18


# ---- options


@pytest.mark.parametrize("name", list(MODELS))
def test_width_scales_the_network(name: str) -> None:
    assert parameter_count(narrow_in_bfloat16(name)) < 0.6 * parameter_count(small(name))


def test_the_narrowest_network_still_has_a_filter() -> None:
    model = seeded("inception", Options(width=1e-6))
    assert model.get_layer(CAM_LAYER).output.shape[-1] == 4


@pytest.mark.parametrize("pooling", [p for p in CHOICES["pooling"] if p != "max"])
@pytest.mark.parametrize("name", ["cnn5", "vgg16", "CIPIPF"])
def test_every_pooling_fits_and_gives_the_same_shapes(name: str, pooling: str) -> None:
    options = Options(width=0.125, pooling=pooling, weights="none")  # the shared one has "max"
    model, plain = seeded(name, options), small(name)
    assert model.get_layer(CAM_LAYER).output.shape == plain.get_layer(CAM_LAYER).output.shape
    assert np.isfinite(model(images(), training=True)).all()


@pytest.mark.parametrize("name", list(MODELS))
def test_without_batch_normalisation_there_is_none_and_biases_come_back(name: str) -> None:
    model = seeded(name, Options(width=0.125, batch_normalisation=False, weights="none"))
    kinds = [type(layer) for layer in model.layers]
    assert keras.layers.BatchNormalization not in kinds
    weighted = [layer for layer in model.layers if hasattr(layer, "kernel")]
    assert all(layer.use_bias for layer in weighted)


def test_weights_survive_a_file(tmp_path: Path) -> None:
    model = seeded("CPNCPNCPCFF")
    model.save_weights(tmp_path / "model.weights.h5")
    keras.utils.set_random_seed(9)
    other = build("CPNCPNCPCFF", SHAPE, CLASSES, SMALL)
    other.load_weights(tmp_path / "model.weights.h5")
    x = images()
    np.testing.assert_array_equal(model(x, training=False), other(x, training=False))


# ---- strings


def test_a_string_of_a_named_model_builds_that_model() -> None:
    cnn5 = parameter_count(small("cnn5"))
    assert parameter_count(seeded("CPCPCPFF")) == cnn5
    assert parameter_count(seeded("CPCPCP2F")) == cnn5
    assert parameter_count(seeded("CPCPCCPFF")) != cnn5


def test_what_is_neither_a_name_nor_a_string_is_refused() -> None:
    with pytest.raises(BadInput, match="named models are"):
        build("resnet50", SHAPE, CLASSES)


def test_too_many_poolings_for_the_image_are_refused() -> None:
    with pytest.raises(BadInput, match="position 7, 'P': too many poolings"):
        build("CPPPPPPF", SHAPE, CLASSES)


COUNT = st.sampled_from(["", "", "2", "3"])
LAYERS = st.lists(st.tuples(COUNT, st.sampled_from("CPNIR")), min_size=1, max_size=5)
VALID = st.tuples(LAYERS, st.sampled_from(["F", "2F", "FFF"])).filter(
    lambda drawn: any(letter in "CIR" for _, letter in drawn[0])
)


@settings(max_examples=15, deadline=None)
@given(VALID)
def test_any_valid_string_builds_or_has_too_many_poolings(
    drawn: tuple[list[tuple[str, str]], str],
) -> None:
    text = "".join(count + letter for count, letter in drawn[0]) + drawn[1]
    try:
        model = build(text, (16, 16, 1), 7, Options(width=0.05))
    except BadInput as error:
        assert "too many poolings" in str(error)  # noqa: PT017 - both endings are right
        return
    assert model.output.shape == (None, 7)
    assert len(model.get_layer(CAM_LAYER).output.shape) == 4
