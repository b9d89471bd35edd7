"""Drawn faces for this folder's tests: no picture of a person."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def face() -> NDArray[np.uint8]:
    """(48, 48): an oval with eyes, brows and a mouth on a gray ground, between 40 and 200."""
    row, column = np.mgrid[:48, :48]
    image = np.full((48, 48), 70, np.uint8)
    image[((row - 24) / 21) ** 2 + ((column - 24) / 16) ** 2 < 1] = 160
    image[12:14, 13:21] = image[12:14, 27:35] = 60
    image[17:20, 15:20] = image[17:20, 28:33] = 40
    image[34:37, 17:31] = 90
    image[24:30, 23:26] = 200
    return image


@pytest.fixture
def faces(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(7, 48, 48): the face, darker, lit from the side, noisy; black, gray, one white pixel."""
    side = np.linspace(0.3, 1.2, 48)
    noise = np.random.default_rng(0).normal(0, 15, face.shape)
    hot = np.zeros_like(face)
    hot[20, 30] = 255
    images: list[NDArray[Any]] = [
        face,
        face // 4,
        face * side,
        face + noise,
        np.zeros_like(face),
        np.full_like(face, 130),
        hot,
    ]
    return np.stack([np.clip(image, 0, 255).astype(np.uint8) for image in images])
