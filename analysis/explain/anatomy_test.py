"""Small nets put together in every way that Keras has; each is seen by running it once."""

import keras
import pytest
from keras import layers

from analysis.explain.anatomy import (
    cam_layer,
    check_precision,
    image_shape,
    run_once,
    shifting_head,
)
from orchestrator.errors import BadInput

SHAPE = (8, 8, 1)


def net(*middle, end=None):
    """A convolution, what stands between, three logits."""
    parts = [layers.Conv2D(4, 3, padding="same", name="first"), *middle]
    return keras.Sequential([keras.Input(SHAPE), *parts, end or layers.Dense(3, name="logits")])


def chosen(model, wanted=None, usual="cam"):
    uses, _ = run_once(model, SHAPE)
    layer = cam_layer(model, uses, wanted, usual)
    return layer and layer.name


def test_a_model_says_how_large_its_images_are():
    assert image_shape(net(layers.Flatten())) == SHAPE
    anything = keras.Input((None, None, 1))
    with pytest.raises(BadInput, match="does not say how large its images are"):
        image_shape(keras.Model(anything, layers.GlobalMaxPooling2D()(anything)))


def test_the_maps_are_those_before_what_only_passes_them_on():
    after = [layers.Activation("relu", name="act"), layers.MaxPooling2D(), layers.Dropout(0.5)]
    assert chosen(net(*after, layers.Flatten())) == "act"
    assert chosen(net(layers.MaxPooling2D(), layers.Flatten())) == "first"


def test_a_layer_of_the_usual_name_comes_first_and_a_wanted_one_before_it():
    model = net(
        layers.ReLU(name="cam"), layers.Conv2D(2, 3, name="second"), layers.Flatten(name="flat")
    )
    assert chosen(model) == "cam"
    assert chosen(model, usual="nothing is called so") == "second"
    assert chosen(model, wanted="first") == "first"
    with pytest.raises(BadInput, match=r"no layer is called third; layers with maps: first, cam"):
        chosen(model, wanted="third")


def test_maps_of_one_cell_are_the_last_choice_and_without_convolutions_there_are_none():
    pooled = net(layers.Conv2D(4, 8, name="one_cell"), layers.Flatten())  # 8x8 -> 1x1
    assert chosen(pooled) == "first"
    plain = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(3)])
    assert chosen(plain) is None


def head(model, name="first"):
    uses, _ = run_once(model, SHAPE)
    made = shifting_head(uses, model.get_layer(name))
    return made and [layer.name for layer in made]


def test_a_head_is_what_follows_up_to_the_first_dense_layer_if_all_of_it_is_plain():
    pool, flat = layers.MaxPooling2D(name="pool"), layers.Flatten(name="flat")
    assert head(net(pool, flat)) == ["pool", "flat", "logits"]
    assert head(net(layers.ReLU(), layers.Flatten())) is None  # it cuts off what is below 0
    relu = layers.Dense(3, activation="relu")
    assert head(net(layers.Flatten(), end=relu)) is None
    twice = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3, name="first")(twice)
    both = layers.Concatenate()([layers.Flatten()(maps), layers.GlobalMaxPooling2D()(maps)])
    assert head(keras.Model(twice, layers.Dense(3)(both))) is None  # two ways lead on


def test_another_precision_than_float32_is_refused_by_name():
    check_precision(net(layers.Flatten()))
    half = net(layers.Flatten(), end=layers.Dense(3, dtype="mixed_bfloat16"))
    with pytest.raises(BadInput, match="computes in bfloat16; explanations need float32"):
        check_precision(half)
