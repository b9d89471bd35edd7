import keras
import numpy as np
from keras import layers

from analysis.explain.methods import gradient, smoothgrad
from analysis.explain.network import Network
from analysis.explain.targets import directions


def squares(side=8):
    """A net whose only logit is the sum of squared pixels."""
    given = layers.Input((side, side, 1))
    squared = layers.Flatten()(layers.Multiply()([given, given]))
    net = keras.Model(given, layers.Dense(1, use_bias=False)(squared))
    net.set_weights([np.ones((side * side, 1))])
    return Network(net)


def test_it_is_the_gradient_averaged_over_the_noisy_copies():
    images = np.random.default_rng(0).random((2, 8, 8), np.float32)
    smoothed = smoothgrad.maps(squares(), images, directions([0, 0], 1), samples=5, sigma=0.3)
    copies = smoothgrad.noisy(images, 5, 0.3, smoothgrad.SEED)
    # d sum x^2 / dx = 2 x, so the mean gradient is twice the mean copy
    np.testing.assert_allclose(smoothed.values, np.abs(2 * copies.mean(axis=1)), rtol=1e-5)
    assert np.abs(smoothed.values - 2 * images).max() > 0.1


def test_without_noise_it_is_the_gradient():
    images = np.random.default_rng(1).random((2, 8, 8), np.float32)
    given = squares(), images, directions([0, 0], 1)
    np.testing.assert_allclose(
        smoothgrad.maps(*given, sigma=0).values, gradient.maps(*given).values, rtol=1e-6
    )


def test_the_noise_is_a_share_of_each_images_own_range():
    dull = np.zeros((48, 48), np.float32)
    dull[:24] = 0.5
    images = np.stack([dull, 4 * dull, 0 * dull])
    noise = smoothgrad.noisy(images, 20, 0.1, seed=0) - images[:, None]
    np.testing.assert_allclose(noise.std(axis=(1, 2, 3)), [0.05, 0.2, 0], rtol=0.02)
    assert np.abs(noise.mean(axis=(1, 2, 3))).max() < 2e-3


def test_noise_follows_from_the_image_and_the_seed_alone():
    images = np.random.default_rng(2).random((3, 8, 8), np.float32)
    noise = smoothgrad.noisy(images, 2, 0.1, seed=0)
    np.testing.assert_array_equal(smoothgrad.noisy(images[[2]], 2, 0.1, seed=0)[0], noise[2])
    assert (smoothgrad.noisy(images, 2, 0.1, seed=1) != noise).all(axis=(1, 2, 3)).all()
    added = noise - images[:, None]
    assert abs(np.corrcoef(added[0].ravel(), added[1].ravel())[0, 1]) < 0.3  # not one for all
