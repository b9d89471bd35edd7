"""A stage for the scheduler: trials that follow a script, and a loop that plays them. For tests.

Nothing is trained and no Ray is started; what Tune does between two rows is done here by a loop.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

from orchestrator.config import TrialConfig
from orchestrator.scheduling.earlier_trials import rivals
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.limits import Limits
from orchestrator.scheduling.outcome import METRIC
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.scheduling.schedulers.asha import Asha
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS
from orchestrator.scheduling.schedulers.rivals import with_rivals
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup as SchedulerSetup
from orchestrator.search.axes import Axis, Categorical, Constant, Real
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup
from orchestrator.search.study import open_journal
from orchestrator.testing.stand_ins import ListJournal

EPOCHS = 9
RATES = Categorical((0.06, 0.02, 0.09, 0.01, 0.12, 0.04, 0.03, 0.11, 0.05, 0.08, 0.07, 0.1))
GRID: dict[str, Axis] = {"learning_rate": RATES, "epochs": Constant(EPOCHS)}
MIXED: dict[str, Axis] = {
    "learning_rate": Real(1e-3, 1e-1, log=True),
    "dropout": Categorical((0.0, 0.2, 0.4)),
    "epochs": Constant(EPOCHS),
}
BASE = TrialConfig(data="d1", precision="float32")

Script = Callable[[TrialConfig], Sequence[dict[str, Any]]]
"""Configuration -> what its trial reports, one result an epoch, the last with "stop"."""


METADATA = {"parameters": 4321, "hardware": "a machine"}


def row(epoch: int, accuracy: float, **changes: Any) -> dict[str, Any]:
    """All numbers of an epoch, plausible for the accuracy."""
    return {
        "epoch": epoch,
        "learning_rate": 0.01,
        "train_loss": 2.0 - accuracy,
        "train_accuracy": accuracy,
        "validation_loss": 2.0 - accuracy,
        "validation_accuracy": accuracy,
        "validation_binary_accuracy": 0.8857,
        "validation_macro_f1": accuracy,
        "validation_top2": min(1.0, accuracy + 0.1),
        "validation_ece": 0.05,
        "seconds": 2.0,
        "images_per_second": 1000.0,
        **changes,
    }


def _rows(accuracies: Sequence[float]) -> list[dict[str, Any]]:
    return [row(t, accuracy) | METADATA for t, accuracy in enumerate(accuracies, 1)]


def completed(accuracies: Sequence[float]) -> list[dict[str, Any]]:
    """A trial with these accuracies that then has done all its epochs."""
    return _ending(_rows(accuracies), "epochs", "all epochs done")


def patient(accuracies: Sequence[float]) -> list[dict[str, Any]]:
    """A trial that stops itself because it no longer gets better."""
    return _ending(_rows(accuracies), "patience", "no better loss")


def diverged(accuracies: Sequence[float]) -> list[dict[str, Any]]:
    """A trial whose loss and accuracy are not finite in one epoch more."""
    rows = _rows([*accuracies, math.nan])
    return _ending(rows, "diverged", f"train_loss is not finite at epoch {len(rows)}")


def failing(accuracies: Sequence[float]) -> list[dict[str, Any]]:
    """A trial that raises an error instead of one epoch more."""
    rows = _rows(accuracies)
    return [*rows, {"epoch": 0, "failure": "ValueError: no such layer"}]


def _ending(rows: list[dict[str, Any]], kind: str, reason: str) -> list[dict[str, Any]]:
    rows[-1] |= {"stop": kind, "stop_reason": reason}
    return rows


def rising(config: TrialConfig) -> list[dict[str, Any]]:
    """Accuracy after epoch t is 8 x rate x (1 - 2^-t): the learning rate orders all trials."""
    best = config.learning_rate * 8
    return completed([best * (1 - 0.5**t) for t in range(1, config.epochs + 1)])


def eventful(config: TrialConfig) -> list[dict[str, Any]]:
    """By a digit of the rate: fails, diverges, waits in vain, or goes through."""
    kind = round(config.learning_rate * 1000) % 5
    curve = [result[METRIC] for result in rising(config)]
    if kind == 0:
        return failing(curve[:1])
    if kind == 1:
        return diverged(curve[:2])
    if kind == 2:
        return patient(curve[:3])  # at a rung, which may condemn it in the same breath
    return completed(curve)


@dataclass
class Stage:
    """Plays trials to their ends, one result at a time.

    Attributes:
        script: what each trial reports.
        slots: trials at once.
        seed: of the order in which running trials report.
        behind: epochs by which a trial's checkpoint is older than its last row in the ledger.
        trained: trials in the order begun, those of an earlier process not among them.
    """

    script: Script
    slots: int = 1
    seed: int = 0
    behind: int = 0

    def __post_init__(self) -> None:
        self.trained: list[str] = []

    def play(self, scheduler: Scheduler, results: float = math.inf) -> None:
        """Until nothing is left to do, or so many results have been given."""
        rng, live = random.Random(self.seed), dict[str, list[dict[str, Any]]]()
        while results > 0:
            self._fill(scheduler, live)
            if not live:
                assert scheduler.over, "nothing runs, nothing comes, and it is not over"
                return
            trial = rng.choice(sorted(live))
            if not scheduler.goes_on(trial, live[trial].pop(0)):
                del live[trial]
            results -= 1

    def _fill(self, scheduler: Scheduler, live: dict[str, list[dict[str, Any]]]) -> None:
        while len(live) < self.slots and (config := scheduler.next_trial()):
            trial = config.signature()
            assert trial not in live, f"{trial} runs twice"
            scheduler.started(trial)
            done = len(scheduler.ledger.entries[trial].rows) - self.behind
            live[trial] = list(self.script(config))[max(0, done) :]
            self.trained.append(trial)


def conduct(
    journal: Any = None,
    search: str = "grid",
    axes: dict[str, Axis] = GRID,
    rungs: Sequence[int] = (1, 3),
    rule: str = "asha",
    study: Path | None = None,
    **more: Any,
) -> Scheduler:
    """A scheduler on a journal, as `driver.run` makes it; more: of `Limits`, finished, lag."""
    journal = ListJournal() if journal is None else journal
    ledger = Ledger(journal, journal.read())
    given = 1 + max((entry.ticket for entry in ledger.entries.values()), default=-1)
    search_with = Setup(
        SearchSpace(axes),
        seed=3,
        file=study,
        given=given,
        extensions=ledger.extensions,
        lag=more.pop("lag", None),
    )
    finished = {"finished": more.pop("finished")} if "finished" in more else {}
    finalists = more.pop("finalists", 1)
    limits = Limits(**{"trials": 12, **more})
    setup = SchedulerSetup(RungEpochs(tuple(rungs)), 3, EPOCHS, limits.trials, finalists)
    return Scheduler(
        base=BASE,
        ledger=ledger,
        strategy=SEARCHES[search](search_with),
        rule=with_rivals(SCHEDULERS[rule](setup), rivals(ledger.earlier)) if rungs else None,
        limits=limits,
        **finished,
    )


def statuses(scheduler: Scheduler) -> dict[str, str]:
    """Trial -> status, in the order asked."""
    return {trial: entry.status for trial, entry in scheduler.ledger.entries.items()}


def arrivals(rungs: Asha) -> dict[int, list[tuple[str, float, bool]]]:
    """Rung -> (trial, value, whether it went on) in order of arrival."""
    return {
        milestone: [(d.trial, d.value, d.keep) for d in judged.values()]
        for milestone, judged in rungs.judged.items()
    }


def study_of(file: Path, name: str = "sweep") -> list[optuna.trial.FrozenTrial]:
    """The trials of a study's file, whoever wrote it."""
    return optuna.load_study(storage=open_journal(file), study_name=name).get_trials()
