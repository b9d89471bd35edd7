"""What explanations cost beside predictions, measured side by side."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from analysis.explain.methods.catalogue import WEIGHINGS
from analysis.explain.network import Network

ROUNDS = 5


@dataclass(frozen=True)
class ExplanationCost:
    """Images a second, each from arrays to arrays; the maps come with their predictions.

    Attributes:
        prediction: logits alone.
        gradcam: and a Grad-CAM of one class an image.
        all_classes: and a Grad-CAM of every class.
        family: and Grad-CAM, Grad-CAM++, HiResCAM and LayerCAM of one class an image.
        gradcam_ratio: time of `gradcam` over that of `prediction`.
        all_classes_ratio: the same of `all_classes`.
        family_ratio: the same of `family`.
    """

    prediction: float
    gradcam: float
    all_classes: float
    family: float
    gradcam_ratio: float
    all_classes_ratio: float
    family_ratio: float


def cost(network: Network, images: NDArray[Any], rounds: int = ROUNDS) -> ExplanationCost:
    """Medians over rounds in which all take turns, after one that compiles.

    The ratios are medians of each round's own ratio: what disturbs the machine for longer than a
    round slows both. Wall-clock time; no other batch size, model or thread for any of them.

    Raises:
        NoConvolution: where no layer gives maps.
    """
    gradcam, family = [WEIGHINGS["gradcam"]], list(WEIGHINGS.values())
    runs: list[Callable[[], Any]] = [
        lambda: network.logits(images),
        lambda: network.weighed(images, None, gradcam),
        lambda: network.weighed_all(images, gradcam),
        lambda: network.weighed(images, None, family),
    ]
    for run in runs:
        run()
    times = [[_seconds(run) for run in runs] for _ in range(rounds)]
    plain, *_ = columns = list(zip(*times, strict=True))
    speeds = [len(images) / statistics.median(column) for column in columns]
    ratios = [
        statistics.median(t / p for t, p in zip(column, plain, strict=True))
        for column in columns[1:]
    ]
    return ExplanationCost(*speeds, *ratios)


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
