"""Which layouts are known, and which of them a path holds: decided by content, never by name."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.data.classes import check_classes
from orchestrator.data.containers.compressed import CompressedFile, head_unpacked
from orchestrator.data.containers.container import Container, readable, unreadable
from orchestrator.data.containers.plain_files import Folder, LoneFile
from orchestrator.data.containers.signatures import COMPRESSED, HEAD, ZIP, is_tar, other_kind
from orchestrator.data.containers.tar_archive import Tar
from orchestrator.data.containers.zip_archive import Zip
from orchestrator.data.layouts import (
    ck_plus,
    class_folders,
    competition,
    fer2013_csv,
    icml_csv,
    image_folders,
    labelled_images,
)
from orchestrator.data.layouts.csv_table import headers
from orchestrator.data.layouts.image_files import image_files
from orchestrator.data.raw import Raw
from orchestrator.data.reading import USUAL, Reading
from orchestrator.errors import BadInput, printable


@dataclass(frozen=True)
class Layout:
    """A layout.

    Attributes:
        holds: whether a container holds it.
        read: its faces.
    """

    holds: Callable[[Container], bool]
    read: Callable[[Container, Reading], Raw]


LABELLED = "labelled images"

SOURCES = {
    "fer2013.csv": Layout(fer2013_csv.holds, fer2013_csv.read),
    "icml_face_data.csv": Layout(icml_csv.holds, icml_csv.read),
    "competition": Layout(competition.holds, competition.read),
    "CK+": Layout(ck_plus.holds, ck_plus.read),
    "image folders": Layout(image_folders.holds, image_folders.read),
    LABELLED: Layout(labelled_images.holds, labelled_images.read),
    "class folders": Layout(class_folders.holds, class_folders.read),
}
"""Name -> layout, in the order in which they are tried: what says more about itself comes first."""

FOLDERS = ("CK+", "image folders", LABELLED, "class folders")
"""Names of the layouts that are image files in folders; the others are tables."""

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".7z", ".rar")
"""Endings of files that are to be given themselves, and not the folder that they lie in."""

EXPECTED = (
    "fer2013.csv, icml_face_data.csv or train.csv (columns emotion, pixels and perhaps Usage), "
    "train/<class>/ and test/<class>/ with images, one folder of "
    "images a class, or images and a table of labels"
)


def read_faces(path: Path, reading: Reading = USUAL) -> tuple[Raw, str]:
    """The faces that lie at a path, and their layout's name in `SOURCES`.

    Raises:
        BadInput: when nothing is there that nets can be trained on.
    """
    with open_container(path) as container:
        layout = LABELLED if reading.labels else recognise(container)
        raw = SOURCES[layout].read(container, reading)
        raw = check_classes(raw, container.where)
        notes = (*raw.notes, *container.notes, *_two_data_sets(container, layout))
    # Names of files and columns stand in notes: none may steer the terminal that shows them.
    return dataclasses.replace(raw, notes=tuple(map(printable, notes))), layout


def _two_data_sets(container: Container, layout: str) -> tuple[str, ...]:
    """A note where images lie beside the table that was read."""
    beside = [] if layout in FOLDERS else image_files(container)
    if not beside:
        return ()
    return (
        f"A table and images are there: the table was read, {len(beside):,} images were left out, "
        f"e.g. {beside[0].member}.",
    )


def open_container(path: Path) -> Container:
    """What lies at a path, by its first bytes.

    Raises:
        BadInput: when nothing readable is there.
    """
    readable(path)
    if path.is_dir():
        return Folder(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise unreadable(path, error) from None
    return _opened(path, head)


def _opened(path: Path, head: bytes) -> Container:
    if other := other_kind(head):
        raise BadInput(f"{path} is {other}")
    if head.startswith(ZIP):
        return Zip(path)
    if head.startswith(COMPRESSED):
        return Tar(path) if is_tar(head_unpacked(path)) else CompressedFile(path)
    return Tar(path) if is_tar(head) else LoneFile(path)


def recognise(container: Container) -> str:
    """The name in `SOURCES` of the layout that a container holds.

    Raises:
        BadInput: when it holds none of them.
    """
    if isinstance(container, LoneFile):
        _refuse_binary(container)
    for name, layout in SOURCES.items():
        if layout.holds(container):
            return name
    tables = headers(container)
    if tables:
        name, columns = next(iter(tables.items()))
        if other := other_kind(container.read(name, HEAD)):
            raise BadInput(f"{container.place(name)} is {other}")
        raise BadInput(
            f"{container.place(name)}: columns {_short(columns)} found, emotion, pixels and "
            "perhaps Usage were expected; is it FER2013's table?"
        )
    packed = [name for name in container.sizes if name.lower().endswith(ARCHIVES)]
    if packed:
        raise BadInput(
            f"{container.path} holds no faces but {packed[0]}, which is packed; give that file "
            "itself, or unpack it"
        )
    raise BadInput(
        f"{container.path} holds {len(container.sizes):,} files and no classes of faces; expected "
        f"{EXPECTED}"
    )


def _refuse_binary(container: Container) -> None:
    head = container.read(next(iter(container.sizes)), 32)
    if b"\0" in head:
        raise BadInput(
            f"{container.path} is neither a table nor an archive (it starts with {head[:12]!r}); "
            f"expected {EXPECTED}"
        )


def _short(columns: tuple[str, ...]) -> str:
    shown = ", ".join(repr(name[:20]) for name in columns[:5])
    return shown + (f" and {len(columns) - 5} more" if len(columns) > 5 else "")
