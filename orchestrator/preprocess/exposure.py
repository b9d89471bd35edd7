"""Corrections of exposure: each maps grey values to grey values between 0 and 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import exposure

from orchestrator.preprocess.adaptive_histogram import equalise
from orchestrator.preprocess.variant import intensities, levels

GRAYS = 256

GAMMA = 0.5
"""Ours. Tan & Triggs take 0.2, but restore the contrast it costs with a band-pass filter after it;
alone it would lift the faces' mean of 0.5 to 0.87 and leave little between there and white."""

TILES = 4
"""CLAHE's contextual regions along each side: 12 pixels of 48. Ours: scikit-image's default of 8
leaves 36 pixels to a histogram of 256 bins, too few to hold an eye or to say anything."""

CLIP = 0.03
"""No grey level may count for more than this share of a region's pixels. Ours: 4 of 144, seven
times its share in a flat histogram, where contrast grows and grain does not yet."""


def plain(images: NDArray[Any]) -> NDArray[np.float32]:
    """No correction: grey values divided by 255. Range [0, 1].

    Mollahosseini et al. 2016 (https://arxiv.org/abs/1511.04110) and Zhang et al. 2015 feed raw
    faces; it is the baseline of Shin, Kim & Kwon 2016.
    """
    return intensities(images)


def histogram(images: NDArray[Any]) -> NDArray[np.float32]:
    """Global histogram equalisation: a grey level becomes its rank. Range [0, 1].

    A pixel's new value is the share of the image's pixels that are at most as bright (Gonzalez &
    Woods, Digital Image Processing, section 3.3), so the brightest becomes 1 and the darkest the
    share of pixels as dark. Pramerdorfer & Kampel 2016 (https://arxiv.org/abs/1612.02903) and Yu &
    Zhang 2015 equalise every face; Shin, Kim & Kwon 2016 found it best with a small network.
    Invariant to every increasing change of grey values. Images of one grey level have nothing to
    equalise and stay as they are.
    """
    grays = levels(images)
    ranks = _shares(grays)
    uneven = grays.min(axis=(1, 2)) < grays.max(axis=(1, 2))
    return np.where(uneven[:, None, None], ranks, intensities(images))


def clahe(images: NDArray[Any], *, tiles: int = TILES, clip: float = CLIP) -> NDArray[np.float32]:
    """Contrast-limited adaptive histogram equalisation. Range [0, 1].

    Zuiderveld 1994 (Graphics Gems IV, p. 474): the histogram of each of `tiles` x `tiles` regions
    is equalised after cutting its peaks, and mappings of neighbouring regions are interpolated.
    As scikit-image does it, which also stretches each image to [0, 1] before and after. Images of
    one grey level stay as they are.
    """
    height, width = (max(1, side // tiles) for side in images.shape[1:])
    corrected, grays = intensities(images), levels(images)
    uneven = grays.min(axis=(1, 2)) < grays.max(axis=(1, 2))
    if uneven.any():
        corrected[uneven] = equalise(grays[uneven], (height, width), clip)
    return corrected


def gamma(images: NDArray[Any], *, exponent: float = GAMMA) -> NDArray[np.float32]:
    """Gamma correction: the square root of each intensity. Range [0, 1].

    The first step of Tan & Triggs 2010 (https://doi.org/10.1109/TIP.2010.2042645, section II-A): a
    power law lifts shadows and compresses highlights. Doubling the light multiplies the result by a
    constant.
    """
    if images.dtype == np.uint8:
        grays = np.arange(GRAYS, dtype=np.uint8)
        return exposure.adjust_gamma(intensities(grays), exponent).take(images)
    return exposure.adjust_gamma(intensities(images), exponent)


def _shares(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Each pixel's share of its image's pixels that are at most as bright.

    The same numbers as scikit-image's `equalize_hist` of each image, which takes a stack for one
    volume with one histogram; for faces of 48 pixels, nearly all of its time goes into calls.
    """
    flat = images.reshape(len(images), -1)
    first = np.arange(len(flat), dtype=np.int32)[:, None] * GRAYS
    places = flat + first
    counts = np.bincount(places.ravel(), minlength=len(flat) * GRAYS).reshape(-1, GRAYS)
    shares = (counts.cumsum(axis=1) / flat.shape[1]).astype(np.float32)
    return shares.ravel().take(places).reshape(images.shape)
