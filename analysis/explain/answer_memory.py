"""Logits of images that a net was asked about before: the same image is not computed twice.

A method that shows the net a face with parts hidden shows it the same pictures whichever class it
explains; where a face was taken for another expression, three scores are explained.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class AnswerMemory:
    """Logits by the image's pixels; some 200 bytes an image."""

    def __init__(self) -> None:
        self._by_pixels: dict[bytes, Floats] = {}

    def logits(self, images: NDArray[Any], compute: Callable[[NDArray[Any]], Floats]) -> Floats:
        """(n, h, w) -> (n, k); only new images are computed, each once.

        Args:
            images: asked about.
            compute: (n, h, w) -> (n, k), which treats each image by itself.
        """
        keys = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]
        rows = {key: row for row, key in enumerate(keys) if key not in self._by_pixels}
        if rows or not keys:
            answers = compute(images[list(rows.values())])
            if not keys:
                return answers
            self._by_pixels |= zip(rows, answers, strict=True)
        return np.stack([self._by_pixels[key] for key in keys])


class Answering(Protocol):
    """A net that asks its memory first, where it has one: `analysis.explain.network.Network`."""

    memory: AnswerMemory | None


@contextlib.contextmanager
def remembered(network: Answering) -> Iterator[None]:
    """The net keeps its logits while the block runs, in which its weights must not change."""
    network.memory = AnswerMemory()
    try:
        yield
    finally:
        network.memory = None
