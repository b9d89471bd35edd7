"""Every fault that is injected into a sweep, by name: one line adds one."""

import importlib
import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster.chaos.outcome import Outcome

NEEDS: dict[str, tuple[str, Callable[[], bool]]] = {
    "": ("nothing", lambda: True),
    "root": ("the rights of root", lambda: os.geteuid() == 0),
    "namespaces": (
        "root and the command ip",
        lambda: os.geteuid() == 0 and bool(shutil.which("ip")),
    ),
    "jax": ("JAX", lambda: importlib.util.find_spec("jax") is not None),
    "moto": ("moto's server", lambda: importlib.util.find_spec("moto") is not None),
}
"""What a fault may need -> in words, and whether it is here."""


@dataclass(frozen=True)
class Fault:
    """One row of the table.

    Attributes:
        words: what is done, as the table says it.
        by: the function of this package that does it and compares, "module.function".
        short: whether it belongs to the short form, `--short`.
        seconds: that it takes, about.
        needs: what this machine must have for it, a key of `NEEDS`; empty if nothing.
        within_s: in which it is noticed, at most; None where nothing is promised.
        lost: epochs trained again, at most, for each injection: where every state is stored the
            one under way, else those since the last rung, or those of `store_every_s`.
    """

    words: str
    by: str
    short: bool
    seconds: float
    needs: str = ""
    within_s: float | None = None
    lost: int = 1

    @property
    def lacks(self) -> str:
        """What this machine lacks for it, in words; "" if nothing."""
        words, here = NEEDS[self.needs]
        return "" if here() else words

    def inject(self, folder: Path) -> Outcome:
        """Do it in a folder of its own, and compare."""
        module, _, function = self.by.rpartition(".")
        # Only now: the modules bring Ray and pandas along, and a list of faults needs neither.
        made: Outcome = getattr(importlib.import_module(f"{__package__}.{module}"), function)(
            folder
        )
        return made

    def broken_promises(self, outcome: Outcome) -> list[str]:
        """An unequal table, late notice, too much lost."""
        wrong = list(outcome.differences)
        if self.within_s is not None and (outcome.detected_s or 0) > self.within_s:
            wrong.append(f"noticed after {outcome.detected_s:.1f} s, promised: {self.within_s:g} s")
        if outcome.epochs_lost > self.lost * outcome.injections:
            most = f"at most {self.lost} a blow is promised"
            wrong.append(f"{outcome.epochs_lost} epochs lost, {most}")
        return wrong


FAULTS: dict[str, Fault] = {
    "trial": Fault("a trial's process killed", "processes.trial_killed", False, 20, within_s=5),
    "reset": Fault(
        "a process killed as it is given its next trial, and in a first epoch",
        "processes.trial_killed_at_its_start",
        True,
        20,
        within_s=5,
    ),
    "between": Fault(
        "a trial killed, its states stored every second, an epoch 0.1 s",
        "processes.trial_killed_between_states",
        False,
        25,
        within_s=5,
        lost=12,
    ),
    "driver": Fault(
        "the driver killed at random moments, between states too",
        "processes.driver_killed",
        False,
        300,
        lost=6,
    ),
    "driver-short": Fault(
        "the driver killed at three moments", "processes.driver_killed_thrice", True, 50
    ),
    "interrupt": Fault(
        "Ctrl-C, then SIGTERM", "processes.driver_interrupted", False, 35, within_s=30
    ),
    "raises": Fault("a trial raises an exception", "processes.trial_raises", False, 15, within_s=5),
    "nan": Fault(
        "a trial's loss is NaN", "processes.trial_without_a_number", False, 15, within_s=5
    ),
    "none": Fault(
        "a trial's metric is None", "processes.trial_without_a_metric", False, 15, within_s=5
    ),
    "hangs": Fault(
        "a trial hangs, --hang-after 3s", "processes.trial_hangs", False, 20, within_s=10
    ),
    "frozen": Fault(
        "a trial's process is stopped, --hang-after 3s",
        "processes.trial_frozen",
        False,
        30,
        within_s=20,
    ),
    "memory": Fault(
        "a trial killed for memory", "processes.trial_out_of_memory", False, 35, within_s=30
    ),
    "paused": Fault(
        "the driver killed while three, nine, all trials wait at a rung",
        "paused_trials.driver_killed",
        False,
        40,
    ),
    "paused-states": Fault(
        "the last state of every trial that waits damaged or gone",
        "paused_trials.last_state_damaged",
        False,
        25,
        lost=9,  # one epoch of each
    ),
    "goes-on": Fault(
        "a process killed as it goes on with a trial that waited",
        "paused_trials.process_killed_as_one_goes_on",
        False,
        30,
    ),
    "warm": Fault(
        "the driver of a warm start killed while three, six, nine trials wait",
        "paused_trials.warm_driver_killed",
        False,
        60,
    ),
    "half-line": Fault(
        "the driver killed, the journal's last line half written",
        "damaged_files.journal_half_written",
        False,
        35,
        lost=2,
    ),
    "journal-cut": Fault(
        "half of the journal lost", "damaged_files.journal_cut", False, 25, lost=99
    ),
    "journal": Fault(
        "the journal empty, gone, spoiled", "damaged_files.journal_refused", False, 25
    ),
    "journal-lost": Fault(
        "the journal deleted, moved, deleted with its folder while the sweep runs",
        "lost_files.journal_lost",
        False,
        60,
        within_s=15,
        lost=9,
    ),
    "journal-truncated": Fault(
        "half of the journal cut off while the sweep runs",
        "lost_files.journal_truncated",
        False,
        30,
        within_s=15,
        lost=99,
    ),
    "lock-lost": Fault(
        "the journal's lock deleted, then a second driver", "lost_files.lock_lost", False, 30
    ),
    "code": Fault(
        "resumed by other code than it began with", "foreign_content.code_changed", False, 25
    ),
    "cache": Fault(
        "pixels in the cache changed, size and time kept",
        "foreign_content.cache_damaged",
        False,
        25,
    ),
    "links": Fault(
        "links in the results folder, where files are written and read",
        "foreign_content.links_planted",
        False,
        30,
    ),
    "record": Fault("sweep.json cut, empty, gone", "damaged_files.record_refused", False, 25),
    "tables": Fault("tables cut, empty, gone", "damaged_files.tables_damaged", False, 60),
    "study": Fault("Optuna's study cut, empty, gone", "damaged_files.study_damaged", False, 40),
    "rays-state": Fault(
        "Ray's own state cut, empty, gone", "damaged_files.rays_state_damaged", False, 40
    ),
    "checkpoint": Fault(
        "a trial's last checkpoint damaged", "damaged_files.checkpoint_damaged", False, 20, lost=2
    ),
    "checkpoints": Fault(
        "all checkpoints of a trial damaged", "damaged_files.checkpoints_damaged", False, 20, lost=5
    ),
    "second": Fault("two drivers, one name", "processes.two_at_once", False, 20, within_s=30),
    "raylet": Fault("a worker's raylet killed", "nodes.worker_killed", False, 45, within_s=30),
    "replaced": Fault(
        "a worker added, the old one shut down", "nodes.worker_replaced", False, 45, within_s=10
    ),
    "gcs": Fault("the head's GCS killed", "nodes.head_killed", False, 110, within_s=65),
    "machine": Fault("head and driver killed at once", "nodes.machine_killed", False, 45, lost=2),
    "cut-off": Fault(
        "a worker cut off the network for 70 s, and back",
        "nodes.worker_cut_off",
        False,
        110,
        "namespaces",
        within_s=90,
    ),
    "job-stop": Fault("ray job stop as it is", "job_stops.stopped", False, 45, within_s=15),
    "job-stop-int": Fault(
        "ray job stop with SIGINT and 30 s", "job_stops.stopped_gracefully", False, 45, within_s=35
    ),
    "disk": Fault(
        "the results' disk full, then room again",
        "storage_outages.disk_full",
        False,
        35,
        "root",
        within_s=30,
        lost=12,  # one of each trial that was tried before the journal was full too
    ),
    "store": Fault(
        "an object store answers 500 for 10 s",
        "storage_outages.store_fails_for_a_while",
        False,
        45,
        "moto",
    ),
    "store-gone": Fault(
        "the same for longer than we wait (4 s)", "storage_outages.store_gone", False, 65, "moto"
    ),
    "store-driver": Fault(
        "all results in an object store, the driver killed",
        "storage_outages.driver_killed_far_from_its_results",
        False,
        40,
        "moto",
    ),
    "real-driver": Fault(
        "true training: the driver killed", "real_training.driver_killed", False, 60, lost=2
    ),
    "real-trial": Fault(
        "true training: a trial's process killed",
        "real_training.trial_killed",
        False,
        40,
        within_s=10,
        lost=2,
    ),
    "real-checkpoint": Fault(
        "true training: a last checkpoint damaged",
        "real_training.checkpoint_damaged",
        False,
        45,
        lost=3,
    ),
    "gpu": Fault(
        "on a GPU by shares, else on the CPU's JAX: a trial's process killed, Ctrl-C, worked up",
        "disturbed_gpu.injected",
        False,
        150,
        "jax",
        within_s=10,
        lost=50,  # a state is stored every ten seconds; an epoch on a GPU takes a fifth of one
    ),
}
