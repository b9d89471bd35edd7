"""What all rows of the GPU benchmark share: the engine, the images, the net."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jobs.benchmarks.request import BenchmarkRequest
from jobs.benchmarks.row import Row
from orchestrator.config import TrialConfig
from orchestrator.training.engines import open_engine
from orchestrator.training.inputs import Inputs
from orchestrator.training.throughput.concurrent import Load
from orchestrator.training.throughput.noise import noise

if TYPE_CHECKING:
    from orchestrator.training.engine import Engine

TRAINING, VALIDATION = 28_709, 3_589
"""FER2013's Training and PublicTest."""

SMALL_TRAINING, SMALL_VALIDATION = 256, 128
SMALL_WIDTH = 0.1
SMALL_BATCH = 8
"""The batch's size is divided by this where nets are small."""

VGG = TrialConfig(
    architecture="vgg",
    batch_size=128,
    precision="mixed_bfloat16",
    augmentation="flip shift rotation zoom erasing",
    augmentation_strength=1.0,
    dropout=0.3,
    ema=0.999,
    label_smoothing=0.1,
    weight_decay=5e-4,
    epochs=100,
)
"""What is measured where a row does not say otherwise."""


@dataclass(frozen=True)
class Setup:
    """What all rows share.

    Attributes:
        request: of the user.
        began: moment of `time.monotonic` at which the command began.
    """

    request: BenchmarkRequest
    began: float

    @cached_property
    def engine(self) -> "Engine":
        """The one engine of this process.

        With one thread, as a trial's: threads are part of what a stored program is known by.
        """
        return open_engine("jax", threads=1)

    @cached_property
    def small(self) -> bool:
        """Whether small nets on few images stand in: asked for, or on a CPU."""
        return self.request.quick or self.engine.device is None

    @cached_property
    def named(self) -> Inputs | None:
        """The data set that was named, all of it; needs no device."""
        return read(Path(self.request.data)) if self.request.data else None

    @cached_property
    def inputs(self) -> Inputs:
        """The data set that was named, or noise in FER2013's shape."""
        if self.named is not None:
            return self._small(self.named)
        if self.small:
            return noise(SMALL_TRAINING, SMALL_VALIDATION)
        return noise(TRAINING, VALIDATION)

    @property
    def seconds(self) -> float:
        """Of measuring a row."""
        return min(self.request.seconds, 0.5) if self.small else self.request.seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.began

    def config(self, **changes: Any) -> TrialConfig:
        """`VGG` with changes; smaller where nets are small."""
        config = dataclasses.replace(VGG, **changes)
        if not self.small:
            return config
        batch = max(1, config.batch_size // SMALL_BATCH)
        return dataclasses.replace(config, batch_size=batch, width=SMALL_WIDTH)

    def load(self, config: TrialConfig, environment: dict[str, str] | None = None) -> Load:
        """The same for processes of their own, on noise in the shape of `inputs`."""
        inputs = self.inputs
        return Load(
            config=config.to_flat(),
            training=len(inputs.training),
            validation=len(inputs.validation),
            side=inputs.training.shape[1],
            classes=len(inputs.classes),
            backend="jax",
            environment=environment or {},
        )

    def _small(self, inputs: Inputs) -> Inputs:
        if not self.small:
            return inputs
        # Spread over all of them: they may be sorted by class.
        training = _spread(len(inputs.training), SMALL_TRAINING)
        validation = _spread(len(inputs.validation), SMALL_VALIDATION)
        return dataclasses.replace(
            inputs,
            training=inputs.training[training],
            training_labels=inputs.training_labels[training],
            validation=inputs.validation[validation],
            validation_labels=inputs.validation_labels[validation],
            validation_ids=inputs.validation_ids[validation],
        )


def _spread(n: int, most: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, n - 1, most).astype(np.intp))


def read(path: Path) -> Inputs:
    """A data set as it lies there, without the cache and the audit: those need pandas.

    Raises:
        BadInput: for what holds no faces.
    """
    from orchestrator.data.carve import carve
    from orchestrator.data.layouts.sources import read_faces
    from orchestrator.data.raw import SPLITS

    raw, _ = read_faces(path)
    split = carve(raw).splits

    def rows(name: str) -> NDArray[np.bool_]:
        return np.asarray(split == SPLITS.index(name))

    training, validation = rows("training"), rows("validation")
    return Inputs(
        training=raw.images[training],
        training_labels=raw.labels[training],
        validation=raw.images[validation],
        validation_labels=raw.labels[validation],
        validation_ids=raw.ids[validation],
        classes=raw.classes,
        key=str(path),
    )


Measurement = Callable[[Setup], Iterator[Row]]
