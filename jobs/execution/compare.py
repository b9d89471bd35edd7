"""Two sweeps held against each other, and the page written."""

import os

from analysis.comparison.sweep_pair import sweep_pair
from analysis.report.comparison_page import render
from analysis.report.comparison_sections.sentences import answer
from analysis.sweep_folder import SweepFolder
from jobs.execution.sweep_place import file_place, open_store, sweep_place
from orchestrator.data.faces import Splits
from orchestrator.errors import BadInput, printable_lines
from orchestrator.process.error_line import error_line
from orchestrator.process.exit_code import DONE
from results.store import Store


def compare(first: str, second: str, output: str | None, data: str | None) -> int:
    """Print the answer and, last, the page's place.

    Args:
        first: a sweep's own folder or its URI.
        second: the other's.
        output: the page; None: beside the first.
        data: the data set, if it has moved.

    Raises:
        BadInput, DamagedResults: one sentence for the user.
    """
    stores = [open_store(sweep_place(place)) for place in (first, second)]
    if _identity(stores[0]) == _identity(stores[1]):
        raise BadInput(f"{stores[0].root} was given twice; give two sweeps")
    target, name = file_place(output, "give --output a file") if output else _beside(stores)
    pair = sweep_pair(*(SweepFolder(store) for store in stores))
    splits, absent = None, "the two were made on different data sets."
    if pair.pairings:
        splits, absent = _splits(pair.folders[0], data)
    page = render(pair, splits, absent)
    try:
        target.write_bytes(name, page.encode())
    except OSError as problem:
        place = f"{target.root}/{name}"
        advice = "give --output FILE where you may write"
        raise BadInput(f"{place} cannot be written ({error_line(problem)}); {advice}") from None
    print(printable_lines(answer(pair)))
    print(f"{target.root}/{name}")
    return DONE


def _identity(store: Store) -> str:
    return os.path.realpath(store.local) if store.local else store.root.rstrip("/")


def _beside(stores: list[Store]) -> tuple[Store, str]:
    names = (store.root.rstrip("/").rpartition("/")[2] for store in stores)
    return stores[0].above(), f"compare-{'-'.join(names)}.html"


def _splits(folder: SweepFolder, data: str | None) -> tuple[Splits | None, str]:
    """The data set, or a sentence why it is not at hand: a page without faces is worth having."""
    try:
        return folder.open_splits(data), ""
    except BadInput as problem:
        return None, str(problem)
