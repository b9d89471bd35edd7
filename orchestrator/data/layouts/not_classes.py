"""Folders of images that are no classes: splits, parts of a data set, persons."""

import re
from collections.abc import Iterable

from orchestrator.data.layouts.labels import canonical, is_expression, normalised
from orchestrator.data.raw import split_named
from orchestrator.errors import BadInput

PARTS = frozenset(
    (
        *("annotation", "annotations", "data", "dataset", "label", "labels", "landmarks"),
        *("aligned", "cropped", "original", "originals", "raw"),
        *("face", "faces", "image", "images", "img", "imgs", "photos", "pics", "pictures"),
    )
)
"""Names of a data set's parts, in lower case."""

_SPLIT = re.compile(
    r"(?:fer|ferplus|fer\+|fer2013|data|face|img|image)?s?[ _-]*"
    r"(train|training|val|valid|validation|test|testing|publictest|privatetest)"
    r"[ _-]*(?:set|data|images|imgs|faces|split)?[ _-]*\d*"
)
_PERSON = re.compile(
    r"(?:subject|subj|sub|person|participant|actor|user|id|p|s)[ _-]?\d+|"
    r"(?!(?:class|label|category|emotion|expression|cls|cat|emo|exp|au|c|k|e|l)[ _-]?\d)"
    r"[a-z]{1,3}[ _-]?\d{2,}[a-z]?"
)
_MOST_NUMBERS = 32  # numbered folders that may be classes; compound expressions are up to 23

_INSTEAD = (
    "give a folder with one folder of images a class, or name a table of their labels with "
    "--labels FILE"
)


def refuse_what_is_no_class(folders: Iterable[str], place: str) -> None:
    """Refuse folders whose names say that they are something else than classes.

    Args:
        folders: names of those that hold images.
        place: how a message names the data set.

    Raises:
        BadInput: if they look like splits, parts of a data set, or persons.
    """
    names = sorted(set(folders))
    splits = [name for name in names if looks_like_a_split(name)]
    if splits:
        raise BadInput(
            f"{place}: {_shown(splits)} like splits and hold images, but no folders of classes; "
            "expected train/<class>/<image> and test/<class>/<image>, or a table of their labels "
            "(--labels FILE)"
        )
    parts = [name for name in names if normalised(name) in PARTS]
    if parts:
        raise BadInput(
            f"{place}: {_shown(parts)} like parts of a data set and not like classes; {_INSTEAD}"
        )
    if _look_like_persons(names):
        raise BadInput(
            f"{place}: {_shown(names)} like persons and not like classes; expressions in the "
            f"files' own names are not read: {_INSTEAD}"
        )


def looks_like_a_split(name: str) -> bool:
    """Whether a folder is called train, FER2013Train, test_set and the like."""
    return split_in(name) is not None


def are_classes(folders: Iterable[str]) -> bool:
    """Whether these are several folders, none of which looks like something else than a class."""
    names = set(folders)
    try:
        refuse_what_is_no_class(names, "")
    except BadInput:
        return False
    return len(names) > 1


def split_in(name: str) -> str | None:
    """The split that a folder called train, FER2013Train, test_set and the like names."""
    within = _SPLIT.fullmatch(normalised(name))
    return split_named(name) or (split_named(within[1]) if within else None)


def _look_like_persons(names: list[str]) -> bool:
    if any(is_expression(canonical(name)) for name in names):
        return False
    if all(name.isdigit() for name in names):
        return len(names) > _MOST_NUMBERS
    return all(_PERSON.fullmatch(normalised(name)) for name in names)


def _shown(names: list[str]) -> str:
    first = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    if len(names) == 1:
        return f"the folder {first} is called"
    return f"{len(names):,} folders ({first}) are called"
