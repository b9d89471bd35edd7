"""Which layers of a net give maps and which have filters, in the order in which they run."""

import keras

from analysis.explain.anatomy import AFTER, CONVOLUTIONS, Use, leaves, run_once
from analysis.explain.network import Network
from orchestrator.errors import BadInput


def with_maps(network: Network) -> list[Use]:
    """Layers at work whose output is (n, h', w', f); those that only pass maps on left out."""
    uses = run_once(network.model, network.shape)[0]
    return [
        use
        for use in uses
        if len(use.made.shape) == 4 and not use.idle and not isinstance(use.layer, AFTER)
    ]


def convolutions(network: Network) -> list[keras.layers.Layer]:
    """Layers with learned filters, each once."""
    layers = [u.layer for u in with_maps(network) if isinstance(u.layer, CONVOLUTIONS)]
    return list(dict.fromkeys(layers))


def named(network: Network, name: str) -> keras.layers.Layer:
    """The layer of that name, the last one if there are several.

    Raises:
        BadInput: if there is none; names those that give maps.
    """
    matches = [layer for layer in leaves(network.model) if layer.name == name]
    if not matches:
        names = ", ".join(use.layer.name for use in with_maps(network)) or "none"
        raise BadInput(f"no layer of {network.model.name} is called {name}; with maps: {names}")
    return matches[-1]


def channels_of(network: Network, name: str) -> int:
    """How many maps a layer gives.

    Raises:
        BadInput: if it gives none; names those that do.
    """
    channels = {use.layer.name: int(use.made.shape[-1]) for use in with_maps(network)}
    if name not in channels:
        names = ", ".join(channels) or "none"
        raise BadInput(f"layer {name} of {network.model.name} gives no maps; with maps: {names}")
    return channels[name]
