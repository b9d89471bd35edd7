"""Sharpness-aware minimisation: a step follows the gradient of the worst place nearby.

Source: Foret et al. 2021, https://arxiv.org/abs/2010.01412, algorithm 1 with p = 2. The first
gradient g is taken at the weights w, the second at w + radius g / |g|, over the same images, mixed
and changed alike, with the same dropout; the optimizer is given the second at w. Loss, accuracy and
batch normalisation's moving statistics are those at w. A step costs about twice the time.
"""

from collections.abc import Sequence
from typing import Any

from keras import ops

SMALLEST = 1e-12
"""Added to the gradient's length: where there is no slope nothing is moved."""


def climbed(weights: Sequence[Any], gradients: Sequence[Any], radius: Any) -> list[Any]:
    """The weights moved by `radius` in all, up the gradients; tensors of any backend."""
    squares = [ops.sum(ops.square(gradient)) for gradient in gradients]
    scale = radius / (ops.sqrt(sum(squares)) + SMALLEST)
    return [w + scale * g for w, g in zip(weights, gradients, strict=True)]
