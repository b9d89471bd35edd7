"""Step: what the nets have learned: filters, feature maps, ideal images, where images stand.

Needs the members' nets. A worker leaves arrays (safetensors), which pictures and TensorBoard's
Projector are made from; there is no table.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.context import TaskContext
from analysis.pipeline.image_sample import evenly_spaced
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import Task

if TYPE_CHECKING:
    from analysis.features.maximisation import IdealImages
    from analysis.report.projector import Projection

Floats = NDArray[np.float32]

IDEAL_FILTERS = 24
"""Channels of the last maps that get an ideal image: the strongest ones on the images shown."""

IDEAL_STEPS = 256
"""Steps of the search for an ideal image."""

ALL_CHANNELS = 10**6

POINTS = 2048
"""Images in TensorBoard's Projector."""

AT_ONCE = 256
"""Images whose maps are held in memory."""

METADATA = "about"
"""Name of the array that holds everything but arrays: JSON in bytes."""


@dataclass(frozen=True)
class VisualiseFeatures(Task):
    """Filters; if `full`, feature maps of these images too; if `ideals`, also ideal images."""

    kind = "learned"
    ending = "safetensors"

    full: bool
    ideals: bool


@dataclass(frozen=True)
class ProjectImages(Task):
    """(n, f) mean activations of the last maps: where images stand to one another."""

    kind = "features"
    ending = "safetensors"


def learned_features(
    job: Postprocessing, selected: SelectedMembers, rows: NDArray[np.int64]
) -> "Iterator[tuple[str, LearnedFeatures]]":
    """Each member with what its net has learned; a net that has nothing to show is noted.

    Args:
        job: whose split.
        selected: whose members.
        rows: images whose feature maps by the leading member are wanted.
    """
    leading, *others = selected.choice.recipe.members
    split = job.request.split
    wanted = {"full": True, "ideals": not job.request.quick}
    tasks = [VisualiseFeatures(leading, job.model_digest(leading), split, rows, **wanted)]
    for trial in others:
        nothing = (job.model_digest(trial), split, rows[:0])
        tasks.append(VisualiseFeatures(trial, *nothing, full=False, ideals=False))
    failures = job.run("looking at what was learned", tasks, "what was learned by")
    for task in tasks:
        if task.trial not in failures:
            features = LearnedFeatures.from_bytes(job.store.read_bytes(task.part))
            if features.skipped:
                job.notes.skipped.append((f"what {task.trial} has learned", features.skipped))
            yield task.trial, features


def projection(
    job: Postprocessing, selected: SelectedMembers, combined: CombinedPredictions
) -> "Projection | None":
    """Images as the leading member's last maps see them."""
    from analysis.report.projector import Projection  # loads TensorBoard, which no worker needs

    trial = selected.choice.recipe.members[0]
    rows = evenly_spaced(len(job.faces), POINTS)
    task = ProjectImages(trial, job.model_digest(trial), job.request.split, rows)
    if job.run("placing images", [task], "TensorBoard's Projector, features by"):
        return None
    features = safetensors.numpy.load(job.store.read_bytes(task.part))["features"]
    names = np.asarray(job.folder.classes, dtype=str)
    labels, predictions = combined.images.labels[rows], combined.classes[rows]
    columns = {
        "label": names[labels],
        "prediction": names[predictions],
        "correct": np.where(labels == predictions, "right", "wrong"),
        "image_id": combined.images.ids[rows],
    }
    title = f"what {trial} makes of images"
    faces = np.asarray(job.faces.images[rows])
    return Projection(title, features, faces, columns, tint="label")


# --- what a worker does ----------------------------------------------------------------------


def visualise_features(context: TaskContext, task: VisualiseFeatures) -> bytes:
    """Filters; as the task says also feature maps of its images, and ideal images."""
    from analysis.explain.network import NoConvolution
    from analysis.features.feature_maps import feature_maps
    from analysis.features.filters import filters
    from analysis.features.maximisation import Settings, ideal_classes, ideal_filters
    from orchestrator.errors import BadInput

    network = context.network(task.trial)
    try:
        first = filters(network)
        last = network.layer
    except (NoConvolution, BadInput) as reason:
        return LearnedFeatures(skipped=str(reason)).to_bytes()
    kernel = first.weights.transpose(1, 2, 3, 0)
    if not task.full:
        return LearnedFeatures(first.layer, kernel).to_bytes()
    images = context.images(task.trial, task.split, task.rows)
    layers = feature_maps(network, images, channels=ALL_CHANNELS)
    maps = {
        one.layer: one.maps.transpose(0, 2, 3, 1)[..., np.argsort(one.channels)] for one in layers
    }
    if not task.ideals:
        return LearnedFeatures(first.layer, kernel, maps, last=last).to_bytes()
    strongest = np.sort(layers[-1].channels[:IDEAL_FILTERS]).tolist()
    settings = Settings(steps=IDEAL_STEPS)
    classes = _gallery(ideal_classes(network, settings=settings), context.splits.classes)
    channels = _gallery(
        ideal_filters(network, channels=strongest, settings=settings),
        [f"filter {c}" for c in strongest],
    )
    return LearnedFeatures(first.layer, kernel, maps, classes, channels, last).to_bytes()


def _gallery(ideals: "IdealImages", names: Sequence[str]) -> "IdealGallery":
    return IdealGallery(ideals.images, ideals.scores, tuple(names), ideals.objective)


def project_images(context: TaskContext, task: ProjectImages) -> bytes:
    """(n, f) mean of the last maps of each image."""
    network = context.network(task.trial)
    images = context.images(task.trial, task.split, task.rows)
    pieces = [
        network.activation(images[first : first + AT_ONCE]).mean(axis=(1, 2))
        for first in range(0, len(images), AT_ONCE)
    ]
    return safetensors.numpy.save({"features": np.concatenate(pieces)})


# --- from the worker to the pictures ---------------------------------------------------------


@dataclass(frozen=True)
class IdealGallery:
    """Images that something answers to most.

    Attributes:
        images: (m, h, w), 0 to 1.
        scores: (m,) what each reaches.
        names: (m,) of what was looked for.
        score: what is meant by it, in words.
    """

    images: Floats
    scores: Floats
    names: tuple[str, ...]
    score: str


@dataclass(frozen=True)
class LearnedFeatures:
    """What one net has learned; absent where it was not asked for.

    Attributes:
        first: name of the first convolution.
        kernel: its weights (h', w', c, f).
        maps: layer -> (n, h', w', f) of the images shown, from the image on.
        classes: ideal images of the classes.
        filters: ideal images of some channels of the layer `last`.
        last: the layer whose maps CAM methods weigh.
        skipped: why there is nothing; "" if there is.
    """

    first: str = ""
    kernel: Floats | None = None
    maps: Mapping[str, Floats] = field(default_factory=dict)
    classes: IdealGallery | None = None
    filters: IdealGallery | None = None
    last: str = ""
    skipped: str = ""

    def to_bytes(self) -> bytes:
        """The same as one safetensors file."""
        metadata: dict[str, Any] = {
            "first": self.first,
            "last": self.last,
            "skipped": self.skipped,
            "layers": list(self.maps),
        }
        arrays = {f"maps-{i}": maps for i, maps in enumerate(self.maps.values())}
        if self.kernel is not None:
            arrays["kernel"] = self.kernel
        for name, gallery in (("classes", self.classes), ("filters", self.filters)):
            if gallery is not None:
                metadata[name] = {"names": gallery.names, "score": gallery.score}
                arrays |= {f"{name}-images": gallery.images, f"{name}-scores": gallery.scores}
        content = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
        text = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
        return safetensors.numpy.save({**content, METADATA: text})

    @classmethod
    def from_bytes(cls, content: bytes) -> "LearnedFeatures":
        """What `to_bytes` gave."""
        arrays = safetensors.numpy.load(content)
        metadata = json.loads(arrays[METADATA].tobytes())

        def gallery(name: str) -> IdealGallery | None:
            if name not in metadata:
                return None
            words, images = metadata[name], arrays[f"{name}-images"]
            return IdealGallery(
                images, arrays[f"{name}-scores"], tuple(words["names"]), words["score"]
            )

        return cls(
            first=metadata["first"],
            kernel=arrays.get("kernel"),
            maps={name: arrays[f"maps-{i}"] for i, name in enumerate(metadata["layers"])},
            classes=gallery("classes"),
            filters=gallery("filters"),
            last=metadata["last"],
            skipped=metadata["skipped"],
        )
