"""Which layouts are known, and which of them a path holds: decided by content, never by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.data.classes import check_classes
from orchestrator.data.containers.container import Container, readable, unreadable
from orchestrator.data.containers.plain_files import Folder, LoneFile
from orchestrator.data.containers.tar_archive import GZIP_MAGIC, Tar
from orchestrator.data.containers.zip_archive import Zip
from orchestrator.data.layouts import (
    class_folders,
    competition,
    fer2013_csv,
    icml_csv,
    image_folders,
)
from orchestrator.data.layouts.csv_table import headers
from orchestrator.data.raw import Raw
from orchestrator.data.reading import USUAL, Reading
from orchestrator.errors import BadInput


@dataclass(frozen=True)
class Layout:
    """A layout.

    Attributes:
        holds: whether a container holds it.
        read: its faces.
    """

    holds: Callable[[Container], bool]
    read: Callable[[Container, Reading], Raw]


SOURCES = {
    "fer2013.csv": Layout(fer2013_csv.holds, fer2013_csv.read),
    "icml_face_data.csv": Layout(icml_csv.holds, icml_csv.read),
    "competition": Layout(competition.holds, competition.read),
    "image folders": Layout(image_folders.holds, image_folders.read),
    "class folders": Layout(class_folders.holds, class_folders.read),
}
"""Name -> layout, in the order in which they are tried: what says more about itself comes first."""

EXPECTED = (
    "fer2013.csv, icml_face_data.csv or train.csv (columns emotion, pixels and perhaps Usage), "
    "train/<class>/ and test/<class>/ with images, or one folder of images a class"
)


def read_faces(path: Path, reading: Reading = USUAL) -> tuple[Raw, str]:
    """The faces that lie at a path, and their layout's name in `SOURCES`.

    Raises:
        BadInput: when nothing is there that nets can be trained on.
    """
    with open_container(path) as container:
        layout = recognise(container)
        raw = SOURCES[layout].read(container, reading)
        return check_classes(raw, container.where), layout


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
            head = file.read(512)
    except OSError as error:
        raise unreadable(path, error) from None
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return Zip(path)
    if head[:2] == GZIP_MAGIC or head[257:262] == b"ustar":
        return Tar(path)
    return LoneFile(path)


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
        raise BadInput(
            f"{container.place(name)}: columns {_short(columns)} found, emotion, pixels and "
            "perhaps Usage were expected; is it FER2013's table?"
        )
    raise BadInput(
        f"{container.path} holds {len(container.sizes):,} files and no classes of faces; expected "
        f"{EXPECTED}"
    )


def _refuse_binary(container: Container) -> None:
    head = container.read(container.path.name, 32)
    if b"\0" in head:
        raise BadInput(
            f"{container.path} is neither a table nor an archive (it starts with {head[:12]!r}); "
            f"expected {EXPECTED}"
        )


def _short(columns: tuple[str, ...]) -> str:
    shown = ", ".join(repr(name[:20]) for name in columns[:5])
    return shown + (f" and {len(columns) - 5} more" if len(columns) > 5 else "")
