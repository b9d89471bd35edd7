"""What a trial trains on and is measured on: one data set under one preprocessing variant."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.cache.entries import entry_folder, read_meta
from orchestrator.data.faces import Splits
from orchestrator.data.reading import USUAL, Reading
from orchestrator.data.remote.uris import shown
from orchestrator.errors import BadInput


@dataclass(frozen=True)
class DataSource:
    """Where a data set is found, so that any process can open it.

    Attributes:
        path: what the user gave as `--data`, a path or a URI; None for the embedded faces.
        embedded: number of embedded faces.
        seed: of the embedded faces.
        cache: folder of the cache; None for the default one.
        digest: expected digest; empty to accept what is found.
        reading: how it is read where there is more than one way.
    """

    path: str | None = None
    embedded: int = 6000
    seed: int = 0
    cache: str | None = None
    digest: str = ""
    reading: Reading = USUAL

    def open(self) -> Splits:
        """The data set, from the cache where it stands there.

        A URI is not asked where the cache holds the data set of `digest`. Processes of one machine
        that open the same source at once wait for the first, which copies and reads it.

        Raises:
            BadInput: where it cannot be read, or is not the one that the sweep started with.
        """
        # Here: it reads tables, and training alone (jobs.benchmark) does without pandas.
        from orchestrator.data.cache.open_faces import open_faces

        splits = open_faces(
            self.path or None,
            embedded=self.embedded,
            seed=self.seed,
            cache=Path(self.cache) if self.cache else None,
            digest=self.digest,
            reading=self.reading,
        )
        if self.digest and splits.digest != self.digest:
            place = shown(self.path or "the embedded data set")
            raise BadInput(
                f"{place} has digest {splits.digest[:12]}, but the sweep started on "
                f"{self.digest[:12]}: the data changed; start under a new --name"
            )
        return splits

    def meta(self, digest: str) -> dict[str, Any]:
        """What the cache knows about the data set besides its images."""
        return read_meta(digest, Path(self.cache) if self.cache else None)

    def variant_file(self, digest: str, split: str, variant: str) -> Path:
        """Where the cache keeps a split under a variant."""
        cache = Path(self.cache) if self.cache else None
        return entry_folder(digest, cache) / "variants" / f"{split}-{variant}.npy"


@dataclass(frozen=True)
class Inputs:
    """Arrays of one data set under one variant.

    Attributes:
        training: (n, h, w) uint8 (plain: divided by 255 on the device) or float16.
        training_labels: (n,) uint8.
        validation: (n, h, w), likewise.
        validation_labels: (n,) uint8.
        validation_ids: (n,) str.
        classes: class names.
        key: names data set and variant; equal keys mean equal arrays.
        seen_ids: validation images whose exact pixels also stand in training.
    """

    training: NDArray[Any]
    training_labels: NDArray[np.uint8]
    validation: NDArray[Any]
    validation_labels: NDArray[np.uint8]
    validation_ids: NDArray[np.str_]
    classes: tuple[str, ...]
    key: str
    seen_ids: frozenset[str] = frozenset()

    def epoch_shape(self, batch_size: int) -> tuple[int, int]:
        """(steps, images a step) of an epoch; the incomplete last batch is left out."""
        n = len(self.training_labels)
        batch = min(batch_size, n)
        return n // batch, batch

    @property
    def balanced_weights(self) -> NDArray[np.float32]:
        """(k,) weights that give each class the same say; mean 1 over the training images."""
        counts = np.bincount(self.training_labels, minlength=len(self.classes))
        present = np.maximum(counts, 1)
        weights = np.where(counts > 0, counts.sum() / present / np.count_nonzero(counts), 0.0)
        return weights.astype(np.float32)


def kept_as_bytes(variant: str) -> bool:
    """Whether images under a variant are uint8, as the data set has them, and not float16."""
    return variant == "plain"


def prepare_inputs(source: DataSource, splits: Splits, variant: str) -> Inputs:
    """The splits under a variant; computed once a data set, afterwards mapped from the cache."""
    # Here: training alone (jobs.benchmark) does without scikit-image.
    from orchestrator.preprocess.prepared import prepared

    def under_variant(split: str, images: NDArray[np.uint8]) -> NDArray[Any]:
        return prepared(images, variant, source.variant_file(splits.digest, split, variant))

    return Inputs(
        training=under_variant("training", splits.training.images),
        training_labels=splits.training.labels,
        validation=under_variant("validation", splits.validation.images),
        validation_labels=splits.validation.labels,
        validation_ids=splits.validation.ids,
        classes=splits.classes,
        key=f"{splits.digest}/{variant}",
        seen_ids=frozenset(source.meta(splits.digest)["seen_validation_ids"]),
    )
