"""What a question is made of: a trial's configuration, a budget, a sweep."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from orchestrator.errors import BadInput, shown
from results.settings import LATER, SETTINGS, Setting, TrialSettings

CHOICES: dict[str, tuple[str, ...]] = {
    name: s.choices for name, s in SETTINGS.items() if s.choices and not s.blank_separated
}
"""Setting -> its known names; `architecture` also takes any valid string of the layer notation."""

NUMERICS = 1
"""Part of every signature. Raise it with any change of the code that changes what a trial comes to,
so that numbers of before are not reused for numbers of now."""


@dataclass(frozen=True)
class TrialConfig(TrialSettings):
    """One trial's settings; `results.settings` describes each of them."""

    def to_flat(self) -> dict[str, Any]:
        """Every field by name, as scalars."""
        return {name: getattr(self, name) for name in SETTINGS}  # a tenth of what asdict takes

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> "TrialConfig":
        """The configuration with these fields, converted to their types.

        Raises:
            BadInput: for an unknown key, or a value that does not convert.
        """
        for key in sorted(values):
            check_known(key)
        return cls(**{key: convert(key, value) for key, value in values.items()})

    def signature(self) -> str:
        """10 hexadecimal digits that name this trial in every table.

        Ten, not fewer: among 10,000 trials two would share eight digits with probability 1 %.
        """
        values = self.to_flat()
        counted = {k: v for k, v in values.items() if k not in LATER or v != LATER[k]}
        canonical = json.dumps({**counted, "numerics": NUMERICS}, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:10]


def check_known(key: str) -> None:
    """Raises BadInput where no setting has this name."""
    if key not in SETTINGS:
        raise BadInput(f"unknown setting {key!r}; known: {', '.join(SETTINGS)}")


def convert(key: str, value: Any) -> Any:
    """A setting's value, given as text or as a scalar, in the type of its field.

    Raises:
        BadInput: for a value that does not convert or is out of its range.
    """
    setting = SETTINGS[key]
    try:
        converted = _typed(value, setting.default)
    except (TypeError, ValueError, OverflowError):
        kind = type(setting.default).__name__
        raise BadInput(
            f"{key}={shown(value)} is no {kind}; its default is {setting.default!r}"
        ) from None
    low = converted if setting.low is None else setting.low
    high = converted if setting.high is None else setting.high
    if not low <= converted <= high:
        raise BadInput(f"{key}={shown(value)} is out of range; expected {low:g} to {high:g}")
    if setting.blank_separated:
        _check_each(setting, converted)
    return converted


def _typed(value: Any, default: Any) -> Any:
    if isinstance(default, bool):
        return _as_bool(value)
    if isinstance(default, int):
        return _as_int(value)
    return type(default)(value)


def _check_each(setting: Setting, text: str) -> None:
    for name in text.split():
        if name not in (*setting.choices, "none"):
            names = ", ".join(setting.choices)
            raise BadInput(
                f"{setting.name}={text!r}: {name!r} is unknown; known: {names}, blank-separated, "
                "or none"
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


RungsBy = Literal["epochs", "fraction"]
"""Whether trials are compared after as many epochs each, or as far into their own length."""

RUNGS_BY: tuple[str, ...] = get_args(RungsBy)


@dataclass(frozen=True)
class Budget:
    """How much a sweep may spend.

    Attributes:
        trials: configurations tried at most; a grid may hold fewer.
        grace_epochs: no trial is stopped before this epoch: the first rung, the papers' r.
        reduction_factor: one trial in this many passes a rung: the papers' eta.
        early_stopping: False lets every trial run to its last epoch.
        scheduler: who goes on, a name of `scheduling.schedulers.catalogue.SCHEDULERS`; "": its
            default.
        rungs: see `RungsBy`; the difference counts where trials are of different lengths.
        finalists: so many trials at least reach their last epoch, where trials may wait at a rung;
            0: one in four, three at most: an ensemble is built from those.
    """

    trials: int = 16
    grace_epochs: int = 1
    reduction_factor: int = 3
    early_stopping: bool = True
    scheduler: str = ""
    rungs: RungsBy = "epochs"
    finalists: int = 0


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
        quick: whether post-processing judges and draws less (its --quick) where no `--data` is
            given: a try, not a study.

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
    quick: bool = False

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
