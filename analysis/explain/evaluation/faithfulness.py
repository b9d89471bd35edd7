"""Whether the net looks where the map says: the marked pixels are taken away, and brought back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from analysis.explain.evaluation.baselines import centre
from analysis.explain.evaluation.randomised import likeness
from analysis.explain.evaluation.stability import SAMPLES, stability
from analysis.explain.maps import Maps, normalise, resize
from analysis.explain.methods.gradient import floating
from analysis.explain.methods.integrated import BASELINES
from analysis.explain.methods.method import MapFunction
from analysis.explain.methods.smoothgrad import content_rng
from analysis.explain.network import Network

Floats = NDArray[np.float32]
Predict = Callable[[Floats], ArrayLike]
"""(n, h, w) images in float32 (bytes divided by 255) -> (n, k) probabilities."""

SHARE = 0.25
"""Share of the pixels that goes or comes. Not all of them: what a map has to say is in its most
marked pixels; the rest of a rectified map is zero, in no order, and a face three quarters gone
is no image that any net was trained for."""

STEPS = 10
"""Steps to get there: 11 points of each curve."""

BASELINE = "blur"
"""What is left where a pixel went; see `integrated.BASELINES`. Black is so far from any face that
random pixels then count as much as marked ones: a net on FER2013 lost its answer to either (area
0.26 and 0.25, n = 128); under blur the random ones took least (0.60)."""

AT_ONCE = 1024
"""Altered images held in memory at a time."""

SEED = 2


@dataclass(frozen=True)
class Curves:
    """Probability of the explained class while pixels go and come.

    Attributes:
        deletion: (n, STEPS + 1), from the whole image to the one without its most marked pixels.
        insertion: (n, STEPS + 1), from the baseline to one with these pixels alone.
    """

    deletion: Floats
    insertion: Floats


@dataclass(frozen=True)
class Subject:
    """Who is judged: a net, an ensemble, or a map that no net was asked for.

    Attributes:
        predict: probabilities of images; an ensemble's are its own.
        explain: maps of images, of the scores that belong to these images in this order.
        untrained: the same of the net with randomised weights; None where there is none.
    """

    predict: Predict
    explain: Callable[[Floats], Maps]
    untrained: Callable[[Floats], Maps] | None = None


def subject(
    method: MapFunction, network: Network, scores: ArrayLike, untrained: Network | None = None
) -> Subject:
    """A method asked of one net.

    Args:
        method: of `METHODS`.
        network: asked.
        scores: (n, k), see `network.directions`; of the images that will be asked about.
        untrained: `randomised(network)`; made once, it serves all methods.
    """

    def maps_of(net: Network) -> Callable[[Floats], Maps]:
        return lambda images: method(net, images, scores)

    of_untrained = None if untrained is None else maps_of(untrained)
    return Subject(probabilities(network), maps_of(network), of_untrained)


def probabilities(network: Network) -> Predict:
    """The softmax of a net's logits."""
    return lambda images: softmax(network.logits(images), axis=1)


def judge(
    who: Subject,
    images: NDArray[Any],
    targets: ArrayLike,
    given: Maps | None = None,
    samples: int = SAMPLES,
) -> list[dict[str, Any]]:
    """A row an image with the numbers of `results.schema.FAITHFULNESS`.

    The prediction is made of the images as `floating` gives them. Passes through the net for an
    image: 2 STEPS + 3 for deletion, insertion and drop, and the method's own cost once for the map
    (none if `given`), `samples` times for stability and once for `untrained`.

    Args:
        who: asked.
        images: (n, h, w) as `who` takes them.
        targets: (n,) class whose probability is followed; the one that the maps explain.
        given: the maps of these images, where they are known already.
        samples: noisy copies of each image for stability; 0 leaves that column empty.
    """
    seen = floating(images)
    maps = given or who.explain(seen)
    curves, masked = ablate(who.predict, seen, targets, maps.values)
    intact = curves.deletion[:, 0]
    drop, increase = average_drop(intact, masked)

    def values_of(some: Floats) -> Floats:
        return who.explain(some).values

    columns: dict[str, NDArray[Any] | None] = {
        "deletion": area(curves.deletion),
        "insertion": area(curves.insertion),
        "drop": drop,
        "increase": increase,
        "stability": stability(values_of, seen, maps.values, samples) if samples else None,
        "randomised": who.untrained and likeness(maps.values, who.untrained(seen).values),
        "gap": maps.gap,
    }
    filled = {name: column for name, column in columns.items() if column is not None}
    empty = dict.fromkeys(columns)
    return [
        empty | {name: column[row].item() for name, column in filled.items()}
        for row in range(len(seen))
    ]


def ablate(
    predict: Predict,
    images: NDArray[Any],
    targets: ArrayLike,
    values: ArrayLike,
    baseline: str = BASELINE,
) -> tuple[Curves, Floats]:
    """Curves, and (n,) the probability of each image seen through its map.

    Deletion and insertion after Petsiuk, Das & Saenko 2018 (https://arxiv.org/abs/1806.07421), who
    go on until no pixel is left; we stop at SHARE of the pixels and blur in both directions. Seen
    through its map: image times map plus baseline times (1 - map), after Chattopadhyay et al. 2018
    (https://arxiv.org/abs/1710.11063), whose baseline is black; the map's maximum is 1 and its
    negative values count as 0.

    Args:
        predict: see `Predict`.
        images: (n, h, w).
        targets: (n,) class followed.
        values: (n, h', w') maps, resized here. Pixels that are marked alike (the zeros of a
            rectified map) go in an order that is random but always the same.
        baseline: what is left, one of `integrated.BASELINES`.
    """
    given, classes = floating(images), np.asarray(targets, np.int64)
    marks, _ = normalise(resize(values, *given.shape[1:]))
    block = max(1, AT_ONCE // (2 * STEPS + 3))
    followed = [np.zeros((0, 2 * STEPS + 3), np.float32)]
    for first in range(0, len(given), block):
        now = slice(first, first + block)
        several = _altered(given[now], marks[now], BASELINES[baseline](given[now]))
        answers = np.asarray(predict(several.reshape(-1, *given.shape[1:])), np.float32)
        answers = answers.reshape(*several.shape[:2], -1)
        followed.append(answers[np.arange(len(several)), :, classes[now]])
    curve = np.concatenate(followed)
    return Curves(curve[:, : STEPS + 1], curve[:, STEPS + 1 : -1]), curve[:, -1]


def area(curve: ArrayLike) -> Floats:
    """(n, s) -> (n,) mean height of a curve over evenly spaced points (trapezoids), 0 to 1."""
    points = np.asarray(curve, np.float32)
    heights = (points[:, 1:] + points[:, :-1]) / 2
    return heights.mean(axis=1)


def average_drop(intact: ArrayLike, masked: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """(n,) share of the probability lost, 0 where it grew, and (n,) whether it grew.

    Their means over images are "average drop" and "increase in confidence" of Chattopadhyay et al.
    2018; low and high are good.
    """
    before, after = np.asarray(intact, np.float32), np.asarray(masked, np.float32)
    lost = np.maximum(before - after, 0) / np.maximum(before, np.float32(1e-6))
    return lost, after > before


def random_maps(images: Floats) -> Maps:
    """A map without meaning, (n, h, w) in 0 to 1, that follows from the image's content."""
    rows = [content_rng(image, SEED).random(image.shape, np.float32) for image in images]
    return Maps(np.array(rows, np.float32).reshape(images.shape), "none")


def centre_maps(images: Floats) -> Maps:
    """The same Gaussian in the middle of every image: strong on faces, which are centred."""
    n, height, width = images.shape
    return Maps(np.broadcast_to(centre(height, width), (n, height, width)), "none")


REFERENCES: Mapping[str, Callable[[Floats], Maps]] = {"random": random_maps, "centre": centre_maps}
"""Maps that know nothing of the net: a method has to do better than both."""


def _altered(images: Floats, marks: Floats, without: Floats) -> Floats:
    """(n, 2 STEPS + 3, h, w): deletion, insertion, and the image seen through its map."""
    place = _order(marks)[:, None]
    wanted = SHARE * np.arange(STEPS + 1) / STEPS * images[0].size
    marked = place < np.rint(wanted)[:, None, None]
    image, rest, mark = images[:, None], without[:, None], np.maximum(marks, 0)[:, None]
    deleted = np.where(marked, rest, image)
    inserted = np.where(marked, image, rest)
    return np.concatenate([deleted, inserted, rest + mark * (image - rest)], axis=1)


def _order(marks: Floats) -> NDArray[np.int64]:
    """(n, h, w) the place of each pixel: 0 for the most marked."""
    flat = marks.reshape(len(marks), -1)
    lot = np.random.default_rng(SEED).permutation(flat.shape[1])
    drawn = np.argsort(-flat[:, lot], axis=1, kind="stable")
    order = np.empty_like(drawn)
    np.put_along_axis(order, lot[drawn], np.arange(flat.shape[1])[None], axis=1)
    return order.reshape(marks.shape)
