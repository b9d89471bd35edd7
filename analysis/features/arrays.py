"""What a net has learned, on its way from the worker that has the net to the pictures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ABOUT = "about"
"""Name of the array that holds everything but arrays: JSON in bytes."""


@dataclass(frozen=True)
class Ideals:
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
class Known:
    """What was found of one net; absent where it was not asked for.

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
    classes: Ideals | None = None
    filters: Ideals | None = None
    last: str = ""
    skipped: str = ""


def packed(known: Known) -> bytes:
    """The same as one safetensors file."""
    about: dict[str, Any] = {
        "first": known.first,
        "last": known.last,
        "skipped": known.skipped,
        "layers": list(known.maps),
    }
    arrays = {f"maps-{i}": maps for i, maps in enumerate(known.maps.values())}
    if known.kernel is not None:
        arrays["kernel"] = known.kernel
    for name, ideals in (("classes", known.classes), ("filters", known.filters)):
        if ideals is not None:
            about[name] = {"names": ideals.names, "score": ideals.score}
            arrays |= {f"{name}-images": ideals.images, f"{name}-scores": ideals.scores}
    whole = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    return safetensors.numpy.save({**whole, ABOUT: text})


def unpacked(content: bytes) -> Known:
    """What `packed` gave."""
    arrays = safetensors.numpy.load(content)
    about = json.loads(arrays[ABOUT].tobytes())
    return Known(
        first=about["first"],
        kernel=arrays.get("kernel"),
        maps={name: arrays[f"maps-{i}"] for i, name in enumerate(about["layers"])},
        classes=_ideals("classes", about, arrays),
        filters=_ideals("filters", about, arrays),
        last=about["last"],
        skipped=about["skipped"],
    )


def _ideals(name: str, about: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Ideals | None:
    if name not in about:
        return None
    said, images, scores = about[name], arrays[f"{name}-images"], arrays[f"{name}-scores"]
    return Ideals(images, scores, tuple(said["names"]), said["score"])


def unreadable(content: bytes) -> str:
    """Why a file is no whole safetensors file; "" if it is one."""
    try:
        safetensors.numpy.load(content)
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as problem:
        return str(problem)
    return ""
