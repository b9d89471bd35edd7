"""FER2013 as image folders: train/<class>/Training_1.jpg, test/<class>/PublicTest_2.jpg.

The file's name gives the split where it can, since `test/` often merges two of them; otherwise the
folder does.
"""

import dataclasses

import numpy as np

from orchestrator.data.containers.container import Container
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts.image_files import image_files, read_image_files, split_by_folders
from orchestrator.data.layouts.labels import ordered
from orchestrator.data.raw import SPLITS, Raw

MERGED_TEST = 7178
"""Images of PublicTest and PrivateTest together."""


def holds(container: Container) -> bool:
    """Whether images lie below folders that name splits."""
    return split_by_folders(image_files(container))


def read(container: Container) -> Raw:
    """The folders' faces; the seven canonical classes are listed even where one has no image.

    Raises:
        BadInput: for a file that lies elsewhere or does not decode.
    """
    raw = read_image_files(container, image_files(container), levels=2)
    return _merged_test(with_canonical_classes(raw))


def with_canonical_classes(raw: Raw) -> Raw:
    """The same faces with all seven canonical classes listed."""
    classes = ordered((*raw.classes, *EMOTIONS))
    place = np.array([classes.index(name) for name in raw.classes], np.uint8)
    return dataclasses.replace(raw, classes=classes, labels=place[raw.labels])


def _merged_test(raw: Raw) -> Raw:
    test = int(np.count_nonzero(raw.splits == SPLITS.index("test")))
    if raw.fer2013 or test != MERGED_TEST:
        return raw
    note = (
        f"The {MERGED_TEST:,} test images are FER2013's PublicTest and PrivateTest merged, and "
        "their names do not say which is which: a result on them is no PrivateTest result."
    )
    return dataclasses.replace(raw, notes=(*raw.notes, note))
