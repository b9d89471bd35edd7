"""Make the splits that a data set lacks out of its training images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.fingerprint import fingerprints, groups
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.errors import BadInput

SHARE = 0.1
"""Share of each class's training images that a missing split receives."""

TRAINING = 0

_FER2013_NAMES = {"validation": "PublicTest", "test": "PrivateTest"}


@dataclass(frozen=True)
class Carved:
    """How every image is used.

    Attributes:
        splits: (n,) uint8, indices into `raw.SPLITS`.
        notes: a sentence about the splits that were carved, if any.
    """

    splits: NDArray[np.uint8]
    notes: tuple[str, ...]


def carve(raw: Raw) -> Carved:
    """Give each missing split a tenth of every class of Training.

    Exact copies stay together: a group of equal images goes to one side whole, under the class
    that most of its members have, and stays in training if a split that is there already has a
    copy. Groups are taken in the order of their fingerprints, so the same pixels are carved
    alike whatever file or order they come in, and nothing is drawn at random.

    Raises:
        BadInput: when there is no training image, or too few to carve from.
    """
    if not np.any(raw.splits == TRAINING):
        raise BadInput(
            f"none of the {len(raw.splits):,} images is a training image; expected Usage Training, "
            "a folder train/, or file names that start with Training_"
        )
    splits = raw.splits.copy()
    missing = [s for s in (1, 2) if not np.any(raw.splits == s)]
    if not missing:
        return Carved(splits, ())
    taken = _take(raw, len(missing))
    for turn, split in enumerate(missing):
        splits[taken == turn] = split
    return Carved(splits, (_note(raw, splits, missing),))


def _take(raw: Raw, parts: int) -> NDArray[np.int64]:
    """(n,) which part each image goes to; -1: it stays where it is."""
    rows = np.flatnonzero(raw.splits == TRAINING)
    prints = fingerprints(raw.images)
    group = groups(prints[rows])
    movable = ~np.isin(np.unique(prints[rows]), np.delete(prints, rows))
    votes = np.zeros((group.max() + 1, len(raw.classes)), np.int64)
    np.add.at(votes, (group, raw.labels[rows]), 1)
    sizes, majority = votes.sum(axis=1), votes.argmax(axis=1)
    part = np.full(len(sizes), -1)
    for label, images in enumerate(votes.sum(axis=0)):
        own = np.flatnonzero((majority == label) & movable)
        _fill(part, own, sizes, [_target(int(images), len(own), parts)] * parts)
    taken = np.full(len(raw.splits), -1)
    taken[rows] = part[group]
    return taken


def _target(images: int, distinct: int, parts: int) -> int:
    """A tenth, but at least one where the class has an image for every split."""
    return max(round(SHARE * images), int(distinct > parts))


def _fill(
    part: NDArray[np.int64], own: NDArray[np.int64], sizes: NDArray[np.int64], room: list[int]
) -> None:
    for group in own:
        turn = room.index(max(room))
        if sizes[group] <= room[turn]:
            part[group] = turn
            room[turn] -= int(sizes[group])


def _note(raw: Raw, splits: NDArray[np.uint8], missing: list[int]) -> str:
    before = int(np.count_nonzero(raw.splits == TRAINING))
    counts = [int(np.count_nonzero(splits == split)) for split in missing]
    if 0 in counts:
        raise BadInput(
            f"no {SPLITS[missing[counts.index(0)]]} images are there and the {before:,} training "
            "images are too few to carve some from; at least 3 different images of a class were "
            "expected"
        )
    names = " and no ".join(_name(raw, split) for split in missing)
    moved = " and ".join(f"{count:,}" for count in counts)
    return (
        f"The data set has no {names} split: {moved} of its {before:,} training images were carved "
        f"off ({SHARE:.0%} of each class, exact copies kept together), "
        f"{int(np.count_nonzero(splits == TRAINING)):,} stay in training."
    )


def _name(raw: Raw, split: int) -> str:
    name = SPLITS[split]
    return f"{name} ({_FER2013_NAMES[name]})" if raw.fer2013 else name
