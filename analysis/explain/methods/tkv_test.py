"""Agreement with tf-keras-vis, an independent implementation, at the maps' own size.

Its default layer is the convolution before the normalisation, and its enlargement aligns corners:
neither is asked for here.
"""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from analysis.explain.maps import resize
from analysis.explain.methods import gradcam, gradcampp, layercam, scorecam
from analysis.explain.network import Network, directions
from orchestrator.models.catalogue import Options, build

if keras.backend.backend() != "tensorflow":
    pytest.skip("tf-keras-vis knows TensorFlow alone", allow_module_level=True)

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Please import `zoom`", DeprecationWarning)
    import tf_keras_vis.scorecam as theirs_scorecam
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.layercam import Layercam
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

pytestmark = pytest.mark.filterwarnings(
    "ignore:The structure of `inputs` doesn't match:UserWarning"  # theirs passes lists
)

TARGETS = [0, 3, 6, 2]
NATIVE = {
    "penultimate_layer": "cam",
    "seek_penultimate_conv_layer": False,
    "expand_cam": False,
    "normalize_cam": False,
}


NETS = ("cnn5", "vgg", "convnet4", "CPIIPF")
"""A dense head, convolutions alone, another normalisation, and modules of parallel paths."""


@pytest.fixture(scope="module", params=NETS)
def network(request):
    keras.utils.set_random_seed(5)
    model = build(request.param, (48, 48, 1), 7, Options(weights="none", width=0.25))
    rng = np.random.default_rng(2)
    for variable in model.weights:
        if len(variable.shape) == 1:
            variable.assign(rng.uniform(0.3, 1.2, variable.shape))
    return Network(model)


def images(n=4, side=48):
    return np.random.default_rng(1).random((n, side, side), np.float32)


def theirs(method, model, given, **more):
    reference = method(model, clone=False)(
        CategoricalScore(TARGETS), given[..., None], **NATIVE, **more
    )
    return np.asarray(reference)


def close(reference, expected, relative=1e-5):
    assert expected.max() > 0
    np.testing.assert_allclose(reference, expected, atol=relative * expected.max(), rtol=0)


def unit(values):
    return values / values.max(axis=(1, 2), keepdims=True)


def test_gradcam(network):
    ours = gradcam.maps(network, images(), directions(TARGETS, 7)).values
    close(ours, theirs(Gradcam, network.model, images()))


def test_layercam(network):
    ours = layercam.maps(network, images(), directions(TARGETS, 7)).values
    close(ours, theirs(Layercam, network.model, images()))


def test_gradcam_plus_plus(network):
    """Up to exp(score), and with theirs told to count places of positive gradient alone."""
    ours = gradcampp.maps(network, images(), directions(TARGETS, 7)).values
    other = theirs(GradcamPlusPlus, network.model, images(), gradient_modifier=keras.ops.relu)
    close(unit(ours), unit(other), 1e-4)


def test_gradcam_plus_plus_as_it_comes_after_a_global_average():
    network = Network(full_size())
    ours = gradcampp.maps(network, images(side=12), directions(TARGETS, 7)).values
    close(unit(ours), unit(theirs(GradcamPlusPlus, network.model, images(side=12))), 1e-4)


def full_size(pool=None):
    """Maps as large as the image, unless pooled."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((12, 12, 1))
    x = layers.Conv2D(9, 3, padding="same", strides=pool or 1)(inputs)
    x = layers.GlobalAveragePooling2D()(layers.ReLU(name="cam")(x))
    return keras.Model(inputs, layers.Dense(7, kernel_initializer="he_normal")(x))


@pytest.mark.parametrize("channels", [None, 9])
def test_scorecam_where_no_enlargement_is_needed(channels):
    network = Network(full_size())
    given = images(side=12)
    ours = scorecam.maps(network, given, directions(TARGETS, 7), channels, baseline=0.0).values
    close(ours, theirs(Scorecam, network.model, given), 1e-5)


def test_scorecam_with_theirs_enlarged_as_ours(monkeypatch):
    def half_pixel(activation, factor, **_):
        channels = np.moveaxis(np.asarray(activation), -1, 1)
        n, f, h, w = channels.shape
        large = resize(channels.reshape(-1, h, w), int(h * factor[1]), int(w * factor[2]))
        return np.moveaxis(large.reshape(n, f, *large.shape[1:]), 1, -1)

    monkeypatch.setattr(theirs_scorecam, "zoom", half_pixel)
    network = Network(full_size(pool=2))
    given = images(side=12)
    ours = scorecam.maps(network, given, directions(TARGETS, 7), baseline=0.0).values
    close(ours, theirs(Scorecam, network.model, given), 1e-5)


def test_scorecam_asks_only_about_the_channels_that_vary_most():
    """One image at a time: theirs joins the choices of a batch."""
    network = Network(full_size())
    given = images(n=1, side=12)
    ours = scorecam.maps(network, given, directions([3], 7), channels=4, baseline=0.0).values
    reference = Scorecam(network.model, clone=False)(
        CategoricalScore([3]), given[..., None], max_N=4, **NATIVE
    )
    close(ours, np.asarray(reference), 1e-5)
