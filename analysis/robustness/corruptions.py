"""What happens to images: CORRUPTIONS, each at five strengths.

Noise, blur, brightness, contrast and JPEG follow Hendrycks & Dietterich 2019, "Benchmarking Neural
Network Robustness to Common Corruptions and Perturbations" (https://arxiv.org/abs/1903.12261);
strengths are ours, for faces of 48 pixels, since theirs are for photographs of 224. Lengths are in
48ths of the image's height.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from analysis.explain.face_regions import BOXES

Faces = NDArray[np.uint8]
Floats = NDArray[np.float32]
Keys = NDArray[np.int64]

LEVELS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Corruption:
    """One way in which images get worse.

    Attributes:
        apply: (images (n, h, w) float32 in 0 to 1, amount, keys (n,)) -> (n, h, w); a key decides
            for its image what is left to chance: a direction, a sign, the noise itself.
        amounts: of the five strengths, growing.
        unit: what an amount is.
    """

    apply: Callable[[Floats, float, Keys], Floats]
    amounts: tuple[float, float, float, float, float]
    unit: str


def corrupted(name: str, level: int, images: Faces, keys: Keys) -> Faces:
    """Images after one corruption.

    Args:
        name: in `CORRUPTIONS`.
        level: 1 to 5.
        images: (n, h, w).
        keys: (n,) of the images, e.g. their places in the data set: the same image and key give the
            same result, whatever else is in the batch.
    """
    corruption = CORRUPTIONS[name]
    shares = images.astype(np.float32) / np.float32(255)
    changed = corruption.apply(shares, corruption.amounts[level - 1], keys)
    return np.rint(changed.clip(0, 1) * 255).astype(np.uint8)


def _signs(keys: Keys) -> Floats:
    """(n, 1, 1): 1 for even keys, -1 for odd ones."""
    return (1 - 2 * (keys % 2)).astype(np.float32)[:, None, None]


def brightness(images: Floats, amount: float, keys: Keys) -> Floats:
    """Every other image brighter, the others darker."""
    return images + np.float32(amount) * _signs(keys)


def contrast(images: Floats, amount: float, keys: Keys) -> Floats:
    """Deviations from the image's mean, so much smaller."""
    mean = images.mean(axis=(1, 2), keepdims=True)
    return mean + (images - mean) * np.float32(1 - amount)


def side_light(images: Floats, amount: float, keys: Keys) -> Floats:
    """One side of the face lit, the other in shadow; left and right by turns."""
    across = np.linspace(-1, 1, images.shape[2], dtype=np.float32)
    return images * (1 + np.float32(amount) * _signs(keys) * across)


def blur(images: Floats, amount: float, keys: Keys) -> Floats:
    """A Gaussian's."""
    sigma = amount * images.shape[1] / 48
    return np.asarray(ndimage.gaussian_filter(images, (0, sigma, sigma), mode="nearest"))


def noise(images: Floats, amount: float, keys: Keys) -> Floats:
    """Gaussian, each pixel by itself."""
    drawn = [
        np.random.default_rng(int(key)).standard_normal(images.shape[1:], dtype=np.float32)
        for key in keys
    ]
    return images + np.float32(amount) * np.stack(drawn) if drawn else images


def jpeg(images: Floats, amount: float, keys: Keys) -> Floats:
    """Stored as JPEG of quality 100 less the amount, and read again."""
    grays = np.rint(images * 255).astype(np.uint8)
    return (
        np.stack([_stored(gray, round(100 - amount)) for gray in grays]) if len(grays) else images
    )


def _stored(gray: Faces, quality: int) -> Floats:
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, format="JPEG", quality=quality)
    with Image.open(buffer) as image:
        return np.asarray(image, np.float32) / np.float32(255)


def eyes(images: Floats, amount: float, keys: Keys) -> Floats:
    """Eyes behind a bar of the image's mean gray."""
    return _covered(images, "eyes", amount)


def mouth(images: Floats, amount: float, keys: Keys) -> Floats:
    """The mouth behind one."""
    return _covered(images, "mouth", amount)


def _covered(images: Floats, region: str, amount: float) -> Floats:
    """The smallest rectangle around a part of the face, its sides times so much, made gray."""
    boxes = np.array([box for name, box in BOXES if name == region], np.float64)
    top, left = boxes[:, 0].min(), boxes[:, 2].min()
    bottom, right = boxes[:, 1].max(), boxes[:, 3].max()
    inside = []
    for (low, high), side in zip(((top, bottom), (left, right)), images.shape[1:], strict=True):
        half = (high - low) / 2 * amount
        centres = (np.arange(side) + 0.5) * 48 / side
        inside.append(abs(centres - (low + high) / 2) <= half)
    covered = inside[0][:, None] & inside[1][None]
    return np.where(covered, images.mean(axis=(1, 2), keepdims=True), images)


def shift(images: Floats, amount: float, keys: Keys) -> Floats:
    """Moved up, right, down or left by turns; the border's pixels are repeated."""
    by = round(amount * images.shape[1] / 48)
    moved = images.copy()
    for turn, (down, right) in enumerate(((-by, 0), (0, by), (by, 0), (0, -by))):
        chosen = keys % 4 == turn
        moved[chosen] = ndimage.shift(images[chosen], (0, down, right), order=0, mode="nearest")
    return moved


def rotation(images: Floats, amount: float, keys: Keys) -> Floats:
    """Turned around its middle, by turns to either side; the border's pixels are repeated."""
    turned = images.copy()
    for sign in (1, -1):
        chosen = _signs(keys)[:, 0, 0] == sign
        turned[chosen] = ndimage.rotate(
            images[chosen], sign * amount, axes=(1, 2), reshape=False, order=1, mode="nearest"
        )
    return turned


CORRUPTIONS: dict[str, Corruption] = {
    "brightness": Corruption(brightness, (0.1, 0.2, 0.3, 0.4, 0.5), "of the gray scale"),
    "contrast": Corruption(contrast, (0.4, 0.6, 0.75, 0.85, 0.92), "of it lost"),
    "side light": Corruption(side_light, (0.2, 0.4, 0.6, 0.8, 1.0), "of the light at the sides"),
    "blur": Corruption(blur, (0.5, 1.0, 1.5, 2.0, 3.0), "pixels of 48, standard deviation"),
    "noise": Corruption(noise, (0.04, 0.08, 0.12, 0.18, 0.26), "of the gray scale, st. dev."),
    "JPEG": Corruption(jpeg, (40, 60, 75, 85, 93), "below quality 100"),
    "eyes covered": Corruption(eyes, (0.4, 0.6, 0.8, 1.0, 1.2), "times their box"),
    "mouth covered": Corruption(mouth, (0.4, 0.6, 0.8, 1.0, 1.2), "times its box"),
    "shift": Corruption(shift, (1, 2, 4, 6, 8), "pixels of 48"),
    "rotation": Corruption(rotation, (5, 10, 15, 20, 30), "degrees"),
}
"""Name -> what it does; one entry adds one."""
