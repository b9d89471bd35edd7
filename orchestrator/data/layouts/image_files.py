"""How image files lie in folders: where the data set begins, what names class and split."""

import contextlib
import os
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.classes import check_number
from orchestrator.data.containers.container import Container, is_printable
from orchestrator.data.containers.signatures import is_image
from orchestrator.data.decode import SUFFIXES, decode_members
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts import raf_db
from orchestrator.data.layouts.labels import canonical, name_notes, ordered
from orchestrator.data.layouts.not_classes import looks_like_a_split, refuse_what_is_no_class
from orchestrator.data.raw import SPLITS, USAGES, Raw, split_named
from orchestrator.data.reading import BY_FOLDER, Reading
from orchestrator.errors import BadInput

_PREFIX = re.compile(r"(training|publictest|privatetest)_", re.IGNORECASE)
_NO_IMAGES = (".csv", ".txt", ".md", ".json", ".xml", ".py")  # not looked into
_FER2013_NUMBERS = {str(number): name for number, name in enumerate(EMOTIONS)}


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

    @property
    def folder_split(self) -> str | None:
        """The split that its first folder gives."""
        return split_named(self.folders[0]) if self.folders else None


def image_files(container: Container) -> list[ImageFile]:
    """Every image file, sorted by id; folders above the whole data set are no part of the id."""
    members = [name for name in container.sizes if _is_image(container, name)]
    skip = _common_folders([name.split("/")[:-1] for name in members])
    files = [ImageFile(name, "/".join(name.split("/")[skip:])) for name in members]
    return sorted(files, key=lambda file: file.id)


def _is_image(container: Container, name: str) -> bool:
    """By its ending, else by its content: images are also called .dat, or have no ending."""
    if name.lower().endswith(SUFFIXES):
        return True
    return not name.lower().endswith(_NO_IMAGES) and is_image(container.head(name))


def split_by_folders(files: list[ImageFile]) -> bool:
    """Whether folders called train, test and so on stand above the classes."""
    return any(file.folder_split and len(file.folders) > 1 for file in files)


def read_image_files(
    container: Container, files: list[ImageFile], levels: int, reading: Reading
) -> Raw:
    """Decode image files that lie `levels` folders deep, the innermost being the class.

    FER2013's seven classes are all listed where the files are called as FER2013's are.

    Raises:
        BadInput: for one that lies elsewhere or does not decode, and for folders that are no
            classes.
    """
    refuse_what_is_no_class((file.folders[-1] for file in files if file.folders), container.where)
    for file in files:
        _check_place(container, file, levels)
    fer2013 = any(file.named_split for file in files)
    classes = _classes(files, fer2013)
    order = ordered((*classes.values(), *(EMOTIONS if _has_expressions(classes, fer2013) else ())))
    check_number(order, container.where)
    decoded = decode_members(container, [file.member for file in files])
    splits, disagreement = _splits(files, levels, reading)
    return Raw(
        images=decoded.images,
        labels=np.array([order.index(classes[file.folders[-1]]) for file in files], np.uint8),
        ids=np.array([file.id for file in files]),
        splits=splits,
        classes=order,
        fer2013=fer2013,
        notes=(
            *decoded.notes(),
            *_left_out(container, files),
            *disagreement,
            *name_notes(classes),
        ),
    )


def _classes(files: list[ImageFile], fer2013: bool) -> dict[str, str]:
    """Folder -> class; FER2013's and RAF-DB's numbers are known where their file names are."""
    folders = {file.folders[-1] for file in files}
    if fer2013:
        numbers = _FER2013_NUMBERS if folders <= set(_FER2013_NUMBERS) else {}
    else:
        numbers = raf_db.numbers_of(folders, [file.id for file in files])
    return {name: numbers.get(name) or canonical(name) for name in folders}


def _has_expressions(classes: dict[str, str], fer2013: bool) -> bool:
    return fer2013 and any(name in EMOTIONS for name in classes.values())


def _common_folders(paths: list[list[str]]) -> int:
    """How many leading folders all paths share, up to a split's and at least one above a file."""
    if not paths:
        return 0
    most = max(min(len(path) for path in paths) - 1, 0)
    for depth in range(most):
        name = paths[0][depth]
        if split_named(name) or any(path[depth] != name for path in paths):
            return depth
    return most


def check_name(container: Container, file: ImageFile) -> None:
    """Refuse a name that is no text, or has control characters.

    Raises:
        BadInput: for one that is no UTF-8, or that the process's locale cannot read.
    """
    if not is_printable(file.id):
        raise BadInput(
            f"{container.path}, member {file.member!r}: control characters stand in the name; "
            "rename the file"
        )
    if file.id.encode("utf-8", "replace").decode() == file.id:
        return
    problem = "the name is no UTF-8 text, which an image id has to be; rename the file"
    with contextlib.suppress(UnicodeError):
        os.fsencode(file.id).decode("utf-8")
        problem = "the locale cannot read the name, which is UTF-8; set PYTHONUTF8=1"
    raise BadInput(f"{container.path}, member {file.member!r}: {problem}")


def _check_place(container: Container, file: ImageFile, levels: int) -> None:
    check_name(container, file)
    if len(file.folders) == levels and (levels == 1 or file.folder_split):
        return
    if len(file.folders) > 1 and not file.folder_split and looks_like_a_split(file.folders[0]):
        raise BadInput(
            f"{container.place(file.member)}: {file.folders[0]} is called like a split, but a "
            "split's folder is expected to be called train, valid or test; rename it"
        )
    expected = "<class>/<image>" if levels == 1 else "train/<class>/<image> or test/<class>/<image>"
    raise BadInput(
        f"{container.place(file.member)}: lies outside the folders of classes, {expected} "
        "was expected; move or remove the file"
    )


def _splits(
    files: list[ImageFile], levels: int, reading: Reading
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """(n,) indices into `SPLITS`, and a note where a file's name and its folder disagree."""
    numbers, disagreeing = [], []
    for file in files:
        by_folder = file.folder_split if levels == 2 else None
        by_name = file.named_split
        if by_folder and by_name and by_folder != by_name:
            disagreeing.append(file)
        preferred = by_folder or by_name if reading.split_by == BY_FOLDER else by_name or by_folder
        numbers.append(SPLITS.index(preferred or "training"))
    return np.array(numbers, np.uint8), _disagreement(disagreeing, reading)


def _disagreement(files: list[ImageFile], reading: Reading) -> tuple[str, ...]:
    by_folder = reading.split_by == BY_FOLDER
    # PublicTest_1.png in test/: FER2013's own folders merge the two, and names tell them apart.
    if not by_folder and all(
        (file.folder_split, file.named_split) == ("test", "validation") for file in files
    ):
        return ()
    first = files[0]
    used = first.folder_split if by_folder else first.named_split
    won = "the folder decides" if by_folder else "the name decides"
    other = "--split-by name" if by_folder else "--split-by folder"
    return (
        f"Of {len(files):,} images the file's name and its folder give different splits: {won}, "
        f"{first.id} is used as {used}; {other} turns it round.",
    )


def _left_out(container: Container, files: list[ImageFile]) -> tuple[str, ...]:
    others = sorted(set(container.sizes) - {file.member for file in files})
    if not others:
        return ()
    return (f"{len(others):,} files that are no images were left out, e.g. {others[0]}.",)
