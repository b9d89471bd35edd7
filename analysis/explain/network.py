"""A net that can be asked for more than its logits: the one place that explains by gradients.

How TensorFlow and JAX take them stands in `analysis.backends`; here are Keras' operations alone.

What a layer gives is caught while the net runs, whatever the net is made of: functional, sequential
or subclassed, with models inside models. So there is no second graph from the images to the layer
that could be "disconnected", and one pass gives logits, maps and, from the layer on, gradients.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray

from analysis.backends import catalogue
from analysis.backends.backend import Program, Tensor, in_batches
from analysis.backends.hooks import captured, hooked
from analysis.explain.anatomy import (
    AFTER,
    CONVOLUTIONS,
    NoConvolution,
    cam_layer,
    check_precision,
    image_shape,
    run_once,
    shifting_head,
)
from analysis.explain.answer_memory import AnswerMemory
from analysis.explain.targets import check_given, directions, pixels
from orchestrator.models.options import CAM_LAYER

__all__ = [
    "AFTER",
    "CONVOLUTIONS",
    "Network",
    "NoConvolution",
    "Taps",
    "Weighing",
    "captured",
    "directions",
    "pixels",
]

Floats = NDArray[np.float32]
Ask = Callable[[Tensor], Sequence[Any]]
"""Logits (n, k) -> factors of the logits, each (n, k) or (k,): one for each map wanted."""


@dataclass(frozen=True)
class Taps:
    """What one pass over some images gave.

    Attributes:
        logits: (n, k).
        activation: (n, h', w', f), what the layer gave.
        gradient: (n, h', w', f), d score / d activation.
    """

    logits: Floats
    activation: Floats
    gradient: Floats


@dataclass(frozen=True)
class Weighing:
    """How a method makes a map of activation and gradient; Keras operations, compiled with the net.

    Attributes:
        weigh: activation (n, h', w', f), gradients (n, d, h', w', f) of d scores -> (n, d, h', w').
        by_mean: whether the gradient's mean over h' and w' is all it needs. It may then be given
            gradients (n, d, 1, 1, f), which cost much less before a fully connected layer.
    """

    weigh: Callable[[Any, Any], Any]
    by_mean: bool = False


class Network:
    """A Keras model under questions; it is used for inference alone and never changed.

    Images are (n, h, w) as the preprocessing variant gives them: uint8 (divided by 255 here) or
    floating. Scores are (n, k) factors of the logits: one-hot explains a class, +1 and -1 a
    contrast (`directions` makes them). Each image is explained by itself, in float32. Weights may
    change between questions; layers may not.

    Args:
        model: (n, h, w, c) -> (n, k) logits, in float32 (mixed precision is refused).
        layer: whose maps are weighed, by name or itself; by default CAM_LAYER, or else the last
            layer with maps. Of a layer that is used several times, the last use counts.
        shape: (h, w, c), for models that do not say so themselves.

    Raises:
        BadInput: for a model that computes in another precision or does not say how large its
            images are, or a layer that it lacks.
    """

    def __init__(
        self,
        model: keras.Model,
        layer: str | keras.layers.Layer | None = None,
        shape: tuple[int, int, int] | None = None,
    ) -> None:
        self.model = model
        self.shape: tuple[int, ...] = shape or image_shape(model)
        uses, logits = run_once(model, self.shape)
        check_precision(model)
        self.classes = int(logits.shape[-1])
        self._cam = cam_layer(model, uses, layer, CAM_LAYER)
        self._head = None if self._cam is None else shifting_head(uses, self._cam)
        made = [use.made for use in uses if use.layer is self._cam]
        self._maps_shape = tuple(made[0].shape[1:]) if made else ()
        self._head_checked = False
        self.memory: AnswerMemory | None = None  # see there
        self._backend = catalogue.current()
        self._programs: dict[Any, Program] = {}
        self._logits = self._compiled(self._run)
        self._tapped = self._compiled(self._run_tapped, scored=True)
        self._sensitive = self._compiled(self._run_sensitive, scored=True)
        self._active = self._compiled(self._run_active)

    @property
    def batch(self) -> int:
        """Images that fill the device."""
        return self._backend.batch_rows(sys.maxsize)

    @property
    def layer(self) -> str:
        """Name of the layer whose maps are weighed.

        Raises:
            NoConvolution: where no layer gives maps.
        """
        return str(self._cam_layer().name)

    def logits(self, images: NDArray[Any]) -> Floats:
        """(n, h, w) -> (n, k)."""
        if self.memory is not None:
            return self.memory.logits(images, lambda new: self._batched(self._logits, new)[0])
        return self._batched(self._logits, images)[0]

    def activation(self, images: NDArray[Any]) -> Floats:
        """(n, h, w) -> (n, h', w', f), what the layer gives.

        Raises:
            NoConvolution: where no layer gives maps.
        """
        self._cam_layer()
        return self._batched(self._active, images)[0]

    def weighed(
        self,
        images: NDArray[Any],
        scores: ArrayLike | None,
        weighings: Sequence[Weighing],
    ) -> tuple[Floats, list[Floats]]:
        """Logits (n, k), and a map (n, h', w') of each image for each weighing, in one pass.

        Without scores, each image is explained at the class that the net itself predicts.

        Raises:
            NoConvolution: where no layer gives maps.
        """
        if scores is None:
            logits, *maps = self._batched(self._program("own", weighings), images)
        else:
            factors = np.asarray(scores, np.float32)
            logits, *maps = self._batched(self._program("one", weighings), images, factors)
        return logits, [values[:, 0] for values in maps]

    def weighed_all(
        self, images: NDArray[Any], weighings: Sequence[Weighing]
    ) -> tuple[Floats, list[Floats]]:
        """Logits (n, k), and the maps (n, k, h', w') of all classes for each weighing.

        The images go forward once; only what follows the layer is differentiated k times.

        Raises:
            NoConvolution: where no layer gives maps.
        """
        logits, *maps = self._batched(self._program("all", weighings), images)
        return logits, maps

    def taps(self, images: NDArray[Any], scores: ArrayLike) -> Taps:
        """One pass, and back as far as the layer: what every CAM needs, as arrays.

        All of it stays in memory (h' w' f numbers an image, twice): for some images, not a split.

        Raises:
            NoConvolution: where no layer gives maps.
        """
        self._cam_layer()
        return Taps(*self._batched(self._tapped, images, np.asarray(scores, np.float32)))

    def sensitivity(self, images: NDArray[Any], scores: ArrayLike) -> tuple[Floats, Floats]:
        """(n, k) logits and (n, h, w) d score / d pixel, summed over channels."""
        logits, gradient = self._batched(self._sensitive, images, np.asarray(scores, np.float32))
        return logits, gradient.sum(axis=-1)

    def _run(self, pixels: Tensor) -> tuple[Tensor]:
        return (ops.cast(self.model(pixels, training=False), "float32"),)

    def _run_active(self, pixels: Tensor) -> tuple[Tensor]:
        with captured(self._cam_layer()) as given:
            self._run(pixels)
        return (given[0],)

    def _run_tapped(self, pixels: Tensor, scores: Tensor) -> tuple[Tensor, ...]:
        logits, activation, gradients = self._backward(pixels, lambda _: [scores])
        return logits, activation, gradients[0]

    def _run_sensitive(self, pixels: Tensor, scores: Tensor) -> tuple[Tensor, ...]:
        logits, pull = self._backend.pullback(lambda given: self._run(given)[0], pixels)
        return logits, pull(scores)

    def _run_weighed(
        self, ask: Ask, weighings: Sequence[Weighing], pixels: Tensor
    ) -> tuple[Tensor, ...]:
        if self._head is not None and all(weighing.by_mean for weighing in weighings):
            logits, activation, mean = self._mean_gradients(self._head, pixels, ask)
            return logits, *[w.weigh(activation, mean) for w in weighings]
        logits, activation, gradients = self._backward(pixels, ask)
        # one gradient after the other: together they can be many times the activation
        return logits, *[
            ops.concatenate([w.weigh(activation, g[:, None]) for g in gradients], axis=1)
            for w in weighings
        ]

    def _backward(
        self, pixels: Tensor, ask: Ask, place: keras.layers.Layer | None = None
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Logits, activation, and gradients by what the layer, or another at `place`, gives."""
        cam = self._cam_layer()

        def run() -> tuple[Tensor, Tensor]:
            with captured(cam) as maps:
                (logits,) = self._run(pixels)
            return logits, maps[0]

        (logits, maps), pull = self._backend.pullback_at(place or cam, run)
        shape = ops.shape(logits)
        return logits, maps, [pull(ops.broadcast_to(factors, shape)) for factors in ask(logits)]

    def _mean_gradients(
        self, head: Sequence[keras.layers.Layer], pixels: Tensor, ask: Ask
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, activation, and the gradients' means over each map, (n, d, 1, 1, f).

        The mean is how the score changes when a number is added to a whole map (over h' w'). Up to
        the first fully connected layer that is the same for every image (see `shifting_head`), so
        it is found once a batch, by giving that part of the net maps of ones, and only what comes
        after is differentiated image by image. The sum over a map then precedes the large product
        by the fully connected layer's kernel, instead of following it.
        """
        logits, activation, gradients = self._backward(pixels, ask, head[-1])
        _, height, width, features = activation.shape
        ones = np.concatenate([np.zeros((1, features)), np.eye(features)]).astype(np.float32)
        given = ops.tile(ops.convert_to_tensor(ones)[:, None, None], (1, height, width, 1))
        for layer in head:
            given = layer(given)
        slopes = (given[1:] - given[:1]) / (height * width)
        mean = ops.stack([ops.matmul(g, ops.transpose(slopes)) for g in gradients], axis=1)
        return logits, activation, mean[:, :, None, None]

    def _each_class(self, logits: Tensor) -> list[Any]:
        return list(np.eye(self.classes, dtype=np.float32))

    def _own_class(self, logits: Tensor) -> list[Tensor]:
        return [ops.one_hot(ops.argmax(logits, axis=1), self.classes)]

    def _program(self, scored: str, weighings: Sequence[Weighing]) -> Program:
        self._check_head()
        key = (scored, tuple(weighings))
        if key not in self._programs:
            self._programs[key] = self._weighing_program(scored, tuple(weighings))
        return self._programs[key]

    def _weighing_program(self, scored: str, weighings: tuple[Weighing, ...]) -> Program:
        if scored == "one":
            return self._compiled(
                lambda pixels, scores: self._run_weighed(lambda _: [scores], weighings, pixels),
                scored=True,
            )
        ask = {"own": self._own_class, "all": self._each_class}[scored]
        return self._compiled(partial(self._run_weighed, ask, weighings))

    def _compiled(self, steps: Callable[..., Sequence[Tensor]], scored: bool = False) -> Program:
        shapes = [self.shape, (self.classes,)] if scored else [self.shape]
        return self._backend.compiled(steps, shapes, self.model.variables)

    def _check_head(self) -> None:
        """Take the short way to mean gradients only where it has been seen to lead there."""
        if self._head_checked:
            return
        self._cam_layer()
        if self._head is not None:
            steps = partial(self._both_ways, self._head)
            check = self._backend.direct(steps, self.model.variables)
            rng = np.random.default_rng(0)
            images = rng.random((4, *self.shape), np.float32)
            maps = rng.random((4, *self._maps_shape), np.float32)
            short, honest = check(images, maps)
            if not np.abs(short - honest).max() <= 1e-4 * np.abs(honest).max():
                self._head = None
        self._head_checked = True

    def _both_ways(
        self, head: Sequence[keras.layers.Layer], pixels: Tensor, maps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Mean gradients (n, k, f) by the short way, and by that which is always right.

        The layer gives the maps, whatever it is given: what comes before it need not be compiled.
        """
        with hooked([self._cam_layer()], lambda *_: maps):
            _, _, short = self._mean_gradients(head, pixels, self._each_class)
            _, _, full = self._backward(pixels, self._each_class)
        return short[:, :, 0, 0], ops.stack([ops.mean(g, axis=(1, 2)) for g in full], axis=1)

    def _cam_layer(self) -> keras.layers.Layer:
        if self._cam is None:
            raise NoConvolution(
                f"{self.model.name} has no convolution, so CAM methods have no maps to weigh; "
                "ask for gradient, smoothgrad, integrated or occlusion"
            )
        return self._cam

    def _batched(self, program: Program, images: NDArray[Any], *more: Floats) -> list[Floats]:
        check_given(self.shape, self.classes, images, *more)
        if not len(images):  # a kernel that gets none may end the process
            blank = np.zeros((1, *images.shape[1:]), np.float32)
            ones = [np.zeros((1, *a.shape[1:]), np.float32) for a in more]
            return [result[:0] for result in self._batched(program, blank, *ones)]

        def given(now: slice) -> list[Floats]:
            return [pixels(images[now], self.shape[-1]), *[a[now] for a in more]]

        rows = self._backend.batch_rows(len(images))
        return in_batches(program, len(images), rows, given)
