"""Every fault that a sweep is put to, by name: one line adds one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster.faults.observed import Observed


@dataclass(frozen=True)
class Fault:
    """One row of the table.

    Attributes:
        words: what is done, as the table says it.
        strike: does it in a folder of its own and compares.
        short: whether it belongs to the short form that runs with every change.
        seconds: that it takes, about.
        needs: what this machine must have for it, a key of `NEEDS`; empty if nothing.
    """

    words: str
    strike: Callable[[Path], Observed]
    short: bool
    seconds: float
    needs: str = ""


FAULTS: dict[str, Fault] = {}
