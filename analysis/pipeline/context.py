"""What a worker has at hand: images, nets and stored probabilities, each opened once."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.ensemble.combine import EnsembleRecipe
from analysis.explain.targets import pixels
from analysis.sweep_folder import SweepFolder
from orchestrator import metrics
from orchestrator.data.faces import Faces, Splits
from orchestrator.preprocess import VARIANTS
from orchestrator.preprocess.prepared import prepared
from results.columns import matrix
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import Store

if TYPE_CHECKING:
    from analysis.explain.network import Network

NETWORKS_IN_MEMORY = 8
"""Nets kept; a few megabytes each, VGG16 60."""


@dataclass
class TaskContext:
    """One sweep's results and data, as a worker uses them; cheap to pickle before its first use.

    Attributes:
        root: the sweep's folder.
        data: path of the data set where it is not the one that the sweep knew.
        threads: that Keras' backend may use; None for all.
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

    def images(self, trial: str, split: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """(n, h, w): some images as the trial's preprocessing gives them."""
        variant = self.folder.config(trial).preprocessing
        key = f"{split}/{variant}"
        if key not in self._variants:
            file = self.folder.source.variant_file(self.splits.digest, split, variant)
            self._variants[key] = prepared(self.faces(split).images, variant, file)
        return np.asarray(self._variants[key][rows])

    @cached_property
    def _variants(self) -> dict[str, NDArray[Any]]:
        return {}

    def preprocessed(self, trial: str, faces: NDArray[np.uint8]) -> NDArray[Any]:
        """(n, h, w) uint8 -> the same under the trial's preprocessing, computed here and now.

        Rounded to float16 as what the nets were trained on.
        """
        variant = self.folder.config(trial).preprocessing
        return faces if variant == "plain" else VARIANTS[variant](faces).astype(np.float16)

    # --- nets --------------------------------------------------------------------------------

    @cached_property
    def _networks(self) -> "OrderedDict[str, Network]":
        return OrderedDict()

    def network(self, trial: str) -> "Network":
        """The trial's net with its best weights.

        Raises:
            BadInput: where they cannot be used.
        """
        from analysis.backends.catalogue import current
        from analysis.explain.network import Network
        from analysis.members import member

        if trial not in self._networks:
            current().settle(self.threads)
            height, width = self.faces("validation").images.shape[1:]
            self._networks[trial] = Network(member(self.folder, trial, (height, width)))
            while len(self._networks) > NETWORKS_IN_MEMORY:
                self._networks.popitem(last=False)
        return self._networks[trial]

    def randomised_network(self, trial: str) -> "Network":
        """The same net before it had learnt anything."""
        from analysis.explain.evaluation.randomised import randomised

        if trial not in self._randomised:
            self._randomised[trial] = randomised(self.network(trial))
            while len(self._randomised) > NETWORKS_IN_MEMORY:
                self._randomised.popitem(last=False)
        return self._randomised[trial]

    @cached_property
    def _randomised(self) -> "OrderedDict[str, Network]":
        return OrderedDict()

    # --- probabilities -----------------------------------------------------------------------

    def probabilities(
        self, trial: str, split: str, rows: NDArray[np.int64], flip: bool = False
    ) -> NDArray[np.float64]:
        """(n, k) that the trial's net gives some images, averaged with mirrored ones if `flip`."""
        plain = self.answers(trial, self.images(trial, split, rows))
        if not flip:
            return plain
        faces = np.asarray(self.faces(split).images[rows])
        mirrored = self.preprocessed(trial, np.ascontiguousarray(faces[:, :, ::-1]))
        return (plain + self.answers(trial, mirrored)) / 2

    def answers(self, trial: str, images: NDArray[Any]) -> NDArray[np.float64]:
        """(n, h, w) preprocessed -> (n, k) probabilities, over the trial's views."""
        from orchestrator.models.views import scores

        network, views = self.network(trial), self.folder.config(trial).views
        if views == "one":
            return metrics.probabilities(network.logits(images))

        def logits(seen: Any) -> NDArray[np.float32]:
            return network.logits(np.asarray(seen)[..., 0])

        return metrics.probabilities(np.asarray(scores(logits, pixels(images, 1), views)))

    def ensemble(
        self, recipe: EnsembleRecipe, flip: bool = False
    ) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
        """The ensemble as a function of images (n, h, w) in 0 to 1 before any preprocessing."""

        def members(faces: NDArray[np.uint8]) -> NDArray[np.float64]:
            prepared: dict[str, NDArray[Any]] = {}  # members often share a variant
            each = []
            for trial in recipe.members:
                variant = self.folder.config(trial).preprocessing
                if variant not in prepared:
                    prepared[variant] = self.preprocessed(trial, faces)
                each.append(self.answers(trial, prepared[variant]))
            return np.stack(each)

        def predict(images: NDArray[np.float32]) -> NDArray[np.float64]:
            faces = np.rint(images * 255).clip(0, 255).astype(np.uint8)
            probabilities = members(faces)
            if flip:
                mirrored = np.ascontiguousarray(faces[:, :, ::-1])
                probabilities = (probabilities + members(mirrored)) / 2
            return recipe.apply(probabilities)

        return predict

    def stored_probabilities(
        self, trial: str, split: str, flip: bool = False
    ) -> NDArray[np.float32]:
        """(n, k) probabilities of a whole split, in its order, as they stand in `predictions/`."""
        file = prediction_file(trial, split, flip)
        if file not in self._stored:
            column = self.store.read_table(file, PREDICTIONS)["probability"]
            self._stored.clear()
            self._stored[file] = matrix(column)
        return self._stored[file]

    @cached_property
    def _stored(self) -> dict[str, NDArray[np.float32]]:
        return {}


def prediction_file(trial: str, split: str, flip: bool = False) -> str:
    """Where a trial's probabilities of a split stand; the sweep itself wrote validation's."""
    if split == "validation" and not flip:
        return Paths().prediction(trial)
    return Paths().split_prediction(trial, f"{split}-flip" if flip else split)
