"""Keras' usual initial weights, drawn by NumPy.

On JAX every shape of random numbers is a program of its own to compile: 15 s of `vgg` on one core,
for numbers that are drawn once a trial. NumPy draws from the same distributions at once. The seed
is drawn from Python's generator, as Keras does where none is given, so `random.seed` decides.
"""

import math
import random
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

LIMIT = 2.0
"""Standard deviations beyond which a normal draw is drawn again."""

SHRINKING = 0.87962566103423978
"""Standard deviation of a unit normal cut there."""


class _Drawn(keras.initializers.Initializer):
    """What Keras' initialisers of this name draw, from NumPy."""

    def __init__(self) -> None:
        self.seed = random.randint(1, 10**9)

    def __call__(self, shape: Any, dtype: Any = None, **more: Any) -> NDArray[np.float32]:
        """Weights of a shape (..., fan in, fan out), a kernel's window before."""
        window = math.prod(shape[:-2])
        rng = np.random.default_rng(self.seed)
        drawn = self.draw(rng, tuple(shape), window * shape[-2], window * shape[-1])
        return drawn.astype(np.float32)

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int
    ) -> NDArray[np.float64]:
        """The numbers."""
        raise NotImplementedError


class HeNormal(_Drawn):
    """Normal, cut at two standard deviations; variance 2 / fan in (He et al. 2015).

    Source: https://arxiv.org/abs/1502.01852, section 2.2.
    """

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int
    ) -> NDArray[np.float64]:
        """See the class."""
        drawn = rng.standard_normal(shape)
        while (beyond := np.abs(drawn) > LIMIT).any():
            drawn[beyond] = rng.standard_normal(int(beyond.sum()))
        return drawn * math.sqrt(2.0 / fan_in) / SHRINKING


class GlorotUniform(_Drawn):
    """Uniform; variance 2 / (fan in + fan out) (Glorot & Bengio 2010, section 4.2.1).

    Source: https://proceedings.mlr.press/v9/glorot10a.html.
    """

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int
    ) -> NDArray[np.float64]:
        """See the class."""
        reach = math.sqrt(6.0 / (fan_in + fan_out))
        return rng.uniform(-reach, reach, shape)


class Constant(keras.initializers.Initializer):
    """The same number everywhere; `value` is the class's."""

    value = 0.0

    def __call__(self, shape: Any, dtype: Any = None, **more: Any) -> NDArray[Any]:
        """Any shape, also none."""
        return np.full(shape, self.value, np.dtype(keras.backend.standardize_dtype(dtype)))


class Ones(Constant):
    """1 everywhere."""

    value = 1.0


INITIALISERS = {
    "he_normal": HeNormal,
    "glorot_uniform": GlorotUniform,
    "zeros": Constant,
    "ones": Ones,
}
"""Keras' name -> what draws in its place, inside `keras.saving.custom_object_scope`."""
