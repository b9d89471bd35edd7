"""The layout of icml_face_data.csv: fer2013.csv's columns in any order, names padded by blanks."""

from orchestrator.data.containers.container import Container
from orchestrator.data.layouts import fer2013_csv
from orchestrator.data.layouts.csv_table import bare, has_once, headers, only
from orchestrator.data.raw import Raw
from orchestrator.data.reading import Reading


def holds(container: Container) -> bool:
    """Whether a table with these columns, however padded and ordered, is there."""
    return bool(_members(container))


def read(container: Container, reading: Reading) -> Raw:
    """The table's faces; Usage alone gives their splits.

    Raises:
        BadInput: for a row that is no face, or several such tables.
    """
    return fer2013_csv.read_with_usage(container, only(container, _members(container)))


def _members(container: Container) -> list[str]:
    wanted = bare(fer2013_csv.COLUMNS)
    return [name for name, columns in headers(container).items() if has_once(columns, wanted)]
