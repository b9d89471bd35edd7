"""Corrections of contrast: each image gets zero mean and unit standard deviation."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import filters

from orchestrator.preprocess.variant import intensities

INNER, OUTER = 1.0, 2.0
"""Standard deviations of the two Gaussians in pixels: the defaults of Tan & Triggs 2010."""

LIMIT = 10.0
"""Values are cut here, in standard deviations. Ours: it bounds what one hot pixel can do to a
network (48 without it); of FER2013's 66 million training pixels it touches six, all of them after
the difference of Gaussians."""

HALF_LEVEL = 0.5 / 255
"""Half a grey level: what rounding to 256 levels may hide."""


def standardise(images: NDArray[Any], *, limit: float = LIMIT) -> NDArray[np.float32]:
    """Per-image standardisation: (x - mean) / deviation. Range [-10, 10], mean 0, deviation 1.

    Textbook; invariant to doubling the light and to adding to it. The deviation is taken as at
    least 1 / sqrt(h w), 5.3 grey levels at 48x48, so that the noise of a nearly blank image is
    not blown up to a face's contrast (the convention of TensorFlow's
    `tf.image.per_image_standardization`); an image of one grey level becomes 0.
    """
    h, w = images.shape[1:]
    return _unit_deviation(intensities(images), floor=(h * w) ** -0.5, limit=limit)


def difference_of_gaussians(
    images: NDArray[Any],
    *,
    inner: float = INNER,
    outer: float = OUTER,
    floor: float = HALF_LEVEL,
    limit: float = LIMIT,
) -> NDArray[np.float32]:
    """What lies between two scales: G(inner) * x - G(outer) * x. Range [-10, 10], deviation 1.

    Tan & Triggs 2010 (https://doi.org/10.1109/TIP.2010.2042645, section II-B) and Shin, Kim & Kwon
    2016. Slow changes, most of the lighting, and pixel noise both go. Tan & Triggs correct gamma
    before and equalise contrast robustly after it; here the filter stands alone and its result is
    divided by the image's standard deviation, taken as at least half a grey level. Beyond the
    border the outermost pixel continues. Images of one grey level become 0.
    """
    band = filters.difference_of_gaussians(
        intensities(images), inner, outer, mode="nearest", channel_axis=0
    )
    return _unit_deviation(band, floor, limit)


def _unit_deviation(images: NDArray[np.float32], floor: float, limit: float) -> NDArray[np.float32]:
    mean = images.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    centred = images - mean
    deviation = np.sqrt(np.square(centred).mean(axis=(1, 2), keepdims=True))
    return np.clip(centred / np.maximum(deviation, floor), -limit, limit).astype(np.float32)
