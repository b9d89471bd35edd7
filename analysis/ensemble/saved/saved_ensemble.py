"""From pixels to calibrated probabilities, the members' preprocessing included."""

import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from analysis.ensemble.saved import keras_export
from analysis.ensemble.saved.contents import Contents
from orchestrator.errors import BadInput
from orchestrator.preprocess import VARIANTS
from orchestrator.training.on_tensorflow.pixels import as_pixels

Floats = NDArray[np.float32]


class SavedEnsemble:
    """Members, their preprocessing and their combination.

    Attributes:
        contents: what was saved.
        models: member -> its net, (n, h, w, 1) float32 as its preprocessing gives it -> (n, k)
            logits.
    """

    def __init__(self, contents: Contents, models: Mapping[str, keras.Model]) -> None:
        self.contents = contents
        self.models = models

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.contents.classes

    @property
    def members(self) -> tuple[str, ...]:
        """The trials in it, the one with the largest coefficient first."""
        return self.contents.recipe.members

    def predict(self, images: NDArray[np.uint8], flip: bool = False, batch: int = 256) -> Floats:
        """(n, h, w) or (n, h, w, 1) uint8 -> (n, k) calibrated probabilities.

        Args:
            images: gray faces as they are: the members' preprocessing is done here.
            flip: average each member's probabilities with those of the mirrored images, before
                they are combined (test-time augmentation): twice the time. The temperature was
                fitted without.
            batch: images at once.

        Raises:
            BadInput: for images of another type or shape.
        """
        each = self.member_probabilities(images, flip, batch)
        return self.contents.recipe.apply(each).astype(np.float32)

    def member_probabilities(
        self, images: NDArray[np.uint8], flip: bool = False, batch: int = 256
    ) -> Floats:
        """Likewise -> (m, n, k), each member's own, neither combined nor calibrated."""
        pixels = self._checked(images)
        each = self._each(pixels, batch)
        return (each + self._each(pixels[:, :, ::-1], batch)) / np.float32(2) if flip else each

    def names(self, images: NDArray[np.uint8], flip: bool = False) -> NDArray[np.str_]:
        """(n,) the likeliest class of each image, by name."""
        likeliest = self.predict(images, flip).argmax(axis=1)
        names: NDArray[np.str_] = np.array(self.classes)[likeliest]
        return names

    def export(self, path: str | os.PathLike[str]) -> str | None:
        """Write everything as one Keras model; see `keras_export.write`."""
        return keras_export.write(self.contents, self.models, path)

    def _each(self, pixels: NDArray[np.uint8], batch: int) -> Floats:
        each = np.empty((len(self.members), len(pixels), len(self.classes)), np.float32)
        for first in range(0, len(pixels), batch):
            rows = slice(first, first + batch)
            prepared: dict[str, Any] = {}
            for i, trial in enumerate(self.members):
                variant = self.contents.configs[trial].preprocessing
                if variant not in prepared:
                    prepared[variant] = as_pixels(_corrected(pixels[rows], variant))
                logits = self.models[trial].predict_on_batch(prepared[variant])
                each[i, rows] = ops.convert_to_numpy(ops.softmax(logits))
        return each

    def _checked(self, images: NDArray[Any]) -> NDArray[np.uint8]:
        images = np.asarray(images)
        size = self.contents.size
        given = f"images are {images.dtype} {images.shape}"
        expected = f"expected uint8 (n, {size[0]}, {size[1]}), 0 black to 255 white"
        if images.dtype != np.uint8:
            advice = "multiply images in [0, 1] by 255, round and convert them"
            raise BadInput(f"{given}; {expected}: {advice}")
        flat = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
        if flat.ndim != 3 or flat.shape[1:] != size:
            raise BadInput(
                f"{given}; {expected}: gray faces of that size, a single one as (1, ...)"
            )
        return flat


def _corrected(images: NDArray[np.uint8], variant: str) -> NDArray[Any]:
    """As in training: bytes if plain, else rounded to float16."""
    return images if variant == "plain" else VARIANTS[variant](images).astype(np.float16)
