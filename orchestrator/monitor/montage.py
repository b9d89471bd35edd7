"""Pictures side by side as one, for TensorBoard's image page."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

COLUMNS = 4
"""Pictures a row: TensorBoard shows a montage some 350 pixels wide, with legible labels."""


def montage(images: NDArray[np.generic], labels: Sequence[str] = ()) -> Image.Image:
    """Pictures in rows of `COLUMNS`, enlarged to at least 96 pixels, each above its label.

    Args and errors: see `orchestrator.monitor.tensorboard.TensorBoardRuns.images`.
    """
    if images.ndim not in (3, 4) or not len(images) or images.shape[3:] not in ((), (1,), (3,)):
        raise ValueError(f"pictures are (n, h, w) or (n, h, w, 1 or 3), found {images.shape}")
    if labels and len(labels) != len(images):
        raise ValueError(f"{len(images)} pictures need as many labels, found {len(labels)}")
    factor = max(1, math.ceil(96 / max(images.shape[1:3])))
    height, width = images.shape[1] * factor, images.shape[2] * factor
    below = 16 if labels else 0
    columns = min(COLUMNS, len(images))
    rows = math.ceil(len(images) / columns)
    sheet = Image.new("RGB", (columns * (width + 4), rows * (height + below + 4)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for i, image in enumerate(images):
        x, y = i % columns * (width + 4) + 2, i // columns * (height + below + 4) + 2
        tile = Image.fromarray(_as_bytes(image)).convert("RGB")
        sheet.paste(tile.resize((width, height), Image.Resampling.NEAREST), (x, y))
        if labels:
            draw.text((x, y + height + 1), labels[i], "black", font)
    return sheet


def _as_bytes(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    image = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
    if image.dtype == np.uint8:
        return image.astype(np.uint8)
    real = np.nan_to_num(image.astype(np.float64))
    low, high = real.min(), real.max()
    if low < 0 or high > 1:
        real = (real - low) / max(high - low, 1e-12)
    return np.rint(real * 255).astype(np.uint8)
