"""What a question is made of: a trial's configuration, a budget, a sweep."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.errors import BadInput

CHOICES: dict[str, tuple[str, ...]] = {
    "architecture": (
        "cnn5",
        "CPCPCPFFF",
        "CCPCCPCCPFF",
        "vgg",
        "inception",
        "resnet",
        "convnet4",
        "vgg16",
    ),
    "preprocessing": (
        "plain",
        "standardise",
        "histogram",
        "clahe",
        "plane",
        "isotropic",
        "diffusion",
        "dog",
        "gamma",
    ),
    "pooling": ("max", "average", "stochastic"),
    "optimizer": ("sgd", "adam", "adamw", "muon"),
    "schedule": ("constant", "plateau", "cosine", "one_cycle"),
    "class_weights": ("none", "balanced"),
    "precision": ("auto", "float32", "mixed_bfloat16"),
    "fine_tune": ("frozen", "last_block", "all"),
}
"""Field -> its known names, spelled out so that the driver needs no TensorFlow to check them.

A test holds each tuple against the dictionary it mirrors. `architecture` also takes any valid
string of the layer notation (`orchestrator.models.notation`).
"""


AUGMENTATIONS = ("flip", "shift", "rotation", "zoom", "brightness", "erasing")
"""Names that `augmentation` may list; a test holds them against `orchestrator.training.augment`."""

RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-12, 1e6),
    "epochs": (1, 1_000_000),
    "batch_size": (1, 1_000_000),
    "momentum": (0.0, 0.9999),
    "weight_decay": (0.0, 1e3),
    "dropout": (0.0, 0.99),
    "width": (0.01, 64.0),
    "augmentation_strength": (0.0, 1.0),
    "label_smoothing": (0.0, 0.99),
    "ema": (0.0, 0.99999),
    "patience": (0, 1_000_000),
    "seed": (0, 2**31 - 1),
}
"""Field -> lowest and highest value that make sense; both included."""


NUMERICS = 1
"""Part of every signature. Raise it with any change of the code that changes what a trial comes to,
so that numbers of before are not reused for numbers of now."""


@dataclass(frozen=True)
class TrialConfig:
    """Everything that one trial's result depends on: flat scalars only.

    Attributes:
        architecture: a named model or a string in the layer notation, e.g. "CCPCCPFF".
        preprocessing: name of a variant in `orchestrator.preprocess.VARIANTS`.
        optimizer: name in `orchestrator.training.optimizers.OPTIMIZERS`.
        learning_rate: the schedule's peak.
        schedule: name in `orchestrator.training.schedules.SCHEDULES`.
        epochs: passes over the training images at most; the schedules end here.
        batch_size: images a step; the incomplete last batch of an epoch is left out.
        momentum: of SGD and Muon; Nesterov's.
        weight_decay: coupled (L2) for sgd and adam, decoupled for adamw and muon; kernels only.
        dropout: rate; 0 switches it off.
        width: factor on every layer's number of filters or units.
        pooling: what the notation's P means.
        batch_normalisation: after every convolution and hidden fully connected layer.
        augmentation: names of `training.augment.TRANSFORMS`, blank-separated, or "none".
        augmentation_strength: 0 (off) to 1 (rotation by 10 degrees, shift by 10 %, and so on).
        label_smoothing: share of each target spread over all classes, 0 to 1.
        class_weights: "balanced" weighs a class by the inverse of its frequency, mean 1.
        ema: decay a step of the exponential average of weights; 0 switches it off.
        precision: of the layers' arithmetic; "auto" takes bfloat16 where it is faster.
        patience: epochs without a better validation loss after which the trial stops; 0: never.
        weights: of vgg16 alone: "imagenet" (the Keras cache), a file, or "none".
        fine_tune: of vgg16 alone: which of its layers learn.
        head: of vgg16 alone: units of the additional hidden layers, blank-separated.
        seed: of weights, order, augmentation and dropout.
        data: digest of the data set, filled in by the sweep.
    """

    architecture: str = "cnn5"
    preprocessing: str = "plain"
    optimizer: str = "sgd"
    learning_rate: float = 0.01
    schedule: str = "constant"
    epochs: int = 10
    batch_size: int = 128
    momentum: float = 0.9
    weight_decay: float = 1e-4
    dropout: float = 0.3
    width: float = 1.0
    pooling: str = "max"
    batch_normalisation: bool = True
    augmentation: str = "flip shift rotation zoom"
    augmentation_strength: float = 0.0
    label_smoothing: float = 0.0
    class_weights: str = "none"
    ema: float = 0.0
    precision: str = "auto"
    patience: int = 0
    weights: str = "imagenet"
    fine_tune: str = "frozen"
    head: str = "256"
    seed: int = 0
    data: str = ""

    def to_flat(self) -> dict[str, Any]:
        """Every field by name, as scalars."""
        return dataclasses.asdict(self)

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> "TrialConfig":
        """The configuration with these fields, converted to their types.

        Raises:
            BadInput: for an unknown key, or a value that does not convert.
        """
        known = {f.name: f for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise BadInput(f"unknown setting {unknown[0]!r}; known: {', '.join(known)}")
        return cls(**{key: convert(key, value) for key, value in values.items()})

    def signature(self) -> str:
        """10 hexadecimal digits that name this trial in every table.

        Ten, not fewer: among 10,000 trials two would share eight digits with probability 1 %.
        """
        canonical = json.dumps({**self.to_flat(), "numerics": NUMERICS}, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:10]


def convert(key: str, value: Any) -> Any:
    """A setting's value, given as text or as a scalar, in the type of its field."""
    default = getattr(TrialConfig, key)
    try:
        converted = _typed(value, default)
    except (TypeError, ValueError, OverflowError):
        kind = type(default).__name__
        raise BadInput(f"{key}={value!r} is no {kind}; its default is {default!r}") from None
    low, high = RANGES.get(key, (converted, converted))
    if not low <= converted <= high:
        raise BadInput(f"{key}={value!r} is out of range; expected {low:g} to {high:g}")
    if key == "augmentation":
        _check_augmentation(converted)
    return converted


def _typed(value: Any, default: Any) -> Any:
    if isinstance(default, bool):
        return _as_bool(value)
    if isinstance(default, int):
        return _as_int(value)
    return type(default)(value)


def _check_augmentation(text: str) -> None:
    for name in text.split():
        if name not in (*AUGMENTATIONS, "none"):
            raise BadInput(
                f"augmentation={text!r}: {name!r} is unknown; known: {', '.join(AUGMENTATIONS)}, "
                "blank-separated, or none"
            )


def _as_bool(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError(value)
    return text in ("true", "1", "yes")


def _as_int(value: Any) -> int:
    number = float(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)


@dataclass(frozen=True)
class Budget:
    """How much a sweep may spend.

    Attributes:
        trials: configurations tried at most; a grid may hold fewer.
        grace_epochs: no trial is stopped by ASHA before this epoch: the first rung, the paper's r.
        reduction_factor: one trial in this many passes a rung: the paper's eta.
        early_stopping: False lets every trial run to its last epoch.
    """

    trials: int = 16
    grace_epochs: int = 1
    reduction_factor: int = 3
    early_stopping: bool = True


@dataclass(frozen=True)
class Sweep:
    """One question: a space of configurations and what may be spent on it.

    Attributes:
        name: of the question; the default name of its folder.
        question: what it asks, one sentence.
        space: TrialConfig field -> a constant, or one of Ray Tune's search-space words
            (`tune.choice`, `tune.loguniform`, `tune.grid_search`, ...).
        budget: see there.
        search: "tpe" (Optuna), "random", or "grid" (every combination, in order).
        embedded: images of the embedded data set, where no `--data` is given.
        configurations: fields whose values belong together, written out: all name the same fields,
            none of the space's. Each is tried at every point of the space's grid, e.g. with every
            seed.

    Raises:
        BadInput: for configurations under another search than "grid".
    """

    name: str
    question: str
    space: Mapping[str, Any]
    budget: Budget = field(default_factory=Budget)
    search: Literal["tpe", "random", "grid"] = "tpe"
    embedded: int = 6000
    configurations: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.configurations and self.search != "grid":
            raise BadInput(
                f"{self.name} lists configurations, which are tried one by one, but its search is "
                f'{self.search!r}; give it search="grid"'
            )


def folder_name(text: str, origin: str) -> str:
    """The text, if it can name a sweep's folder anywhere.

    Raises:
        BadInput: otherwise; the sentence begins with the origin.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise BadInput(
            f"{origin}{text!r}: expected letters, digits, '.', '_' and '-' only, beginning with a "
            "letter or digit: it becomes a folder"
        )
    return text
