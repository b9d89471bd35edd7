"""Every fault that a sweep is put to, by name: one line adds one."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster.faults import local
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
        within_s: in which it is noticed, at most; None where nothing is promised.
        lost: epochs trained again, at most, for each blow.
    """

    words: str
    strike: Callable[[Path], Observed]
    short: bool
    seconds: float
    needs: str = ""
    within_s: float | None = None
    lost: int = 1


NEEDS: dict[str, tuple[str, Callable[[], bool]]] = {
    "": ("nothing", lambda: True),
    "root": ("the rights of root", lambda: os.geteuid() == 0),
    "namespaces": (
        "root and the command ip",
        lambda: os.geteuid() == 0 and bool(shutil.which("ip")),
    ),
    "moto": ("moto's server", lambda: importlib.util.find_spec("moto") is not None),
}
"""What a fault may need -> in words, and whether it is here."""


FAULTS: dict[str, Fault] = {
    **local.FAULTS,
}
