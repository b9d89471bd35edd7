"""Layers that Keras does not have: dropout with a dial, other poolings, normalisations and views.

Keras 3 operations only, so that every backend can run them.
"""

from typing import Any

import keras
from keras import ops

from orchestrator.models.options import check_rate
from orchestrator.models.views import shown

PACKAGE = "orchestrator"


@keras.saving.register_keras_serializable(PACKAGE)
class Dropout(keras.layers.Layer):
    """Dropout (Srivastava et al. 2014) whose rate is a variable: another rate compiles nothing.

    Any shape in, the same out. In training each value is zeroed with probability rate x factor and
    the others are multiplied by 1 / (1 - rate x factor); in inference, and at rate 0, nothing
    changes. The rate stands in `variables` but, like Keras' random states, not in `weights`: it is
    not learnt, not counted among the parameters, not averaged, not saved with the weights.

    Args:
        rate: 0 to below 1.
        factor: what the rate is multiplied by here, for sources whose layers drop different
            shares; 0 to 1.

    Raises:
        BadInput: for a rate or factor outside its range.
    """

    def __init__(self, rate: float, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.initial_rate = check_rate(rate)
        if not 0 <= factor <= 1:
            raise ValueError(f"factor={factor}: expected 0 to 1")
        self.factor = factor
        self.seed_generator = keras.random.SeedGenerator(name=f"{self.name}_seed")

    def build(self, input_shape: Any) -> None:
        """Create the rate, in float32 under every precision."""
        self.rate = self.add_weight(
            name="rate",
            shape=(),
            initializer=keras.initializers.Constant(self.initial_rate),
            trainable=False,
            dtype="float32",
            autocast=False,
        )

    @property
    def weights(self) -> list[Any]:
        """None: the rate is a dial, not a weight."""
        return []

    def save_own_variables(self, store: Any) -> None:
        """Nothing, for the same reason."""

    def load_own_variables(self, store: Any) -> None:
        """Nothing, for the same reason."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """See the class."""
        if not training:
            return inputs
        rate = ops.convert_to_tensor(self.rate) * self.factor
        # float32 also under bfloat16: 8 bits of a random number would round the rate to 1/256
        drawn = keras.random.uniform(ops.shape(inputs), dtype="float32", seed=self.seed_generator)
        kept = ops.where(drawn >= rate, 1.0 / (1.0 - rate), 0.0)
        return inputs * ops.cast(kept, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What a copy needs; the rate as it was at first."""
        return {**super().get_config(), "rate": self.initial_rate, "factor": self.factor}


@keras.saving.register_keras_serializable(PACKAGE)
class StochasticPooling(keras.layers.Layer):
    """Stochastic pooling (Zeiler & Fergus 2013, https://arxiv.org/abs/1301.3557).

    (n, h, w, c) -> (n, h', w', c). In training one activation of each window is drawn, with
    probability proportional to its value; in inference the result is their mean weighted by these
    probabilities, sum a^2 / sum a. A window of zeros gives 0. The gradient goes to the drawn
    activation alone.

    The paper's activations are rectified. Where ours are not (a P before the first layer, on an
    image with negative values), a negative value has probability 0.

    Args:
        window: side of the window in pixels.
        strides: pixels from one window to the next.
        padding: "same" (h' = h / strides rounded up; what lies outside has probability 0) or
            "valid".
    """

    def __init__(
        self, window: int = 2, strides: int = 2, padding: str = "same", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.window, self.strides, self.padding = window, strides, padding
        self.seed_generator = keras.random.SeedGenerator(name=f"{self.name}_seed")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """See the class."""
        rates = ops.relu(ops.cast(inputs, "float32"))
        pooled = self._drawn(rates) if training else self._weighted_mean(rates)
        return ops.cast(pooled, inputs.dtype)

    def _drawn(self, rates: Any) -> Any:
        values = self._places(rates)
        sums = [values[0]]
        for value in values[1:]:
            sums.append(sums[-1] + value)
        # never exactly 1, so that a point always falls below the last sum
        drawn = keras.random.uniform(
            ops.shape(values[0]), 0.0, 1.0 - 2.0**-20, dtype="float32", seed=self.seed_generator
        )
        point = ops.stop_gradient(drawn * sums[-1])
        chosen = values[-1]
        for value, upper in zip(values[-2::-1], sums[-2::-1], strict=True):
            chosen = ops.where(point < upper, value, chosen)
        return chosen

    def _places(self, images: Any) -> list[Any]:
        """One (n, h', w', c) for each place in a window, row by row.

        Pixels are first dealt out to strides x strides coarser images, so that each place is a
        shifted piece of one of them: cnn5 trains 1.6 times as fast as with strided slices.
        """
        step, beyond = self.strides, (self.window - 1) // self.strides
        (top, height), (left, width) = (self._extent(side) for side in images.shape[1:3])
        tall, wide = step * (height + beyond), step * (width + beyond)
        below = max(tall - top - images.shape[1], 0)
        right = max(wide - left - images.shape[2], 0)
        padded = ops.pad(images, ((0, 0), (top, below), (left, right), (0, 0)))[:, :tall, :wide]
        shape = (-1, tall // step, step, wide // step, step, images.shape[3])
        rows = ops.unstack(ops.reshape(padded, shape), axis=2)
        coarse = [ops.unstack(row, axis=3) for row in rows]
        return [
            coarse[i % step][j % step][
                :, i // step : i // step + height, j // step : j // step + width
            ]
            for i in range(self.window)
            for j in range(self.window)
        ]

    def _weighted_mean(self, rates: Any) -> Any:
        def mean(values: Any) -> Any:
            return ops.average_pool(values, self.window, self.strides, self.padding)

        total = mean(rates)
        return mean(ops.square(rates)) / ops.where(total > 0, total, 1.0)

    def _extent(self, side: int) -> tuple[int, int]:
        """(pixels of padding in front, number of windows) along a side."""
        if self.padding == "valid":
            return 0, (side - self.window) // self.strides + 1
        number = -(-side // self.strides)
        return max((number - 1) * self.strides + self.window - side, 0) // 2, number

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(n, h', w', c)."""
        n, height, width, channels = input_shape
        return n, self._extent(height)[1], self._extent(width)[1], channels

    def get_config(self) -> dict[str, Any]:
        """What a copy needs."""
        own = {"window": self.window, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(PACKAGE)
class ResponseNormalisation(keras.layers.Layer):
    """Local response normalisation (Krizhevsky, Sutskever & Hinton 2012, section 3.3).

    Source: https://doi.org/10.1145/3065386.

    (n, h, w, c) -> the same: each value is divided by (k + alpha x the sum of squares over `depth`
    neighbouring channels at its pixel) ** beta, the channel itself in the middle.

    Args:
        depth: neighbouring channels, odd; the paper's n = 5.
        k: as in the paper, 2.
        alpha: as in the paper, 1e-4.
        beta: as in the paper, 0.75.
    """

    def __init__(
        self,
        depth: int = 5,
        k: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.depth, self.k, self.alpha, self.beta = depth, k, alpha, beta

    def call(self, inputs: Any) -> Any:
        """See the class."""
        values = ops.cast(inputs, "float32")
        channels, reach = inputs.shape[-1], self.depth // 2
        squares = ops.pad(ops.square(values), ((0, 0), (0, 0), (0, 0), (reach, reach)))
        total = squares[..., :channels]
        for shift in range(1, self.depth):
            total = total + squares[..., shift : shift + channels]
        return ops.cast(values / (self.k + self.alpha * total) ** self.beta, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What a copy needs."""
        own = {"depth": self.depth, "k": self.k, "alpha": self.alpha, "beta": self.beta}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(PACKAGE)
class Views(keras.layers.Layer):
    """(n, h, w, c) -> (v n, h, w, c): what `views.shown` gives, inside an exported model.

    Args:
        views: a key of `views.VIEWS`.
    """

    def __init__(self, views: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.views = views

    def call(self, inputs: Any) -> Any:
        """See the class."""
        return shown(inputs, self.views)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As many rows as there are views of all images."""
        return (None, *input_shape[1:])

    def get_config(self) -> dict[str, Any]:
        """What a copy needs."""
        return {**super().get_config(), "views": self.views}


@keras.saving.register_keras_serializable(PACKAGE)
class MeanOverViews(keras.layers.Layer):
    """(v n, k) -> (n, k): of what was said of the images that `Views` gave.

    Args:
        count: v.
    """

    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def call(self, inputs: Any) -> Any:
        """See the class."""
        return ops.mean(ops.reshape(inputs, (self.count, -1, inputs.shape[-1])), axis=0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """A row an image."""
        return (None, *input_shape[1:])

    def get_config(self) -> dict[str, Any]:
        """What a copy needs."""
        return {**super().get_config(), "count": self.count}
