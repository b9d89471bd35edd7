"""As many faces as FER2013 has, drawn, in the files that people bring; or the user's own."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from jobs.benchmarks.side_by_side.comparison import Case
from orchestrator.data import synthetic
from orchestrator.data.faces import EMOTIONS

FER2013, QUICK = 35_887, 210
DRAWN = 3_500
"""Different ones; they are repeated, each time with other pixels."""

USAGES = ("Training",) * 8 + ("PublicTest", "PrivateTest")
CSV, ARCHIVE, ARRAYS = "fer2013.csv", "faces.zip", "faces.npy"
JPEG_QUALITY = 90

Images = NDArray[np.uint8]


def faces(case: Case) -> tuple[Images, NDArray[np.uint8]]:
    """(n, 48, 48) and (n,): no two of them alike."""
    n = case.size(FER2013, QUICK)
    drawn = synthetic.draw(min(n, DRAWN), seed=0)
    rows = np.arange(n) % len(drawn.images)
    images = drawn.images[rows]
    images[:, 0, 0], images[:, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
    return images, drawn.labels[rows]


def write_array(case: Case) -> None:
    """The images alone, as NumPy writes them."""
    np.save(case.folder / ARRAYS, faces(case)[0])


def read_array(case: Case) -> Images:
    """Those, in memory."""
    images: Images = np.load(case.folder / ARRAYS)
    return images


def write_csv(case: Case) -> None:
    """fer2013.csv."""
    images, labels = faces(case)
    numbers = np.array([str(value) for value in range(256)])
    with (case.folder / CSV).open("w") as table:
        table.write("emotion,pixels,Usage\n")
        for row, (image, label) in enumerate(zip(images, labels, strict=True)):
            pixels = " ".join(numbers[image.ravel()])
            table.write(f"{label},{pixels},{USAGES[row % len(USAGES)]}\n")


def write_zip(case: Case) -> None:
    """An archive of train/CLASS/NUMBER.jpg and test/CLASS/NUMBER.jpg; the user's if it is one."""
    if archive(case) != case.folder / ARCHIVE:
        return
    with zipfile.ZipFile(case.folder / ARCHIVE, "w") as target:
        for row, (image, label) in enumerate(zip(*faces(case), strict=True)):
            split = "train" if row % 5 else "test"
            file = io.BytesIO()
            Image.fromarray(image).save(file, "JPEG", quality=JPEG_QUALITY)
            target.writestr(f"{split}/{EMOTIONS[label]}/{row:05d}.jpg", file.getvalue())


def archive(case: Case) -> Path:
    """The user's archive, where `--data` names a zip and sizes are full; else the drawn one."""
    if case.data and not case.quick and Path(case.data).suffix.lower() == ".zip":
        return Path(case.data)
    return case.folder / ARCHIVE


def digest(images: NDArray[Any]) -> list[float]:
    """A few numbers that differ where pixels do: number, sums, and the sum by place."""
    values = images.reshape(len(images), -1)
    by_pixel = values.sum(axis=0, dtype=np.float64)
    by_image = np.sort(values.sum(axis=1, dtype=np.float64))
    return [
        len(images),
        float(by_pixel.sum()),
        *by_pixel[::97],
        *by_image[:: max(1, len(images) // 20)],
    ]
