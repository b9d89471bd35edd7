"""What a preprocessing variant is, and the two ways in which it may look at a pixel."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Variant:
    """A deterministic correction that treats each image by itself.

    Calling it maps (n, h, w), uint8 or float32 in [0, 1], to (n, h, w) float32 and leaves its
    input alone.

    Attributes:
        compute: the function; its keyword defaults are the variant's parameters.
        bounds: no value of the result lies outside.
        version: to be raised when `compute` changes its results though its parameters stay, so
            that what was stored before is computed again.
    """

    compute: Callable[..., NDArray[np.float32]]
    bounds: tuple[float, float]
    version: int = 1

    def __call__(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """The images after the correction, (n, h, w) float32 within `bounds`.

        Raises:
            TypeError: for anything but a stack of uint8 or floating-point images.
        """
        if images.ndim != 3 or not (images.dtype == np.uint8 or images.dtype.kind == "f"):
            raise TypeError(
                f"images are {images.shape} {images.dtype}; expected (n, h, w) uint8, or floating "
                "point in [0, 1]"
            )
        if not len(images):
            return np.zeros(images.shape, np.float32)
        return self.compute(images)

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameter -> its value."""
        parameters = inspect.signature(self.compute).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not p.empty}


def intensities(images: NDArray[Any]) -> NDArray[np.float32]:
    """Pixels on the scale from 0 (black) to 1 (white), (n, h, w) float32, always a new array."""
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    return images.astype(np.float32)


def levels(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Pixels as 256 grey levels, (n, h, w) uint8; intensities in [0, 1] are rounded."""
    if images.dtype == np.uint8:
        return images
    return np.rint(images * 255).astype(np.uint8)
