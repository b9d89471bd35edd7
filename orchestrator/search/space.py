"""What a sweep searches, in a description of our own.

A sweep is written in Ray Tune's search-space words; the strategies, the dry run and the command
line's `--set` all read the few dataclasses below instead.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from ray import tune
from ray.tune.search import sample as words

from orchestrator.config import CHOICES, TrialConfig, convert
from orchestrator.errors import BadInput
from orchestrator.models.notation import parse

KNOWN = tuple(f.name for f in fields(TrialConfig))
WIDE = 10
"""A range given by `--set` is logarithmic where its ends differ by more than this factor."""


@dataclass(frozen=True)
class Constant:
    """The same value in every trial."""

    value: Any


@dataclass(frozen=True)
class Choice:
    """One of these values, each as likely as the others."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Real:
    """A real number in [low, high]; with a step: low, low + step, ..., high."""

    low: float
    high: float
    log: bool = False
    step: float | None = None


@dataclass(frozen=True)
class Whole:
    """A whole number from low, low + step, ... to high, both ends included."""

    low: int
    high: int
    log: bool = False
    step: int = 1


Axis = Constant | Choice | Real | Whole


def axes(space: Mapping[str, Any]) -> dict[str, Axis]:
    """Every field that the space names, as an axis, in written order.

    A choice of one value and a range with equal ends become a constant.

    Args:
        space: TrialConfig field -> a constant, or `tune.choice`, `grid_search`, `uniform`,
            `loguniform`, `quniform`, `qloguniform`, `randint`, `lograndint`, `qrandint` or
            `qlograndint`. Tune leaves out the upper end of the whole-numbered ones without a
            quantum; so do we. `grid_search` and `choice` mean the same here: the sweep's search
            decides whether all combinations are tried.

    Raises:
        BadInput: for a key that is no field, a value that its field cannot take, an empty range,
            a nested space, or another word (`sample_from`, `randn`, `qrandn`).
    """
    return {key: _axis(key, word) for key, word in space.items()}


def _axis(key: str, word: Any) -> Axis:
    _check_key(key)
    if isinstance(word, dict) and set(word) == {"grid_search"}:
        return _choice(key, word["grid_search"])
    if isinstance(word, words.Categorical):
        return _choice(key, word.categories)
    if isinstance(word, words.Float | words.Integer):
        return _range(key, word)
    if not _is_scalar(word):
        raise BadInput(
            f"{key} is given {word!r}; expected a constant, or tune.choice, grid_search, "
            "uniform, loguniform, randint, lograndint or their quantised forms"
        )
    return Constant(check(key, word))


def _check_key(key: str) -> None:
    if key not in KNOWN:
        raise BadInput(f"unknown setting {key!r}; known: {', '.join(KNOWN)}")


def _is_scalar(value: Any) -> bool:
    return isinstance(value, bool | int | float | str | np.number)


def check(key: str, value: Any) -> Any:
    """The value in its field's type, held against the known names where it is one.

    Raises:
        BadInput: for an unknown name, an architecture that is neither a named model nor a valid
            string of the layer notation, a number out of range, or another type.
    """
    if not _is_scalar(value):
        raise BadInput(f"{key} takes plain numbers, words and truth values, not {value!r}")
    converted = convert(key, value)
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


def _choice(key: str, values: Any) -> Axis:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise BadInput(f"{key} chooses from {values!r}; expected a list of values")
    found = tuple(check(key, value) for value in values)
    if not found:
        raise BadInput(f"{key} chooses from an empty list")
    repeated = [v for i, v in enumerate(found) if v in found[:i]]
    if repeated:
        raise BadInput(f"{key} lists {repeated[0]!r} twice")
    return Constant(found[0]) if len(found) == 1 else Choice(found)


def _range(key: str, word: words.Float | words.Integer) -> Axis:
    kind = type(getattr(TrialConfig, key))
    if kind not in (int, float):
        raise BadInput(f"{key} takes {kind.__name__} values, not a range of numbers")
    sampler = word.get_sampler()
    step = sampler.q if isinstance(sampler, words.Quantized) else None
    inner = sampler.get_sampler() if isinstance(sampler, words.Quantized) else sampler
    if isinstance(inner, words.Normal):
        raise BadInput(f"{key} follows a normal distribution; expected a range with two ends")
    whole_word = isinstance(word, words.Integer)
    exclusive = whole_word and step in (None, 1)
    low, high = word.lower, word.upper - (1 if exclusive else 0)
    log = isinstance(inner, words.LogUniform)
    whole_step = step is not None and all(float(v).is_integer() for v in (low, high, step))
    if kind is int and not (whole_word or whole_step):
        raise BadInput(f"{key} takes whole numbers; use tune.randint, lograndint or choice")
    if kind is int:
        return _whole(key, low, high, log, int(step or 1))
    return _real(key, low, high, log, step or (1 if whole_word else None))


def _whole(key: str, low: float, high: float, log: bool, step: int) -> Axis:
    # Tune's quanta are multiples of the step, whatever the ends are.
    first, last = math.ceil(low / step) * step, math.floor(high / step) * step
    _check_ends(key, first, last, log)
    return Constant(first) if first == last else Whole(first, last, log, step)


def _real(key: str, low: float, high: float, log: bool, step: float | None) -> Axis:
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


def snap(axis: Axis, value: Any) -> Any:
    """The nearest value that the axis holds; other kinds of axis return the value as it is."""
    if isinstance(axis, Real | Whole):
        value = min(max(value, axis.low), axis.high)
        if axis.step is not None:
            value = round(axis.low + round((value - axis.low) / axis.step) * axis.step, 12)
        return int(value) if isinstance(axis, Whole) else float(value)
    return value


def sample(described: Mapping[str, Axis], rng: np.random.Generator) -> dict[str, Any]:
    """One configuration at random, each axis independently: uniform, or uniform in the logarithm.

    With a step the range is widened by half a step at both ends before rounding, so that its ends
    are as likely as their neighbours.
    """
    return {key: _sample_axis(axis, rng) for key, axis in described.items()}


def _sample_axis(axis: Axis, rng: np.random.Generator) -> Any:
    if isinstance(axis, Constant):
        return axis.value
    if isinstance(axis, Choice):
        return axis.values[int(rng.integers(len(axis.values)))]
    half = (axis.step or 0) / 2
    low, high = axis.low - half, axis.high + half
    if axis.log:
        low = max(low, axis.low / 2)
        return snap(axis, math.exp(rng.uniform(math.log(low), math.log(high))))
    return snap(axis, rng.uniform(low, high))


def _values(key: str, axis: Axis) -> tuple[Any, ...] | range:
    if isinstance(axis, Constant):
        return (axis.value,)
    if isinstance(axis, Choice):
        return axis.values
    if isinstance(axis, Whole):
        return range(axis.low, axis.high + 1, axis.step)
    if axis.step is None:
        raise BadInput(
            f"{key} ranges continuously from {axis.low:g} to {axis.high:g}; a grid needs its "
            f"values listed: tune.grid_search([...]), or --set {key}=A,B,C"
        )
    count = round((axis.high - axis.low) / axis.step) + 1
    return tuple(round(axis.low + i * axis.step, 12) for i in range(count))


def grid(described: Mapping[str, Axis]) -> Iterator[dict[str, Any]]:
    """Every combination once; the first axis varies slowest, values come in written order.

    Raises:
        BadInput: at once, for an axis without a finite number of values.
    """
    columns = [_values(key, axis) for key, axis in described.items()]
    return (dict(zip(described, row, strict=True)) for row in itertools.product(*columns))


def size(described: Mapping[str, Axis]) -> int | None:
    """How many combinations there are; None where an axis is continuous."""
    if any(isinstance(axis, Real) and axis.step is None for axis in described.values()):
        return None
    return math.prod(len(_values(key, axis)) for key, axis in described.items())


def describe(described: Mapping[str, Axis]) -> list[str]:
    """One line an axis for people, e.g. "learning_rate  0.0001 .. 0.03, logarithmic"."""
    wide = max((len(key) for key in described), default=0)
    return [f"{key:<{wide}}  {_in_words(axis)}" for key, axis in described.items()]


def _in_words(axis: Axis) -> str:
    if isinstance(axis, Constant):
        return str(axis.value)
    if isinstance(axis, Choice):
        return " | ".join(str(value) for value in axis.values)
    text = " .. ".join(f"{end:g}" if isinstance(axis, Real) else str(end) for end in _ends(axis))
    if axis.log:
        text += ", logarithmic"
    if axis.step not in (None, 1):
        text += f", in steps of {axis.step:g}"
    return text + (", whole numbers" if isinstance(axis, Whole) else "")


def _ends(axis: Real | Whole) -> tuple[float, float]:
    return axis.low, axis.high


def override(space: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    """The space with the command line's `--set key=value` in place of its own words.

    Args:
        space: as for `axes`.
        settings: field -> text: a constant; `a,b,c`, a choice; for numbers also `low..high`, both
            ends included, logarithmic where high > 10 · low > 0, else uniform.

    Returns:
        A new space in Tune's words; fields that the old one does not name come last.

    Raises:
        BadInput: for an unknown key, a name or number that its field cannot take.
    """
    changed = {**space, **{key: _word(key, text) for key, text in settings.items()}}
    axes({key: changed[key] for key in settings})
    return changed


def _word(key: str, text: str) -> Any:
    _check_key(key)
    text = text.strip()
    kind = type(getattr(TrialConfig, key))
    if kind in (int, float) and ".." in text:
        return _range_word(key, text)
    if "," in text:
        return tune.choice([check(key, part.strip()) for part in text.split(",")])
    return check(key, text)


def _range_word(key: str, text: str) -> Any:
    first, _, last = text.partition("..")
    low, high = check(key, first.strip()), check(key, last.strip())
    log = high > WIDE * low > 0
    _check_ends(key, low, high, log)
    if isinstance(low, int):
        return (tune.lograndint if log else tune.randint)(low, high + 1)
    return (tune.loguniform if log else tune.uniform)(low, high)
