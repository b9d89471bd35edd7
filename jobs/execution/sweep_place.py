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


def file_place(file: str, advice: str = "expected a file") -> tuple[Store, str]:
    """The folder that a file is in or goes into, and its name.

    Args:
        file: a path or a URI.
        advice: what is said besides where it is a folder.

    Raises:
        BadInput: for a folder, and as `open_store`.
    """
    if "://" in file:
        base, mark, settings = file.partition("?")
        folder, _, name = base.rpartition("/")
        return open_store(f"{folder}{mark}{settings}"), name
    path = Path(file).absolute()
    if path.is_dir():
        raise BadInput(f"{path} is a folder; {advice}")
    return open_store(str(path.parent)), path.name
