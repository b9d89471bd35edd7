"""Stored probabilities of many trials on the same images: all that a search of ensembles needs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from orchestrator.errors import BadInput
from results import schema
from results.paths import Paths
from results.store import DamagedResults, Store

TOLERANCE = 0.02
"""How far a row's sum may be from 1: float16 rounds each of its k parts."""


@dataclass(frozen=True)
class StoredPredictions:
    """What m trials say of the same n images.

    Attributes:
        trials: (m,) signatures.
        probabilities: (m, n, k) float32; rows sum to 1.
        labels: (n,) integers below k.
        ids: (n,) str, unique.
        clean: (n,) whether the image's pixels stand nowhere in training.
    """

    trials: tuple[str, ...]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]
    ids: NDArray[np.str_]
    clean: NDArray[np.bool_]

    def take(self, trials: Sequence[str]) -> "StoredPredictions":
        """These trials alone, in this order.

        Raises:
            KeyError: for a trial that is not among them.
        """
        return self.part([self._row(trial) for trial in trials], np.arange(len(self.ids)))

    def part(self, rows: ArrayLike, images: ArrayLike) -> "StoredPredictions":
        """Trials and images by position, in the order given; copies the probabilities."""
        places, kept = np.asarray(rows, dtype=np.int64), np.asarray(images, dtype=np.int64)
        return StoredPredictions(
            tuple(self.trials[i] for i in places),
            self.probabilities[places[:, None], kept],
            self.labels[kept],
            self.ids[kept],
            self.clean[kept],
        )

    def _row(self, trial: str) -> int:
        if trial not in self.trials:
            raise KeyError(f"trial {trial} is not among the stored predictions")
        return self.trials.index(trial)


@dataclass(frozen=True)
class _Block:
    ids: pa.ChunkedArray
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    copies: NDArray[np.bool_]


def read(
    store: Store, trials: Iterable[str], place: Callable[[str], str] | None = None
) -> tuple[StoredPredictions, dict[str, str]]:
    """The stored probabilities of these trials, on the images that most of them share.

    Args:
        store: of the sweep.
        trials: signatures; one named twice counts once.
        place: trial -> its file; `Paths().prediction` (validation) if absent.

    Returns:
        The predictions, their images in the first good file's order; and, for each trial left
        out, one sentence why.

    Raises:
        BadInput: if no trial at all is left.
    """
    where = place or Paths().prediction
    blocks: dict[str, _Block] = {}
    reasons: dict[str, str] = {}
    for trial in dict.fromkeys(trials):
        try:
            blocks[trial] = _block(store.read_table(where(trial), schema.PREDICTIONS))
        except DamagedResults as problem:
            reasons[trial] = str(problem)
        except ValueError as problem:
            reasons[trial] = f"{where(trial)} {problem}"
    kept = _aligned(blocks, reasons)
    if not kept:
        examples = "; ".join(f"{trial}: {why}" for trial, why in list(reasons.items())[:3])
        raise BadInput(
            f"{store.root}: no trial has usable stored probabilities "
            f"({examples or 'none was named'}); let at least one trial finish, then run this again"
        )
    first = kept[next(iter(kept))]
    predictions = StoredPredictions(
        tuple(kept),
        np.stack([block.probabilities for block in kept.values()]),
        first.labels,
        np.array(first.ids.to_pylist(), dtype=np.str_),
        ~first.copies,
    )
    return predictions, reasons


def _block(table: pa.Table) -> _Block:
    n = len(table)
    if n == 0:
        raise ValueError("holds no image")
    if any(table[name].null_count for name in ("image_id", "label", "probability")):
        raise ValueError("has rows without an id, a label or probabilities")
    probability = table["probability"].combine_chunks()
    values = probability.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    lengths = np.diff(probability.offsets.to_numpy())
    if lengths.min() != lengths.max() or lengths[0] == 0:
        raise ValueError("has rows with different numbers of classes")
    values = values.reshape(n, -1)
    labels = table["label"].to_numpy().astype(np.int64)
    _check(values, labels)
    ids = table["image_id"]
    if len(ids.unique()) != n:
        raise ValueError("names an image twice")
    copies = table["also_in_training"].fill_null(False).to_numpy()
    return _Block(ids, labels, values / values.sum(axis=1, keepdims=True), copies)


def _check(values: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    wrong = ~np.isfinite(values).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"has {wrong.sum()} of {len(values)} rows that are not finite: the net has diverged"
        )
    off = float(np.abs(values.sum(axis=1) - 1).max())
    if off > TOLERANCE or values.min() < 0:
        raise ValueError(
            f"holds no probabilities: values from {values.min():g}, sums off by {off:g}"
        )
    if labels.max() >= values.shape[1]:
        raise ValueError(f"has label {labels.max()}, but {values.shape[1]} classes")


def _aligned(blocks: dict[str, _Block], reasons: dict[str, str]) -> dict[str, _Block]:
    groups: list[dict[str, _Block]] = []  # blocks of the same images, labels and classes
    for trial, block in blocks.items():
        for group in groups:
            aligned = _in_order(block, next(iter(group.values())))
            if aligned:
                group[trial] = aligned
                break
        else:
            groups.append({trial: block})
    usual = max(groups, key=len, default={})
    for trial in blocks:
        if trial not in usual:
            reasons[trial] = _difference(blocks[trial], next(iter(usual.items())))
    return usual


def _in_order(block: _Block, first: _Block) -> _Block | None:
    """The block with its images in the first's order; None if it is about others."""
    if block.probabilities.shape != first.probabilities.shape:
        return None
    if block.ids.equals(first.ids):
        return block if np.array_equal(block.labels, first.labels) else None
    ids, first_ids = (np.array(b.ids.to_pylist(), dtype=np.str_) for b in (block, first))
    order = np.empty(len(ids), dtype=np.int64)
    order[first_ids.argsort()] = ids.argsort()
    same_ids = np.array_equal(ids[order], first_ids)
    same = same_ids and np.array_equal(block.labels[order], first.labels)
    moved = _Block(first.ids, first.labels, block.probabilities[order], block.copies[order])
    return moved if same else None


def _difference(block: _Block, usual: tuple[str, _Block]) -> str:
    trial, other = usual
    (n, k), (usual_n, usual_k) = block.probabilities.shape, other.probabilities.shape
    if k != usual_k:
        return f"has {k} classes, most trials (such as {trial}) have {usual_k}"
    if n != usual_n:
        return f"has {n} images, most trials (such as {trial}) have {usual_n}"
    return f"has other images or labels than most trials (such as {trial})"
