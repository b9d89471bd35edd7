"""Small real stand-ins for tests: tiny data sets, an engine that follows a script, a journal.

Nothing here replaces a module of ours by a pretence of it: the data sets are real arrays, the
engine keeps the `Engine` contract, the journal remembers.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.training.engine import ComputedEpoch, EpochSums, State
from orchestrator.training.history import EpochRow
from orchestrator.training.inputs import DataSource, Inputs

CLOCK = ("seconds", "images_per_second")
"""Fields of an epoch's row that no two runs share."""


def tiny(**changes: Any) -> TrialConfig:
    """A configuration that trains in milliseconds: one convolution, a pooling and the logits."""
    settled = TrialConfig(
        architecture="CPF",
        width=0.125,
        epochs=4,
        batch_size=16,
        dropout=0.0,
        precision="float32",
        weights="none",
    )
    return dataclasses.replace(settled, **changes)


def noise(n: int = 64, side: int = 16, classes: int = 4, seed: int = 0) -> Inputs:
    """Images in which there is nothing to learn, with every class equally often.

    Args:
        n: training images; half as many validate.
        side: h and w.
        classes: k.
        seed: of the images.
    """
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n + n // 2, side, side), dtype=np.uint8)
    return _inputs(images, n, classes, f"noise-{n}-{side}-{classes}-{seed}")


def bands(n: int = 128, side: int = 16, classes: int = 4, seed: int = 0) -> Inputs:
    """Dark noise with one bright horizontal band, whose height in the image is the class.

    Every class is told apart by a linear classifier, and a left-right flip changes none. Arguments
    as for `noise`.
    """
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 100, (n + n // 2, side, side), dtype=np.uint8)
    height = side // classes
    for i, image in enumerate(images):
        top = i % classes * height
        image[top : top + height] += 120
    return _inputs(images, n, classes, f"bands-{n}-{side}-{classes}-{seed}")


def _inputs(images: NDArray[np.uint8], n: int, classes: int, key: str) -> Inputs:
    labels = (np.arange(len(images)) % classes).astype(np.uint8)
    return Inputs(
        training=images[:n],
        training_labels=labels[:n],
        validation=images[n:],
        validation_labels=labels[n:],
        validation_ids=np.array([f"image-{i}" for i in range(n, len(images))]),
        classes=tuple(f"class {c}" for c in range(classes)),
        key=key,
    )


def drawn_faces(cache: Path, n: int = 140) -> DataSource:
    """A data set of embedded faces that is cached in a folder of the test's."""
    return DataSource(embedded=n, cache=str(cache))


def numbers(row: EpochRow) -> dict[str, Any]:
    """What must be equal in two runs of one trial: all but the clock; NaN as text, to compare."""
    flat = {name: value for name, value in row.to_flat().items() if name not in CLOCK}
    return {name: "nan" if math.isnan(value) else value for name, value in flat.items()}


@dataclass(frozen=True)
class Act:
    """What a scripted engine shows in one epoch.

    Attributes:
        right: validation images that are told right; the first ones.
        logit: of the class that is named, all others being 0; NaN for a net that diverged.
        train_loss: as measured in training.
        train_accuracy: likewise, 0 to 1.
    """

    right: int = 0
    logit: float = 2.0
    train_loss: float = 1.0
    train_accuracy: float = 0.5


@dataclass
class ScriptedEngine:
    """An `Engine` without a network: epoch t shows act t, and the last act ever after.

    Its only state is the number of epochs done; its only weight is that number, too.

    Attributes:
        script: one act an epoch.
        orders: the training rows of every epoch it was asked for.
        rates: likewise the learning rates.
        shares: likewise mixup's; None for an epoch without.
    """

    script: Sequence[Act]
    orders: list[NDArray[np.int32]] = field(default_factory=list)
    rates: list[NDArray[np.float32]] = field(default_factory=list)
    shares: list[NDArray[np.float32] | None] = field(default_factory=list)
    parameters: int = 1
    device: str | None = None
    asynchronous: bool = False
    programs: int = 0
    _done: int = 0

    def begin(self, config: TrialConfig, inputs: Inputs) -> None:
        """See `Engine.begin`."""
        self._inputs, self._done = inputs, 0

    def epoch(
        self,
        order: NDArray[np.int32],
        rates: NDArray[np.float32],
        shares: NDArray[np.float32] | None = None,
    ) -> ComputedEpoch:
        """See `Engine.epoch`."""
        self.orders.append(order)
        self.rates.append(rates)
        self.shares.append(shares)
        self._done += 1
        act = self.script[min(self._done, len(self.script)) - 1]
        sums = EpochSums(act.train_loss, act.train_accuracy, order.size)
        weights = {"weight-0000": np.array([self._done], np.float32)}
        return ComputedEpoch(sums, self._logits(act), weights)

    def _logits(self, act: Act) -> NDArray[np.float32]:
        labels = self._inputs.validation_labels.astype(int)
        k = len(self._inputs.classes)
        named = np.where(np.arange(len(labels)) < act.right, labels, (labels + 1) % k)
        logits = np.zeros((len(labels), k), np.float32)
        logits[np.arange(len(labels)), named] = act.logit
        return logits

    def state(self) -> State:
        """See `Engine.state`."""
        return {"variable-0000": np.array(self._done)}

    def load_state(self, state: State) -> None:
        """See `Engine.load_state`."""
        self._done = int(state["variable-0000"])


@dataclass
class ListJournal:
    """A journal in memory, to those who append and read: `results.journal.file_journal.Journal`.

    Attributes:
        events: what was appended, in order.
    """

    events: list[dict[str, Any]] = field(default_factory=list)

    def append(self, event: dict[str, Any], /) -> None:
        """Keep one event."""
        self.events.append(event)

    def read(self) -> list[dict[str, Any]]:
        """All events so far."""
        return list(self.events)


def weights_file(variables: Sequence[Any]) -> bytes:
    """A net's weights as a trial leaves them: the bytes of a safetensors file."""
    arrays = {f"weight-{i:04d}": np.asarray(variable) for i, variable in enumerate(variables)}
    return safetensors.numpy.save(arrays)
