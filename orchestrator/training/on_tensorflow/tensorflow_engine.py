"""Training on TensorFlow: an epoch is one compiled program over data that stays on the device."""

from collections import OrderedDict
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.models.catalogue import parameter_count
from orchestrator.training.engine import ComputedEpoch, EpochSums, State
from orchestrator.training.inputs import Inputs
from orchestrator.training.on_tensorflow import device
from orchestrator.training.on_tensorflow.program import Program, held, named
from orchestrator.training.programs.program_key import PROGRAMS, RESIDENT_DATA_SETS, ProgramKey


class TensorflowEngine:
    """All the programs of one process, and the trial that runs now."""

    def __init__(self, threads: int | None = None) -> None:
        device.settle(threads)
        self._programs: OrderedDict[ProgramKey, Program] = OrderedDict()
        self._forgotten = 0
        self._resident: OrderedDict[str, tuple[tf.Tensor, tf.Tensor, tf.Tensor]] = OrderedDict()
        self._now: Program
        self._data: tuple[tf.Tensor, tf.Tensor, tf.Tensor]

    def begin(self, config: TrialConfig, inputs: Inputs) -> None:
        """See `Engine.begin`."""
        key = ProgramKey.of(config, inputs)
        if key not in self._programs:
            while len(self._programs) >= PROGRAMS:
                self._forgotten += _traces(self._programs.popitem(last=False)[1])
            self._programs[key] = Program(key, config)
        self._programs.move_to_end(key)
        self._now = self._programs[key]
        self._now.reset(config, inputs)
        self._data = self._on_device(inputs)

    def _on_device(self, inputs: Inputs) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        if inputs.key not in self._resident:
            while len(self._resident) >= RESIDENT_DATA_SETS:
                self._resident.popitem(last=False)
            self._resident[inputs.key] = (
                tf.constant(inputs.training),
                tf.constant(inputs.training_labels.astype(np.int64)),
                tf.constant(inputs.validation),
            )
        self._resident.move_to_end(inputs.key)
        return self._resident[inputs.key]

    def epoch(
        self,
        order: NDArray[np.int32],
        rates: NDArray[np.float32],
        shares: NDArray[np.float32] | None = None,
    ) -> ComputedEpoch:
        """See `Engine.epoch`: computed when it returns."""
        images, labels, _ = self._data
        mixing = None if shares is None else tf.constant(shares)
        given = tf.constant(order), tf.constant(rates), mixing
        loss_sum, hits = self._now.epoch(images, labels, *given)
        steps, batch = order.shape
        sums = EpochSums(float(loss_sum) / steps, int(hits) / (steps * batch), steps * batch)
        return ComputedEpoch(sums, self.predict_validation(), held("weight", self._predicting()))

    def predict_validation(self) -> NDArray[np.float32]:
        """Logits (n, k) of the validation images, averaged weights where EMA is on."""
        if not self._now.average:
            return np.asarray(self._now.predict(self._data[2]))
        self._now.exchange()
        try:
            return np.asarray(self._now.predict(self._data[2]))
        finally:
            self._now.exchange()

    def weights(self) -> dict[str, NDArray[Any]]:
        """The weights that predict, in the model's order."""
        return named("weight", self._predicting())

    def _predicting(self) -> list[Any]:
        return self._now.average or self._now.model.weights

    def _lasting(self) -> list[Any]:
        now = self._now
        moving = (*now.model.variables, *now.optimizer.variables, *now.average)
        return [*moving, now.noise.state, now.steps_done]

    def state(self) -> State:
        """See `Engine.state`."""
        return dict(held("variable", self._lasting()))

    def load_state(self, state: State) -> None:
        """See `Engine.load_state`.

        Raises:
            ValueError: when the state is another network's.
        """
        own, arrays = self._lasting(), [np.asarray(state[name]) for name in sorted(state)]
        if [array.shape for array in arrays] != [tuple(variable.shape) for variable in own]:
            raise ValueError(f"the state of another network: {len(arrays)} arrays for {len(own)}")
        for variable, array in zip(own, arrays, strict=True):
            variable.assign(array)

    @property
    def parameters(self) -> int:
        """See `Engine.parameters`."""
        return parameter_count(self._now.model)

    @property
    def device(self) -> str | None:
        """See `Engine.device`."""
        return device.gpu_name()

    @property
    def asynchronous(self) -> bool:
        """See `Engine.asynchronous`."""
        return False

    @property
    def programs(self) -> int:
        """Traces so far, over all programs: stays put when nothing is compiled."""
        return self._forgotten + sum(map(_traces, self._programs.values()))


def _traces(program: Program) -> int:
    functions = (program.epoch, program.predict, program.exchange)
    return sum(function.experimental_get_tracing_count() for function in functions)
