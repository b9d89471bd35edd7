"""The layout of fer2013.csv: columns emotion, pixels, Usage, and whatever others beside them."""

from orchestrator.data.containers.container import Container
from orchestrator.data.layouts.csv_table import headers, only, read_rows
from orchestrator.data.raw import Raw
from orchestrator.data.reading import Reading

COLUMNS = ("emotion", "pixels", "Usage")


def holds(container: Container) -> bool:
    """Whether a table with these columns in this order is there."""
    return bool(_members(container))


def read(container: Container, reading: Reading) -> Raw:
    """The table's faces; Usage alone gives their splits.

    Raises:
        BadInput: for a row that is no face, or several such tables.
    """
    return read_with_usage(container, only(container, _members(container)))


def read_with_usage(container: Container, member: str) -> Raw:
    """The faces of a table that says of each row which split it belongs to."""
    others = [name for name in headers(container) if name != member]
    return read_rows(container, member).raw(*left_out(member, others))


def left_out(member: str, others: list[str]) -> tuple[str, ...]:
    """The note that says which other tables were not read."""
    if not others:
        return ()
    return (f"{member} was read; other tables were left out: {', '.join(sorted(others))}.",)


def _members(container: Container) -> list[str]:
    return [
        name
        for name, columns in headers(container).items()
        if tuple(column for column in columns if column in COLUMNS) == COLUMNS
    ]
