"""Between a Keras model's variables and the arrays of a trial."""

import contextlib
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from orchestrator.config import TrialConfig
from orchestrator.training.on_jax.initial_weights import INITIALISERS
from orchestrator.training.on_jax.trial_arrays import NetworkState

Array = jax.Array


def drawn_for(config: TrialConfig) -> tuple[int, float]:
    """What the first values of a network's variables depend on, besides its program's key."""
    return config.seed, config.dropout


def first_values(model: keras.Model) -> tuple[list[Any], list[Any]]:
    """Variables that learn and others, in NumPy: on a CPU JAX would share their buffers."""
    parts = (model.trainable_variables, model.non_trainable_variables)
    learned, others = ([np.array(variable.value) for variable in part] for part in parts)
    return learned, others


def as_pixels(images: Array) -> Array:
    """(n, h, w) as stored -> (n, h, w, 1) float32; bytes become 0 to 1."""
    scale = np.float32(1.0 / 255.0 if images.dtype == jnp.uint8 else 1.0)
    return (images.astype(jnp.float32) * scale)[..., None]


@contextlib.contextmanager
def on_processor() -> Iterator[None]:
    """Where nets are built: an initial weight is no reason to compile, for a GPU least of all."""
    processor = jax.local_devices(backend="cpu")[0]
    with jax.default_device(processor), keras.saving.custom_object_scope(INITIALISERS):
        yield


def copied(tree: Any) -> Any:
    """The same values in other buffers."""
    return jax.tree.map(jnp.copy, tree)


def position(variables: list[Any], variable: Any) -> int:
    """Where a variable stands among others; by identity, not by value."""
    return next(i for i, each in enumerate(variables) if each is variable)


def places_of(model: keras.Model, variables: list[Any]) -> list[tuple[bool, int]]:
    """Where variables of the model stand in its state: (among the learned or not, position)."""
    places: dict[int, tuple[bool, int]] = {}
    for learns, parts in (
        (True, model.trainable_variables),
        (False, model.non_trainable_variables),
    ):
        places |= {id(variable): (learns, i) for i, variable in enumerate(parts)}
    return [places[id(variable)] for variable in variables]


def chosen(state: NetworkState, places: list[tuple[bool, int]]) -> list[Array]:
    """The arrays of a state at these places."""
    return [(state.learned if learns else state.others)[place] for learns, place in places]
