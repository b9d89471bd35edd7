"""What a compiled program is specific to, and the network in it; the same on every backend."""

import random
from dataclasses import dataclass

import keras

from orchestrator.config import TrialConfig
from orchestrator.models.catalogue import Options, build
from orchestrator.training.inputs import Inputs
from orchestrator.training.programs.program_settings import ProgramSettings

PROGRAMS = 8
"""Compiled programs kept a process: a width or momentum drawn from a range makes one each time."""

RESIDENT_DATA_SETS = 2
"""Variants kept on the device at once; each is at most 145 MB for FER2013."""


@dataclass(frozen=True)
class ProgramKey(ProgramSettings):
    """What a compiled program is specific to; two trials that agree here share one."""

    shape: tuple[int, int]
    classes: int

    @classmethod
    def of(cls, config: TrialConfig, inputs: Inputs) -> "ProgramKey":
        """The key of a trial."""
        h, w = inputs.training.shape[1:]
        settings = vars(ProgramSettings.of_trial(config))
        return cls(**settings, shape=(h, w), classes=len(inputs.classes))

    def network(self, config: TrialConfig) -> keras.Model:
        """The network with this trial's initial weights and dropout rate.

        `keras.utils.set_random_seed` would draw the same ones, but on TensorFlow it also sets that
        library's own seed, which nothing here uses and which empties its cache of optimised
        functions: every trial would optimise its epoch again (0.7 s of `cnn5`, 6.4 s of `resnet`,
        on a CPU).
        """
        random.seed(config.seed)  # Keras draws its seeds from it
        keras.config.set_dtype_policy(self.precision)
        weights, fine_tune, head = self.transfer
        options = Options(
            width=self.width,
            dropout=config.dropout,
            pooling=self.pooling,
            batch_normalisation=self.batch_normalisation,
            weights=weights,
            fine_tune=fine_tune,
            head=head,
        )
        try:
            return build(self.architecture, (*self.shape, 1), self.classes, options)
        finally:
            keras.config.set_dtype_policy("float32")
