"""The folder of a sweep that a command was given, opened without making it."""

from pathlib import Path

from orchestrator.errors import BadInput
from results.store import DamagedResults, Store


def sweep_place(results: str) -> str:
    """An absolute path or a URI.

    Raises:
        DamagedResults: for what is no folder.
    """
    if "://" in results:
        return results
    place = Path(results).absolute()
    if not place.is_dir():
        problem = "is a file" if place.exists() else "does not exist"
        raise DamagedResults(f"{place} {problem}; give the folder of a sweep, RESULTS/NAME")
    return str(place)


def open_store(place: str) -> Store:
    """Its store.

    Raises:
        BadInput: for a URI that nobody here knows, or with credentials in it.
    """
    try:
        return Store(place)
    except ValueError as problem:
        raise BadInput(str(problem)) from None
