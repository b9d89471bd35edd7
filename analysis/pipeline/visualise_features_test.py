"""What a worker sends is what the pictures get."""

import numpy as np

from analysis.pipeline.visualise_features import IdealGallery, LearnedFeatures

RNG = np.random.default_rng(0)


def floats(*shape):
    return RNG.random(shape, np.float32)


def test_arrays_names_and_order_survive_the_way():
    sent = LearnedFeatures(
        first="conv1",
        kernel=floats(3, 3, 1, 4),
        maps={"z": floats(2, 8, 8, 4), "a": floats(2, 4, 4, 6)},
        classes=IdealGallery(floats(2, 8, 8), floats(2), ("anger", "joy"), "logits"),
        last="a",
    )
    received = LearnedFeatures.from_bytes(sent.to_bytes())
    assert (received.first, received.last, received.skipped) == ("conv1", "a", "")
    assert list(received.maps) == ["z", "a"]
    np.testing.assert_array_equal(received.kernel, sent.kernel)
    np.testing.assert_array_equal(received.maps["z"], sent.maps["z"])
    np.testing.assert_array_equal(received.classes.images, sent.classes.images)
    assert (received.classes.names, received.classes.score) == (("anger", "joy"), "logits")
    assert received.filters is None


def test_a_net_without_convolutions_says_why():
    received = LearnedFeatures.from_bytes(LearnedFeatures(skipped="no convolution").to_bytes())
    assert (received.skipped, received.kernel, dict(received.maps)) == ("no convolution", None, {})
