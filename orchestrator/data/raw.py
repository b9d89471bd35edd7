"""What a source reads: labelled faces as the data set gives them, before anything is carved."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPLITS = ("training", "validation", "test")
"""Names of the three splits; FER2013's Training, PublicTest, PrivateTest."""

USAGES = {"training": "training", "publictest": "validation", "privatetest": "test"}
"""FER2013's names for the splits, in lower case -> ours."""

SPLIT_NAMES = {
    **USAGES,
    "train": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""Every common name for a split, as `split_named` compares it -> ours."""


def split_named(name: str) -> str | None:
    """The split that a folder or a Usage names, whatever its case, blanks, dashes; None if none.

    >>> split_named("Public Test"), split_named("happy")
    ('validation', None)
    """
    return SPLIT_NAMES.get(name.lower().translate(_SEPARATORS))


_SEPARATORS = str.maketrans("", "", " _-")


@dataclass(frozen=True)
class Raw:
    """A data set's images in one array.

    Attributes:
        images: (n, 48, 48) uint8.
        labels: (n,) uint8, indices into `classes`.
        ids: (n,) str, unique.
        splits: (n,) uint8, indices into `SPLITS`.
        classes: class names, canonical ones first.
        fer2013: whether the layout is one of FER2013's, so that its published counts are expected.
        notes: sentences about what was read, converted or left out.
        regions: (n, 48, 48) uint8, embedded faces only.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    ids: NDArray[np.str_]
    splits: NDArray[np.uint8]
    classes: tuple[str, ...]
    fer2013: bool = False
    notes: tuple[str, ...] = ()
    regions: NDArray[np.uint8] | None = None

    def with_notes(self, *notes: str) -> "Raw":
        """The same faces, with more to say."""
        return dataclasses.replace(self, notes=(*self.notes, *notes))

    def counts(self) -> NDArray[np.int64]:
        """Images by split and class, (3, k)."""
        shape = (len(SPLITS), len(self.classes))
        flat = self.splits.astype(np.int64) * shape[1] + self.labels
        return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
