"""What a user may ask of the decoding of a reported pair."""

import math
from dataclasses import dataclass

from orchestrator.errors import BadInput
from orchestrator.process.command_line import Command, flag, place


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        hint = f"; {value / 100:g} for percent" if 1 < value <= 100 else ""
        raise BadInput(f"{name} {value:g}: expected a share from 0 to 1{hint}")
    return value


def _nats(name: str, value: float) -> float:
    if not (value >= 0 and math.isfinite(value)):
        raise BadInput(
            f"{name} {value:g}: expected a cross-entropy in nats, a finite number from 0"
        )
    return value


def _classes(name: str, number: int) -> int:
    if not 2 <= number <= 255:
        raise BadInput(f"{name} {number}: expected a whole number from 2 to 255")
    return number


@dataclass(frozen=True, kw_only=True)
class DecodeRequest:
    """A pair that somebody reported, and what it is compared with."""

    loss: float = flag(
        "mean cross-entropy in nats, as Keras reports it", required=True, metavar="L", check=_nats
    )
    accuracy: float = flag(
        'what was reported as "accuracy", from 0 to 1', required=True, metavar="A", check=_share
    )
    classes: int = flag("of the data set", default=7, metavar="K", check=_classes)
    results: str | None = flag(
        "a sweep's own folder, RESULTS/NAME, whose trials are compared with; default: the trials "
        "on FER2013 that come with us",
        metavar="FOLDER",
        check=place,
    )


COMMAND = Command(
    program="python -m analysis.decode",
    takes=DecodeRequest,
    description='What a reported pair of loss and "accuracy" means in k-class accuracy.',
    epilog="Exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted.",
)
