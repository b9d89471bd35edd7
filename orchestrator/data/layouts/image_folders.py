"""FER2013 as image folders: train/<class>/Training_1.jpg, test/<class>/PublicTest_2.jpg.

The file's name gives the split where it can, since `test/` often merges two of them; otherwise the
folder does. `Reading.split_by` turns that round.
"""

import numpy as np

from orchestrator.data.containers.container import Container
from orchestrator.data.layouts.image_files import image_files, read_image_files, split_by_folders
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.data.reading import Reading

MERGED_TEST = 7178
"""Images of PublicTest and PrivateTest together."""


def holds(container: Container) -> bool:
    """Whether images lie below folders that name splits."""
    return split_by_folders(image_files(container))


def read(container: Container, reading: Reading) -> Raw:
    """The folders' faces.

    Raises:
        BadInput: for a file that lies elsewhere or does not decode.
    """
    return _merged_test(read_image_files(container, image_files(container), 2, reading))


def _merged_test(raw: Raw) -> Raw:
    test = int(np.count_nonzero(raw.splits == SPLITS.index("test")))
    if raw.fer2013 or test != MERGED_TEST:
        return raw
    return raw.with_notes(
        f"The {MERGED_TEST:,} test images are FER2013's PublicTest and PrivateTest merged, and "
        "their names do not say which is which: a result on them is no PrivateTest result."
    )
