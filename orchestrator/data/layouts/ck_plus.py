"""CK+ as its authors hand it out: sequences of frames, and beside them a label for some of each.

`cohn-kanade-images/S005/001/S005_001_00000001.png` and on, from a neutral face to the peak of an
expression; `Emotion/S005/001/S005_001_00000011_emotion.txt` labels the last frame. Lucey et al.,
"The Extended Cohn-Kanade Dataset (CK+)" (CVPRW 2010, https://doi.org/10.1109/CVPRW.2010.5543262).
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.carve import SHARE
from orchestrator.data.classes import check_number
from orchestrator.data.containers.container import Container
from orchestrator.data.decode import decode_members
from orchestrator.data.layouts.image_files import ImageFile, check_name, image_files
from orchestrator.data.layouts.labels import ordered
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.data.reading import Reading
from orchestrator.errors import BadInput

EXPRESSIONS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
"""By its numbers, from 0."""

FRAMES = 3
"""Of a sequence, the last ones, which show its expression: the usual choice."""

FEWEST_PERSONS = 10
"""With which whole persons are put aside for validation and test."""

_FRAME = re.compile(r"(?:.*/)?(S\d{3})/(\d{3})/\1_\2_(\d{8})\.\w+")
_LABEL = re.compile(r"(?:.*/)?(S\d{3})/(\d{3})/\1_\2_(\d{8})_emotion\.txt")

_Sequence = tuple[str, str]
"""Person, number."""


@dataclass(frozen=True)
class _Chosen:
    """A frame that is read."""

    file: ImageFile
    person: str
    label: str


def holds(container: Container) -> bool:
    """Whether there are frames as CK+ names them; its labels may lie in another archive."""
    return any(_FRAME.fullmatch(name) for name in container.sizes)


def read(container: Container, reading: Reading) -> Raw:
    """The last frames of the labelled sequences; whole persons validate and test.

    Raises:
        BadInput: where no sequence has its label beside it.
    """
    sequences = _sequences(image_files(container))
    labels, strange = _labels(container)
    chosen = [
        _Chosen(file, person, label)
        for (person, number), (frame, label) in sorted(labels.items())
        for at, file in sequences.get((person, number), [])[-FRAMES:]
        if at <= frame
    ]
    if not chosen:
        raise BadInput(
            f"{container.where}: {len(sequences):,} sequences of CK+'s frames and no label of one "
            "beside them; unpack Emotion_labels.zip into the same folder, so that it holds "
            "Emotion/S005/001/S005_001_00000011_emotion.txt and the like"
        )
    for each in chosen:
        check_name(container, each.file)
    classes = ordered(each.label for each in chosen)
    check_number(classes, container.where)
    decoded = decode_members(container, [each.file.member for each in chosen])
    numbers = np.array([classes.index(each.label) for each in chosen], np.uint8)
    splits, split_note = _by_person([each.person for each in chosen], numbers)
    without = [sequence for sequence in sequences if sequence not in labels]
    return Raw(
        images=decoded.images,
        labels=numbers,
        ids=np.array([each.file.id for each in chosen]),
        splits=splits,
        classes=classes,
        notes=(
            f"CK+'s sequences: the last {FRAMES} frames of each that has a label were read, "
            f"{len(chosen):,} in all; the first ones, of neutral faces, were not. Frames are taken "
            "whole: where they show more than a face, cut faces out first.",
            split_note,
            *_left_out(len(without), strange),
            *decoded.notes(),
        ),
    )


def _sequences(files: Sequence[ImageFile]) -> dict[_Sequence, list[tuple[int, ImageFile]]]:
    """Person and number -> frames in their order."""
    sequences = defaultdict(list)
    for file in files:
        if frame := _FRAME.fullmatch(file.member):
            sequences[frame[1], frame[2]].append((int(frame[3]), file))
    return {key: sorted(frames, key=lambda pair: pair[0]) for key, frames in sequences.items()}


def _labels(container: Container) -> tuple[dict[_Sequence, tuple[int, str]], list[str]]:
    """Person and number -> the frame that is labelled, its expression; files that say none."""
    labels, strange = {}, []
    for name in sorted(container.sizes):
        if file := _LABEL.fullmatch(name):
            label = _expression(container.head(name))
            if label is None:
                strange.append(name)
            else:
                labels[file[1], file[2]] = (int(file[3]), label)
    return labels, strange


def _expression(text: bytes) -> str | None:
    """What a label's file says, e.g. "   3.0000000e+00"."""
    try:
        number = float(text.decode("ascii"))
    except ValueError:
        return None
    is_one = number.is_integer() and 0 <= number < len(EXPRESSIONS)
    return EXPRESSIONS[int(number)] if is_one else None


def _by_person(persons: Sequence[str], labels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
    """(n,) the split of each image, and a sentence about it.

    A tenth of each class validates, as nearly as whole persons allow, and a tenth tests: persons
    are put aside one after the other, each time the one who brings most of what is still wanted.
    """
    counts = {
        person: np.bincount(labels[[p == person for p in persons]], minlength=labels.max() + 1)
        for person in sorted(set(persons))
    }
    splits = np.zeros(len(labels), np.uint8)
    if len(counts) < FEWEST_PERSONS:
        return splits, (
            f"{len(counts)} persons are too few to validate on others: the same person may be in "
            "training, validation and test."
        )
    aside = []
    for split in (1, 2):
        chosen = _persons_for(counts, np.maximum(1, np.bincount(labels) * SHARE))
        aside.append(len(chosen))
        splits[[person in chosen for person in persons]] = split
        counts = {person: own for person, own in counts.items() if person not in chosen}
    names = " and ".join(
        f"{n} persons ({np.count_nonzero(splits == s):,} images) to {SPLITS[s]}"
        for s, n in zip((1, 2), aside, strict=True)
    )
    return splits, f"Whole persons were put aside, {names}: none is in two splits."


def _persons_for(counts: Mapping[str, NDArray[np.int64]], wanted: NDArray[np.float64]) -> set[str]:
    left, chosen = wanted.copy(), set[str]()
    while (left > 0).any() and len(chosen) < len(counts) // 3:
        gain = {
            person: float((np.minimum(own, np.maximum(left, 0)) / wanted).sum() - own.sum() * 1e-3)
            for person, own in counts.items()
            if person not in chosen
        }
        best = max(gain, key=lambda person: gain[person])
        if gain[best] <= 0:
            break
        chosen.add(best)
        left -= counts[best]
    return chosen


def _left_out(without: int, strange: Sequence[str]) -> list[str]:
    notes = []
    if without:
        notes.append(f"{without:,} sequences have no label and were left out.")
    if strange:
        notes.append(
            f"{len(strange):,} files of labels name no expression (0 to 7) and were passed over, "
            f"e.g. {strange[0]}."
        )
    return notes
