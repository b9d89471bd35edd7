"""For tests: one small data set, noise and not faces, written in every layout and refused."""

import contextlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.faces import EMOTIONS, SIDE
from orchestrator.data.layouts.ck_plus import EXPRESSIONS
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.errors import BadInput

PREFIXES = dict(zip(SPLITS, ("Training", "PublicTest", "PrivateTest"), strict=True))
"""Split -> FER2013's name for it."""


def example(per_class: tuple[int, int, int] = (10, 2, 2), seed: int = 0) -> Raw:
    """Random images, `per_class` of each class in training, validation and test."""
    rng = np.random.default_rng(seed)
    total = sum(per_class) * len(EMOTIONS)
    return Raw(
        images=rng.integers(0, 256, (total, SIDE, SIDE), np.uint8),
        labels=np.tile(np.arange(len(EMOTIONS), dtype=np.uint8), sum(per_class)),
        ids=np.arange(1, total + 1).astype(str),
        splits=np.repeat(np.arange(3, dtype=np.uint8), np.multiply(per_class, len(EMOTIONS))),
        classes=EMOTIONS,
    )


def csv_bytes(raw: Raw, columns: tuple[str, ...], quoted: bool = False) -> bytes:
    """A table with these columns, named exactly so."""
    rows = [",".join(columns)]
    for image, label, split in zip(raw.images, raw.labels, raw.splits, strict=True):
        pixels = " ".join(map(str, image.ravel().tolist()))
        cells = {
            "emotion": str(label),
            "pixels": f'"{pixels}"' if quoted else pixels,
            "usage": PREFIXES[SPLITS[split]],
        }
        rows.append(",".join(cells[column.strip().lower()] for column in columns))
    return ("\n".join(rows) + "\n").encode()


def png_bytes(image: np.ndarray) -> bytes:
    """An image file that loses nothing."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def fer2013_csv(raw: Raw) -> dict[str, bytes]:
    """The layout of fer2013.csv."""
    return {"fer2013.csv": csv_bytes(raw, ("emotion", "pixels", "Usage"))}


def icml_csv(raw: Raw) -> dict[str, bytes]:
    """The layout of icml_face_data.csv."""
    return {"icml_face_data.csv": csv_bytes(raw, ("emotion", " Usage", " pixels"))}


def competition(raw: Raw) -> dict[str, bytes]:
    """The contest's two tables; everything labelled is training."""
    return {
        "train.csv": csv_bytes(raw, ("emotion", "pixels"), quoted=True),
        "test.csv": csv_bytes(raw, ("pixels",), quoted=True),
    }


def image_folders(raw: Raw) -> dict[str, bytes]:
    """Folders train/ and test/, the latter merging two splits that only file names tell apart."""
    members = {}
    for image, label, split, name in zip(raw.images, raw.labels, raw.splits, raw.ids, strict=True):
        folder = "train" if split == 0 else "test"
        file = f"{PREFIXES[SPLITS[split]]}_{name}.png"
        members[f"{folder}/{raw.classes[label]}/{file}"] = png_bytes(image)
    return members


def class_folders(raw: Raw) -> dict[str, bytes]:
    """One folder of images a class, nothing said of splits."""
    return {
        f"{raw.classes[label]}/{name}.png": png_bytes(image)
        for image, label, name in zip(raw.images, raw.labels, raw.ids, strict=True)
    }


def noise_folder(folders: Mapping[str, int], seed: int = 0) -> dict[str, bytes]:
    """So many different images in each of these folders, called n0.png, n1.png, ..."""
    rng = np.random.default_rng(seed)
    return {
        f"{folder}/n{number}.png": png_bytes(rng.integers(0, 256, (SIDE, SIDE), np.uint8))
        for folder, count in folders.items()
        for number in range(count)
    }


def labelled_images(raw: Raw) -> dict[str, bytes]:
    """One folder of images and a table of their labels and splits."""
    images = {
        f"images/{name}.png": png_bytes(image)
        for image, name in zip(raw.images, raw.ids, strict=True)
    }
    rows = [
        f"{name}.png,{raw.classes[label]},{PREFIXES[SPLITS[split]]}"
        for name, label, split in zip(raw.ids, raw.labels, raw.splits, strict=True)
    ]
    return {**images, "labels.csv": "\n".join(["image,emotion,usage", *rows]).encode()}


def ck_plus(raw: Raw) -> dict[str, bytes]:
    """CK+'s sequences, of one frame each, of five persons; it says nothing of splits."""
    members = {}
    for row, (image, label) in enumerate(zip(raw.images, raw.labels, strict=True)):
        person, number = f"S{row % 5:03d}", f"{row:03d}"
        place, name = f"{person}/{number}", f"{person}_{number}_00000009"
        number_of = EXPRESSIONS.index(raw.classes[label])
        members[f"cohn-kanade-images/{place}/{name}.png"] = png_bytes(image)
        members[f"Emotion/{place}/{name}_emotion.txt"] = f"   {number_of:.7e}\n".encode()
    return members


LAYOUTS: dict[str, Callable[[Raw], dict[str, bytes]]] = {
    "fer2013.csv": fer2013_csv,
    "icml_face_data.csv": icml_csv,
    "competition": competition,
    "CK+": ck_plus,
    "image folders": image_folders,
    "labelled images": labelled_images,
    "class folders": class_folders,
}
"""Name in `sources.SOURCES` -> the members of a data set in that layout."""


def write_folder(members: Mapping[str, bytes], path: Path) -> Path:
    """The members as files under a folder."""
    for name, data in members.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def write_zip(members: Mapping[str, bytes], path: Path) -> Path:
    """The members as a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_tar(members: Mapping[str, bytes], path: Path) -> Path:
    """The members as a gzipped tar archive."""
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


EXAMPLE = example((3, 1, 1))
"""35 images: five of each class."""

CSV = fer2013_csv(EXAMPLE)["fer2013.csv"]


def jpeg_bytes(image: np.ndarray) -> bytes:
    """An image file that loses a little."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG")
    return file.getvalue()


JPEG = jpeg_bytes(EXAMPLE.images[0])


def write_file(folder: Path, data: bytes, name: str = "fer2013.csv") -> Path:
    """One file in a folder."""
    path = folder / name
    path.write_bytes(data)
    return path


def refused(path: Path, tmp_path: Path, *parts: str) -> None:
    """Check that a path is refused in one line that has these parts, and nothing is cached."""
    cache = tmp_path / "cache"
    with pytest.raises(BadInput) as caught:
        open_faces(path, cache=cache)
    sentence = str(caught.value)
    for part in parts:
        assert part in sentence
    assert "\n" not in sentence
    assert not list(cache.glob("*"))


@contextlib.contextmanager
def no_permission(locked: Path) -> Iterator[None]:
    """Meanwhile this file or folder cannot be read, even by root, who becomes another user.

    Folders above it must let others pass; a relative path from the working folder needs none.
    """
    mode, root = locked.stat().st_mode, os.geteuid() == 0
    locked.chmod(0)
    try:
        if root:
            os.seteuid(65534)
        yield
    finally:
        if root:
            os.seteuid(0)
        locked.chmod(mode)
