"""Three tiny nets with random weights, and what it takes to save them."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import pytest

from analysis.ensemble.combine import COMBINERS, EnsembleRecipe
from analysis.ensemble.saved import Contents
from orchestrator.models import catalogue
from orchestrator.models.options import Options
from orchestrator.testing.stand_ins import tiny, weights_file

SIZE = (16, 16)
CLASSES = ("cross", "glad", "calm")
ARCHITECTURES = {"aa01": "CPF", "bb02": "CPFF", "cc03": "CPCPF"}


@pytest.fixture(scope="session")
def weights(images: np.ndarray) -> dict[str, bytes]:
    """Trial -> content of its weights file."""
    return {
        trial: _random(architecture, seed, images)
        for seed, (trial, architecture) in enumerate(ARCHITECTURES.items())
    }


def _random(architecture: str, seed: int, images: np.ndarray) -> bytes:
    keras.utils.set_random_seed(seed)
    model = catalogue.build(architecture, (*SIZE, 1), len(CLASSES), Options(width=0.125))
    last = model.get_layer("logits")
    last.kernel.assign(last.kernel.numpy() * 3)  # so that members differ in more than digits
    # and so that no class wins for every image
    last.bias.assign(-np.asarray(model(images[..., None] / 255)).mean(axis=0))
    return weights_file(model.weights)


@pytest.fixture(scope="session")
def contents_of() -> Callable[..., Contents]:
    """Contents by combiner and preprocessing: member -> variant; not named: plain."""

    def contents(
        combiner: str = "soft vote",
        members: tuple[str, ...] = tuple(ARCHITECTURES),
        **variants: str,
    ) -> Contents:
        assert combiner in COMBINERS
        shares = np.array([3.0, 2.0, 1.0])[: len(members)]
        recipe = EnsembleRecipe(members, tuple((shares / shares.sum()).tolist()), combiner, 1.7)
        if combiner == "stacking":
            rng = np.random.default_rng(4)
            matrices = tuple(
                tuple(map(tuple, rng.normal(size=(len(CLASSES),) * 2).tolist())) for _ in members
            )
            recipe = dataclasses.replace(recipe, weights=matrices, bias=(0.1, -0.2, 0.3))
        configs = {
            trial: tiny(
                architecture=ARCHITECTURES[trial], preprocessing=variants.get(trial, "plain")
            )
            for trial in members
        }
        return Contents(recipe, configs, CLASSES, SIZE, "d" * 64, {"commit": "abc"})

    return contents


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """(7, 16, 16) uint8 noise, each image brighter than the one before, one half of it dark."""
    noise = (
        np.random.default_rng(9).uniform(0, 1, (7, *SIZE)) * np.linspace(20, 255, 7)[:, None, None]
    )
    noise[::2, :8] = 0
    noise[1::2, :, 8:] = 0
    return noise.astype(np.uint8)
