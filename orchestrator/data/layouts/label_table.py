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

NO_SPLIT = ("", "nan", "none")
"""What an empty field of a split may look like."""

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


@dataclass(frozen=True)
class LabelTable:
    """What was read of a file.

    Attributes:
        labels: one a row; none where the file is no table of labels.
        unread: of each row that gives no label, its line and what is odd in it.
        unknown_splits: what stands in a column of splits and names none, in the rows' order.
    """

    labels: tuple[Label, ...] = ()
    unread: tuple[str, ...] = ()
    unknown_splits: tuple[str, ...] = ()

    def notes(self, name: str) -> list[str]:
        """Sentences on what was not understood; none where all was.

        Args:
            name: of the table.
        """
        notes = []
        if self.unread:
            notes.append(
                f"{len(self.unread):,} rows of {name} could not be read and were ignored, e.g. "
                f"{self.unread[0]}."
            )
        if self.unknown_splits:
            first = self.unknown_splits[0][:20]
            notes.append(
                f"{len(self.unknown_splits):,} rows of {name} name a split that is not known "
                f"(e.g. {first!r}): the folder or the file's name decides there."
            )
        return notes


def read_labels(data: bytes) -> LabelTable:
    """A table's rows. A row is a line: a quote that is not closed there swallows no others.

    Args:
        data: the file.
    """
    lines = enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1)
    filled = [(number, line) for number, line in lines if line.strip()]
    if not filled:
        return LabelTable()
    if raf_db.LINE.fullmatch(filled[0][1]):
        return _of_raf_db(filled)
    rows = [_Row(number, *_fields(line)) for number, line in filled]
    if _is_fer_plus(rows[0].cells):
        return _of_fer_plus(rows)
    return _of_columns([name.lower() for name in rows[0].cells], rows[1:])


@dataclass(frozen=True)
class _Row:
    """A line's cells, without padding; and what is odd in it, if anything is."""

    number: int
    cells: list[str]
    fault: str = ""

    def unread(self, expected: str) -> str:
        return f"line {self.number:,}: {self.fault or expected}"


def _fields(line: str) -> tuple[list[str], str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))], ""
    except csv.Error as error:
        unclosed = "unexpected end" in str(error)
        return [], "a quote that is not closed" if unclosed else str(error)


def _of_columns(columns: list[str], rows: list[_Row]) -> LabelTable:
    file, label = _first(columns, FILE_COLUMNS), _first(columns, LABEL_COLUMNS)
    by_votes = set(FER_PLUS) <= set(columns)
    if file is None or (label is None and not by_votes):
        return LabelTable()
    complete = [row for row in rows if len(row.cells) == len(columns) and row.cells[file]]
    read = {row.number for row in complete}
    unread = tuple(
        row.unread(
            "no file name"
            if len(row.cells) == len(columns)
            else f"{len(row.cells)} fields, {len(columns)} expected"
        )
        for row in rows
        if row.number not in read
    )
    cells = [row.cells for row in complete]
    if label is None or by_votes:
        classes = [_majority(columns, row) for row in cells]
    elif columns[file] == "subdirectory_filepath":
        classes = [AFFECTNET.get(row[label]) for row in cells]
    else:
        classes = _classes([row[label] for row in cells], [row[file] for row in cells])
    split = _first(columns, SPLIT_COLUMNS)
    words = ["" if split is None else row[split] for row in cells]
    return LabelTable(
        tuple(
            Label(row[file].replace("\\", "/"), k, split_named(word))
            for row, k, word in zip(cells, classes, words, strict=True)
        ),
        unread,
        tuple(word for word in words if split_named(word) is None and word.lower() not in NO_SPLIT),
    )


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


def _of_raf_db(lines: list[tuple[int, str]]) -> LabelTable:
    matches = [(number, raf_db.LINE.fullmatch(line)) for number, line in lines]
    rows = [match for _, match in matches if match]
    files = [row[1] for row in rows]
    classes = _classes([row[2] for row in rows], files)
    return LabelTable(
        tuple(
            Label(file, label, split_named(file.partition("_")[0]))
            for file, label in zip(files, classes, strict=True)
        ),
        tuple(
            f"line {number:,}: a file's name and a number expected"
            for number, match in matches
            if not match
        ),
    )


def _is_fer_plus(row: list[str]) -> bool:
    """Whether a row is one of label.csv, beside FER+'s images: file, perhaps a box, ten votes."""
    votes = row[-len(_FER_PLUS_VOTES) :]
    return (
        len(row) - len(votes) in (1, 2)
        and _FER_PLUS_FILE.fullmatch(row[0]) is not None
        and None not in map(_votes, votes)
    )


def _of_fer_plus(rows: list[_Row]) -> LabelTable:
    votes = len(_FER_PLUS_VOTES)
    read = [row for row in rows if _is_fer_plus(row.cells)]
    expected = f"a file's name and {votes} numbers of votes expected"
    return LabelTable(
        tuple(
            Label(row.cells[0], _majority(_FER_PLUS_VOTES, row.cells[-votes:]), None)
            for row in read
        ),
        tuple(row.unread(expected) for row in rows if not _is_fer_plus(row.cells)),
    )
