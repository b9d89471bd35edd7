"""Images whose labels stand in a table: beside them, or in the file that the user names."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from orchestrator.data.classes import check_number
from orchestrator.data.containers.compressed import bare_name, content
from orchestrator.data.containers.container import Container, readable
from orchestrator.data.containers.plain_files import LoneFile
from orchestrator.data.decode import decode_members
from orchestrator.data.layouts.image_files import ImageFile, check_name, image_files
from orchestrator.data.layouts.label_table import Label, LabelTable, read_labels
from orchestrator.data.layouts.labels import name_notes, ordered
from orchestrator.data.layouts.not_classes import are_classes, split_in
from orchestrator.data.raw import SPLITS, Raw, split_named
from orchestrator.data.reading import LABELS, Reading
from orchestrator.errors import BadInput

TABLES = (".csv", ".txt")
"""Endings of files that may be tables of labels."""

MOST_BYTES = 256 * 2**20
"""Of a table of labels; AffectNet's have 0.1e9."""


@dataclass
class _Labelling:
    """What tables say of the images.

    Attributes:
        rows: image's id -> its labels.
        tables: names of the tables that label an image.
        without_image: names that no image has, or more than one.
        notes: on rows of these tables that were not understood.
    """

    rows: dict[str, list[Label]] = field(default_factory=lambda: defaultdict(list))
    tables: list[str] = field(default_factory=list)
    without_image: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, table: str, read: LabelTable, images: "_ByName") -> None:
        """A table's rows; one that labels no image is passed over."""
        # AffectNet's tables are training.csv and validation.csv
        split = split_named(PurePosixPath(bare_name(table)).stem)
        matched = [(label, images.only(label.name)) for label in read.labels]
        if not any(image for _, image in matched):
            return
        self.tables.append(table)
        self.notes += read.notes(table)
        for label, image in matched:
            if image is None:
                self.without_image.append(label.name)
            else:
                self.rows[image].append(Label(label.name, label.label, label.split or split))

    def settled(self, image: str) -> Label | None:
        """An image's label where there is one, and only one."""
        rows = self.rows.get(image, [])
        return rows[0] if len({row.label for row in rows}) == 1 and rows[0].label else None


class _ByName:
    """Images by the last part of their path."""

    def __init__(self, files: Iterable[ImageFile]) -> None:
        self._ids: dict[str, list[str]] = defaultdict(list)
        for file in files:
            self._ids[PurePosixPath(file.id).name].append(file.member)

    def only(self, name: str) -> str | None:
        """The one image of a name or path; RAF-DB's aligned images have _aligned in theirs."""
        path = PurePosixPath(name)
        for wanted in (path, path.with_stem(f"{path.stem}_aligned")):
            ends = [m for m in self._ids.get(wanted.name, []) if f"/{m}".endswith(f"/{wanted}")]
            if len(ends) == 1:
                return ends[0]
        return None


def holds(container: Container) -> bool:
    """Whether folders name no classes, and tables label at least half of the images."""
    files = image_files(container)
    if not files or (all(f.folders for f in files) and are_classes(f.folders[-1] for f in files)):
        return False
    return 2 * len(_beside(container, files).rows) >= len(files)


def read(container: Container, reading: Reading) -> Raw:
    """The labelled images' faces; the table gives the split, else a folder, else a file's name.

    Raises:
        BadInput: for a table that labels no image, and an image that does not decode.
    """
    files = image_files(container)
    labelling = _named(reading.labels, files) if reading.labels else _beside(container, files)
    labels = {file: label for file in files if (label := labelling.settled(file.member))}
    if not labels:
        raise BadInput(
            f"{reading.labels or container.where} labels none of the {len(files):,} images of "
            f"{container.where}; expected columns such as image, emotion, the images' file names "
            "in the first" + "".join(f"; {note.rstrip('.')}" for note in labelling.notes)
        )
    for file in labels:
        check_name(container, file)
    classes = {label.label: label.label for label in labels.values() if label.label}
    order = ordered(classes)
    check_number(order, container.where)
    decoded = decode_members(container, [file.member for file in labels])
    splits = [_split(file, label) for file, label in labels.items()]
    return Raw(
        images=decoded.images,
        labels=np.array([order.index(k.label or "") for k in labels.values()], np.uint8),
        ids=np.array([file.id for file in labels]),
        splits=np.array([SPLITS.index(split) for split in splits], np.uint8),
        classes=order,
        notes=(*_notes(files, labels, labelling), *decoded.notes(), *name_notes(classes)),
    )


def _beside(container: Container, files: list[ImageFile]) -> _Labelling:
    labelling, images = _Labelling(), _ByName(files)
    for name in sorted(container.sizes):
        table = _table(container, name) if bare_name(name).endswith(TABLES) else None
        if table is not None:
            labelling.add(name, read_labels(table), images)
    return labelling


def _named(table: str, files: list[ImageFile]) -> _Labelling:
    labelling, path = _Labelling(), Path(table)
    readable(path, LABELS)
    data = None if path.is_dir() else _table(LoneFile(path), path.name)
    if data is None:
        raise BadInput(
            f"{path} is no table of labels: a file of at most {MOST_BYTES:,} bytes was expected"
        )
    read = read_labels(data)
    labelling.add(path.name, read, _ByName(files))
    labelling.notes = read.notes(path.name)  # also where it labels nothing
    return labelling


def _table(container: Container, name: str) -> bytes | None:
    """A member's bytes, unpacked; None where it is larger than tables of labels are."""
    data = content(container, name, MOST_BYTES + 1) if container.sizes[name] <= MOST_BYTES else b""
    return data if 0 < len(data) <= MOST_BYTES else None


def _split(file: ImageFile, label: Label) -> str:
    by_folder = next((split for name in file.folders if (split := split_in(name))), None)
    return label.split or by_folder or file.named_split or "training"


def _notes(
    files: list[ImageFile], labels: dict[ImageFile, Label], labelling: _Labelling
) -> list[str]:
    notes = [f"Labels are those of {', '.join(labelling.tables)}."]
    without = [file for file in files if not labelling.rows.get(file.member)]
    if without:
        notes.append(
            f"{len(without):,} images have no label and were left out, e.g. {without[0].member}."
        )
    other = [file for file in files if file not in labels and file not in set(without)]
    if other:
        notes.append(
            f"{len(other):,} images have several labels or none of an expression and "
            f"were left out, e.g. {other[0].member}."
        )
    if labelling.without_image:
        notes.append(
            f"{len(labelling.without_image):,} rows name no image that is there, or more "
            f"than one, and were ignored, e.g. {labelling.without_image[0]}."
        )
    notes += labelling.notes
    overruled = [
        file
        for file, label in labels.items()
        if label.split and _split(file, Label("", "", None)) not in ("training", label.split)
    ]
    if overruled:
        notes.append(
            f"Of {len(overruled):,} images the table and the folder or name give "
            f"different splits: the table decides, e.g. on {overruled[0].member}."
        )
    return notes
