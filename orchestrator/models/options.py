"""What a builder may be told besides the architecture, and where class activation maps come from.

No Keras here: the driver reads this before any trial starts.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

from orchestrator.config import CHOICES
from orchestrator.errors import BadInput
from orchestrator.process.surroundings.local_path import absolute

CAM_LAYER = "cam"
"""Name of the layer whose output, (n, h', w', f), is the last feature map: after its activation, or
the sum that mini_xception ends with."""

IMAGENET_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
"""The convolutional part of VGG16 as Keras distributes it; 58.9 MB."""


@dataclass(frozen=True)
class Options:
    """Choices that every architecture understands, and three that are vgg16's alone.

    Attributes:
        width: factor on every layer's number of filters or units, above 0; each has at least one.
        dropout: rate, 0 to below 1; see the builders for where it acts.
        pooling: "max", "average" or "stochastic" (Zeiler & Fergus 2013,
            https://arxiv.org/abs/1301.3557); what P means, except for
            a global average.
        batch_normalisation: after every convolution and hidden fully connected layer.
        weights: "imagenet" (the Keras cache), a file, or "none": train from scratch.
        fine_tune: which layers of the loaded base learn: "frozen" (none), "last_block", "all".
        head: units of the additional hidden layers, blank-separated, e.g. "1024 512"; "" or
            "none": no such layer.
    """

    width: float = 1.0
    dropout: float = 0.3
    pooling: str = "max"
    batch_normalisation: bool = True
    weights: str = "imagenet"
    fine_tune: str = "frozen"
    head: str = "256"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.width) and 0 < self.width <= 64):
            raise BadInput(f"width={self.width}: expected a factor above 0 and at most 64")
        check_rate(self.dropout)
        for key in ("pooling", "fine_tune"):
            if getattr(self, key) not in CHOICES[key]:
                choices = ", ".join(CHOICES[key])
                raise BadInput(f"{key}={getattr(self, key)!r} is unknown; known: {choices}")
        self.head_units()

    def scaled(self, number: float) -> int:
        """A layer's number of filters or units times the width, rounded half up, at least 1."""
        return max(1, int(number * self.width + 0.5))

    def head_units(self) -> tuple[int, ...]:
        """`head` as numbers, before the width.

        Raises:
            BadInput: if one of them is no whole number from 1 to 16384.
        """
        words = [] if self.head == "none" else self.head.split()
        for word in words:
            if not (word.isdecimal() and word.isascii() and 1 <= int(word[:9]) <= 16384):
                raise BadInput(
                    f"head={self.head!r}: {word!r} is no number of units; expected whole numbers "
                    "from 1 to 16384 with blanks between, e.g. '1024 512', or 'none'"
                )
        return tuple(int(word) for word in words)


def check_rate(rate: float) -> float:
    """The dropout rate, if it is one.

    Raises:
        BadInput: unless 0 <= rate < 1.
    """
    if not 0 <= rate < 1:
        raise BadInput(f"dropout={rate}: expected a rate from 0 to below 1")
    return rate


def locate_weights(weights: str) -> Path | None:
    """The file that `Options.weights` means; None for "none". Nothing is ever downloaded.

    Raises:
        BadInput: if there is no such file, or its name does not end as Keras' weight files do.
    """
    if weights == "none":
        return None
    if weights == "imagenet":
        path = keras_home() / "models" / IMAGENET_FILE
        if not path.is_file():
            raise BadInput(
                f"vgg16 needs ImageNet weights and {path} is not there; copy {IMAGENET_FILE} (from "
                "Keras Applications) to that place, or name a file by --set weights=FILE, or train "
                "from scratch by --set weights=none"
            )
        return path
    path = Path(absolute(weights, "weights"))
    if not path.is_file():
        raise BadInput(
            f"weights={weights!r}: there is no file {path}; expected 'imagenet', 'none' or a file "
            "of VGG16 weights without top"
        )
    if path.suffix not in (".h5", ".hdf5"):
        raise BadInput(f"weights={weights!r}: expected a file whose name ends in .h5 or .hdf5")
    return path


def keras_home() -> Path:
    """Keras' folder: KERAS_HOME, else .keras at home (in /tmp where home cannot be written)."""
    if "KERAS_HOME" in os.environ:
        return Path(os.environ["KERAS_HOME"]).expanduser()
    home = Path.home()
    return (home if os.access(home, os.W_OK) else Path("/tmp")) / ".keras"
