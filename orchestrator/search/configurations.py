"""Spaces in which some fields' values belong together: whole configurations, written out.

The other fields are searched as ever: every configuration is tried at every point of their grid.
Without configurations all of this is plain `space`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.errors import BadInput
from orchestrator.search.space import Axis, Constant, axes, grid, size

Configurations = Sequence[Mapping[str, Any]]
"""As `listed` gives them: all name the same fields."""


def listed(configurations: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Configurations in their fields' types, each once, in written order.

    Raises:
        BadInput: for a field or value that a space refuses as a constant, or where they name
            different fields.
    """
    found: list[dict[str, Any]] = []
    for number, row in enumerate(configurations, 1):
        typed = {key: value for key, (value,) in _columns([row]).items()}
        if found and set(typed) != set(found[0]):
            odd = min(set(typed) ^ set(found[0]))
            raise BadInput(
                f"of the listed configurations, either number 1 or number {number} leaves out "
                f"{odd}; all must name the same settings"
            )
        if typed not in found:
            found.append(typed)
    return tuple(found)


def joint_axes(space: Mapping[str, Any], configurations: Configurations) -> dict[str, Axis]:
    """The axes of a space, before them those that are listed: the values that occur.

    Raises:
        BadInput: for a field that stands in both, or what `space.axes` refuses.
    """
    columns = _columns(configurations)
    for key in columns:
        if key in space:
            raise BadInput(
                f"{key} is set for the whole space, but the listed configurations have values of "
                "their own for it; leave one of the two out"
            )
    words = {key: {"grid_search": list(values)} for key, values in columns.items()}
    return axes({**words, **space})


def _columns(configurations: Configurations) -> dict[str, tuple[Any, ...]]:
    """Field -> its different values, in their type and in written order."""
    typed = [{key: _typed(key, value) for key, value in row.items()} for row in configurations]
    return {key: tuple(dict.fromkeys(r[key] for r in typed)) for row in typed[:1] for key in row}


def _typed(key: str, value: Any) -> Any:
    axis = axes({key: value})[key]
    if not isinstance(axis, Constant):
        raise BadInput(f"{key} is given {value!r} in a listed configuration; expected one value")
    return axis.value


def joint_grid(
    described: Mapping[str, Axis], configurations: Configurations
) -> Iterator[dict[str, Any]]:
    """Every configuration at every point of the other axes' grid.

    Configurations vary fastest: a sweep that ends before its time has tried all of them equally
    often, give or take one.

    Args:
        described: see `joint_axes`.
        configurations: the same as there.

    Raises:
        BadInput: at once, for an axis without a finite number of values.
    """
    points = grid(_others(described, configurations))
    rows = ({**row, **point} for point in points for row in configurations or ({},))
    return ({key: row[key] for key in described} for row in rows)


def joint_size(described: Mapping[str, Axis], configurations: Configurations) -> int | None:
    """How many rows `joint_grid` has; None where an axis is continuous."""
    points = size(_others(described, configurations))
    return None if points is None else points * max(1, len(configurations))


def _others(described: Mapping[str, Axis], configurations: Configurations) -> dict[str, Axis]:
    taken = configurations[0] if configurations else ()
    return {key: axis for key, axis in described.items() if key not in taken}


def differences(configurations: Configurations) -> list[str]:
    """What tells them apart, one text each, e.g. "optimizer=adam, width=0.5"; "" for a single."""
    told = [key for key, values in _columns(configurations).items() if len(values) > 1]
    return [", ".join(f"{key}={row[key]}" for key in told) for row in configurations]
