"""Training on JAX: a whole epoch is one compiled program, dispatched without waiting for it."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.models.catalogue import parameter_count
from orchestrator.process.cache_folder import default_cache
from orchestrator.training.engine import EpochSums, State
from orchestrator.training.inputs import Inputs
from orchestrator.training.on_jax import compile_cache, device
from orchestrator.training.on_jax.program import Program
from orchestrator.training.on_jax.trial_arrays import (
    DeviceData,
    Dials,
    NetworkState,
    Steps,
    blanks,
)
from orchestrator.training.programs.program_key import PROGRAMS, RESIDENT_DATA_SETS, ProgramKey

PREDICTION_BATCH = 256
"""On a CPU."""

GPU_PREDICTION_BATCH = 1024


@dataclass(frozen=True)
class _Dispatched:
    """An `EpochResult` that may not be computed yet: what is read waits for the device."""

    images: int
    steps: int
    on_device: tuple[jax.Array, jax.Array, jax.Array]
    predicting: list[jax.Array]

    @cached_property
    def _numbers(self) -> tuple[NDArray[np.float32], ...]:
        """Sum of losses, hits and logits, by one transfer."""
        return tuple(jax.device_get(self.on_device))

    @property
    def sums(self) -> EpochSums:
        """See `EpochResult.sums`."""
        losses, hits, _ = self._numbers
        return EpochSums(float(losses) / self.steps, int(hits) / self.images, self.images)

    @property
    def logits(self) -> NDArray[np.float32]:
        """See `EpochResult.logits`."""
        return self._numbers[2]

    @property
    def weights(self) -> State:
        """See `EpochResult.weights`: the model's weights, in their order, still on the device."""
        return _named("weight", self.predicting)


class JaxEngine:
    """All the programs of one process, and the trial that runs now."""

    def __init__(self, threads: int | None = None) -> None:
        device.settle(threads)
        compile_cache.settle(default_cache())
        self._batch = GPU_PREDICTION_BATCH if device.on_gpu() else PREDICTION_BATCH
        self._programs: OrderedDict[ProgramKey, Program] = OrderedDict()
        self._forgotten = 0
        self._resident: OrderedDict[str, DeviceData] = OrderedDict()
        self._now: Program
        self._data: DeviceData
        self._dials: Dials
        self._state: NetworkState

    def begin(self, config: TrialConfig, inputs: Inputs) -> None:
        """See `Engine.begin`."""
        key = ProgramKey.of(config, inputs)
        if key not in self._programs:
            while len(self._programs) >= PROGRAMS:
                self._forgotten += self._programs.popitem(last=False)[1].compiled
            self._programs[key] = self._program(key, config)
        self._programs.move_to_end(key)
        self._now = self._programs[key]
        self._state = self._now.initial_state(config)
        self._dials = Dials.of(config, inputs)
        self._data = self._on_device(inputs)

    def compile(self, config: TrialConfig, inputs: Inputs) -> int:
        """Compile all that a trial's epochs run, for the cache on the disk, and run none of it.

        Its initial state is made, which takes some small programs, and thrown away.

        Args:
            config: of the trial.
            inputs: of which shapes and types alone count.

        Returns:
            The number of programs.
        """
        program = self._program(ProgramKey.of(config, inputs), config)
        data = DeviceData.shapes(inputs, self._batch)
        program.compile(data, Steps.shapes(config, inputs), Dials.of(config, inputs))
        program.initial_state(config)
        return program.compiled

    def _program(self, key: ProgramKey, config: TrialConfig) -> Program:
        return Program(key, config, self._batch, loop_inside=device.on_gpu())

    def _on_device(self, inputs: Inputs) -> DeviceData:
        if inputs.key not in self._resident:
            while len(self._resident) >= RESIDENT_DATA_SETS:
                self._resident.popitem(last=False)
            n = len(inputs.validation)
            padding = ((0, blanks(n, self._batch)), (0, 0), (0, 0))
            self._resident[inputs.key] = DeviceData(
                images=jnp.asarray(inputs.training),
                labels=jnp.asarray(inputs.training_labels.astype(np.int32)),
                validation=jnp.asarray(np.pad(inputs.validation, padding)),
                validated=n,
            )
        self._resident.move_to_end(inputs.key)
        return self._resident[inputs.key]

    def epoch(
        self,
        order: NDArray[np.int32],
        rates: NDArray[np.float32],
        shares: NDArray[np.float32] | None = None,
    ) -> _Dispatched:
        """See `Engine.epoch`."""
        mixing = None if shares is None else jnp.asarray(shares)
        steps = Steps(jnp.asarray(order), jnp.asarray(rates), mixing)
        self._state, sums = self._now.train(self._state, self._data, steps, self._dials)
        logits, weights = self._now.predict(self._state, self._data)
        results = (*sums, logits)
        for array in results:
            array.copy_to_host_async()
        return _Dispatched(order.size, len(order), results, weights)

    def predict_validation(self) -> NDArray[np.float32]:
        """Logits (n, k) of the validation images, by the weights that predict."""
        return np.asarray(self._now.predict(self._state, self._data)[0])

    def weights(self) -> State:
        """The weights that predict, in the model's order; still on the device."""
        return _named("weight", self._now.predict(self._state, self._data)[1])

    def state(self) -> State:
        """See `Engine.state`; on the device until it is read."""
        return _named("variable", self._now.listed(self._now.copy(self._state)))

    def load_state(self, state: State) -> None:
        """See `Engine.load_state`.

        Raises:
            ValueError: when the state is another network's.
        """
        arrays = [np.asarray(state[name]) for name in sorted(state)]
        self._state = self._now.restored(self._state, arrays)

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
        """See `Engine.asynchronous`: also on a CPU, where it saves no more than the host's part."""
        return True

    @property
    def programs(self) -> int:
        """Compiled so far, over all nets: stays put when nothing is compiled."""
        return self._forgotten + sum(program.compiled for program in self._programs.values())


def _named(kind: str, arrays: list[jax.Array]) -> State:
    """Arrays under names that sort in their order."""
    return {f"{kind}-{i:04d}": array for i, array in enumerate(arrays)}
