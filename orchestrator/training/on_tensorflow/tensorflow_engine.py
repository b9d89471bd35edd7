"""Training on TensorFlow: a whole epoch is one compiled program over data that stays on the device.

Keras' own `fit` spends about a millisecond of Python a step, rebuilds its iterator every epoch
and leaks a compiled model a trial. Here the loop over the steps runs inside the program, and a
program serves every later trial of the same shape: learning rate, weight decay, dropout,
augmentation strength, label smoothing, class weights and EMA's decay are variables of it.
"""

from collections import OrderedDict
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.models.catalogue import parameter_count
from orchestrator.training.augmentation.augment import augment
from orchestrator.training.engine import ComputedEpoch, EpochSums, State
from orchestrator.training.inputs import Inputs
from orchestrator.training.on_tensorflow import device
from orchestrator.training.on_tensorflow.fused_normalisation import fuse
from orchestrator.training.on_tensorflow.pixels import as_pixels, pick
from orchestrator.training.optimizers import OPTIMIZERS, decayed
from orchestrator.training.programs.program_key import PROGRAMS, RESIDENT_DATA_SETS, ProgramKey

PREDICTION_BATCH = 256


class Program:
    """One network with its compiled epoch; `reset` makes it a new trial's."""

    def __init__(self, key: ProgramKey, config: TrialConfig) -> None:
        self.key = key
        self.model = key.network(config)
        fuse(self.model)
        self.recipe = OPTIMIZERS[key.optimizer]
        self.optimizer = self.recipe.build(key.momentum)
        self.optimizer.build(self.model.trainable_variables)
        self._initial_slots = named("slot", self.optimizer.variables)
        self.noise = keras.random.SeedGenerator(config.seed)
        self.weight_decay = tf.Variable(0.0)
        self.strength = tf.Variable(0.0)
        self.smoothing = tf.Variable(0.0)
        self.class_weights = tf.Variable(tf.ones(key.classes))
        self.ema_decay = tf.Variable(0.0)
        self.steps_done = tf.Variable(0, dtype=tf.int64)
        self.average = (
            [tf.Variable(w.value, trainable=False) for w in self.model.weights]
            if key.averaging
            else []
        )
        self.epoch = tf.function(self._epoch)
        self.predict = tf.function(self._predict)
        self.exchange = tf.function(self._exchange)

    def reset(self, config: TrialConfig, inputs: Inputs) -> None:
        """Initial weights by this trial's seed, empty optimizer, this trial's numbers.

        The dropout rate is among the fresh network's variables.
        """
        fresh = self.key.network(config)
        for variable, initial in zip(self.model.variables, fresh.variables, strict=True):
            variable.assign(initial.value)
        slots = self._initial_slots.values()
        for variable, slot in zip(self.optimizer.variables, slots, strict=True):
            variable.assign(slot)
        self.noise.state.assign(keras.random.SeedGenerator(config.seed).state.value)
        self.weight_decay.assign(config.weight_decay)
        self.strength.assign(config.augmentation_strength)
        self.smoothing.assign(config.label_smoothing)
        balanced = config.class_weights == "balanced"
        self.class_weights.assign(
            inputs.balanced_weights if balanced else np.ones(len(inputs.classes), np.float32)
        )
        self.ema_decay.assign(config.ema)
        self.steps_done.assign(0)
        for average, weight in zip(self.average, self.model.weights, strict=False):
            average.assign(weight.value)

    def _epoch(
        self, images: tf.Tensor, labels: tf.Tensor, order: tf.Tensor, rates: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        loss_sum = tf.constant(0.0)
        hits = tf.constant(0, tf.int64)
        for step in tf.range(tf.shape(order)[0]):
            rows = order[step]
            loss, right = self._step(
                as_pixels(pick(images, rows)), tf.gather(labels, rows), rates[step]
            )
            loss_sum += loss
            hits += right
        return loss_sum, hits

    def _step(
        self, images: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        if self.key.augmentation:
            images = augment(images, self.strength, self.key.augmentation, self.noise)
        learned = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits = tf.cast(self.model(images, training=True), tf.float32)
            loss = self._loss(logits, labels)
        gradients = tape.gradient(loss, [v.value for v in learned])
        self.optimizer.learning_rate.assign(rate)
        self.optimizer.apply(self._with_decay(learned, gradients, rate), learned)
        self.steps_done.assign_add(1)
        self._follow_average()
        predicted = tf.argmax(logits, axis=1, output_type=labels.dtype)
        return loss, tf.reduce_sum(tf.cast(predicted == labels, tf.int64))

    def _loss(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        k = self.key.classes
        targets = tf.one_hot(labels, k) * (1.0 - self.smoothing) + self.smoothing / k
        each = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
        return tf.reduce_mean(each * tf.gather(self.class_weights, labels))

    def _with_decay(
        self, learned: list[Any], gradients: list[tf.Tensor], rate: tf.Tensor
    ) -> list[tf.Tensor]:
        """L2 in the gradient, or decay of the weights themselves (Loshchilov & Hutter 2019)."""
        if self.recipe.coupled:
            return [
                g + self.weight_decay * v.value if decayed(v) else g
                for g, v in zip(gradients, learned, strict=True)
            ]
        for variable in learned:
            if decayed(variable):
                variable.assign(variable.value * (1.0 - rate * self.weight_decay))
        return gradients

    def _follow_average(self) -> None:
        """EMA of the weights; its decay grows in the first steps so that the start is forgotten."""
        steps = tf.cast(self.steps_done, tf.float32)
        decay = tf.minimum(self.ema_decay, (1.0 + steps) / (10.0 + steps))
        for average, weight in zip(self.average, self.model.weights, strict=False):
            average.assign(decay * average + (1.0 - decay) * weight.value)

    def _exchange(self) -> None:
        """Swap the weights with their average; a second call swaps back."""
        for average, weight in zip(self.average, self.model.weights, strict=True):
            held = tf.identity(weight.value)
            with tf.control_dependencies([held]):
                weight.assign(average.read_value())
            with tf.control_dependencies([held]):
                average.assign(held)

    def _predict(self, images: tf.Tensor) -> tf.Tensor:
        n = tf.shape(images)[0]
        starts = tf.range(0, n, PREDICTION_BATCH)
        out = tf.TensorArray(
            tf.float32, size=tf.size(starts), element_shape=(None, self.key.classes)
        )
        for i in tf.range(tf.size(starts)):
            batch = images[starts[i] : tf.minimum(starts[i] + PREDICTION_BATCH, n)]
            logits = self.model(as_pixels(batch), training=False)
            out = out.write(i, tf.cast(logits, tf.float32))
        return out.concat()


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

    def epoch(self, order: NDArray[np.int32], rates: NDArray[np.float32]) -> ComputedEpoch:
        """See `Engine.epoch`: computed when it returns."""
        images, labels, _ = self._data
        loss_sum, hits = self._now.epoch(images, labels, tf.constant(order), tf.constant(rates))
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


def named(kind: str, variables: list[Any]) -> dict[str, NDArray[Any]]:
    """Copies of variables, as arrays under names that sort in their order."""
    return {name: tensor.numpy() for name, tensor in held(kind, variables).items()}


def held(kind: str, variables: list[Any]) -> dict[str, tf.Tensor]:
    """The like as tensors, which share a variable's memory until it changes.

    TensorFlow then copies what somebody still holds: values that nobody keeps cost nothing.
    """
    return {f"{kind}-{i:04d}": tf.convert_to_tensor(v) for i, v in enumerate(variables)}
