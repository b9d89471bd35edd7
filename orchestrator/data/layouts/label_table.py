"""Tables that label images by their files' names: a CSV with a header, or RAF-DB's list."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.data.layouts.labels import canonical
from orchestrator.data.raw import split_named

FILE_COLUMNS = (
    *("image", "image name", "image_name", "image_path", "img", "filename", "file", "file_name"),
    *("path", "pth", "subdirectory_filepath"),
)
"""Columns that may name the file, in lower case; of several the first in this order counts."""

LABEL_COLUMNS = ("emotion", "expression", "label", "labels", "class", "category")
"""Columns that may hold the label, likewise; a class's name, or a number."""

SPLIT_COLUMNS = ("usage", "split", "subset")

RAF_DB = dict(
    zip("1234567", ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), strict=True)
)
"""RAF-DB's numbers for its basic expressions."""

AFFECTNET = dict(
    zip(
        "01234567",
        ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"),
        strict=True,
    )
)
"""AffectNet's numbers; 8 to 10 are no expressions (none, uncertain, no face)."""

FER_PLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""FER+'s columns of votes for expressions; `FER_PLUS_OTHERS` are for none of them."""

FER_PLUS_OTHERS = ("unknown", "nf")

_RAF_DB_LINE = re.compile(r"(?:train|test)_\d+(?:_aligned)?\.\w+\s+[1-7]\s*")


@dataclass(frozen=True)
class Label:
    """What a table says of one file.

    Attributes:
        name: of the file, as the table has it, with forward slashes.
        label: the class; None where the table gives it no expression.
        split: of `raw.SPLITS`; None where the table does not say.
    """

    name: str
    label: str | None
    split: str | None


def read_labels(data: bytes) -> list[Label]:
    """A table's rows; empty where it is no table of labels.

    Args:
        data: the file.
    """
    lines = data.decode("utf-8-sig", "replace").splitlines()
    if lines and _RAF_DB_LINE.fullmatch(lines[0]):
        return [_of_raf_db(line) for line in lines if _RAF_DB_LINE.fullmatch(line)]
    try:
        rows = [row for row in csv.reader(lines) if row]
    except csv.Error:
        return []
    if not rows:
        return []
    columns = [name.strip().lower() for name in rows[0]]
    complete = [[cell.strip() for cell in row] for row in rows[1:] if len(row) == len(columns)]
    return _of_columns(columns, complete)


def _of_columns(columns: list[str], rows: list[list[str]]) -> list[Label]:
    file, label = _first(columns, FILE_COLUMNS), _first(columns, LABEL_COLUMNS)
    split = _first(columns, SPLIT_COLUMNS)
    if file is None:
        return []
    if set(FER_PLUS) <= set(columns):
        classes = [_majority(columns, row) for row in rows]
    elif label is None:
        return []
    elif columns[file] == "subdirectory_filepath":
        classes = [AFFECTNET.get(row[label]) for row in rows]
    else:
        classes = [canonical(row[label]) or None for row in rows]
    return [
        Label(row[file].replace("\\", "/"), k, None if split is None else split_named(row[split]))
        for row, k in zip(rows, classes, strict=True)
        if row[file]
    ]


def _first(columns: Sequence[str], wanted: Iterable[str]) -> int | None:
    return next((columns.index(name) for name in wanted if name in columns), None)


def _majority(columns: list[str], row: list[str]) -> str | None:
    """The expression that most of FER+'s ten votes are for; None where it is not just one."""
    votes = {
        name: int(row[columns.index(name)]) if row[columns.index(name)].isdigit() else 0
        for name in (*FER_PLUS, *FER_PLUS_OTHERS)
        if name in columns
    }
    most = max(votes.values())
    winners = [name for name, number in votes.items() if number == most > 0]
    return canonical(winners[0]) if len(winners) == 1 and winners[0] in FER_PLUS else None


def _of_raf_db(line: str) -> Label:
    name, number = line.split()
    return Label(name, RAF_DB[number], split_named(name.partition("_")[0]))
