"""What a net is asked: images as it takes them, and which scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orchestrator.errors import BadInput

Floats = NDArray[np.float32]

RULES = ("prediction", "label", "contrast")
"""Which score of an image is explained; see `target_rules`."""


def pixels(images: NDArray[Any], channels: int) -> Floats:
    """(n, h, w) as a variant gives them -> (n, h, w, c) float32; bytes become 0 to 1."""
    scale = np.float32(1 / 255) if images.dtype == np.uint8 else np.float32(1)
    gray = images.astype(np.float32) * scale
    return np.repeat(gray[..., None], channels, axis=-1)


def directions(targets: ArrayLike, classes: int, against: ArrayLike | None = None) -> Floats:
    """(n, k) factors of the logits: +1 at each target, -1 at the class that it is held against.

    Where both are the same class, only the target's own score is explained.
    """
    wanted = np.asarray(targets, np.int64)
    scores = np.eye(classes, dtype=np.float32)[wanted]
    if against is not None:
        other = np.asarray(against, np.int64)
        differ = (other != wanted)[:, None]
        scores = scores - np.eye(classes, dtype=np.float32)[other] * differ
    return scores


@dataclass(frozen=True)
class TargetRule:
    """Which score of which images is explained.

    Attributes:
        name: one of `RULES`.
        places: (n,) which of the images.
        targets: (n,) classes.
        against: (n,) classes that a contrast holds them against.
    """

    name: str
    places: NDArray[np.int64]
    targets: NDArray[np.uint8]
    against: NDArray[np.uint8] | None = None


def target_rules(predictions: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Iterator[TargetRule]:
    """Every image at its prediction; a wrong one at its label too, and at their contrast."""
    yield TargetRule("prediction", np.arange(len(labels)), predictions)
    wrong = np.flatnonzero(predictions != labels)
    if len(wrong):
        yield TargetRule("label", wrong, labels[wrong])
        yield TargetRule("contrast", wrong, predictions[wrong], labels[wrong])


def check_given(
    shape: tuple[int, ...], classes: int, images: NDArray[Any], *scores: Floats
) -> None:
    """Hold questions against what the net takes: (h, w, c) and k.

    Raises:
        BadInput: where they do not fit.
    """
    if images.shape[1:] != shape[:2]:
        raise BadInput(f"images are {images.shape}; this net expects (n, {shape[0]}, {shape[1]})")
    for factors in scores:
        if factors.shape != (len(images), classes):
            raise BadInput(
                f"scores are {factors.shape}; expected ({len(images)}, {classes}): a row an image "
                "with a factor for each class (see directions)"
            )
