"""One network with its compiled epoch, on TensorFlow.

Keras' own `fit` spends about a millisecond of Python a step, rebuilds its iterator every epoch
and leaks a compiled model a trial. Here the loop over the steps runs inside the program, and a
program serves every later trial of the same shape: learning rate, weight decay, dropout,
augmentation strength, label smoothing, class weights and EMA's decay are variables of it.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.models.views import images_at_once, scores
from orchestrator.training.augmentation.augment import augment
from orchestrator.training.inputs import Inputs
from orchestrator.training.on_tensorflow.fused_normalisation import fuse
from orchestrator.training.on_tensorflow.pixels import as_pixels, pick
from orchestrator.training.optimizers import OPTIMIZERS, decayed
from orchestrator.training.programs.program_key import ProgramKey
from orchestrator.training.regularisation.mixing import mixed
from orchestrator.training.regularisation.sharpness import climbed

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
        self.radius = tf.Variable(0.0)
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
        self.radius.assign(config.sam_radius)
        self.steps_done.assign(0)
        for average, weight in zip(self.average, self.model.weights, strict=False):
            average.assign(weight.value)

    def _epoch(
        self,
        images: tf.Tensor,
        labels: tf.Tensor,
        order: tf.Tensor,
        rates: tf.Tensor,
        shares: tf.Tensor | None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        loss_sum = tf.constant(0.0)
        hits = tf.constant(0, tf.int64)
        for step in tf.range(tf.shape(order)[0]):
            rows = order[step]
            share = None if shares is None else shares[step]
            loss, right = self._step(
                as_pixels(pick(images, rows)), tf.gather(labels, rows), rates[step], share
            )
            loss_sum += loss
            hits += right
        return loss_sum, hits

    def _step(
        self, images: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor, share: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        if self.key.augmentation:
            images = augment(images, self.strength, self.key.augmentation, self.noise)
        if share is not None:
            images = mixed(images, share)
        learned = self.model.trainable_variables
        others: list[tf.Tensor] = []
        if self.key.sharpness:
            others = [tf.identity(v.value) for v in self.model.non_trainable_variables]
        with tf.GradientTape() as tape:
            logits = tf.cast(self.model(images, training=True), tf.float32)
            loss = self._mixed_loss(logits, labels, share)
        gradients = tape.gradient(loss, [v.value for v in learned])
        if self.key.sharpness:
            worst = climbed([v.value for v in learned], gradients, self.radius)
            gradients = self._gradients_at(worst, others, (images, labels, share))
        self.optimizer.learning_rate.assign(rate)
        self.optimizer.apply(self._with_decay(learned, gradients, rate), learned)
        self.steps_done.assign_add(1)
        self._follow_average()
        if share is not None:
            labels = tf.where(share < 0.5, labels[::-1], labels)
        predicted = tf.argmax(logits, axis=1, output_type=labels.dtype)
        return loss, tf.reduce_sum(tf.cast(predicted == labels, tf.int64))

    def _gradients_at(
        self,
        learned: list[tf.Tensor],
        others: list[tf.Tensor],
        given: tuple[tf.Tensor, tf.Tensor, tf.Tensor | None],
    ) -> list[tf.Tensor]:
        """Of the loss by other weights; changes no variable, random states included."""
        images, labels, share = given
        with tf.GradientTape() as tape:
            tape.watch(learned)
            logits, _ = self.model.stateless_call(learned, others, images, training=True)
            loss = self._mixed_loss(tf.cast(logits, tf.float32), labels, share)
        gradients: list[tf.Tensor] = tape.gradient(loss, learned)
        return gradients

    def _mixed_loss(
        self, logits: tf.Tensor, labels: tf.Tensor, share: tf.Tensor | None
    ) -> tf.Tensor:
        if share is None:
            return self._loss(logits, labels)
        partners = self._loss(logits, labels[::-1])
        return share * self._loss(logits, labels) + (1.0 - share) * partners

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
        rows = images_at_once(PREDICTION_BATCH, self.key.views)
        starts = tf.range(0, n, rows)
        out = tf.TensorArray(
            tf.float32, size=tf.size(starts), element_shape=(None, self.key.classes)
        )
        for i in tf.range(tf.size(starts)):
            batch = images[starts[i] : tf.minimum(starts[i] + rows, n)]
            out = out.write(i, scores(self._logits, as_pixels(batch), self.key.views))
        return out.concat()

    def _logits(self, images: tf.Tensor) -> tf.Tensor:
        return tf.cast(self.model(images, training=False), tf.float32)


def named(kind: str, variables: list[Any]) -> dict[str, NDArray[Any]]:
    """Copies of variables, as arrays under names that sort in their order."""
    return {name: tensor.numpy() for name, tensor in held(kind, variables).items()}


def held(kind: str, variables: list[Any]) -> dict[str, tf.Tensor]:
    """The like as tensors, which share a variable's memory until it changes.

    TensorFlow then copies what somebody still holds: values that nobody keeps cost nothing.
    """
    return {f"{kind}-{i:04d}": tf.convert_to_tensor(v) for i, v in enumerate(variables)}
