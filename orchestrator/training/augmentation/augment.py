"""Random changes of training images, drawn anew for every image of every batch.

Keras operations only, so the same code runs inside the compiled epoch of any backend. Strength is
a tensor, never a Python branch: strength 0 gives the images back exactly, and one program serves
every strength. Nothing depends on the range of values, so zero-mean preprocessing variants are
served as well as images in [0, 1].

A transform is a `Warp` (where each pixel is looked up) or a `Paint` (what stands there). All warps
are composed and the images resampled once, bilinearly, the border pixel repeated outward: what
Keras' `ImageDataGenerator` did in the protocol of cs230-fer (rotation 10, shift 0.1, zoom 0.1,
flip). Paints follow, on the warped images.
"""

import keras
from keras import ops

from orchestrator.errors import BadInput
from orchestrator.training.augmentation.paints import brightness, contrast, erasing
from orchestrator.training.augmentation.resampling import resampled
from orchestrator.training.augmentation.transform import Paint, Tensor, Transform, Warp
from orchestrator.training.augmentation.warps import (
    crop,
    flip,
    resized_crop,
    rotation,
    shift,
    zoom,
)

TRANSFORMS: dict[str, Transform] = {
    "flip": Warp(flip),
    "shift": Warp(shift),
    "rotation": Warp(rotation),
    "zoom": Warp(zoom),
    "crop": Warp(crop),
    "resized_crop": Warp(resized_crop),
    "brightness": Paint(brightness),
    "contrast": Paint(contrast),
    "erasing": Paint(erasing),
}
"""Name -> transform, in the order they are applied."""


def parse(text: str) -> tuple[str, ...]:
    """The transforms that a configuration names, in the order they are applied.

    Args:
        text: names of `TRANSFORMS`, blank-separated in any order; "none" or "" for no transform.

    Raises:
        BadInput: for an unknown name.
    """
    names = [] if text.strip() == "none" else text.split()
    for name in names:
        if name not in TRANSFORMS:
            raise BadInput(
                f"augmentation={text!r}: unknown transform {name!r};"
                f" known: {', '.join(TRANSFORMS)}, or none alone"
            )
    return tuple(name for name in TRANSFORMS if name in names)


def augment(
    images: Tensor, strength: Tensor, names: tuple[str, ...], seed: keras.random.SeedGenerator
) -> Tensor:
    """Each image changed by its own draw.

    Args:
        images: (n, h, w, c) float32, any range.
        strength: scalar in 0 to 1, a tensor, a variable or a number.
        names: of `TRANSFORMS`; applied in that dictionary's order, whatever theirs.
        seed: advanced by one draw a transform, also at strength 0.

    Returns:
        (n, h, w, c) float32; at strength 0 equal to `images` bit for bit.

    Raises:
        BadInput: for an unknown name.
    """
    chosen = [TRANSFORMS[name] for name in parse(" ".join(names))]
    strength = ops.cast(strength, images.dtype)
    maps = [step.draw(images, strength, seed) for step in chosen if isinstance(step, Warp)]
    if maps:
        images = resampled(images, maps)
    for step in chosen:
        if isinstance(step, Paint):
            images = step.apply(images, strength, seed)
    return images
