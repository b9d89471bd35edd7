"""What an ensemble is, besides its members' weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.ensemble.combine import EnsembleRecipe
from orchestrator.config import TrialConfig


@dataclass(frozen=True)
class Contents:
    """Members, preprocessing and combination, in words and numbers.

    Attributes:
        recipe: members, and how their probabilities become one answer.
        configs: trial -> configuration, of every member.
        classes: class names, in the order of the probabilities.
        size: (h, w) of an image.
        data: digest of the data set that it was trained on.
        provenance: how it was obtained, as a value of JSON.
    """

    recipe: EnsembleRecipe
    configs: Mapping[str, TrialConfig]
    classes: tuple[str, ...]
    size: tuple[int, int]
    data: str
    provenance: Mapping[str, Any]
