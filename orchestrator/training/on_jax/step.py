"""What one training step makes of a network's state."""

from typing import Any

import jax
import jax.numpy as jnp
import keras

from orchestrator.training.augmentation.augment import augment
from orchestrator.training.on_jax.model_variables import chosen, places_of, position
from orchestrator.training.on_jax.trial_arrays import Dials, NetworkState, Steps
from orchestrator.training.optimizers import OPTIMIZERS, decayed
from orchestrator.training.programs.program_key import ProgramKey
from orchestrator.training.regularisation.mixing import mixed
from orchestrator.training.regularisation.sharpness import climbed

Array = jax.Array


class Step:
    """A step of one network and its optimizer, as a pure function of arrays."""

    def __init__(self, key: ProgramKey, model: keras.Model) -> None:
        """Of a network; the optimizer is built here."""
        self.optimizer = OPTIMIZERS[key.optimizer].build(key.momentum)
        self.optimizer.build(model.trainable_variables)
        self._key, self._model = key, model
        self.noise = keras.random.SeedGenerator(0)  # its variable counts, not its state
        self._coupled = OPTIMIZERS[key.optimizer].coupled
        self._rate_at = position(self.optimizer.variables, self.optimizer._learning_rate)
        self._decayed = [decayed(variable) for variable in model.trainable_variables]
        self._weights_at = places_of(model, model.weights)

    def __call__(
        self, state: NetworkState, images: Array, labels: Array, now: Steps, dials: Dials
    ) -> tuple[NetworkState, tuple[Array, Array]]:
        """The state after it; loss and number of hits.

        Args:
            state: before.
            images: (n, h, w, c) float32.
            labels: (n,) int32.
            now: what this step is given.
            dials: of the trial.
        """
        images, noise = self._augmented(images, state.noise, dials.strength)
        if now.shares is not None:
            images = mixed(images, now.shares)

        def loss_of(learned: list[Array]) -> tuple[Array, Any]:
            logits, others = self._model.stateless_call(
                learned, state.others, images, training=True
            )
            logits = logits.astype(jnp.float32)
            return self._mixed_loss(logits, labels, now, dials), (logits, others)

        taken = jax.value_and_grad(loss_of, has_aux=True)(state.learned)
        (loss, (logits, others)), gradients = taken
        if self._key.sharpness:
            worst = climbed(state.learned, gradients, dials.radius)
            gradients, _ = jax.grad(loss_of, has_aux=True)(worst)
        learned, gradients = self._with_decay(state.learned, gradients, now.rates, dials)
        slots = list(state.slots)
        slots[self._rate_at] = now.rates
        learned, slots = self.optimizer.stateless_apply(slots, gradients, learned)
        steps = state.steps + 1
        after = NetworkState(learned, others, slots, state.average, noise, steps)
        after = after._replace(average=self._followed(after, dials.ema))
        if now.shares is not None:
            labels = jnp.where(now.shares < 0.5, labels[::-1], labels)
        hits = (logits.argmax(axis=1) == labels).sum(dtype=jnp.int32)
        return after, (loss, hits)

    def _augmented(self, images: Array, noise: Array, strength: Array) -> tuple[Array, Array]:
        if not self._key.augmentation:
            return images, noise
        with keras.StatelessScope(state_mapping=[(self.noise.state, noise)]) as scope:
            images = augment(images, strength, self._key.augmentation, self.noise)
            return images, scope.get_current_value(self.noise.state)

    def _mixed_loss(self, logits: Array, labels: Array, now: Steps, dials: Dials) -> Array:
        if now.shares is None:
            return self._loss(logits, labels, dials)
        partners = self._loss(logits, labels[::-1], dials)
        return now.shares * self._loss(logits, labels, dials) + (1.0 - now.shares) * partners

    def _loss(self, logits: Array, labels: Array, dials: Dials) -> Array:
        k = self._key.classes
        targets = jax.nn.one_hot(labels, k) * (1.0 - dials.smoothing) + dials.smoothing / k
        each = -(targets * jax.nn.log_softmax(logits)).sum(axis=1)
        return (each * dials.class_weights[labels]).mean()

    def _with_decay(
        self, learned: list[Array], gradients: list[Array], rate: Array, dials: Dials
    ) -> tuple[list[Array], list[Array]]:
        """L2 in the gradient, or decay of the weights themselves (Loshchilov & Hutter 2019)."""
        decay = dials.weight_decay
        if self._coupled:
            pairs = zip(gradients, learned, self._decayed, strict=True)
            return learned, [g + decay * v if applies else g for g, v, applies in pairs]
        shrunk = zip(learned, self._decayed, strict=True)
        return [v * (1.0 - rate * decay) if applies else v for v, applies in shrunk], gradients

    def _followed(self, state: NetworkState, ema: Array) -> list[Array]:
        """EMA of the weights; its decay grows in the first steps so that the start is forgotten."""
        steps = state.steps.astype(jnp.float32)
        decay = jnp.minimum(ema, (1.0 + steps) / (10.0 + steps))
        pairs = zip(state.average, chosen(state, self._weights_at), strict=False)
        return [decay * average + (1.0 - decay) * weight for average, weight in pairs]
