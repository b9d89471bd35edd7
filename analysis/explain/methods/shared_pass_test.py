import keras
import numpy as np
import pytest
from keras import layers
from scipy.special import softmax

from analysis.explain.methods import gradcam, gradcampp, hirescam, layercam, scorecam
from analysis.explain.methods.catalogue import METHODS, WEIGHINGS
from analysis.explain.network import Network, directions

ACTIVATION = np.zeros((1, 2, 2, 2), np.float32)
ACTIVATION[0, ..., 0] = [[1, 2], [3, 4]]
ACTIVATION[0, ..., 1] = [[1, 0], [0, 1]]
GRADIENT = np.zeros((1, 1, 2, 2, 2), np.float32)
GRADIENT[0, 0, ..., 0] = [[1, 0], [-3, 0]]
GRADIENT[0, 0, ..., 1] = [[2, 2], [2, 2]]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # means -0.5 and 2
        (gradcam, [[1.5, -1], [-1.5, 0]]),
        (hirescam, [[3, 0], [-9, 2]]),
        (layercam, [[3, 0], [0, 2]]),
        # one place counts in the first channel: weight 1; four equal ones in the second: weight 2
        (gradcampp, [[3, 2], [3, 6]]),
    ],
)
def test_maps_of_two_channels_by_hand(method, expected):
    weighed = np.asarray(method.weigh(ACTIVATION, GRADIENT))
    np.testing.assert_allclose(weighed, [[expected]], atol=1e-6)


def test_gradcam_plus_plus_weighs_strong_gradients_less_than_their_share():
    """Gradients 1 and 3 under a total of 2: alphas 1/4 and 1/8, so 2/3 and 1/3 of the channel."""
    activation = np.ones((1, 1, 2, 1), np.float32)
    gradient = np.array([1, 3], np.float32).reshape(1, 1, 1, 2, 1)
    weighed = np.asarray(gradcampp.weigh(activation, gradient))
    np.testing.assert_allclose(weighed.ravel(), [2 / 3 + 1, 2 / 3 + 1], rtol=1e-6)


def tiny(seed=0):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((12, 12, 1))
    x = layers.Conv2D(5, 3, strides=2, padding="same", name="conv")(inputs)
    x = layers.Flatten()(layers.ReLU(name="cam")(x))
    return Network(keras.Model(inputs, layers.Dense(3)(x)))


def images(n=5):
    return np.random.default_rng(3).random((n, 12, 12), np.float32)


def cam_maps(network, images, scores, names=tuple(WEIGHINGS)):
    """Name -> rectified maps (n, h', w') out of one pass."""
    _, values = network.weighed(images, scores, [WEIGHINGS[name] for name in names])
    return {name: np.maximum(maps, 0) for name, maps in zip(names, values, strict=True)}


def test_one_pass_gives_what_each_method_gives_alone_and_the_predictions():
    network, scores = tiny(), directions([0, 1, 2, 1, 0], 3)
    logits, _ = network.weighed(images(), scores, list(WEIGHINGS.values()))
    several = cam_maps(network, images(), scores)
    np.testing.assert_allclose(logits, network.logits(images()), atol=1e-6)
    assert set(several) == {"gradcam", "gradcam++", "hirescam", "layercam"}
    for name, values in several.items():
        expected = METHODS[name].maps(network, images(), scores)
        np.testing.assert_allclose(values, expected.values, atol=1e-6)
        assert expected.layer == "cam"


def test_maps_are_rectified_of_one_class_and_of_all():
    network = tiny()
    kernel = network.model.layers[-1].kernel
    kernel.assign(-np.abs(kernel.numpy()))
    _, every = network.weighed_all(images(), [gradcam.WEIGHING, hirescam.WEIGHING])
    assert all(maps.shape == (5, 3, 6, 6) and maps.max() <= 0 for maps in every)
    for method in (gradcam, hirescam):
        assert not method.maps(network, images(), directions([0, 1, 2, 1, 0], 3)).values.any()
    assert gradcam.contrast(network, images(), directions([0] * 5, 3)).values.min() < 0


def test_scorecam_weighs_each_channel_by_the_answer_to_what_it_shows():
    network, given = tiny(), images(2)
    activation = network.activation(given)
    expected = np.zeros((2, 6, 6), np.float32)
    for i in range(2):
        for f in range(5):
            mask = activation[i, :, :, f]
            mask = np.asarray(keras.ops.image.resize(mask[None, ..., None], (12, 12), "bilinear"))[
                0, ..., 0
            ]
            mask = (mask - mask.min()) / max(mask.max() - mask.min(), 1e-7)
            answers = softmax(network.logits((given[i] * mask)[None]))[0]
            expected[i] += (answers[1] - answers[2]) * activation[i, :, :, f]
    scores = directions([1, 1], 3, against=[2, 2])
    signed = scorecam.contrast(network, given, scores, baseline=0.0).values
    rectified = scorecam.maps(network, given, scores, baseline=0.0).values
    np.testing.assert_allclose(signed, expected, atol=1e-5)
    np.testing.assert_allclose(rectified, np.maximum(expected, 0), atol=1e-5)


def test_scorecam_chooses_channels_for_each_image_by_itself():
    network, scores = tiny(), directions([0, 1, 2, 1, 0], 3)
    given = images() * np.linspace(0.2, 3, 5, dtype=np.float32)[:, None, None]
    few = scorecam.maps(network, given, scores, channels=2).values
    one = scorecam.maps(network, given[2:3], scores[2:3], channels=2).values
    np.testing.assert_allclose(few[2:3], one, atol=1e-6)
    assert not np.allclose(few, scorecam.maps(network, given, scores).values, rtol=0.01)


def test_scorecam_shows_the_baseline_where_a_channel_is_silent():
    """Images that are the baseline everywhere get the same answer whatever is masked."""
    network = tiny()
    given = np.full((1, 12, 12), 0.25, np.float32)
    weighed = scorecam.contrast(network, given, directions([1], 3), baseline=0.25).values
    answers = softmax(network.logits(given))[0, 1]
    np.testing.assert_allclose(
        weighed[0], answers * network.activation(given)[0].sum(axis=-1), rtol=1e-5
    )


def test_scorecam_passes_no_silent_channel_and_takes_no_images():
    network = tiny()
    network.model.get_layer("conv").kernel.assign(
        -np.abs(network.model.get_layer("conv").kernel.numpy())
    )
    values = scorecam.maps(network, images(3), directions([0, 1, 2], 3)).values
    assert np.all(values == 0)
    none = scorecam.maps(network, images(0), np.zeros((0, 3))).values
    assert none.shape == (0, 6, 6)
