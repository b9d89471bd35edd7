"""What is wrong with a data set: exact copies, copies with other labels, blank images."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.data.fingerprint import fingerprints
from orchestrator.data.raw import SPLITS, Raw

FINDINGS = {
    "copy_inside": "another image of the same split has the same pixels",
    "copy_across": "an image of another split has the same pixels",
    "copy_in_training": "a validation or test image whose pixels also stand in training",
    "conflicting_labels": "an image with the same pixels has another label",
    "constant": "all pixels are equal",
}
"""Finding -> what it says of an image."""


@dataclass(frozen=True)
class AuditSummary:
    """The audit in numbers; splits are the data set's own, before anything was carved.

    Attributes:
        images: in all.
        unique: different images.
        copied_groups: groups of equal images.
        spanning_groups: those with members in more than one split.
        conflicting_groups: those with more than one label.
        conflicting_images: images in such groups.
        split_images: split -> images.
        split_unique: split -> different images.
        copies_in_training: split -> its images whose pixels also stand in training.
        same_label_copies: split -> those of them that some copy in training labels alike.
        constant: split -> images of one gray value.
    """

    images: int
    unique: int
    copied_groups: int
    spanning_groups: int
    conflicting_groups: int
    conflicting_images: int
    split_images: dict[str, int]
    split_unique: dict[str, int]
    copies_in_training: dict[str, int]
    same_label_copies: dict[str, int]
    constant: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Audit:
    """The audit's outcome.

    Attributes:
        table: a row an image and finding: id, split (the data set's own), used_as (after carving),
            label, finding (of `FINDINGS`), group (the pixels' fingerprint),
            group_size, seen_in_training (the pixels also stand in training as used).
        summary: see there.
        seen_ids: split as used -> ids of its images whose pixels also stand in training as used.
    """

    table: pd.DataFrame
    summary: AuditSummary
    seen_ids: dict[str, list[str]]


def audit(raw: Raw, used: NDArray[np.uint8]) -> Audit:
    """Examine a data set.

    Args:
        raw: the data set before carving.
        used: (n,) uint8, indices into `raw.SPLITS` after carving.
    """
    frame = _frame(raw, used)
    flags = _flags(frame, raw)
    seen = {
        split: sorted(frame.loc[(frame.used_as == split) & frame.seen_in_training, "id"])
        for split in SPLITS[1:]
    }
    return Audit(_table(frame, flags), _summary(frame, flags), seen)


def _frame(raw: Raw, used: NDArray[np.uint8]) -> pd.DataFrame:
    names = np.array(SPLITS)
    frame = pd.DataFrame(
        {
            "id": raw.ids,
            "split": names[raw.splits],
            "used_as": names[used],
            "label": np.array(raw.classes)[raw.labels],
            "group": fingerprints(raw.images),
        }
    )
    by_group = frame.groupby("group")
    frame["group_size"] = by_group["id"].transform("size")
    trained = set(frame.loc[frame.used_as == "training", "group"])
    frame["seen_in_training"] = frame.group.isin(trained) & (frame.used_as != "training")
    return frame


def _flags(frame: pd.DataFrame, raw: Raw) -> dict[str, pd.Series]:
    """Finding -> (n,) whether it holds of each image."""
    by_group = frame.groupby("group")
    in_split = frame.groupby(["group", "split"])["id"].transform("size")
    trained = set(frame.loc[frame.split == "training", "group"])
    flat = raw.images.reshape(len(raw.images), -1)
    return {
        "copy_inside": in_split > 1,
        "copy_across": by_group["split"].transform("nunique") > 1,
        "copy_in_training": (frame.split != "training") & frame.group.isin(trained),
        "conflicting_labels": by_group["label"].transform("nunique") > 1,
        "constant": pd.Series((flat == flat[:, :1]).all(axis=1)),
    }


def _table(frame: pd.DataFrame, flags: dict[str, pd.Series]) -> pd.DataFrame:
    rows = [frame[flag].assign(finding=finding) for finding, flag in flags.items()]
    table = pd.concat(rows, ignore_index=True).sort_values(["finding", "group", "split", "id"])
    columns = ["id", "split", "used_as", "label", "finding", "group", "group_size"]
    return table[[*columns, "seen_in_training"]].reset_index(drop=True)


def _summary(frame: pd.DataFrame, flags: dict[str, pd.Series]) -> AuditSummary:
    copied = frame[frame.group_size > 1].group
    return AuditSummary(
        images=len(frame),
        unique=frame.group.nunique(),
        copied_groups=copied.nunique(),
        spanning_groups=frame[flags["copy_across"]].group.nunique(),
        conflicting_groups=frame[flags["conflicting_labels"]].group.nunique(),
        conflicting_images=int(flags["conflicting_labels"].sum()),
        split_images=_per_split(frame),
        split_unique=_per_split(frame.drop_duplicates(["group", "split"])),
        copies_in_training=_per_split(frame[flags["copy_in_training"]]),
        same_label_copies=_per_split(frame[flags["copy_in_training"] & _same_label(frame)]),
        constant=_per_split(frame[flags["constant"]]),
    )


def _same_label(frame: pd.DataFrame) -> pd.Series:
    pair = frame.group + frame.label
    return pair.isin(set(pair[frame.split == "training"]))


def _per_split(rows: pd.DataFrame) -> dict[str, int]:
    counts = rows.split.value_counts()
    return {split: int(counts.get(split, 0)) for split in SPLITS}
