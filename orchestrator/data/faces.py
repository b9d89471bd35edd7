"""Faces, their labels and how they are split: what every source produces and every trial reads."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Canonical label order: that of fer2013.csv, never alphabetical."""

SIDE = 48
"""Height and width of every face in pixels."""


@dataclass(frozen=True)
class Faces:
    """Some labelled faces; read-only, often memory-mapped.

    Attributes:
        images: (n, h, w) uint8.
        labels: (n,) uint8, indices into the data set's class names.
        ids: (n,) str, unique: the CSV's row number or the image's path inside the data set.
        regions: (n, h, w) uint8 indices into `synthetic.REGIONS`, only where the truth is known
            (embedded faces).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    ids: NDArray[np.str_]
    regions: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Splits:
    """A data set as trials see it.

    Attributes:
        training: what weights are fitted on.
        validation: what every choice is made on (FER2013: PublicTest).
        test: read once, at the very end (FER2013: PrivateTest).
        classes: class names; a label is an index into them.
        digest: hexadecimal SHA-256 of the decoded content and of how it was split.
        notes: sentences that a reader of the results must see, e.g. that a split was carved.
        seen_test_ids: ids of test images whose pixels also stand in training.
    """

    training: Faces
    validation: Faces
    test: Faces
    classes: tuple[str, ...]
    digest: str
    notes: tuple[str, ...] = ()
    seen_test_ids: frozenset[str] = field(default_factory=frozenset)
