"""Ideal images: better than any noise, smooth, repeatable, and of the pattern that was planted."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import layers
from scipy.signal import correlate2d
from skimage.transform import resize

from analysis.explain.network import Network, NoConvolution
from analysis.features.maximisation import Settings, ideal_classes, ideal_filters
from orchestrator.data import synthetic
from orchestrator.errors import BadInput
from orchestrator.models.catalogue import Options, build

QUICK = Settings(steps=96)
BAR = np.pad(np.ones((3, 7)), ((2, 2), (0, 0))) - 3 / 7
CORNER = np.pad(np.ones((3, 3)), ((0, 4), (0, 4))) - 9 / 49


def roughness(images):
    """Mean absolute difference of neighbouring pixels, down and across, (m,)."""
    down, across = np.diff(images, axis=1), np.diff(images, axis=2)
    return np.abs(down).mean(axis=(1, 2)) + np.abs(across).mean(axis=(1, 2))


def likeness(image, pattern):
    """Correlation of the pattern with the place of the image that is most like it."""
    pattern = (pattern - pattern.mean()) / pattern.std()
    ones = np.ones_like(pattern) / pattern.size
    mean = correlate2d(image, ones, "valid")
    spread = np.sqrt(np.maximum(correlate2d(image**2, ones, "valid") - mean**2, 1e-6))
    return (correlate2d(image, pattern / pattern.size, "valid") / spread).max()


def planted(*patterns, side=24):
    """A net whose filters, and classes, are these patterns; a class counts its best place."""
    inputs = keras.Input((side, side, 1))
    kernel = np.stack(patterns, axis=-1)[:, :, None]
    x = layers.Conv2D(len(patterns), 7, padding="valid", name="c1")(inputs)
    x = layers.ReLU(name="cam")(x)
    x = layers.GlobalMaxPooling2D()(x)
    model = keras.Model(inputs, layers.Dense(len(patterns), name="logits")(x))
    model.get_layer("c1").set_weights([kernel, np.zeros(len(patterns))])
    model.get_layer("logits").set_weights([np.eye(len(patterns)), np.zeros(len(patterns))])
    return Network(model)


@pytest.fixture(scope="module")
def net():
    """A net that has learned something: untrained ones answer to noise as well as to anything."""
    drawn = synthetic.draw(1400, seed=1)
    keras.utils.set_random_seed(0)
    model = build("cnn5", (48, 48, 1), 7, Options(width=0.125, dropout=0.0))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    images = drawn.images[..., None] / np.float32(255)
    model.fit(images, drawn.labels, batch_size=64, epochs=4, verbose=0)
    ideals = Network(model)
    assert (ideals.logits(drawn.images).argmax(axis=1) == drawn.labels).mean() > 0.4
    return ideals


@pytest.fixture(scope="module")
def others():
    """Drawn faces and smooth noise. (Some channels like noise pixel by pixel still better.)"""
    blocks = np.random.default_rng(1).random((300, 8, 8), np.float32)
    smooth = np.stack([resize(block, (48, 48), order=3, mode="reflect") for block in blocks])
    faces = synthetic.draw(300, seed=2).images / np.float32(255)
    return np.concatenate([faces, smooth.clip(0, 1)]).astype(np.float32)


@pytest.fixture(scope="module")
def classes(net):
    return ideal_classes(net)


def test_classes_score_far_above_their_start_and_any_other_image(net, classes, others):
    logits = net.logits(others)
    best = (logits - logits.mean(axis=1, keepdims=True)).max(axis=0)
    assert classes.images.shape == (7, 48, 48)
    assert (classes.scores > best).all()
    assert np.median(classes.scores / best) > 1.8
    assert (classes.scores > classes.start + 3).all()


def test_scores_are_those_of_the_images_that_are_returned(net, classes):
    logits = net.logits(classes.images)
    own = logits[np.arange(7), np.arange(7)] - logits.mean(axis=1)
    np.testing.assert_allclose(classes.scores, own, rtol=1e-4, atol=1e-4)
    assert (logits.argmax(axis=1) == np.arange(7)).all()


def test_images_are_in_range_and_smooth(classes):
    assert classes.images.dtype == np.float32
    assert classes.images.min() >= 0
    assert classes.images.max() <= 1
    # noise has 0.67, photographs of faces about 0.1
    assert (roughness(classes.images) < 0.15).all()


def test_planted_patterns_are_found():
    ideals = ideal_classes(planted(BAR, CORNER), settings=QUICK)
    noise = np.random.default_rng(2).random((24, 24))
    for own, other in ((0, 1), (1, 0)):
        pattern, image = (BAR, CORNER)[own], ideals.images[own]
        assert likeness(noise, pattern) < 0.7
        assert likeness(image, pattern) > 0.8
        assert likeness(image, pattern) > likeness(ideals.images[other], pattern)


def test_filters_score_far_above_their_start_and_any_other_image(net, others):
    ideals = ideal_filters(net, settings=dataclasses.replace(QUICK, steps=128))
    activation = net.taps(others, np.zeros((len(others), 7))).activation
    best = activation.mean(axis=(1, 2)).max(axis=0)
    assert ideals.images.shape == (8, 48, 48)
    assert ideals.wanted.tolist() == list(range(8))
    assert ideals.objective == "mean of the channel's map in cam"
    assert (ideals.scores > best).all()
    assert np.median(ideals.scores / best) > 1.25
    assert (ideals.scores > 1.1 * ideals.start).all()
    assert np.median(ideals.scores / ideals.start) > 2


def test_a_silent_channel_is_led_out():
    silent = planted(BAR, CORNER)
    kernel, _ = silent.model.get_layer("c1").get_weights()
    silent.model.get_layer("c1").set_weights([kernel, np.array([-1.5, -1.5])])
    ideals = ideal_filters(silent, settings=dataclasses.replace(QUICK, steps=192))
    np.testing.assert_array_equal(ideals.start, 0)
    assert (ideals.scores > 0).all()


def test_each_image_is_its_own_search(net):
    short = dataclasses.replace(QUICK, steps=32)
    together = ideal_filters(net, "c1_relu", [3, 2], short)
    alone = ideal_filters(net, "c1_relu", [2], short)
    assert together.wanted.tolist() == [3, 2]
    np.testing.assert_allclose(alone.images[0], together.images[1], atol=0.02)
    np.testing.assert_allclose(alone.scores[0], together.scores[1], rtol=0.02)


def test_the_seed_decides(net):
    one, same, other = (
        ideal_classes(net, [3], dataclasses.replace(QUICK, steps=8, seed=seed))
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.images, same.images)
    assert np.abs(one.images - other.images).max() > 0.05


def test_variation_smooths_and_gray_pales(net):
    def ideals(**changes):
        return ideal_classes(net, [0, 1], dataclasses.replace(QUICK, steps=48, **changes)).images

    assert (roughness(ideals(variation=2.0)) < 0.7 * roughness(ideals(variation=0.0))).all()
    assert ideals(gray=5.0).std() < 0.7 * ideals(gray=0.0).std()


def test_searching_changes_nothing_and_does_without_steps(net):
    before = [w.copy() for w in net.model.get_weights()]
    ideals = ideal_classes(net, [0], Settings(steps=0))
    np.testing.assert_array_equal(ideals.scores, ideals.start)
    for was, now in zip(before, net.model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


def test_no_wish_gives_no_image(net):
    assert ideal_filters(net, channels=[]).images.shape == (0, 48, 48)


def test_what_is_not_there_is_named(net):
    with pytest.raises(BadInput, match="no class 7; the net has class 0 to 6"):
        ideal_classes(net, [7])
    with pytest.raises(BadInput, match="no channel -1"):
        ideal_filters(net, channels=[-1])
    with pytest.raises(BadInput, match=r"layer logits of .* gives no maps; with maps: c1, c1_bn"):
        ideal_filters(net, "logits")
    inputs = keras.Input((8, 8, 1))
    plain = Network(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs))))
    with pytest.raises(NoConvolution):
        ideal_filters(plain)
    assert ideal_classes(plain, settings=QUICK).images.shape == (2, 8, 8)
