"""Many images at once are what scikit-image makes of each, bit for bit."""

import numpy as np
import pytest
from skimage import exposure

from orchestrator.preprocess.adaptive_histogram import AT_ONCE, equalise

RNG = np.random.default_rng(0)


def smooth(n, h, w):
    """Images with large even areas, whose histograms have to be cut."""
    rows, columns = np.arange(h)[:, None] / h, np.arange(w)[None, :] / w
    waves = [np.sin(3 * i * rows + 2 * columns) for i in range(1, n + 1)]
    return np.array([np.uint8(120 + 60 * wave) for wave in waves])


@pytest.mark.parametrize("clip", [0.0, 0.01, 0.03, 0.3, 1.0])
@pytest.mark.parametrize(
    ("shape", "region"),
    [((48, 48), (12, 12)), ((30, 41), (7, 10)), ((9, 8), (2, 3)), ((5, 5), (1, 1))],
)
def test_every_image_is_bit_for_bit_what_scikit_image_makes_of_it(shape, region, clip):
    images = np.concatenate(
        [
            RNG.integers(0, 256, (3, *shape), dtype=np.uint8),
            RNG.integers(100, 104, (3, *shape), dtype=np.uint8),
            smooth(3, *shape),
        ]
    )
    expected = [exposure.equalize_adapthist(i, kernel_size=region, clip_limit=clip) for i in images]
    np.testing.assert_array_equal(equalise(images, region, clip), np.array(expected))


def test_images_do_not_depend_on_their_company():
    images = RNG.integers(0, 256, (AT_ONCE + 3, 12, 12), dtype=np.uint8)
    together = equalise(images, (3, 3), 0.03)
    np.testing.assert_array_equal(together[-2:], equalise(images[-2:], (3, 3), 0.03))
