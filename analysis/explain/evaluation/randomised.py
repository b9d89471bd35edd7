"""Whether a map shows what the net has learnt: it must change when the weights are forgotten."""

import math

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from analysis.explain.network import Network, NoConvolution
from orchestrator.errors import BadInput

ONES = ("gamma", "variance", "scale")
"""One-dimensional weights whose names end so begin as 1, as in Keras; all others as 0."""

Floats = NDArray[np.float32]


def randomised(network: Network, seed: int = 0) -> Network:
    """The same net before it has learnt anything; the given one is left as it is.

    The full model randomisation of Adebayo et al. 2018 (https://arxiv.org/abs/1810.03292): every
    kernel is drawn anew (https://arxiv.org/abs/1502.01852: normal, variance 2 / fan-in), biases and
    batch statistics are as at the start. Not the net's own initialisers with their seed: those are
    what training started from, and trained weights resemble them.

    Raises:
        BadInput: for a model that Keras cannot copy (a subclass without get_config).
    """
    model = _copy(network.model)
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if keras.backend.is_float_dtype(variable.dtype) and variable.shape:
            variable.assign(_drawn(variable.path, tuple(variable.shape), rng))
    try:
        layer = network.layer
    except NoConvolution:
        layer = None
    return Network(model, layer)


def likeness(values: ArrayLike, untrained: ArrayLike) -> Floats:
    """(n,) |rank correlation| of the maps with those of the randomised net, 0 to 1; low is good.

    Below about 0.2 for most methods asked of a net that has learnt something; up to about 0.5 for
    Grad-CAM++, LayerCAM and Score-CAM, whose weights are never negative, so that they show the mean
    activation, and with it the image, whatever was learnt. NaN where a map is constant.
    """
    return np.abs(rank_correlation(values, untrained))


def rank_correlation(one: ArrayLike, other: ArrayLike) -> Floats:
    """(n,) Spearman's, of maps (n, h, w) of one size; NaN where one of them is constant."""
    ranks = [_centred_ranks(np.asarray(maps)) for maps in (one, other)]
    norms = [np.sqrt((some**2).sum(axis=1)) for some in ranks]
    product = norms[0] * norms[1]
    with np.errstate(invalid="ignore"):
        return ((ranks[0] * ranks[1]).sum(axis=1) / product).astype(np.float32)


def _centred_ranks(maps: Floats) -> NDArray[np.float64]:
    ranks = rankdata(maps.reshape(len(maps), -1), axis=1)
    centred: NDArray[np.float64] = ranks - ranks.mean(axis=1, keepdims=True)
    return centred


def _copy(model: keras.Model) -> keras.Model:
    try:
        copy = keras.models.clone_model(model)
    except (ValueError, TypeError, NotImplementedError, RuntimeError) as problem:
        raise BadInput(
            f"{model.name} cannot be copied, so its weights cannot be randomised: {problem}; "
            "build it as a functional or sequential model"
        ) from problem
    return copy


def _drawn(path: str, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    if len(shape) == 1:
        return np.full(shape, path.endswith(ONES), np.float32)
    fan_in = math.prod(shape[:-2] if "depthwise" in path else shape[:-1])
    return (math.sqrt(2 / fan_in) * rng.standard_normal(shape)).astype(np.float32)
