import numpy as np
import pytest

from analysis.explain.maps import resize
from analysis.explain.methods import occlusion
from analysis.explain.methods.gradient_test import linear
from analysis.explain.network import Network
from analysis.explain.targets import directions


@pytest.fixture
def bright():
    """A dark image with a bright square, and a net that counts the light there."""
    image = np.zeros((1, 48, 48), np.float32)
    image[0, 20:24, 32:36] = 1
    weights = np.zeros((48, 48, 2), np.float32)
    weights[20:24, 32:36, 0] = 1
    return linear(weights), image


def test_painting_over_what_counts_costs_all_of_it(bright):
    network, image = bright
    losses = occlusion.maps(network, image, directions([0], 2))
    assert losses.values.shape == (1, 12, 12)
    mean = image.mean()
    # 16 bright pixels lose 1 - mean each, in the patch of the square's own cell
    assert losses.values[0, 5, 8] == pytest.approx(16 * (1 - mean), rel=1e-5)
    assert np.unravel_index(losses.values[0].argmax(), (12, 12)) == (5, 8)
    large = resize(losses.values, 48, 48)[0]
    row, column = np.unravel_index(large.argmax(), (48, 48))
    assert 20 <= row < 24
    assert 32 <= column < 36
    assert losses.values[0, :3].max() == 0


def test_of_a_linear_net_a_drop_is_the_patch_of_weight_times_distance_from_the_mean():
    weights = np.random.default_rng(0).normal(size=(16, 12, 3)).astype(np.float32)
    images = np.random.default_rng(1).random((4, 16, 12), np.float32)
    classes = [0, 2, 1, 1]
    losses = occlusion.drops(linear(weights), images, directions(classes, 3), patch=4, stride=2)
    away = images - images.mean(axis=(1, 2), keepdims=True)
    lost = weights[..., classes].transpose(2, 0, 1) * away
    assert losses.shape == (4, 8, 6)
    inside, edge = lost[:, 5:9, 3:7].sum(axis=(1, 2)), lost[:, 0:3, 9:12].sum(axis=(1, 2))
    np.testing.assert_allclose(losses[:, 3, 2], inside, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(losses[:, 0, 5], edge, rtol=1e-3, atol=1e-5)


def test_patches_are_centred_on_the_cells_of_the_grid():
    covered = occlusion.patches(48, 48, 8, 4)
    assert covered.shape == (12, 12, 48, 48)
    for cell in range(1, 11):
        rows = np.flatnonzero(covered[cell, 5].any(axis=1))
        assert len(rows) == 8
        assert rows.mean() == (cell + 0.5) * 4 - 0.5
    assert covered[0, 0].sum() == 36  # a quarter of 8 reaches over each edge
    assert covered.any(axis=(0, 1)).all()


def test_what_speaks_against_is_negative_in_a_contrast_only(bright):
    network, image = bright
    against = directions([1], 2, [0])
    assert occlusion.maps(network, image, against).values.max() == 0
    assert occlusion.contrast(network, image, against).values[0, 5, 8] < -15


def test_an_image_smaller_than_a_patch_has_one_cell():
    weights = np.ones((3, 3, 1), np.float32)
    image = np.float32([[[0, 0, 0], [0, 9, 0], [0, 0, 0]]])
    losses = occlusion.maps(linear(weights), image, [[1.0]])
    assert losses.values.shape == (1, 1, 1)
    assert losses.values.item() == pytest.approx(0, abs=1e-5)  # the mean holds the same light


def test_memory_is_bounded_whatever_the_number_of_images(monkeypatch):
    weights = np.random.default_rng(0).normal(size=(12, 12, 2)).astype(np.float32)
    network, images = linear(weights), np.random.default_rng(1).random((40, 12, 12), np.float32)
    scores = directions([0] * 40, 2)
    all_at_once = occlusion.drops(network, images, scores)
    sizes = []
    original = Network.logits

    def counted(self, some):
        sizes.append(len(some))
        return original(self, some)

    monkeypatch.setattr(Network, "logits", counted)
    monkeypatch.setattr(occlusion, "AT_ONCE", 30)
    np.testing.assert_allclose(occlusion.drops(network, images, scores), all_at_once, atol=1e-5)
    assert max(sizes) == 27  # nine patches of three images
