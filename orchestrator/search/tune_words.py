"""Axes from words: those of Ray Tune, in which a sweep is written, and those of `--set`."""

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
from ray.tune.search import sample as domains

from orchestrator.config import CHOICES, check_known, convert
from orchestrator.errors import BadInput, shown
from orchestrator.models.notation import parse
from orchestrator.search.axes import Axis, Categorical, Constant, Integer, Real
from results.settings import SETTINGS

MOST_VALUES = 10_000
"""That a setting may list: an endless list must end."""

WIDE = 10
"""A range given by `--set` is logarithmic where its ends differ by more than this factor."""


def axis_of(key: str, word: Any) -> Axis:
    """What a sweep says of one setting, as an axis.

    A choice of one value and a range with equal ends become a constant.

    Args:
        key: of the setting.
        word: a constant, or `tune.choice`, `grid_search`, `uniform`, `loguniform`, `quniform`,
            `qloguniform`, `randint`, `lograndint`, `qrandint` or `qlograndint`. Tune leaves out
            the upper end of the whole-numbered ones without a quantum; so do we. `grid_search` and
            `choice` mean the same here: the sweep's search decides whether all combinations are
            tried.

    Raises:
        BadInput: for a key that is no setting, a value that it cannot take, an empty range, a
            nested space, or another word (`sample_from`, `randn`, `qrandn`).
    """
    check_known(key)
    if isinstance(word, dict) and set(word) == {"grid_search"}:
        return categorical(key, word["grid_search"])
    if isinstance(word, domains.Categorical):
        return categorical(key, word.categories)
    if isinstance(word, domains.Float | domains.Integer):
        return _range(key, word)
    if isinstance(word, domains.Function):
        raise BadInput(
            f"{key} is given by tune.sample_from, which makes it depend on other settings; list "
            "the combinations by configurations=, or give it values of its own"
        )
    if not _is_scalar(word):
        raise BadInput(
            f"{key} is given {shown(word)}; expected a constant, or tune.choice, grid_search, "
            "uniform, loguniform, randint, lograndint or their quantised forms"
        )
    return Constant(check(key, word))


def axis_from_text(key: str, text: str) -> Axis:
    """What `--set key=text` says of one setting, as an axis.

    Args:
        key: of the setting.
        text: a constant; `a,b,c`, a choice; for numbers also `low..high`, both ends included,
            logarithmic where high > 10 · low > 0, else uniform.

    Raises:
        BadInput: for an unknown key, a name or number that the setting cannot take.
    """
    check_known(key)
    if _kind(key) in (int, float) and ".." in text:
        first, _, last = text.partition("..")
        low, high = check(key, first.strip()), check(key, last.strip())
        log = high > WIDE * low > 0
        return _integer(key, low, high, log, 1) if _kind(key) is int else _real(key, low, high, log)
    if "," in text:
        return categorical(key, [part.strip() for part in text.split(",")])
    return Constant(check(key, text.strip()))


def check(key: str, value: Any) -> Any:
    """The value in its setting's type, held against the known names where there are some.

    Raises:
        BadInput: for an unknown name, an architecture that is neither a named model nor a valid
            string of the layer notation, a number out of range, or another type.
    """
    if not _is_scalar(value):
        raise BadInput(f"{key} takes plain numbers, words and truth values, not {shown(value)}")
    converted = convert(key, _plain(value))
    if converted in CHOICES.get(key, (converted,)):
        return converted
    names = ", ".join(CHOICES[key])
    if key == "architecture":
        try:
            parse(converted)
        except BadInput as reason:
            raise BadInput(f"architecture {converted!r} is none of {names}; and {reason}") from None
        return converted
    raise BadInput(f"unknown {key} {converted!r}; known: {names}")


def categorical(key: str, values: Any) -> Axis:
    """An axis of these values, each checked; a constant for a single one.

    Raises:
        BadInput: for no list, an empty one, or one that names a value twice.
    """
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise BadInput(f"{key} chooses from {shown(values)}; expected a list of values")
    listed = list(itertools.islice(values, MOST_VALUES + 1))
    if len(listed) > MOST_VALUES:
        raise BadInput(f"{key} chooses from more than {MOST_VALUES:,} values; give it a range")
    checked = tuple(check(key, value) for value in listed)
    if not checked:
        raise BadInput(f"{key} chooses from an empty list")
    repeated = next((value for value, times in Counter(checked).items() if times > 1), None)
    if repeated is not None:
        raise BadInput(f"{key} lists {repeated!r} twice")
    return Constant(checked[0]) if len(checked) == 1 else Categorical(checked)


def _is_scalar(value: Any) -> bool:
    return isinstance(_plain(value), bool | int | float | str)


def _plain(value: Any) -> Any:
    """A scalar of numpy's, or an array without axes, as Python's own; anything else as it is."""
    if isinstance(value, np.floating):  # the long ones have no other way
        return float(value)
    return value.item() if isinstance(value, np.generic) or _is_array_0d(value) else value


def _is_array_0d(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 0


def _kind(key: str) -> type:
    return type(SETTINGS[key].default)


def _range(key: str, word: Any) -> Axis:
    kind = _kind(key)
    if kind not in (int, float):
        raise BadInput(f"{key} takes {kind.__name__} values, not a range of numbers")
    sampler = word.get_sampler()
    step = sampler.q if isinstance(sampler, domains.Quantized) else None
    inner = sampler.get_sampler() if isinstance(sampler, domains.Quantized) else sampler
    if isinstance(inner, domains.Normal):
        raise BadInput(f"{key} follows a normal distribution; expected a range with two ends")
    whole_word = isinstance(word, domains.Integer)
    exclusive = whole_word and step in (None, 1)
    low, high = word.lower, word.upper - (1 if exclusive else 0)
    log = isinstance(inner, domains.LogUniform)
    whole_step = step is not None and all(float(v).is_integer() for v in (low, high, step))
    if kind is int and not (whole_word or whole_step):
        raise BadInput(f"{key} takes whole numbers; use tune.randint, lograndint or choice")
    if kind is int:
        return _integer(key, low, high, log, int(step or 1))
    return _real(key, low, high, log, step or (1 if whole_word else None))


def _integer(key: str, low: float, high: float, log: bool, step: int) -> Axis:
    # Tune's quanta are multiples of the step, whatever the ends are.
    first, last = math.ceil(low / step) * step, math.floor(high / step) * step
    _check_ends(key, first, last, log)
    return Constant(first) if first == last else Integer(first, last, log, step)


def _real(key: str, low: float, high: float, log: bool, step: float | None = None) -> Axis:
    if step is not None:
        low = round(math.ceil(low / step - 1e-9) * step, 12)
        high = round(math.floor(high / step + 1e-9) * step, 12)
    _check_ends(key, low, high, log)
    return Constant(float(low)) if low == high else Real(float(low), float(high), log, step)


def _check_ends(key: str, low: float, high: float, log: bool) -> None:
    if not low <= high:
        raise BadInput(f"{key} ranges from {low:g} to {high:g}: nothing lies between")
    if log and low <= 0:
        raise BadInput(f"{key} has a logarithmic range from {low:g}; it must start above 0")
