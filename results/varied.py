"""What the trials of a sweep differ in, and names made of that."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from results.settings import SETTINGS, in_force

SHORT = {"learning_rate": "lr", "batch_normalisation": "batch norm"}
"""Setting -> its name where there is little room; others lose their underscores."""


def varied(configurations: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The settings that differ among these trials, in the order of `SETTINGS`.

    Of each setting only those trials count in which it is in force. The data set's digest is left
    out: it is no setting that anyone chose.

    Args:
        configurations: setting -> value, e.g. rows of `trials.parquet`; more keys do no harm.
    """
    values: dict[str, set[Any]] = {name: set() for name in SETTINGS if name != "data"}
    for configuration in configurations:
        for name, kinds in values.items():
            kinds.add(value_in_force(name, configuration))
    return tuple(name for name, kinds in values.items() if len(kinds - {None}) > 1)


def value_in_force(name: str, configuration: Mapping[str, Any]) -> Any:
    """A setting's value in a trial; None where it changes nothing there, is absent or null."""
    value = configuration.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if in_force(name, configuration) else None


def heading(name: str) -> str:
    """A setting's name for people: "learning rate"."""
    return name.replace("_", " ")


def value_text(value: Any) -> str:
    """A setting's value in few characters: 0.0123456 -> "0.0123"; None -> "".

    Of a path the name alone: where a file of weights lies is no matter of a page that people send.
    """
    if value is None:
        return ""
    if isinstance(value, str) and "/" in value:
        return value.rsplit("/", 1)[-1]
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def description(configuration: Mapping[str, Any], names: Sequence[str]) -> str:
    """A trial in words, from the settings that tell it from others: "cnn5, clahe, lr 0.039".

    Args:
        configuration: setting -> value.
        names: the settings that varied; where there are none the architecture and the
            preprocessing stand for the trial.
    """
    return ", ".join(_words(configuration, names or ("architecture", "preprocessing")))


def _words(configuration: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    values = {name: value_in_force(name, configuration) for name in names}
    return [_word(name, value) for name, value in values.items() if value is not None]


def _word(name: str, value: Any) -> str:
    """Known names stand for themselves; numbers and switches need their setting's name."""
    if SETTINGS[name].choices and name not in _AMBIGUOUS:
        return str(value)
    return f"{SHORT.get(name, heading(name))} {value_text(value)}"


_AMBIGUOUS = (
    "augmentation",
    "class_weights",
    "fine_tune",
    "pooling",
    "precision",
    "rate_scaling",
    "views",
)
"""Settings whose names alone say little: "all", "none", "auto", "average"."""
