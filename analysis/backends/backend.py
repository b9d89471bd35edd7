"""What a backend is asked for; tensors are those of the library that Keras computes with."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

Tensor = Any
Pull = Callable[[Tensor], Tensor]
"""Factors of a result, in its shape -> gradient of the sum of their product; may be used again."""

Steps = Callable[..., Sequence[Tensor]]
"""Tensors -> tensors, in operations of Keras and of a backend."""


class Program(Protocol):
    """A compiled function of arrays, whose first axis is one of independent rows.

    Attributes:
        compilations: how often it was compiled so far.
    """

    @property
    def compilations(self) -> int:
        """See the class."""

    def __call__(self, *arrays: NDArray[Any], rows: int = 0) -> list[NDArray[Any]]:
        """Results of as many rows as were given.

        Args:
            arrays: (n, ...) each.
            rows: n or more. A backend whose programs are each for one shape fills up to it.
        """


class Backend(Protocol):
    """One library, as a module of functions."""

    def settle(self, threads: int | None) -> None:
        """Limit the threads, None for none, and the GPU's memory; before anything is computed."""

    def gpu_name(self) -> str | None:
        """Name of the first GPU; None on a machine without one."""

    def batch_rows(self, rows: int) -> int:
        """How many of so many rows to compute at once: enough to fill the device.

        Where a program is compiled for one shape, also what fewer rows are filled up to, so that
        there are few shapes.
        """

    def compiled(
        self,
        steps: Steps,
        shapes: Sequence[tuple[int, ...]],
        read: Sequence[keras.Variable],
        written: Sequence[keras.Variable] = (),
    ) -> Program:
        """A program, compiled when it is first called.

        Args:
            steps: what to compute; float32 in.
            shapes: of one row of each array.
            read: variables whose values at each call count.
            written: those of them that it assigns to.
        """

    def direct(self, steps: Steps, read: Sequence[keras.Variable]) -> Program:
        """The same for what is computed a few times and writes nothing: the sooner way."""

    def outlined(self, function: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Tensor:
        """A function of a float32 tensor run for its shapes; of zeros, where it computes at all."""

    def pullback(self, function: Callable[[Tensor], Tensor], point: Tensor) -> tuple[Tensor, Pull]:
        """The function's result at a point, and its gradient there."""

    def pullback_at(
        self, layer: keras.layers.Layer, function: Callable[[], tuple[Tensor, Tensor]]
    ) -> tuple[tuple[Tensor, Tensor], Pull]:
        """A function's two results, and the first one's gradient by what a layer gives in it.

        Of a layer that is used several times, the last use counts.
        """

    def irfft2(self, real: Tensor, imaginary: Tensor, size: tuple[int, int]) -> Tensor:
        """(m, h, w // 2 + 1) half of a spectrum -> (m, h, w); size is (h, w)."""


def in_batches(
    program: Program,
    count: int,
    rows: int,
    arrays_of: Callable[[slice], Sequence[NDArray[Any]]],
) -> list[NDArray[Any]]:
    """A program's results of many rows, joined.

    Args:
        program: asked.
        count: of all rows, 1 or more.
        rows: at once.
        arrays_of: the rows of a slice -> what the program is given of them.
    """
    pieces = [
        program(*arrays_of(slice(first, min(first + rows, count))), rows=rows)
        for first in range(0, count, rows)
    ]
    return [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
