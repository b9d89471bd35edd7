"""Reads `sweep.json`, of whatever format."""

from typing import Any

from results.formats import KEY, current_record, newer
from results.paths import Paths
from results.store import DamagedResults, Store


class NewerFormat(DamagedResults):
    """A later version of the program wrote it: nothing is damaged, but it cannot be read."""


def read_sweep_file(store: Store) -> Any:
    """What `sweep.json` says, with the fields that older formats lacked.

    Args:
        store: of the sweep's folder.

    Returns:
        A dictionary, where the file holds one.

    Raises:
        DamagedResults: if it is absent or no whole JSON text.
        NewerFormat: if its format is a later one.
    """
    record = store.read_json(Paths().sweep)
    if not isinstance(record, dict):
        return record
    if refusal := newer(f"{store.root}/{Paths().sweep}", record.get(KEY)):
        raise NewerFormat(refusal)
    return current_record(record)
