"""What a net makes of chosen images, layer by layer, all in one pass."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from analysis.backends import catalogue
from analysis.backends.backend import Tensor
from analysis.backends.hooks import captured
from analysis.explain.anatomy import CONVOLUTIONS, Use
from analysis.explain.network import Network, pixels
from analysis.features.layers import named, with_maps

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FeatureMaps:
    """The strongest channels of one layer.

    Attributes:
        layer: its name.
        maps: (n, s, h', w') what the layer gave, in its own units; the same s channels for every
            image, so that images can be compared.
        channels: (s,) which they are, the strongest first.
        strength: (s,) mean over images and places.
        silent: how many of all channels were 0 everywhere in all these images.
        of: how many channels the layer has.
    """

    layer: str
    maps: Floats
    channels: NDArray[np.int64]
    strength: Floats
    silent: int
    of: int


def feature_maps(
    network: Network,
    images: NDArray[Any],
    layers: Iterable[str] | None = None,
    channels: int = 8,
) -> list[FeatureMaps]:
    """Activations of a few images; everything is held in memory at once.

    Args:
        network: the net under question.
        images: (n, h, w) as the variant gives them, 1 or more.
        layers: names; `one_a_block` if None.
        channels: s at most, those with the largest mean; all of a layer that has fewer.

    Raises:
        BadInput: for a layer that is not there.
        NoConvolution: where no layer gives maps and none was named.
    """
    names = one_a_block(network) if layers is None else list(layers)
    given = _activations(network, images, [named(network, name) for name in names])
    return [_strongest(name, maps, channels) for name, maps in zip(names, given, strict=True)]


def one_a_block(network: Network) -> list[str]:
    """The last layer at each resolution, after its activation, as far as the layer of the CAMs.

    Convolutions without an activation of their own and normalisations are passed over where there
    is something else at their size. From the first convolution on; what only pools is no block.

    Raises:
        NoConvolution: where no layer gives maps.
    """
    last: dict[tuple[int, ...], keras.layers.Layer] = {}
    for use in _from_first_to_last(network):
        side = tuple(use.made.shape[1:3])
        if side not in last or not _unfinished(use.layer) or _unfinished(last[side]):
            last[side] = use.layer
    return [layer.name for layer in last.values()]


def _from_first_to_last(network: Network) -> list[Use]:
    last = network.layer
    uses = with_maps(network)
    filtering = [isinstance(use.layer, CONVOLUTIONS) for use in uses]
    names = [use.layer.name for use in uses]
    first = filtering.index(True) if any(filtering) else 0
    return uses[first : names.index(last) + 1]


def _unfinished(layer: keras.layers.Layer) -> bool:
    linear = getattr(layer, "activation", None) in (None, keras.activations.linear)
    convolves = isinstance(layer, CONVOLUTIONS)
    return (convolves and linear) or isinstance(layer, keras.layers.BatchNormalization)


def _activations(
    network: Network, images: NDArray[Any], layers: Sequence[keras.layers.Layer]
) -> list[Floats]:
    def seen(given: Tensor) -> list[Tensor]:
        with contextlib.ExitStack() as stack:
            made = [stack.enter_context(captured(layer)) for layer in layers]
            network.model(given, training=False)
        return [one[0] for one in made]

    program = catalogue.current().direct(seen, network.model.variables)
    return [np.asarray(maps, np.float32) for maps in program(pixels(images, network.shape[-1]))]


def _strongest(name: str, maps: Floats, wanted: int) -> FeatureMaps:
    strength = maps.mean(axis=(0, 1, 2))
    channels = np.argsort(-strength, kind="stable")[:wanted]
    return FeatureMaps(
        layer=name,
        maps=np.ascontiguousarray(np.moveaxis(maps[..., channels], -1, 1)),
        channels=channels,
        strength=strength[channels],
        silent=int((maps == 0).all(axis=(0, 1, 2)).sum()),
        of=maps.shape[-1],
    )
