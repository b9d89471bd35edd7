"""From pixels to calibrated probabilities, the members' preprocessing included."""

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from analysis.backends import catalogue
from analysis.backends.backend import Program, Tensor
from analysis.ensemble.saved import keras_export
from analysis.ensemble.saved.contents import Contents
from analysis.explain.targets import pixels
from orchestrator.errors import BadInput
from orchestrator.models.views import images_at_once, scores
from orchestrator.preprocess import VARIANTS

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
        self._backend = catalogue.current()
        self._programs = {trial: self._program(trial) for trial in models}

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.contents.classes

    @property
    def members(self) -> tuple[str, ...]:
        """The trials in it, the one with the largest coefficient first."""
        return self.contents.recipe.members

    def predict(
        self, images: NDArray[np.uint8], flip: bool = False, batch: int | None = None
    ) -> Floats:
        """(n, h, w) or (n, h, w, 1) uint8 -> (n, k) calibrated probabilities.

        Each member is asked about the views that its configuration names, as in its sweep.

        Args:
            images: gray faces as they are: the members' preprocessing is done here.
            flip: average each member's probabilities with those of the mirrored images, before
                they are combined (test-time augmentation): twice the time. The temperature was
                fitted without.
            batch: images at once; None: as many as the device is good for.

        Raises:
            BadInput: for images of another type or shape.
        """
        each = self.member_probabilities(images, flip, batch)
        return self.contents.recipe.apply(each).astype(np.float32)

    def member_probabilities(
        self, images: NDArray[np.uint8], flip: bool = False, batch: int | None = None
    ) -> Floats:
        """Likewise -> (m, n, k), each member's own, neither combined nor calibrated."""
        faces = self._checked(images)
        each = self._each(faces, batch)
        return (each + self._each(faces[:, :, ::-1], batch)) / np.float32(2) if flip else each

    def names(self, images: NDArray[np.uint8], flip: bool = False) -> NDArray[np.str_]:
        """(n,) the likeliest class of each image, by name."""
        likeliest = self.predict(images, flip).argmax(axis=1)
        names: NDArray[np.str_] = np.array(self.classes)[likeliest]
        return names

    def export(self, path: str | os.PathLike[str]) -> str | None:
        """Write everything as one Keras model; see `keras_export.write`."""
        return keras_export.write(self.contents, self.models, path)

    def _each(self, faces: NDArray[np.uint8], batch: int | None) -> Floats:
        each = np.empty((len(self.members), len(faces), len(self.classes)), np.float32)
        size = batch or self._images_at_once(len(faces))
        for first in range(0, len(faces), size):
            rows = slice(first, first + size)
            prepared: dict[str, Floats] = {}
            for i, trial in enumerate(self.members):
                variant = self.contents.configs[trial].preprocessing
                if variant not in prepared:
                    prepared[variant] = pixels(_corrected(faces[rows], variant), 1)
                (each[i, rows],) = self._programs[trial](prepared[variant], rows=size)
        return each

    def _images_at_once(self, images: int) -> int:
        views = {self.contents.configs[trial].views for trial in self.members}
        return min(images_at_once(self._backend.batch_rows(images), each) for each in views)

    def _program(self, trial: str) -> Program:
        model, views = self.models[trial], self.contents.configs[trial].views
        steps = partial(_probabilities, model, views)
        return self._backend.compiled(steps, [(*self.contents.size, 1)], model.variables)

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


def _probabilities(model: keras.Model, views: str, given: Tensor) -> tuple[Tensor]:
    return (ops.softmax(scores(partial(model, training=False), given, views)),)


def _corrected(images: NDArray[np.uint8], variant: str) -> NDArray[Any]:
    """As in training: bytes if plain, else rounded to float16."""
    return images if variant == "plain" else VARIANTS[variant](images).astype(np.float16)
