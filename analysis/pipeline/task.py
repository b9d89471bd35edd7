"""The kinds of work, each naming the file that it leaves: what is there need not be done again."""

import hashlib
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from results.paths import Paths

VERSION = 1
"""Of what the tasks compute: raise it when the same question gets another answer."""


@dataclass(frozen=True)
class Task:
    """Something that one worker does and that leaves one file.

    Attributes:
        trial: signature of the member.
        model: digest of its weights and its preprocessing; of the ensemble, of all members'.
        split: whose images.
        rows: (n,) which images of the split.
    """

    kind: ClassVar[str]
    ending: ClassVar[str] = "parquet"

    trial: str
    model: str
    split: str
    rows: NDArray[np.int64]

    @property
    def fate(self) -> str:
        """What is given up together when one of its tasks fails."""
        return self.trial

    @property
    def part(self) -> str:
        """The file that it leaves; all that its content depends on is in the name."""
        digest = hashlib.sha256(f"{self.kind} {VERSION}".encode())
        for field in fields(self):
            digest.update(field.name.encode() + _content(getattr(self, field.name)))
        name = f"{self.kind}-{self.trial}-{digest.hexdigest()[:16]}.{self.ending}"
        return f"{Paths().parts}/{name}"


@dataclass(frozen=True)
class Check(Task):
    """Whether the weights give what the trial predicted: its stored validation probabilities."""

    kind = "check"


@dataclass(frozen=True)
class Predict(Task):
    """Probabilities of some images; `flip` averages with those of the mirrored images."""

    kind = "predict"

    flip: bool


@dataclass(frozen=True)
class Explain(Task):
    """Maps by some methods, at the prediction; where it is wrong, at the label and the contrast.

    Attributes:
        predictions: (n,) the ensemble's classes of these images.
        methods: names in `analysis.explain.methods.catalogue.METHODS`.
        flip: whether probabilities are those with mirrored images.
    """

    kind = "explain"

    predictions: NDArray[np.uint8]
    methods: tuple[str, ...]
    flip: bool


@dataclass(frozen=True)
class Judge(Task):
    """How far one method's maps of these images can be believed.

    Attributes:
        predictions: (n,) the ensemble's classes of these images.
        method: name in `METHODS`, or of a baseline.
    """

    kind = "judge"

    predictions: NDArray[np.uint8]
    method: str

    @property
    def fate(self) -> str:
        """One method's failure is not another's."""
        return f"{self.trial} {self.method}"


@dataclass(frozen=True)
class Together(Task):
    """The ensemble's maps from its members'; `trial` is "ensemble".

    Attributes:
        predictions: (n,) the ensemble's classes of these images.
        methods: names in `METHODS`.
        recipe: the ensemble, as JSON text: what its probabilities depend on.
        coefficients: (m,) say of each member that was explained.
        explained: the members' parts that hold maps of these images, in the same order.
        flip: whether probabilities are those with mirrored images.
    """

    kind = "together"

    predictions: NDArray[np.uint8]
    methods: tuple[str, ...]
    recipe: str
    coefficients: tuple[float, ...]
    explained: tuple[str, ...]
    flip: bool


@dataclass(frozen=True)
class JudgeTogether(Task):
    """How far the ensemble's maps can be believed; `trial` is "ensemble".

    Attributes:
        predictions: (n,) the ensemble's classes of these images.
        method: name in `METHODS`, or of a baseline.
        recipe: the ensemble, as JSON text.
        together: the parts that hold its maps.
        flip: whether mirrored images are predicted too.
    """

    kind = "judge-together"

    predictions: NDArray[np.uint8]
    method: str
    recipe: str
    together: tuple[str, ...]
    flip: bool

    @property
    def fate(self) -> str:
        """One method's failure is not another's."""
        return f"{self.trial} {self.method}"


@dataclass(frozen=True)
class Save(Task):
    """Write the ensemble's own folder; `trial` is "ensemble", the images are tried on it.

    Attributes:
        recipe: the ensemble, as JSON text.
        provenance: how it was obtained, as JSON text.
        flip: whether mirrored images were predicted too.
    """

    kind = "save"

    recipe: str
    provenance: str
    flip: bool


@dataclass(frozen=True)
class Learned(Task):
    """Filters; if `full`, feature maps of these images and ideal images too."""

    kind = "learned"
    ending = "safetensors"

    full: bool


@dataclass(frozen=True)
class Features(Task):
    """(n, f) mean activations of the last maps: where images stand to one another."""

    kind = "features"
    ending = "safetensors"


@dataclass(frozen=True)
class Cost(Task):
    """What an explanation costs beside a prediction, on these images."""

    kind = "cost"


def _content(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    return repr(value).encode()
