"""The contest's own files: train.csv (emotion, pixels) and test.csv (pixels alone)."""

from orchestrator.data.containers.container import Container
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts.csv_table import bare, headers, only, read_rows
from orchestrator.data.layouts.fer2013_csv import left_out
from orchestrator.data.raw import Raw
from orchestrator.data.reading import Reading

LABELLED = ["emotion", "pixels"]
UNLABELLED = ["pixels"]


def holds(container: Container) -> bool:
    """Whether a table of labelled pixels without Usage is there."""
    return bool(_members(container, LABELLED))


def read(container: Container, reading: Reading) -> Raw:
    """The faces of train.csv, all as training; test.csv has no labels and is left out.

    Raises:
        BadInput: for a row that is no face, or several such tables.
    """
    member = only(container, _members(container, LABELLED))
    rows = read_rows(container, member)
    unlabelled = _members(container, UNLABELLED)
    others = [name for name in headers(container) if name not in (member, *unlabelled)]
    return Raw(
        images=rows.images,
        labels=rows.labels,
        ids=rows.ids,
        splits=rows.splits,
        classes=EMOTIONS,
        fer2013=True,
        notes=tuple(_unlabelled(container, name) for name in unlabelled) + left_out(member, others),
    )


def _unlabelled(container: Container, member: str) -> str:
    rows = sum(1 for line in container.read(member).splitlines()[1:] if line.strip())
    return f"{member} was left out: its {rows:,} images have no labels."


def _members(container: Container, wanted: list[str]) -> list[str]:
    return [name for name, columns in headers(container).items() if sorted(bare(columns)) == wanted]
