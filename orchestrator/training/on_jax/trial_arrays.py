"""What a trial is on the device: its state, what it turns, its images."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from orchestrator.config import TrialConfig
from orchestrator.training.inputs import Inputs

Array = jax.Array


class NetworkState(NamedTuple):
    """Everything that the next step depends on, besides the dials.

    Attributes:
        learned: the model's trainable variables, in its order.
        others: its other variables: moving statistics, dropout rates, random states.
        slots: the optimizer's variables.
        average: of all weights, in the model's order; empty without averaging.
        noise: augmentation's random state.
        steps: done so far, () int32.
    """

    learned: list[Array]
    others: list[Array]
    slots: list[Array]
    average: list[Array]
    noise: Array
    steps: Array


class Dials(NamedTuple):
    """What a trial turns without another program; scalars in float32, but the last.

    Attributes:
        weight_decay: of the kernels.
        strength: of augmentation, 0 to 1.
        smoothing: of labels, 0 to 1.
        ema: decay a step of the averaged weights.
        radius: of sharpness-aware minimisation.
        class_weights: (k,) float32.
    """

    weight_decay: Array
    strength: Array
    smoothing: Array
    ema: Array
    radius: Array
    class_weights: Array

    @classmethod
    def of(cls, config: TrialConfig, inputs: Inputs) -> "Dials":
        """A trial's."""
        even = np.ones(len(inputs.classes), np.float32)
        balanced = config.class_weights == "balanced"
        return cls(
            weight_decay=jnp.float32(config.weight_decay),
            strength=jnp.float32(config.augmentation_strength),
            smoothing=jnp.float32(config.label_smoothing),
            ema=jnp.float32(config.ema),
            radius=jnp.float32(config.sam_radius),
            class_weights=jnp.asarray(inputs.balanced_weights if balanced else even),
        )


class Steps(NamedTuple):
    """What an epoch's steps are given, a row each; of one step, that row.

    Attributes:
        order: (steps, batch) int32 training rows.
        rates: (steps,) float32 learning rates.
        shares: (steps,) float32 of `mixing.shares`; None where images are not mixed.
    """

    order: Array
    rates: Array
    shares: Array | None

    @classmethod
    def shapes(cls, config: TrialConfig, inputs: Inputs) -> "Steps":
        """Of a trial's epochs: a program is compiled for these."""
        order = unfilled(inputs.epoch_shape(config.batch_size), np.int32)
        each = unfilled(order.shape[:1], np.float32)
        return cls(order, each, each if config.mixup > 0 else None)


class Sums(NamedTuple):
    """Of the steps of an epoch so far: losses, and training images that were told right."""

    losses: Array
    hits: Array


class DeviceData(NamedTuple):
    """A data set on the device.

    Attributes:
        images: (n, h, w) as stored.
        labels: (n,) int32.
        validation: (n', h, w) as stored; blank images at its end make n' a multiple of the batch.
        validated: number of validation images that are none of these.
    """

    images: Array
    labels: Array
    validation: Array
    validated: int

    @classmethod
    def shapes(cls, inputs: Inputs, batch: int) -> "DeviceData":
        """Of the arrays that inputs come to: a program is compiled for these, without the data."""
        n = len(inputs.validation)
        padded = (n + blanks(n, batch), *inputs.validation.shape[1:])
        return cls(
            images=unfilled(inputs.training.shape, inputs.training.dtype),
            labels=unfilled(inputs.training_labels.shape, np.int32),
            validation=unfilled(padded, inputs.validation.dtype),
            validated=n,
        )


def unfilled(shape: tuple[int, ...], kind: Any) -> Any:
    """What stands for an array where a program is compiled and not run."""
    return jax.ShapeDtypeStruct(shape, kind)


def blanks(n: int, batch: int) -> int:
    """How many blank images make n a multiple of the batch."""
    return -n % batch
