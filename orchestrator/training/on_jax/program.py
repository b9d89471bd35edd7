"""One network and its compiled programs: an epoch, a prediction, a copy of the state.

On a GPU an epoch is one program: `jit` of a `lax.scan` over the steps, on data that stay on the
device as bytes. On a processor a step is one, called step by step: inside a loop XLA's convolutions
for processors take a naive path that is 40 to 70 times slower. What a trial turns (`Dials`) are
arguments, so a second trial of a shape compiles nothing. The state goes in and comes out; its old
buffers are given to the new one (donated).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax import lax

from orchestrator.config import TrialConfig
from orchestrator.models.views import images_at_once, scores
from orchestrator.training.on_jax.fast_layers import quicken
from orchestrator.training.on_jax.model_variables import (
    as_pixels,
    chosen,
    copied,
    drawn_for,
    first_values,
    on_processor,
    places_of,
)
from orchestrator.training.on_jax.step import Step
from orchestrator.training.on_jax.trial_arrays import (
    DeviceData,
    Dials,
    NetworkState,
    Steps,
    Sums,
    unfilled,
)
from orchestrator.training.programs.program_key import ProgramKey

Array = jax.Array


class Program:
    """A network with its compiled epoch; the state of the trial that runs is the engine's."""

    def __init__(self, key: ProgramKey, config: TrialConfig, batch: int, loop_inside: bool) -> None:
        """See the class.

        Args:
            key: what the programs are specific to.
            config: of a trial with that key.
            batch: images at once in prediction, each in one view.
            loop_inside: whether the loops over steps and batches are part of the programs.
        """
        self.key = key
        self.compiled = 0
        self._batch = images_at_once(batch, key.views)
        self._loop_inside = loop_inside
        with on_processor():
            self.model = key.network(config)
            quicken(self.model)
            self._first = (drawn_for(config), first_values(self.model))
            self._step = Step(key, self.model)
            self.optimizer = self._step.optimizer
            self._slots = [np.asarray(slot.value) for slot in self.optimizer.variables]
        self._weights_at = places_of(self.model, self.model.weights)
        self._variables_at = places_of(self.model, self.model.variables)
        self._programs: dict[Any, Callable[..., Any]] = {}

    def initial_state(self, config: TrialConfig) -> NetworkState:
        """Weights by this trial's seed, an empty optimizer; on the device.

        The dropout rate is among the fresh network's variables.
        """
        with on_processor():
            made_for, values = self._first
            if made_for != drawn_for(config):
                values = first_values(self.key.network(config))
            noise = np.asarray(keras.random.SeedGenerator(config.seed).state.value)
        learned, others = jax.tree.map(jnp.array, values)
        state = NetworkState(
            learned=learned,
            others=others,
            slots=[jnp.array(slot) for slot in self._slots],
            average=[],
            noise=jnp.array(noise),
            steps=jnp.array(np.int32(0)),
        )
        # Copies: an epoch gives its buffers away, and one buffer can be given once.
        average = copied(self._weights(state)) if self.key.averaging else []
        return state._replace(average=average)

    def _state_of(self, model: keras.Model, noise: keras.random.SeedGenerator) -> Any:
        """A `NetworkState` of the arrays that there are, wherever they are."""
        average = [w.value for w in model.weights] if self.key.averaging else []
        learned = [v.value for v in model.trainable_variables]
        others = [v.value for v in model.non_trainable_variables]
        slots: Any = self._slots
        steps: Any = np.int32(0)
        return NetworkState(learned, others, slots, average, noise.state.value, steps)

    def train(
        self, state: NetworkState, data: DeviceData, steps: Steps, dials: Dials
    ) -> tuple[NetworkState, Sums]:
        """One epoch; the state given is used up.

        Args:
            state: before.
            data: of the trial.
            steps: of the epoch.
            dials: of the trial.
        """
        sums = Sums(jnp.zeros((), jnp.float32), jnp.zeros((), jnp.int32))
        given = (data.images, data.labels, steps, dials)
        if self._loop_inside:
            return self._run("epoch", (state, sums, *given))
        for i in range(len(steps.order)):
            state, sums = self._run("step", (state, sums, *given, np.int32(i)))
        return state, sums

    def predict(self, state: NetworkState, data: DeviceData) -> tuple[Array, list[Array]]:
        """Logits (n, k) by the weights that predict, and copies of these, in the model's order."""
        n = len(data.validation)
        logits = jnp.zeros((n, self.key.classes), jnp.float32)
        given = (state, data.validation)
        if self._loop_inside:
            logits = self._run("predict", (logits, *given))
        else:
            for start in range(0, n, self._batch):
                logits = self._run("batch", (logits, *given, np.int32(start)))
        return logits[: data.validated], self._run("weights", (state,))

    def compile(self, data: DeviceData, steps: Steps, dials: Dials) -> None:
        """Compile what `train`, `predict` and `copy` run, and run none of it.

        Arguments as of `train`; of arrays only shape and type matter (`jax.ShapeDtypeStruct`).
        """
        scalar = unfilled((), np.int32)
        state = jax.tree.map(
            lambda value: unfilled(value.shape, value.dtype),
            self._state_of(self.model, self._step.noise),
        )
        sums = Sums(unfilled((), np.float32), scalar)
        logits = unfilled((len(data.validation), self.key.classes), np.float32)
        inside = self._loop_inside
        at = () if inside else (scalar,)
        trained = (state, sums, data.images, data.labels, steps, dials, *at)
        self._compiled("epoch" if inside else "step", trained)
        self._compiled("predict" if inside else "batch", (logits, state, data.validation, *at))
        self._compiled("weights", (state,))
        self._compiled("copy", (state,))

    def copy(self, state: NetworkState) -> NetworkState:
        """The same values in other buffers, which no later epoch uses up."""
        return self._run("copy", (state,))

    def listed(self, state: NetworkState) -> list[Array]:
        """A state as the other backend orders its own: variables in the model's order, and so on.

        The initial weights of one backend can so be given to the other.
        """
        variables = chosen(state, self._variables_at)
        return [*variables, *state.slots, *state.average, state.noise, state.steps]

    def restored(self, state: NetworkState, values: list[Any]) -> NetworkState:
        """The state that `listed` gave these values of; buffers of its own.

        Args:
            state: of this program, for its types.
            values: arrays.

        Raises:
            ValueError: where they are another network's.
        """
        before = self.listed(state)
        if [value.shape for value in values] != [old.shape for old in before]:
            sizes = f"{len(values)} arrays for {len(before)}"
            raise ValueError(f"the state of another network: {sizes}")
        pairs = zip(values, before, strict=True)
        # Copied: an epoch gives its buffers away, and these are the caller's.
        taken = [jnp.array(value, dtype=old.dtype, copy=True) for value, old in pairs]
        learned, others = list(state.learned), list(state.others)
        for value, (learns, place) in zip(taken, self._variables_at, strict=False):
            (learned if learns else others)[place] = value
        rest = iter(taken[len(self._variables_at) :])
        slots = [next(rest) for _ in state.slots]
        average = [next(rest) for _ in state.average]
        return NetworkState(learned, others, slots, average, next(rest), next(rest))

    def _run(self, name: str, arguments: Any) -> Any:
        return self._compiled(name, arguments)(*arguments)

    def _compiled(self, name: str, arguments: Any) -> Callable[..., Any]:
        shapes = tuple((leaf.shape, str(leaf.dtype)) for leaf in jax.tree.leaves(arguments))
        if (name, shapes) not in self._programs:
            function, used_up = self._part(name)
            jitted = jax.jit(function, donate_argnums=used_up)
            self._programs[name, shapes] = jitted.lower(*arguments).compile()
            self.compiled += 1
        return self._programs[name, shapes]

    def _part(self, name: str) -> tuple[Callable[..., Any], tuple[int, ...]]:
        """What is compiled, and which of its arguments it uses up (donated)."""
        parts: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
            "epoch": (self._all_steps, (0, 1)),
            "step": (self._one_step, (0, 1)),
            "predict": (self._all_batches, (0,)),
            "batch": (self._one_batch, (0,)),
            "weights": (self._predicting_weights, ()),
            "copy": (copied, ()),
        }
        return parts[name]

    def _all_steps(
        self,
        state: NetworkState,
        sums: Sums,
        images: Array,
        labels: Array,
        *given: Any,
    ) -> tuple[NetworkState, Sums]:
        steps, dials = given

        def step(
            now: tuple[NetworkState, Sums], i: Array
        ) -> tuple[tuple[NetworkState, Sums], None]:
            return self._one_step(*now, images, labels, steps, dials, i), None

        return lax.scan(step, (state, sums), jnp.arange(len(steps.order)))[0]

    def _one_step(
        self,
        state: NetworkState,
        sums: Sums,
        images: Array,
        labels: Array,
        *given: Any,
    ) -> tuple[NetworkState, Sums]:
        steps, dials, i = given
        now = jax.tree.map(lambda part: part[i], steps)
        pixels = as_pixels(images[now.order])
        state, (loss, hits) = self._step(state, pixels, labels[now.order], now, dials)
        return state, Sums(sums.losses + loss, sums.hits + hits)

    def _weights(self, state: NetworkState) -> list[Array]:
        """The model's weights, in its order."""
        return chosen(state, self._weights_at)

    def _predicting_weights(self, state: NetworkState) -> list[Array]:
        return copied(state.average or self._weights(state))

    def _all_batches(self, logits: Array, state: NetworkState, images: Array) -> Array:
        def batch(logits: Array, start: Array) -> tuple[Array, None]:
            return self._one_batch(logits, state, images, start), None

        return lax.scan(batch, logits, jnp.arange(0, len(images), self._batch))[0]

    def _one_batch(self, logits: Array, state: NetworkState, images: Array, start: Array) -> Array:
        """The logits with those of one more batch in their place."""
        learned, others = list(state.learned), list(state.others)
        for weight, (learns, place) in zip(state.average, self._weights_at, strict=False):
            (learned if learns else others)[place] = weight
        pixels = as_pixels(lax.dynamic_slice_in_dim(images, start, self._batch))

        def answers(seen: Array) -> Array:
            given, _ = self.model.stateless_call(learned, others, seen, training=False)
            return given.astype(jnp.float32)

        given = scores(answers, pixels, self.key.views)
        return lax.dynamic_update_slice_in_dim(logits, given, start, 0)
