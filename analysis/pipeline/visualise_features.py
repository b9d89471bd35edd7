"""What a net has learned, as arrays; and what asking it costs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import safetensors.numpy

from analysis.features.arrays import Ideals, Known, packed
from analysis.pipeline.context import TaskContext
from analysis.pipeline.task import Cost, Features, Learned
from orchestrator.process import hardware

if TYPE_CHECKING:
    from analysis.features.maximisation import Ideal

IDEAL_FILTERS = 24
"""Channels of the last maps that get an ideal image: the strongest ones on the images shown."""

ALL_CHANNELS = 10**6

DEVICE = b"device"
"""Key of a part's metadata: where it was measured."""

AT_ONCE = 256
"""Images whose maps are held in memory."""


def learned(bench: TaskContext, task: Learned) -> bytes:
    """Filters; in full also feature maps of the task's images, and ideal images."""
    from analysis.explain.network import NoConvolution
    from analysis.features.feature_maps import feature_maps
    from analysis.features.filters import filters
    from analysis.features.maximisation import ideal_classes, ideal_filters
    from orchestrator.errors import BadInput

    network = bench.network(task.trial)
    try:
        first = filters(network)
        last = network.layer
    except (NoConvolution, BadInput) as reason:
        return packed(Known(skipped=str(reason)))
    kernel = first.weights.transpose(1, 2, 3, 0)
    if not task.full:
        return packed(Known(first.layer, kernel))
    images = bench.images(task.trial, task.split, task.rows)
    found = feature_maps(network, images, channels=ALL_CHANNELS)
    maps = {
        one.layer: one.maps.transpose(0, 2, 3, 1)[..., np.argsort(one.channels)] for one in found
    }
    strongest = np.sort(found[-1].channels[:IDEAL_FILTERS]).tolist()
    classes = _ideals(ideal_classes(network), bench.splits.classes)
    filters_ = _ideals(
        ideal_filters(network, channels=strongest), [f"filter {c}" for c in strongest]
    )
    return packed(Known(first.layer, kernel, maps, classes, filters_, last))


def features(bench: TaskContext, task: Features) -> bytes:
    """(n, f) mean of the last maps of each image."""
    network, images = bench.network(task.trial), bench.images(task.trial, task.split, task.rows)
    found = []
    for first in range(0, len(images), AT_ONCE):
        now = images[first : first + AT_ONCE]
        unasked = np.zeros((len(now), network.classes), np.float32)
        found.append(network.taps(now, unasked).activation.mean(axis=(1, 2)))
    return safetensors.numpy.save({"features": np.concatenate(found)})


def cost(bench: TaskContext, task: Cost) -> pa.Table:
    """Images a second: of prediction alone, with a map of one class, with maps of all classes."""
    from analysis.explain.evaluation import cost as measured
    from orchestrator.training.on_tensorflow import device

    network, images = bench.network(task.trial), bench.images(task.trial, task.split, task.rows)
    found = asdict(measured.cost(network, images))
    where = hardware.describe(bench.threads or hardware.cores(), device.gpu_name())
    table = pa.table({"kind": list(found), "value": list(found.values())})
    return table.replace_schema_metadata({DEVICE: where})


def _ideals(found: "Ideal", names: Sequence[str]) -> Ideals:
    return Ideals(found.images, found.scores, tuple(names), found.objective)
