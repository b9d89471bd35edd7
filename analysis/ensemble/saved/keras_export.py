"""An ensemble as one Keras model, for programs that speak Keras alone."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from analysis.ensemble.combine import SMALLEST, EnsembleRecipe
from analysis.ensemble.saved.contents import Contents
from orchestrator.errors import BadInput
from orchestrator.models.custom_layers import MeanOverViews, Views
from orchestrator.models.views import VIEWS
from results.storage.atomic_file import temporary_name

LOGARITHM_FIRST = {"soft vote": False, "logit average": True, "stacking": True}
"""Combiner -> whether members' probabilities become logarithms before they are summed, or the sum.

Each is one matrix and one logarithm, which is how they are copied; a test holds the names against
`combine.COMBINERS`.
"""


def write(
    contents: Contents, models: Mapping[str, keras.Model], path: str | os.PathLike[str]
) -> str | None:
    """Write a Keras model: (n, h, w, 1) or (n, h, w), 0 to 255 -> (n, k) calibrated probabilities.

    `keras.saving.load_model` opens it, in its safe mode too, once `orchestrator.models.catalogue`
    is imported, which registers our layers.

    Args:
        contents: of the ensemble.
        models: member -> its net.
        path: of a file that ends in .keras; replaced if it is there.

    Returns:
        None; or why the ensemble cannot be one Keras model, and then nothing is written.

    Raises:
        BadInput: for another ending, or a folder that is not there.
    """
    place = Path(path)
    if place.suffix != ".keras":
        raise BadInput(f"{place}: expected a file name that ends in .keras")
    if not place.parent.is_dir():
        raise BadInput(f"{place}: there is no folder {place.parent}; make it first")
    reason = _obstacle(contents)
    if reason is not None:
        return reason
    # Keras asks for this ending
    partial = place.with_name(f"{temporary_name(place.stem)}.keras")
    try:
        _combined_model(contents, models).save(partial)
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)
    return None


def _obstacle(contents: Contents) -> str | None:
    for trial in contents.recipe.members:
        variant = contents.configs[trial].preprocessing
        if variant != "plain":
            return f"member {trial} is preprocessed by {variant}, which runs outside Keras"
    combiner = contents.recipe.combiner
    return None if combiner in LOGARITHM_FIRST else f"no Keras model of the combiner {combiner}"


def _combined_model(contents: Contents, models: Mapping[str, keras.Model]) -> keras.Model:
    images = keras.Input((*contents.size, 1), name="images")
    scaled = layers.Rescaling(1 / 255, name="scaled")(images)
    probabilities = []
    for trial in contents.recipe.members:
        model, views = models[trial], contents.configs[trial].views
        named = keras.Model(model.input, model.output, name=f"member_{trial}")
        seen = scaled if views == "one" else Views(views, name=f"views_{trial}")(scaled)
        each = layers.Softmax(name=f"probabilities_{trial}")(named(seen))
        if views != "one":
            each = MeanOverViews(len(VIEWS[views]), name=f"mean_{trial}")(each)
        probabilities.append(each)
    together = probabilities[0]  # a list of one is no input that Concatenate takes
    if len(probabilities) > 1:
        together = layers.Concatenate(name="members")(probabilities)
    answer = _combined(contents.recipe, together, len(contents.classes))
    return keras.Model(images, answer, name="ensemble")


def _combined(recipe: EnsembleRecipe, probabilities: Any, k: int) -> Any:
    """(n, m k) -> (n, k)."""
    log_first = LOGARITHM_FIRST[recipe.combiner]
    summed = layers.Dense(k, name="combination")
    x = summed(_log(probabilities) if log_first else probabilities)
    summed.set_weights(_matrix(recipe, k))
    scores = x if log_first else _log(x)
    return layers.Softmax(name="answer")(scores / recipe.temperature)


def _log(probabilities: Any) -> Any:
    return ops.log(ops.maximum(probabilities, SMALLEST))


def _matrix(recipe: EnsembleRecipe, k: int) -> list[NDArray[Any]]:
    """(m k, k) and (k,): what the members' values are multiplied by and what is added."""
    if recipe.combiner == "stacking":
        return [np.reshape(np.array(recipe.weights), (-1, k)), np.array(recipe.bias)]
    return [np.kron(np.array(recipe.coefficients)[:, None], np.eye(k)), np.zeros(k)]
