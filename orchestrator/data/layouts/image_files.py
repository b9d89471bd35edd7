"""How image files lie in folders: where the data set begins, what names class and split."""

import re
from dataclasses import dataclass

import numpy as np

from orchestrator.data.containers.container import Container
from orchestrator.data.decode import SUFFIXES, decode_members
from orchestrator.data.layouts.labels import canonical, ordered
from orchestrator.data.raw import SPLITS, USAGES, Raw
from orchestrator.errors import BadInput

SPLIT_FOLDERS = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "publictest": "validation",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}
"""Folder name in lower case -> split."""

_PREFIX = re.compile(r"(training|publictest|privatetest)_", re.IGNORECASE)


@dataclass(frozen=True)
class ImageFile:
    """An image file.

    Attributes:
        member: its name in the container.
        id: its path below the data set's first folder.
    """

    member: str
    id: str

    @property
    def folders(self) -> list[str]:
        """The folders it lies in, outermost first."""
        return self.id.split("/")[:-1]

    @property
    def named_split(self) -> str | None:
        """The split that the file's own name gives, as FER2013's do."""
        prefix = _PREFIX.match(self.id.rsplit("/", 1)[-1])
        return USAGES[prefix[1].lower()] if prefix else None


def image_files(container: Container) -> list[ImageFile]:
    """Every image file, sorted by id; folders above the whole data set are no part of the id."""
    members = [name for name in container.sizes if name.lower().endswith(SUFFIXES)]
    skip = _common_folders([name.split("/")[:-1] for name in members])
    files = [ImageFile(name, "/".join(name.split("/")[skip:])) for name in members]
    return sorted(files, key=lambda file: file.id)


def split_by_folders(files: list[ImageFile]) -> bool:
    """Whether folders called train, test and so on stand above the classes."""
    return any(file.folders and file.folders[0].lower() in SPLIT_FOLDERS for file in files)


def read_image_files(container: Container, files: list[ImageFile], levels: int) -> Raw:
    """Decode image files that lie `levels` folders deep, the innermost being the class.

    Raises:
        BadInput: for one that lies elsewhere or does not decode.
    """
    for file in files:
        _check_place(container, file, levels)
    names = [canonical(file.folders[-1]) for file in files]
    classes = ordered(names)
    decoded = decode_members(container, [file.member for file in files])
    return Raw(
        images=decoded.images,
        labels=np.array([classes.index(name) for name in names], np.uint8),
        ids=np.array([file.id for file in files]),
        splits=np.array([SPLITS.index(_split(file, levels)) for file in files], np.uint8),
        classes=classes,
        fer2013=any(file.named_split for file in files),
        notes=_notes(container, files, decoded.converted),
    )


def _common_folders(paths: list[list[str]]) -> int:
    """How many leading folders all paths share, up to a split's and at least one above a file."""
    if not paths:
        return 0
    most = max(min(len(path) for path in paths) - 1, 0)
    for depth in range(most):
        name = paths[0][depth]
        if name.lower() in SPLIT_FOLDERS or any(path[depth] != name for path in paths):
            return depth
    return most


def _check_place(container: Container, file: ImageFile, levels: int) -> None:
    if not file.id.isascii() and file.id.encode("utf-8", "replace").decode() != file.id:
        raise BadInput(
            f"{container.path}, member {file.member!r}: the name is no UTF-8 text, which an "
            "image id has to be; rename the file"
        )
    expected = "<class>/<image>" if levels == 1 else "train/<class>/<image> or test/<class>/<image>"
    if len(file.folders) != levels or (levels == 2 and not split_by_folders([file])):
        raise BadInput(
            f"{container.place(file.member)}: lies outside the folders of classes, {expected} "
            "was expected; move or remove the file"
        )


def _split(file: ImageFile, levels: int) -> str:
    by_folder = SPLIT_FOLDERS[file.folders[0].lower()] if levels == 2 else "training"
    return file.named_split or by_folder


def _notes(container: Container, files: list[ImageFile], converted: int) -> tuple[str, ...]:
    notes = []
    if converted:
        notes.append(
            f"{converted:,} of {len(files):,} images had another size or colours and were "
            "converted to 48x48 gray (centre square, Lanczos filter, luma)."
        )
    others = sorted(set(container.sizes) - {file.member for file in files})
    if others:
        notes.append(f"{len(others):,} files that are no images were left out, e.g. {others[0]}.")
    return tuple(notes)
