"""What a net is made of, seen by running it once on a blank image.

So it does not matter how the net was put together: functional, sequential or subclassed, with
models inside models. Only what really ran is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers as kinds

from analysis.backends import catalogue
from analysis.backends.hooks import hooked
from orchestrator.errors import BadInput


class NoConvolution(BadInput):
    """The net has no layer that gives maps, so there is nothing for CAM methods to weigh."""


CONVOLUTIONS = (
    kinds.Conv2D,
    kinds.DepthwiseConv2D,
    kinds.SeparableConv2D,
    kinds.Conv2DTranspose,
)

AFTER = (
    kinds.MaxPooling2D,
    kinds.AveragePooling2D,
    kinds.Dropout,
    kinds.SpatialDropout2D,
    kinds.ZeroPadding2D,
)
"""Layers that only pass maps on, coarser or not at all changed: the maps before them are wanted."""

SHIFTING = (
    kinds.MaxPooling2D,
    kinds.AveragePooling2D,
    kinds.GlobalMaxPooling2D,
    kinds.GlobalAveragePooling2D,
    kinds.BatchNormalization,
    kinds.Flatten,
)
"""Layers after which a map to which a number was added everywhere is the same map, plus a number.

For batch normalisation: at inference, where it is a factor and an offset a channel.
"""


@dataclass(frozen=True)
class Use:
    """One layer at work.

    Attributes:
        layer: which one.
        given: its first argument: a tensor, or several.
        made: what it gave.
        idle: whether it gave just what it was given, as dropout does at inference.
    """

    layer: kinds.Layer
    given: Any
    made: Any
    idle: bool


def image_shape(model: keras.Model) -> tuple[int, ...]:
    """(h, w, c) that the model is made for.

    Raises:
        BadInput: where it does not say so: a subclass, or a model for images of any size.
    """
    try:
        shape = tuple(model.input_shape[1:])
    except (AttributeError, ValueError, TypeError):
        shape = ()
    if len(shape) != 3 or None in shape:
        raise BadInput(
            f"{model.name} does not say how large its images are; give the shape (h, w, c) with it"
        )
    return shape


def run_once(model: keras.Model, shape: tuple[int, ...]) -> tuple[list[Use], Any]:
    """Every layer without inner layers at work, in order, on one black image; and the logits."""
    uses: list[Use] = []

    def hook(layer: kinds.Layer, given: Any, made: Any) -> Any:
        if not _is_tensor(made):
            return made
        # a copy, so that what a layer gave is told from what it was given
        fresh = keras.ops.copy(made)
        uses.append(Use(layer, given, fresh, made is given))
        return fresh

    if not all(part.built for part in [model, *_parts(model)]):
        # an unbuilt subclass makes its layers only when it runs
        model(np.zeros((1, *shape), np.float32), training=False)
    with hooked(leaves(model), hook):
        run = partial(model, training=False)
        logits = catalogue.current().outlined(run, (1, *shape))
    return uses, logits


def leaves(model: keras.Model) -> list[kinds.Layer]:
    """Layers that contain no others, each once, whatever they are nested in."""
    return [layer for layer in _parts(model) if not _inner(layer)]


def check_precision(model: keras.Model) -> None:
    """Refuse what is computed in another precision than float32.

    Raises:
        BadInput: naming the precision.
    """
    kept = {layer.compute_dtype for layer in leaves(model)}
    other = sorted(d for d in kept if d and "float" in d and d != "float32")
    if other:
        raise BadInput(
            f"{model.name} computes in {', '.join(other)}; explanations need float32: "
            "build it under the dtype policy float32 and load the same weights"
        )


def cam_layer(
    model: keras.Model, uses: Sequence[Use], wanted: str | kinds.Layer | None, usual: str
) -> kinds.Layer | None:
    """The wanted layer, or that of the usual name, or the last one with maps; None if none has any.

    Maps of 1x1 are the last choice: they are a pooled result, not a place.

    Raises:
        BadInput: if there is no layer of the wanted name; names those with maps.
    """
    if isinstance(wanted, kinds.Layer):
        return wanted
    with_maps = [use for use in uses if len(use.made.shape) == 4]
    if wanted is not None:
        return _named(model, with_maps, wanted)
    by_name = [use.layer for use in with_maps if use.layer.name == usual]
    if by_name:
        return by_name[-1]
    if not any(isinstance(use.layer, CONVOLUTIONS) for use in with_maps):
        return None
    own = [use for use in with_maps if not use.idle and not isinstance(use.layer, AFTER)]
    spread = [use for use in own if max(use.made.shape[1:3]) > 1]
    return (spread or own)[-1].layer


def shifting_head(uses: Sequence[Use], layer: kinds.Layer) -> tuple[kinds.Layer, ...] | None:
    """What follows the maps up to the first fully connected layer, if that is plain enough.

    Plain means: one layer after the other, and each SHIFTING or idle. Adding a number to a whole
    map then changes what the last of them gives by fixed multiples of that number, whatever the
    image. None where it is not so.
    """
    places = [use for use in uses if use.layer is layer]
    if len(places) != 1:
        return None
    chain: list[kinds.Layer] = []
    now = places[0].made
    while True:
        users = [use for use in uses if _takes(use, now)]
        if len(users) != 1 or sum(use.layer is users[0].layer for use in uses) != 1:
            return None
        (use,) = users
        chain.append(use.layer)
        if isinstance(use.layer, kinds.Dense):
            linear = use.layer.activation is keras.activations.linear
            return tuple(chain) if linear and len(use.made.shape) == 2 else None
        if not (use.idle or isinstance(use.layer, SHIFTING)):
            return None
        now = use.made


def _takes(use: Use, tensor: Any) -> bool:
    return any(part is tensor for part in keras.tree.flatten(use.given))


def _is_tensor(value: Any) -> bool:
    return keras.ops.is_tensor(value)


def _named(model: keras.Model, with_maps: Sequence[Use], name: str) -> kinds.Layer:
    matches = [layer for layer in _parts(model) if layer.name == name]
    if not matches:
        names = ", ".join(use.layer.name for use in with_maps)
        raise BadInput(f"no layer is called {name}; layers with maps: {names or 'none'}")
    return matches[-1]


def _parts(model: keras.Model) -> list[kinds.Layer]:
    """All layers at every depth; Keras has no public way into layers that are no models."""
    return list(model._flatten_layers(include_self=False))


def _inner(layer: kinds.Layer) -> list[kinds.Layer]:
    return list(layer._flatten_layers(include_self=False))
