"""Corrections of a whole data set, against scikit-image's function for one image in a loop."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import exposure, filters

from jobs.benchmarks.comparisons.faces import read_array
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.data.faces import SIDE
from orchestrator.preprocess.contrast import HALF_LEVEL, INNER, LIMIT, OUTER
from orchestrator.preprocess.exposure import CLIP, GAMMA, TILES
from orchestrator.preprocess.prepared import prepared

Image = NDArray[Any]
Correction = Callable[[Image], Image]

SAMPLE = 61
"""Every so many-th number is held against the other side's."""


def ours(variant: str, case: Case) -> Measured:
    """Into a file, as a first trial that asks for it finds none."""
    images = read_array(case)
    file = case.folder / f"{variant}.npy"
    file.unlink(missing_ok=True)
    with stopwatch() as watch:
        corrected = prepared(images, variant, file)
    return watch.measured(answer=_sample(corrected))


def scikit_image(correct: Correction, case: Case) -> Measured:
    """Into a file too, image by image."""
    images = read_array(case)
    with stopwatch() as watch:
        corrected = np.stack([correct(image).astype(np.float16) for image in images])
        np.save(case.folder / "theirs.npy", corrected)
    return watch.measured(answer=_sample(corrected))


def _sample(images: Image) -> list[float]:
    return [float(value) for value in np.asarray(images, np.float64).ravel()[:: SAMPLE * 97]]


def _clahe(image: Image) -> Image:
    return exposure.equalize_adapthist(image, kernel_size=SIDE // TILES, clip_limit=CLIP)


def _gamma(image: Image) -> Image:
    return exposure.adjust_gamma(image / np.float32(255), GAMMA)


def _difference(image: Image) -> Image:
    band = filters.difference_of_gaussians(image / np.float32(255), INNER, OUTER, mode="nearest")
    return np.clip((band - band.mean()) / max(band.std(), HALF_LEVEL), -LIMIT, LIMIT)


histogram, scikit_histogram = (
    partial(ours, "histogram"),
    partial(scikit_image, exposure.equalize_hist),
)
clahe, scikit_clahe = partial(ours, "clahe"), partial(scikit_image, _clahe)
gamma, scikit_gamma = partial(ours, "gamma"), partial(scikit_image, _gamma)
difference, scikit_difference = partial(ours, "dog"), partial(scikit_image, _difference)
