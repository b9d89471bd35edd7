"""Whether a data set's classes can be learnt: how many there are, how many images each has."""

import itertools

import numpy as np

from orchestrator.data.containers.container import is_printable
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.errors import BadInput, shown

FEWEST_CLASSES, MOST_CLASSES = 2, 255
"""Labels are stored in one byte."""

FEWEST_IMAGES = 3
"""Different training images that a class has at least: one for each split that may be carved."""

_EXPECTED = f"{FEWEST_CLASSES} to {MOST_CLASSES} classes"


def check_number(names: tuple[str, ...], place: str) -> None:
    """Refuse more classes than a label can tell apart, before labels are made.

    Args:
        names: of the classes.
        place: how a message names the data set.

    Raises:
        BadInput: if they are more than `MOST_CLASSES`.
    """
    if len(names) > MOST_CLASSES:
        raise BadInput(
            f"{place} holds {len(names):,} folders that would each be a class "
            f"({', '.join(names[:3])}, ...), {_EXPECTED} were expected; give a folder with one "
            "folder of images a class"
        )


def check_classes(raw: Raw, place: str) -> Raw:
    """The same data set, with a note where one of FER2013's layouts lacks some of its classes.

    A class counts where it has an image. What has no training image at all passes: `carve` says
    what is the matter with it.

    Raises:
        BadInput: for fewer than two classes, or one with fewer than three different training
            images.
    """
    _check_names(raw.classes, place)
    counts = raw.counts()
    present = counts.sum(axis=0) > 0
    names = [name for name, there in zip(raw.classes, present, strict=True) if there]
    if len(names) < FEWEST_CLASSES:
        raise BadInput(
            f"{place}: all {len(raw.labels):,} images are of one class ({', '.join(names)}), "
            f"{_EXPECTED} were expected; give images of two classes at least, one folder a class "
            "or a table of labels (--labels FILE)"
        )
    if counts[SPLITS.index("training")].any():
        _check_images(raw, names, place)
    return _with_absent_said(raw, present)


def _check_images(raw: Raw, names: list[str], place: str) -> None:
    few = [(name, number) for name in names if (number := _different(raw, name)) < FEWEST_IMAGES]
    if few:
        more = f" ({len(few):,} classes have too few)" if len(few) > 1 else ""
        name, number = few[0]
        raise BadInput(
            f"{place}: class {name} has {number} different training images, at least "
            f"{FEWEST_IMAGES} different images of a class were expected{more}; add images, or "
            "leave the class out"
        )


def _check_names(names: tuple[str, ...], place: str) -> None:
    """Refuse names that a table of labels gives, and that would steer a terminal."""
    for name in names:
        if not is_printable(name):
            raise BadInput(
                f"{place}: control characters stand in the class's name {shown(name)}; change the "
                "name"
            )


def _different(raw: Raw, name: str) -> int:
    """Different training images of a class, counted as far as `FEWEST_IMAGES`."""
    training = raw.splits == SPLITS.index("training")
    rows = np.flatnonzero(training & (raw.labels == raw.classes.index(name)))
    different: set[bytes] = set()
    new = (row for row in rows if raw.images[row].tobytes() not in different)
    for row in itertools.islice(new, FEWEST_IMAGES):
        different.add(raw.images[row].tobytes())
    return len(different)


def _with_absent_said(raw: Raw, present: np.ndarray) -> Raw:
    absent = [name for name, there in zip(raw.classes, present, strict=True) if not there]
    if not absent:
        return raw
    return raw.with_notes(
        f"{len(absent)} of the {len(raw.classes)} classes have no image "
        f"({', '.join(absent)}); nets are built to tell them apart all the same."
    )
