"""The contest's own files: train.csv (emotion, pixels) and test.csv (pixels alone)."""

from orchestrator.data.containers.compressed import content
from orchestrator.data.containers.container import Container
from orchestrator.data.layouts.csv_table import bare, has_once, headers, only, read_rows
from orchestrator.data.layouts.fer2013_csv import left_out
from orchestrator.data.raw import Raw
from orchestrator.data.reading import Reading

LABELLED = ["emotion", "pixels"]


def holds(container: Container) -> bool:
    """Whether a table of labelled pixels is there; tried after those that have Usage."""
    return bool(_labelled(container))


def read(container: Container, reading: Reading) -> Raw:
    """The faces of train.csv, all as training; test.csv has no labels and is left out.

    Raises:
        BadInput: for a row that is no face, or several such tables.
    """
    member = only(container, _labelled(container))
    unlabelled = _without_labels(container)
    others = [name for name in headers(container) if name not in (member, *unlabelled)]
    notes = [_unlabelled(container, name) for name in unlabelled]
    return read_rows(container, member).raw(*notes, *left_out(member, others))


def _unlabelled(container: Container, member: str) -> str:
    rows = sum(1 for line in content(container, member).splitlines()[1:] if line.strip())
    return f"{member} was left out: its {rows:,} images have no labels."


def _labelled(container: Container) -> list[str]:
    return [name for name, columns in headers(container).items() if has_once(columns, LABELLED)]


def _without_labels(container: Container) -> list[str]:
    return [
        name
        for name, columns in headers(container).items()
        if has_once(columns, ["pixels"]) and "emotion" not in bare(columns)
    ]
