"""What a worker has at hand: images, nets and stored probabilities, each opened once."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.sweep_folder import SweepFolder
from orchestrator.data.faces import Faces, Splits
from orchestrator.preprocess import VARIANTS
from orchestrator.preprocess.prepared import prepared
from results.columns import matrix
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import Store

if TYPE_CHECKING:
    from analysis.explain.network import Network

KEPT = 8
"""Nets kept in memory; a few megabytes each, VGG16 60."""


@dataclass
class TaskContext:
    """One sweep's results and data, as a worker uses them; cheap to pickle before its first use.

    Attributes:
        root: the sweep's folder.
        data: path of the data set where it is not the one that the sweep knew.
        threads: that TensorFlow may use; None for all.
    """

    root: str
    data: str | None = None
    threads: int | None = None

    @cached_property
    def store(self) -> Store:
        """The sweep's folder."""
        return Store(self.root)

    @cached_property
    def folder(self) -> SweepFolder:
        """The same, read as a sweep."""
        return SweepFolder(self.store)

    @cached_property
    def splits(self) -> Splits:
        """The data set, memory-mapped."""
        return self.folder.open_splits(self.data)

    def faces(self, split: str) -> Faces:
        """A split as it came: images (n, h, w) uint8."""
        faces: Faces = getattr(self.splits, split)
        return faces

    def rows(self, split: str, ids: NDArray[np.str_]) -> NDArray[np.int64]:
        """(n,) where images of a split stand in it."""
        if split not in self._places:
            every = self.faces(split).ids
            self._places[split] = {str(name): row for row, name in enumerate(every)}
        return np.array([self._places[split][name] for name in ids.tolist()], np.int64)

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        return {}

    def images(self, trial: str, split: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """(n, h, w): some images as the trial's preprocessing gives them."""
        variant = self.folder.config(trial).preprocessing
        key = f"{split}/{variant}"
        if key not in self._variants:
            file = self.folder.source.variant_file(self.splits.digest, split, variant)
            self._variants[key] = prepared(self.faces(split).images, variant, file)
        return np.asarray(self._variants[key][rows])

    def preprocessed(self, trial: str, faces: NDArray[np.uint8]) -> NDArray[Any]:
        """(n, h, w) uint8 -> the same under the trial's preprocessing, computed here and now.

        Rounded to float16 as what the nets were trained on.
        """
        variant = self.folder.config(trial).preprocessing
        return faces if variant == "plain" else VARIANTS[variant](faces).astype(np.float16)

    @cached_property
    def _variants(self) -> dict[str, NDArray[Any]]:
        return {}

    @cached_property
    def _networks(self) -> "OrderedDict[str, Network]":
        return OrderedDict()

    def network(self, trial: str) -> "Network":
        """The trial's net with its best weights.

        Raises:
            BadInput: where they cannot be used.
        """
        from analysis.explain.network import Network
        from analysis.members import member
        from orchestrator.training.on_tensorflow import device

        if trial not in self._networks:
            device.settle(self.threads)
            height, width = self.faces("validation").images.shape[1:]
            self._networks[trial] = Network(member(self.folder, trial, (height, width)))
            while len(self._networks) > KEPT:
                self._networks.popitem(last=False)
        return self._networks[trial]

    def forgotten(self, trial: str) -> "Network":
        """The same net before it had learnt anything."""
        from analysis.explain.evaluation.randomised import randomised

        if trial not in self._forgotten:
            self._forgotten.clear()
            self._forgotten[trial] = randomised(self.network(trial))
        return self._forgotten[trial]

    @cached_property
    def _forgotten(self) -> "dict[str, Network]":
        return {}

    def stored(self, trial: str, split: str, flip: bool = False) -> NDArray[np.float32]:
        """(n, k) probabilities of a whole split, in its order, as they stand in `predictions/`."""
        key = prediction_file(trial, split, flip)
        if key not in self._stored:
            column = self.store.read_table(key, PREDICTIONS)["probability"]
            self._stored.clear()
            self._stored[key] = matrix(column)
        return self._stored[key]

    @cached_property
    def _stored(self) -> dict[str, NDArray[np.float32]]:
        return {}


def prediction_file(trial: str, split: str, flip: bool = False) -> str:
    """Where a trial's probabilities of a split stand; the sweep itself wrote validation's."""
    if split == "validation" and not flip:
        return Paths().prediction(trial)
    return Paths().split_prediction(trial, f"{split}-flip" if flip else split)
