"""Reads `sweep.json`, of whatever format."""

from collections.abc import Callable
from typing import Any

from results.formats import KEY, current_record, newer
from results.paths import Paths
from results.store import DamagedResults, Store


class NewerFormat(DamagedResults):
    """A later version of the program wrote it: nothing is damaged, but it cannot be read."""


_MOST = 2**53


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _list_of(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(kind, value))


def _text(value: Any) -> bool:
    return isinstance(value, str)


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_text, "a text"),
    "identity": (_object, "an object"),
    "rungs": (_list_of(_number), "a list of whole numbers"),
    "reduction_factor": (_number, "a whole number"),
    "finalists": (_number, "a whole number"),
    "trials": (_number, "a whole number"),
    "backend": (_text, "a text"),
    "extended": (_list_of(_object), "a list of objects"),
    "warm_start": (_object, "an object"),
    "data": (_object, "an object"),
    "data.classes": (_list_of(_text), "a list of texts"),
    "data.images": (
        lambda value: _object(value) and all(map(_number, value.values())),
        "an object of whole numbers",
    ),
    "identity.reduction_factor": (_number, "a whole number"),
}
"""Fields that are computed with -> whether a value, if there is one, can be theirs, in words."""


def fault(record: dict[str, Any]) -> str:
    """Which field has a value that no sweep writes, and what was expected; "" where none has."""
    for name, (fits, words) in _KINDS.items():
        value: Any = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None and not fits(value):
            return f"{name} is {ascii(value)[:40]}, {words} was expected"
    return ""


def read_sweep_file(store: Store) -> Any:
    """What `sweep.json` says, with the fields that older formats lacked.

    Args:
        store: of the sweep's folder.

    Returns:
        A dictionary, where the file holds one.

    Raises:
        DamagedResults: if it is absent, no whole JSON text, or has values that no sweep writes.
        NewerFormat: if its format is a later one.
    """
    record = store.read_json(Paths().sweep)
    if not isinstance(record, dict):
        return record
    name = f"{store.root}/{Paths().sweep}"
    if refusal := newer(name, record.get(KEY)):
        raise NewerFormat(refusal)
    if problem := fault(record):
        raise DamagedResults(f"{name} is not as a sweep wrote it: {problem}; put a copy back")
    return current_record(record)
