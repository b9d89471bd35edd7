"""Trained nets, built again from a configuration and a weights file."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from analysis.sweep_folder import SweepFolder
from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from orchestrator.models import catalogue
from orchestrator.models.options import Options
from results.paths import Paths

BASE_END = "block5_pool"
"""Last layer of vgg16 that comes from its weights file; what follows is the head."""

UNDRAWN = dict.fromkeys(("he_normal", "glorot_uniform"), keras.initializers.Zeros)
"""Initialisers of our nets -> what stands in for them where weights are replaced at once.

On JAX each shape of random numbers is compiled: 38 s of `inception`, on one core.
"""


@dataclasses.dataclass(frozen=True)
class Weights:
    """A weights file as read.

    Attributes:
        content: the bytes of a safetensors file: weight-0000, weight-0001, ... in the order of
            `model.weights`.
        origin: where they were read; the beginning of every complaint about them.
    """

    content: bytes
    origin: str

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Name -> array.

        Raises:
            BadInput: for a file that is cut off or none of safetensors.
        """
        try:
            return dict(safetensors.numpy.load(self.content))
        except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as problem:
            raise BadInput(
                f"{self.origin} ({len(self.content)} bytes) is no whole safetensors file "
                f"({str(problem).splitlines()[0]}); put a copy back, or train the trial again"
            ) from None


def member(folder: SweepFolder, trial: str, size: tuple[int, int]) -> keras.Model:
    """A finished trial's net with its best weights, as `build` makes it.

    Args:
        folder: of the sweep.
        trial: its signature.
        size: (h, w) of an image.

    Raises:
        BadInput: as `build`, or for a trial that the sweep does not have.
        DamagedResults: where its weights file is missing.
    """
    name = Paths().weight(trial)
    weights = Weights(folder.store.read_bytes(name), f"{folder.store.root}/{name}")
    return build(folder.config(trial), (*size, 1), len(folder.classes), weights)


def build(
    config: TrialConfig,
    shape: tuple[int, int, int],
    classes: int,
    weights: Weights,
    fused: bool = True,
) -> keras.Model:
    """The net that a trial trained: (n, h, w, c) float32 -> (n, k) logits.

    It computes in float32 whatever the trial's precision was. A trial in bfloat16 rounds each
    layer's result to 8 bits, so the probabilities that it stored differ from this net's: by 0.0008
    on average and 0.06 at most in 15 nets, with another likeliest class for 0.5 % of the images.

    Nothing but the configuration and the weights is needed: vgg16 finds its base in them too, not
    in the file that its training started from.

    Args:
        config: of the trial.
        shape: (h, w, c) of an image.
        classes: k.
        weights: all of the net's.
        fused: whether batch normalisation is TensorFlow's single kernel, which is faster; on
            another backend it is Keras' own.

    Raises:
        BadInput: for weights that are damaged, not finite, or another net's; or a configuration
            that describes no net.
    """
    with _float32(), keras.saving.custom_object_scope(UNDRAWN):
        model = _empty(config, shape, classes)
    arrays = _checked(model, weights)
    for variable, array in zip(model.weights, arrays, strict=True):
        variable.assign(array)
    if fused and keras.backend.backend() == "tensorflow":
        from orchestrator.training.on_tensorflow.fused_normalisation import fuse

        fuse(model)
    return model


@contextlib.contextmanager
def _float32() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _empty(config: TrialConfig, shape: tuple[int, int, int], classes: int) -> keras.Model:
    options = Options(
        width=config.width,
        dropout=config.dropout,
        pooling=config.pooling,
        batch_normalisation=config.batch_normalisation,
        weights=config.weights,
        fine_tune=config.fine_tune,
        head=config.head,
    )
    if config.architecture == "vgg16" and config.weights != "none":
        return _transferred(shape, classes, options)
    return catalogue.build(config.architecture, shape, classes, options)


def _transferred(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """Vgg16 as it is with a weights file, built without one.

    The base is that of a net from scratch at full width without normalisation; the head comes from
    a second one, with the trial's width and normalisation, which a file leaves to the head alone.
    """
    scratch = dataclasses.replace(options, weights="none")
    plain = dataclasses.replace(scratch, width=1.0, batch_normalisation=False)
    base = catalogue.build("vgg16", shape, classes, plain)
    other = catalogue.build("vgg16", shape, classes, scratch)
    names = [layer.name for layer in other.layers]
    x = base.get_layer(BASE_END).output
    for layer in other.layers[names.index(BASE_END) + 1 :]:
        x = type(layer).from_config(layer.get_config())(x)
    return keras.Model(base.input, x, name=base.name)


def _checked(model: keras.Model, weights: Weights) -> Sequence[NDArray[np.float32]]:
    arrays = weights.arrays()
    names = [f"weight-{i:04d}" for i in range(len(model.weights))]
    if sorted(arrays) != names:
        raise BadInput(
            f"{weights.origin} holds {len(arrays)} arrays, {_span(sorted(arrays))}; its "
            f"configuration has {len(names)}, {_span(names)}: they are another net's weights"
        )
    for name, variable in zip(names, model.weights, strict=True):
        array, shape = arrays[name], tuple(variable.shape)
        if array.shape != shape or array.dtype != np.float32:
            raise BadInput(
                f"{weights.origin}: {name} is {array.dtype} {array.shape}, but {variable.path} is "
                f"float32 {shape}: they are another net's weights"
            )
        if not np.isfinite(array).all():
            raise BadInput(
                f"{weights.origin}: {name} ({variable.path}) has values that are not finite; the "
                "file is damaged or the trial diverged: leave it out, or train it again"
            )
    return [arrays[name] for name in names]


def _span(names: Sequence[str]) -> str:
    return f"{names[0]} to {names[-1]}" if names else "none"
