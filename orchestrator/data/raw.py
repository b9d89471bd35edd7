"""What a source reads: labelled faces as the data set gives them, before anything is carved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPLITS = ("training", "validation", "test")
"""Names of the three splits; FER2013's Training, PublicTest, PrivateTest."""

USAGES = {"training": "training", "publictest": "validation", "privatetest": "test"}
"""FER2013's names for the splits, in lower case -> ours."""


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

    def counts(self) -> NDArray[np.int64]:
        """Images by split and class, (3, k)."""
        shape = (len(SPLITS), len(self.classes))
        flat = self.splits.astype(np.int64) * shape[1] + self.labels
        return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
