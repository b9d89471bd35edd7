"""Images that a filter or a class answers to most: activation maximisation.

After Erhan et al., "Visualizing Higher-Layer Features of a Deep Network" (2009), section 3: climb
the gradient of an activation by the pixels. As it stands that ends in noise, so the climb is over
the image's Fourier spectrum, low frequencies first (Olah, Mordvintsev & Schubert, "Feature
Visualization", https://doi.org/10.23915/distill.00007), each step sees the image moved, turned and
zoomed a little (from the same source), and neighbouring pixels are held together (total variation;
https://arxiv.org/abs/1412.0035) and near middle gray. What differs: each image's gradient is scaled
to one length before these terms join it, so that their weights mean the same for every net, layer
and channel.

What comes out is one image of many that would do, and owes its looks to those terms as well as to
the net: read it for what a filter answers to, not for what a face of a class looks like.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from analysis.backends import catalogue
from analysis.backends.backend import Tensor
from analysis.backends.hooks import hooked
from analysis.explain.network import Network
from analysis.features.layers import channels_of, named
from orchestrator.errors import BadInput

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

TOGETHER = 128
"""Images climbed at once; their activations lie in memory together."""

SILENT = 0.01
"""Weight of the largest value that an activation is fed, beside the mean of what it gives."""


@dataclass(frozen=True)
class Settings:
    """How ideal images are looked for.

    Attributes:
        steps: of Adam.
        rate: its learning rate; of numbers whose deviation of 1 is one of the pixels' logits.
        start: standard deviation of the start, in logits of a pixel.
        decay: the spectrum is scaled by frequency to the power -decay: larger is smoother.
        variation: weight of the total variation; the activation's gradient has a mean square of 1.
        gray: weight of the squared distance from middle gray.
        shift: pixels by which the image is moved before each look, at most, up and sideways.
        turn: radians by which it is turned, at most, either way.
        zoom: share by which it is zoomed, at most, either way.
        seed: of starts and moves.
    """

    steps: int = 256
    rate: float = 0.05
    start: float = 0.3
    decay: float = 1.5
    variation: float = 0.3
    gray: float = 0.1
    shift: float = 4.0
    turn: float = 0.15
    zoom: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class IdealImages:
    """What a search found.

    Attributes:
        wanted: (m,) the channels or classes that were looked for.
        images: (m, h, w) float32, 0 to 1.
        scores: (m,) what each image reaches, seen as it is.
        start: (m,) what the noise it began as reached.
        objective: what was maximised, in words.
    """

    wanted: Indices
    images: Floats
    scores: Floats
    start: Floats
    objective: str


Objective = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Images (m, h, w, c), wanted (m,) -> what is reported, what is climbed, (m,) each."""


def ideal_classes(
    network: Network, classes: Sequence[int] | None = None, settings: Settings | None = None
) -> IdealImages:
    """An image for each class, for its logit less the mean of all logits.

    The mean is taken off because a number added to all logits says nothing about the class.

    Args:
        network: the net under question.
        classes: which; all if None.
        settings: as by default if None.

    Raises:
        BadInput: for a class that is not there.
    """

    def objective(images: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        logits = network.model(images, training=False)
        score = _one_each(logits, wanted) - ops.mean(logits, axis=1)
        return score, score

    wanted = _checked(classes, network.classes, "class")
    words = "logit of the class less the mean of all logits"
    return _search(network, objective, wanted, words, settings or Settings())


def ideal_filters(
    network: Network,
    layer: str | None = None,
    channels: Sequence[int] | None = None,
    settings: Settings | None = None,
) -> IdealImages:
    """An image for each channel of a layer, for the mean of its map.

    A channel that is silent on the noise at the start is led out by the largest value that its
    activation is fed, if that is a layer of its own; one whose score is still 0 at the end has
    answered to nothing.

    Args:
        network: the net under question.
        layer: by name; that of the CAMs if None.
        channels: which; all if None.
        settings: as by default if None.

    Raises:
        BadInput: for a layer or channel that is not there, or a layer that gives no maps.
        NoConvolution: where no layer gives maps and none was named.
    """
    name = network.layer if layer is None else layer
    place = named(network, name)
    wanted = _checked(channels, channels_of(network, name), "channel")

    def objective(images: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        fed, given = _at(network, place, images)
        score = _one_each(ops.mean(given, axis=(1, 2)), wanted)
        if place.weights or getattr(fed, "shape", None) != given.shape:
            return score, score
        return score, score + SILENT * _one_each(ops.max(fed, axis=(1, 2)), wanted)

    return _search(
        network, objective, wanted, f"mean of the channel's map in {name}", settings or Settings()
    )


def _checked(wanted: Sequence[int] | None, there: int, kind: str) -> Indices:
    indices = np.arange(there) if wanted is None else np.asarray(wanted, np.int64)
    if len(indices) and (indices.min() < 0 or indices.max() >= there):
        raise BadInput(
            f"there is no {kind} {indices[(indices < 0) | (indices >= there)][0]}; "
            f"the net has {kind} 0 to {there - 1}"
        )
    return indices


def _one_each(values: Tensor, wanted: Tensor) -> Tensor:
    return ops.take_along_axis(values, wanted[:, None], axis=1)[:, 0]


def _at(network: Network, place: keras.layers.Layer, images: Tensor) -> tuple[Tensor, Tensor]:
    """What a layer is fed and what it gives."""
    seen: list[tuple[Tensor, Tensor]] = []

    def hook(_: keras.layers.Layer, fed: Tensor, made: Tensor) -> Tensor:
        seen.append((fed, made))
        return made

    with hooked([place], hook):
        network.model(images, training=False)
    return seen[-1]


def _search(
    network: Network, objective: Objective, wanted: Indices, words: str, settings: Settings
) -> IdealImages:
    pieces = [
        _Climb(network, objective, wanted[first : first + TOGETHER], settings).run()
        for first in range(0, len(wanted), TOGETHER)
    ]
    nothing = np.empty((0, *network.shape[:2]), np.float32), *(np.empty(0, np.float32),) * 2
    images, scores, start = (np.concatenate(part) for part in zip(nothing, *pieces, strict=True))
    return IdealImages(wanted, images, scores, start, words)


class _Climb:
    """Some images on their way; each has its own dice, so it does not matter which are together."""

    def __init__(
        self, network: Network, objective: Objective, wanted: Indices, settings: Settings
    ) -> None:
        self.settings, self.objective = settings, objective
        self.height, self.width, self.channels = network.shape
        self.backend = catalogue.current()
        self.wanted = ops.convert_to_tensor(wanted.astype(np.int32))
        self.dice = [np.random.default_rng([settings.seed, int(one)]) for one in wanted]
        half = (self.height, self.width // 2 + 1, 2)
        noise = np.stack([d.normal(0, settings.start, half) for d in self.dice])
        self.spectrum = keras.Variable(noise.astype(np.float32))
        self.scale = _scale(self.height, self.width, settings.decay)
        self.adam = keras.optimizers.Adam(settings.rate, beta_1=0.9, beta_2=0.99)
        self.adam.build([self.spectrum])
        self.own = [self.spectrum, *self.adam.variables]
        self.model = network.model

    def run(self) -> tuple[Floats, Floats, Floats]:
        """Images, their scores and the scores at the start."""
        steps = self.settings.steps
        moves = np.stack([d.uniform(-1, 1, (steps, 4)) for d in self.dice], axis=1)
        read = [*self.model.variables, *self.own]
        step = self.backend.compiled(self._step, [(8,)], read, self.own)
        look = self.backend.direct(self._look, read)
        (_, start) = look()
        for now in moves:
            step(self._transforms(now))
        images, scores = look()
        return images, scores, start

    def _look(self) -> tuple[Tensor, Tensor]:
        images = self._images(ops.convert_to_tensor(self.spectrum))
        return images, self.objective(self._seen(images), self.wanted)[0]

    def _images(self, spectrum: Tensor) -> Tensor:
        real, imaginary = (spectrum[..., part] * self.scale for part in (0, 1))
        return ops.sigmoid(self.backend.irfft2(real, imaginary, (self.height, self.width)))

    def _seen(self, images: Tensor) -> Tensor:
        return ops.repeat(images[..., None], self.channels, axis=-1)

    def _step(self, transforms: Tensor) -> tuple[()]:
        def climbed(images: Tensor) -> Tensor:
            moved = _moved(self._seen(images), transforms)
            return ops.sum(self.objective(moved, self.wanted)[1])

        spectrum = ops.convert_to_tensor(self.spectrum)
        images, by_spectrum = self.backend.pullback(self._images, spectrum)
        up, down = (self._slope(of, images) for of in (climbed, self._cost))
        length = ops.sqrt(ops.mean(up**2, axis=(1, 2), keepdims=True))
        slope = by_spectrum(ops.divide_no_nan(up, length) - down)
        self.adam.apply([-slope], [self.spectrum])
        return ()

    def _slope(self, function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        value, by_images = self.backend.pullback(function, images)
        return by_images(ops.ones_like(value))

    def _cost(self, images: Tensor) -> Tensor:
        down, across = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
        # rounded at 0.01, so that even areas have a gradient of 0 and not of either sign
        rough = sum(ops.sum(ops.sqrt(step**2 + 1e-4)) for step in (down, across))
        away = ops.sum((images - 0.5) ** 2)
        return self.settings.variation * rough + self.settings.gray * away

    def _transforms(self, dice: NDArray[np.float64]) -> Floats:
        """(m, 4) numbers from -1 to 1 -> (m, 8) as Keras' affine transforms."""
        s = self.settings
        across, down, turn, zoom = dice.T * np.array([[s.shift], [s.shift], [s.turn], [s.zoom]])
        cos, sin = np.cos(turn) * (1 + zoom), np.sin(turn) * (1 + zoom)
        x, y = (self.width - 1) / 2, (self.height - 1) / 2
        left = x - cos * x + sin * y + across
        top = y - sin * x - cos * y + down
        none = np.zeros_like(cos)
        return np.stack([cos, -sin, left, sin, cos, top, none, none], axis=1).astype(np.float32)


def _moved(images: Tensor, transforms: Tensor) -> Tensor:
    """Images sampled elsewhere, bilinearly, mirrored at their edges."""
    return ops.image.affine_transform(
        images, transforms, "bilinear", "reflect", data_format="channels_last"
    )


def _scale(height: int, width: int, decay: float) -> Floats:
    """(h, w // 2 + 1) factors of a spectrum; unit noise in it becomes unit noise in the pixels."""
    lowest = 1 / max(height, width)

    def factors(across: NDArray[Any]) -> NDArray[Any]:
        frequency = np.hypot(np.fft.fftfreq(height)[:, None], across)
        return np.maximum(frequency, lowest) ** -decay

    spectrum = factors(np.fft.fftfreq(width))
    unit = height * width / np.sqrt(2 * (spectrum**2).sum())
    return (factors(np.fft.rfftfreq(width)) * unit).astype(np.float32)
