"""FER2013's tables: a row a face, its 2,304 pixels as text in one field."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.containers.compressed import bare_name, content
from orchestrator.data.containers.container import Container
from orchestrator.data.containers.plain_files import LoneFile
from orchestrator.data.faces import EMOTIONS, SIDE
from orchestrator.data.raw import SPLITS, Raw, split_named
from orchestrator.errors import BadInput
from orchestrator.process.progress_bar import ProgressBar

PIXELS = SIDE * SIDE

CLASSES = (*EMOTIONS, "contempt")
"""Number in the column emotion -> class; the last one only in tables of CK+."""

NO_USAGE = ("", "nan")
"""What an empty field of Usage may look like."""

_HEADER_BYTES = 4096
_ROWS_AT_ONCE = 512  # 1.2 million numbers a call: the parser's fixed costs vanish, memory stays low


@dataclass(frozen=True)
class Rows:
    """A parsed table.

    Attributes:
        images: (n, 48, 48) uint8.
        labels: (n,) uint8.
        splits: (n,) uint8, indices into `raw.SPLITS`; all training where there is no Usage.
        ids: (n,) str: the row's number, counted from 1 after the header.
        notes: sentences about columns and fields that were ignored or completed.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    splits: NDArray[np.uint8]
    ids: NDArray[np.str_]
    notes: tuple[str, ...]

    @property
    def has_contempt(self) -> bool:
        """Whether the table has a class that FER2013 lacks."""
        return bool(np.any(self.labels == CLASSES.index("contempt")))

    def raw(self, *notes: str) -> Raw:
        """The table as a data set: FER2013's, unless it has contempt.

        Args:
            notes: more to say.
        """
        return Raw(
            images=self.images,
            labels=self.labels,
            ids=self.ids,
            splits=self.splits,
            classes=CLASSES if self.has_contempt else EMOTIONS,
            fer2013=not self.has_contempt,
            notes=(*self.notes, *notes),
        )


def headers(container: Container) -> dict[str, tuple[str, ...]]:
    """Member name -> its column names as written, for every CSV in the container, packed or not."""
    names = [
        name
        for name in container.sizes
        if bare_name(name).endswith(".csv") or isinstance(container, LoneFile)
    ]
    return {name: _columns(content(container, name, _HEADER_BYTES)) for name in names}


def bare(columns: Iterable[str]) -> tuple[str, ...]:
    """Column names without padding and case."""
    return tuple(name.strip().lower() for name in columns)


def has_once(columns: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether each of these columns is there exactly once, whatever others there are."""
    names = bare(columns)
    return all(names.count(name) == 1 for name in wanted)


def only(container: Container, members: list[str]) -> str:
    """The one member of a layout.

    Raises:
        BadInput: when there are several, since it is not for us to choose.
    """
    if len(members) > 1:
        raise BadInput(
            f"{container.path} holds {len(members)} tables of one layout ({', '.join(members)}), "
            "one was expected; give the file itself"
        )
    return members[0]


def read_rows(container: Container, member: str) -> Rows:
    """Parse a table with columns emotion, pixels and perhaps Usage, in any order, among others.

    Raises:
        BadInput: for the first row that is not a face; it is named by its number.
    """
    data = _with_newlines(content(container, member))
    parser = _RowParser(container.place(member), bare(_columns(data[:_HEADER_BYTES])))
    images, labels, splits, numbers = [], [], [], []
    with ProgressBar("reading the table", len(data)) as bar:
        for lines in _chunks(data):
            fields = [parser.fields(number, line) for number, line in lines]
            labels += [parser.label(row) for row in fields]
            splits += [parser.split(row) for row in fields]
            numbers += [row.number for row in fields]
            images.append(parser.pixels(fields))
            bar.advance(sum(len(line) for _, line in lines))
    if not images:
        raise BadInput(f"{container.place(member)}: a header and no rows, faces were expected")
    return Rows(
        np.concatenate(images),
        np.array(labels, np.uint8),
        np.array(splits, np.uint8),
        np.array(numbers).astype(str),
        (*_contempt(labels), *parser.notes()),
    )


@dataclass(frozen=True)
class _Row:
    number: int
    texts: tuple[bytes, ...]
    ended: bool


class _RowParser:
    """Turns lines into numbers; knows where it is, for its messages."""

    def __init__(self, place: str, columns: tuple[str, ...]) -> None:
        self._place = place
        self._columns = columns
        self._emotion = columns.index("emotion")
        self._pixels = columns.index("pixels")
        self._usage = columns.index("usage") if "usage" in columns else None
        self._without_usage: list[int] = []

    def notes(self) -> list[str]:
        """What was ignored and completed so far."""
        notes = []
        ignored = [name for name in self._columns if name not in ("emotion", "pixels", "usage")]
        if ignored:
            shown = ", ".join(name[:20] or "(without a name)" for name in ignored[:5])
            notes.append(f"{len(ignored):,} columns were ignored: {shown}.")
        if self._without_usage:
            notes.append(
                f"{len(self._without_usage):,} rows have no Usage and are taken for training, "
                f"e.g. row {self._without_usage[0]:,}."
            )
        return notes

    def fields(self, number: int, line: bytes) -> _Row:
        texts = tuple(field.strip(b' \t\r\n"') for field in line.split(b","))
        if len(texts) > len(self._columns) and b'"' in line:  # commas within quotes
            texts = tuple(field.strip().encode() for field in _quoted(line)) or texts
        row = _Row(number, texts, line.endswith(b"\n"))
        if len(texts) != len(self._columns):
            raise self._bad(
                row, f"{len(texts)} fields", f"{len(self._columns)} ({', '.join(self._columns)})"
            )
        return row

    def label(self, row: _Row) -> int:
        text = row.texts[self._emotion]
        if not _within(text, len(CLASSES) - 1):
            expected = f"0 to {len(EMOTIONS) - 1} or, for contempt, {len(EMOTIONS)}"
            raise self._bad(row, f"emotion {_shown(text)}", expected)
        return int(text)

    def split(self, row: _Row) -> int:
        if self._usage is None:
            return 0
        text = row.texts[self._usage]
        usage = text.decode("ascii", "replace")
        if usage.lower() in NO_USAGE:
            self._without_usage.append(row.number)
            return 0
        split = split_named(usage)
        if split is None:
            raise self._bad(row, f"Usage {_shown(text)}", "Training, PublicTest or PrivateTest")
        return SPLITS.index(split)

    def pixels(self, rows: list[_Row]) -> NDArray[np.uint8]:
        """(n, 48, 48) of these rows, all parsed by one call where nothing is wrong with them."""
        values = _numbers([row.texts[self._pixels] for row in rows])
        if values is not None:
            return values.reshape(-1, SIDE, SIDE)
        return np.stack([self._one_by_one(row) for row in rows])

    def _one_by_one(self, row: _Row) -> NDArray[np.uint8]:
        numbers = row.texts[self._pixels].split()
        if len(numbers) != PIXELS:
            raise self._bad(row, f"{len(numbers):,} pixels", f"{PIXELS:,} ({SIDE}x{SIDE})")
        for position, text in enumerate(numbers, 1):
            if not _within(text, 255):
                raise self._bad(row, f"{_shown(text)} as pixel {position:,}", "a number 0 to 255")
        return np.array(numbers).astype(np.uint8).reshape(SIDE, SIDE)

    def _bad(self, row: _Row, fault: str, expected: str) -> BadInput:
        sentence = (
            f"{self._place}, row {row.number:,} (line {row.number + 1:,}): {fault}, {expected} "
            "expected"
        )
        cut = "; the file ends in this row and seems cut off, download it again"
        return BadInput(sentence + ("" if row.ended else cut))


def _numbers(texts: list[bytes]) -> NDArray[np.uint8] | None:
    """(n, 2304) of rows in which nothing is wrong, None where something is or is out of the usual.

    Usual are `PIXELS` numbers from 0 to 255, of one to three digits, a blank between two of them.
    From where the blanks are NumPy takes the digits of all numbers at once: half of what its own
    parser of text takes.
    """
    joined = b"   " + b" ".join(texts) + b" "
    if joined.translate(None, b"0123456789 "):
        return None
    letters = np.frombuffer(joined, np.uint8)
    blanks = np.flatnonzero(letters[3:] == ord(" "))  # each ends a number
    ends = np.cumsum([len(text) + 1 for text in texts]) - 1
    if blanks.size != len(texts) * PIXELS or (blanks[PIXELS - 1 :: PIXELS] != ends).any():
        return None
    ones, tens, hundreds = (letters[before:].take(blanks) for before in (2, 1, 0))
    digits = np.diff(blanks, prepend=-1) - 1
    if digits.min() < 1 or digits.max() > 3:
        return None
    low = (ones & 15) + (tens & 15) * np.uint8(10)  # a blank is 32, whose last four bits are 0
    high = (hundreds & 15) * (digits == 3)
    if high.max() > 2 or low[high == 2].max(initial=0) > 55:
        return None
    return low + high * np.uint8(100)


def _with_newlines(data: bytes) -> bytes:
    """Line ends of old Macs, a lone CR, become LF."""
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _quoted(line: bytes) -> list[str]:
    """A line's fields; none where they cannot be told, as one may have 131,072 letters at most."""
    try:
        return next(csv.reader([line.decode("utf-8", "replace")]), [])
    except csv.Error:
        return []


def _contempt(labels: list[int]) -> list[str]:
    number = CLASSES.index("contempt")
    if number not in labels:
        return []
    return [
        f"{labels.count(number):,} rows have emotion {number}, which FER2013 does not know: it was "
        "read as contempt, as in tables of CK+."
    ]


def _columns(head: bytes) -> tuple[str, ...]:
    lines = head.decode("utf-8-sig", "replace").splitlines() or [""]
    return tuple(name.strip('"') for name in lines[0].split(","))


def _chunks(data: bytes) -> Iterator[list[tuple[int, bytes]]]:
    """Runs of (row number, line) without the header and without blank lines."""
    numbered = itertools.islice(enumerate(io.BytesIO(data)), 1, None)
    filled = ((number, line) for number, line in numbered if line.strip())
    while chunk := list(itertools.islice(filled, _ROWS_AT_ONCE)):
        yield chunk


def _within(text: bytes, most: int) -> bool:
    return text.isdigit() and len(text) < 10 and int(text) <= most


def _shown(text: bytes) -> str:
    return repr(text[:20].decode("utf-8", "replace"))
