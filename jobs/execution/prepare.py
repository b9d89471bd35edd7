"""A data set read, checked and cached; what is in it and what is wrong with it, said."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.data.cache.open_faces import AUDIT, entry_folder, open_faces, read_meta
from orchestrator.data.faces import Splits
from orchestrator.data.raw import SPLITS
from orchestrator.data.reading import USUAL, Reading
from orchestrator.data.remote.uris import shown
from orchestrator.errors import printable, printable_lines
from orchestrator.process.exit_code import DONE


def prepare(
    data: str | None,
    *,
    embedded: int,
    seed: int,
    cache: Path | None,
    reading: Reading = USUAL,
) -> int:
    """Open a data set and print its counts and what is odd; the arguments are `open_faces`'."""
    begun = time.perf_counter()
    splits = open_faces(data, embedded=embedded, seed=seed, cache=cache, reading=reading)
    meta = read_meta(splits.digest, cache)
    folder = entry_folder(splits.digest, cache)
    seconds = time.perf_counter() - begun
    what = printable(shown(data or "no --data"))
    print(f"{what}: {meta['layout']}, opened in {seconds:.2f} s\n")
    sentences = [f"* {sentence}" for sentence in _sentences(splits, meta)]
    print(printable_lines("\n".join([*_counts(splits), "", *sentences])))
    print(f"\nAudit, image by image: {folder / AUDIT}\n{folder}")
    return DONE


def _counts(splits: Splits) -> list[str]:
    """Lines of a table: images by split as used and class, with totals."""
    faces = [getattr(splits, name) for name in SPLITS]
    counts = np.array([np.bincount(f.labels, minlength=len(splits.classes)) for f in faces])
    counts = np.vstack([counts, counts.sum(axis=0)])
    counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    heads = [*splits.classes, "total"]
    widths = [max(len(head), 7) for head in heads]
    lines = [f"{'split':<10}  " + "  ".join(map(str.rjust, heads, widths))]
    for name, row in zip([*SPLITS, "all"], counts, strict=True):
        cells = [f"{number:>{width},}" for number, width in zip(row, widths, strict=True)]
        lines.append(f"{name:<10}  " + "  ".join(cells))
    return lines


def _sentences(splits: Splits, meta: dict[str, Any]) -> list[str]:
    return [*splits.notes, *_published(meta), *_audit(meta["audit"]), *_seen(splits, meta)]


def _published(meta: dict[str, Any]) -> list[str]:
    if not meta["fer2013"] or meta["departures"]:
        return []  # departures stand among the notes
    there = [name for name in SPLITS if any(meta["counts_as_given"][name])]
    return [f"Counts a class equal FER2013's published ones in: {', '.join(there)}."]


def _audit(audit: dict[str, Any]) -> list[str]:
    sentences = [
        f"{audit['unique']:,} of {audit['images']:,} images are different; "
        f"{audit['copied_groups']:,} groups of exact copies, {audit['spanning_groups']:,} of them "
        "in more than one split as given.",
        f"{audit['conflicting_groups']:,} of these groups ({audit['conflicting_images']:,} images) "
        "have conflicting labels.",
        f"{sum(audit['constant'].values()):,} images are one gray value throughout "
        f"({_by_split(audit['constant'])}).",
        f"Different images in a split as given: {_by_split(audit['split_unique'])}.",
    ]
    for split in SPLITS[1:]:
        if audit["split_images"][split]:
            sentences.append(
                f"{audit['copies_in_training'][split]:,} of {audit['split_images'][split]:,} "
                f"{split} images have a copy in training as given, "
                f"{audit['same_label_copies'][split]:,} of them with the same label."
            )
    return sentences


def _seen(splits: Splits, meta: dict[str, Any]) -> list[str]:
    return [
        f"As used, {len(meta['seen_validation_ids']):,} validation and "
        f"{len(splits.seen_test_ids):,} test images also stand in training; accuracies can be "
        "given without them."
    ]


def _by_split(numbers: dict[str, int]) -> str:
    return ", ".join(f"{split} {number:,}" for split, number in numbers.items() if number) or "none"
