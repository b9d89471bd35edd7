"""Tables that label images by their files' names: a CSV with a header, RAF-DB's list, FER+'s votes.

A number is a name like any other, but where the table is recognised as one of a data set's own.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.data.layouts import raf_db
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

_FER_PLUS_VOTES = (*FER_PLUS, *FER_PLUS_OTHERS)  # the order where there is no header

_FER_PLUS_FILE = re.compile(r"fer\d{7}\.png")


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
    if lines and raf_db.LINE.fullmatch(lines[0]):
        return _of_raf_db([line for each in lines if (line := raf_db.LINE.fullmatch(each))])
    try:
        rows = [row for row in csv.reader(lines) if row]
    except csv.Error:
        return []
    if not rows or _is_fer_plus(rows[0]):
        return _of_fer_plus(rows)
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
        classes = _classes([row[label] for row in rows], [row[file] for row in rows])
    return [
        Label(row[file].replace("\\", "/"), k, None if split is None else split_named(row[split]))
        for row, k in zip(rows, classes, strict=True)
        if row[file]
    ]


def _classes(labels: list[str], files: list[str]) -> list[str | None]:
    numbers = raf_db.numbers_of(labels, files)
    return [numbers.get(label) or canonical(label) or None for label in labels]


def _first(columns: Sequence[str], wanted: Iterable[str]) -> int | None:
    return next((columns.index(name) for name in wanted if name in columns), None)


def _majority(columns: Sequence[str], row: list[str]) -> str | None:
    """The expression that most of FER+'s ten votes are for; None where it is not just one."""
    votes = {
        name: _votes(row[columns.index(name)]) or 0 for name in _FER_PLUS_VOTES if name in columns
    }
    most = max(votes.values())
    winners = [name for name, number in votes.items() if number == most > 0]
    return canonical(winners[0]) if len(winners) == 1 and winners[0] in FER_PLUS else None


def _votes(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _of_raf_db(lines: list[re.Match[str]]) -> list[Label]:
    files = [line[1] for line in lines]
    classes = _classes([line[2] for line in lines], files)
    return [
        Label(file, label, split_named(file.partition("_")[0]))
        for file, label in zip(files, classes, strict=True)
    ]


def _is_fer_plus(row: list[str]) -> bool:
    """Whether a row is one of label.csv, beside FER+'s images: file, perhaps a box, ten votes."""
    votes = row[-len(_FER_PLUS_VOTES) :]
    return (
        len(row) - len(votes) in (1, 2)
        and _FER_PLUS_FILE.fullmatch(row[0]) is not None
        and None not in map(_votes, votes)
    )


def _of_fer_plus(rows: list[list[str]]) -> list[Label]:
    votes = len(_FER_PLUS_VOTES)
    return [
        Label(row[0], _majority(_FER_PLUS_VOTES, row[-votes:]), None)
        for row in rows
        if _is_fer_plus(row)
    ]
