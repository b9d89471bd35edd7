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
    "trial": Fault("a trial's process killed", local.trial_killed, False, 20, within_s=5),
    "reset": Fault(
        "a process killed as it is given its next trial, and in a first epoch",
        local.trial_killed_at_its_start,
        True,
        20,
        within_s=5,
    ),
    "driver": Fault("the driver killed at random moments", local.driver_killed, False, 300),
    "driver-short": Fault("the same, thrice", local.driver_killed_thrice, True, 50),
    "interrupt": Fault("Ctrl-C, then SIGTERM", local.driver_interrupted, False, 35, within_s=30),
    "raises": Fault("a trial raises an exception", local.trial_raises, False, 15, within_s=5),
    "nan": Fault("a trial's loss is NaN", local.trial_without_a_number, False, 15, within_s=5),
    "none": Fault("a trial's metric is None", local.trial_without_a_metric, False, 15, within_s=5),
    "hangs": Fault("a trial hangs, --hang-after 3s", local.trial_hangs, False, 20, within_s=10),
    "frozen": Fault(
        "a trial's process is stopped, --hang-after 3s", local.trial_frozen, False, 30, within_s=20
    ),
    "memory": Fault("a trial killed for memory", local.trial_out_of_memory, False, 25, within_s=15),
    "second": Fault("two drivers, one name", local.two_at_once, False, 20, within_s=30),
}
