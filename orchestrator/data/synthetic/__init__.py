"""Embedded faces: drawn, not photographed; what a sweep trains on where no data is given.

Seven expressions made of the parts of the face that carry them (`expressions.py`), on heads of
varying identity and pose (`traits.py`, `head.py`, `parts.py`) under strong side light (`light.py`).
Where each part lies is known for every pixel, so explanations can be scored against the truth.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.faces import EMOTIONS, SIDE
from orchestrator.data.synthetic import head, light, parts
from orchestrator.data.synthetic.expressions import (
    EXPRESSION_REGIONS,
    PROTOTYPES,
    REGIONS,
    UNIT_REGIONS,
    Units,
    activate,
)
from orchestrator.data.synthetic.strokes import Floats
from orchestrator.data.synthetic.traits import RANGES, Traits, sample
from orchestrator.errors import BadInput

__all__ = [
    "EXPRESSION_REGIONS",
    "PROTOTYPES",
    "RANGES",
    "REGIONS",
    "UNIT_REGIONS",
    "VERSION",
    "Drawn",
    "draw",
]

VERSION = 1
"""Raised whenever the pictures of a seed change; part of the cache's digest."""

BLOCK = 35
"""Faces drawn at once: five of each expression, and their pixels still fit the second-level cache.

Part of what a seed means.
"""


@dataclass(frozen=True)
class Drawn:
    """Drawn faces.

    Attributes:
        images: (n, 48, 48) uint8.
        labels: (n,) uint8 indices into EMOTIONS.
        regions: (n, 48, 48) uint8 indices into REGIONS: parts as drawn, about a pixel and a half
            wider.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    regions: NDArray[np.uint8]


def draw(n: int, seed: int) -> Drawn:
    """Faces 0 to n - 1 of the endless series that a seed stands for.

    Face i depends on the seed and on i alone, so a shorter series is the beginning of a longer one.
    Each consecutive seven faces show the seven expressions once, in random order.

    Args:
        n: number of faces, 7 or more.
        seed: 0 or more.

    Raises:
        BadInput: for fewer than one face an expression, or a negative seed.
    """
    if n < len(EMOTIONS):
        raise BadInput(
            f"{n} embedded faces asked for; at least {len(EMOTIONS)} are needed, one an expression"
        )
    if seed < 0:
        raise BadInput(f"seed {seed} of the embedded faces is negative; use 0 or more")
    images = np.empty((n, SIDE, SIDE), np.uint8)
    regions = np.empty_like(images)
    labels = np.empty(n, np.uint8)
    for start in range(0, n, BLOCK):
        block = _block(seed, start // BLOCK)
        here = slice(start, min(start + BLOCK, n))
        count = here.stop - start
        images[here], labels[here] = block.images[:count], block.labels[:count]
        regions[here] = block.regions[:count]
    return Drawn(images, labels, regions)


def _block(seed: int, number: int) -> Drawn:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number])))
    order = rng.random((BLOCK // len(EMOTIONS), len(EMOTIONS))).argsort(axis=1, kind="stable")
    labels = order.reshape(-1).astype(np.uint8)
    units, traits = activate(labels, rng), sample(BLOCK, rng)
    scene, regions = _scene(traits, units)
    return Drawn(light.photograph(scene, traits, rng), labels, regions)


def _scene(traits: Traits, units: Units) -> tuple[Floats, NDArray[np.uint8]]:
    """Reflected light and regions of some faces, (n, h, w) each, before the camera."""
    canvas = head.place(traits)
    face, rim = head.outline(canvas, traits, units)
    head.beard(canvas, traits, face)
    for part, (top, bottom) in parts.PARTS.items():
        part(canvas.band(top, bottom), traits, units)
    head.fringe(canvas, traits, face)
    head.glasses(canvas.band(-0.55, 0.15), traits)
    return light.illuminate(canvas, traits, face, rim), canvas.regions
