"""What a task is: work for one worker, named by the file that it leaves."""

import hashlib
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from results.paths import Paths

VERSION = 1
"""Of what the tasks compute: raise it when the same question gets another answer."""

ENSEMBLE = "ensemble"
"""What stands in place of a trial's signature where the ensemble is meant."""


@dataclass(frozen=True)
class Task:
    """Something that one worker does and that leaves one file: what is there is not done again.

    Each step defines its own kinds; `analysis.pipeline.worker.TASKS` says how they are done.

    Attributes:
        trial: signature of the member, or "ensemble".
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
    def group(self) -> str:
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


def _content(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    return repr(value).encode()
