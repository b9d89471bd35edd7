"""What the sweep asks of a scheduler: where a trial is judged, what becomes of it, who is next."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Protocol

from orchestrator.scheduling.schedulers.rungs import RungEpochs, halving_epochs

NOTHING_FINITE = "no finite value, which never goes on"
"""Why a trial ends at a rung whatever others do."""


class Verdict(Enum):
    """What becomes of a trial at a rung."""

    GOES_ON = "goes on"
    WAITS = "waits"
    ENDS = "ends"


@dataclass(frozen=True)
class Decision:
    """What becomes of one trial at one rung.

    Attributes:
        trial: its signature.
        epoch: at which it reached the rung.
        value: what it reported there; -inf stands for None, NaN and infinities.
        verdict: see there. Who waits may go on later: see `TrialScheduler.promotion`.
        reason: the same in words, for the table and the log.
    """

    trial: str
    epoch: int
    value: float
    verdict: Verdict
    reason: str

    @property
    def keep(self) -> bool:
        """Whether the trial goes on."""
        return self.verdict is Verdict.GOES_ON


@dataclass(frozen=True)
class Setup:
    """What a scheduler is made from.

    Attributes:
        rungs: where trials are compared.
        reduction_factor: one trial in this many goes on, >= 2: eta of the papers.
        epochs: of the longest trial: R of the papers.
        trials: of the sweep, at most.
        finalists: so many at least reach their last epoch where trials may wait, unless fewer have
            a finite value.
    """

    rungs: RungEpochs
    reduction_factor: int = 3
    epochs: int = 1
    trials: int = 1
    finalists: int = 1

    @property
    def grace(self) -> int:
        """The first rung's epoch: r of the papers; R where there is no rung."""
        return self.rungs.epochs[0] if self.rungs.epochs else self.epochs

    @property
    def halving_epochs(self) -> int:
        """Epochs that halving trains in all, where no trial fails or is shorter than the others."""
        return halving_epochs(
            self.trials, self.epochs, self.rungs.epochs, self.reduction_factor, self.finalists
        )


def usual_finalists(trials: int) -> int:
    """One in four, three at most: an ensemble is built from those that reach their last epoch."""
    return max(1, min(3, trials // 4))


class TrialScheduler(Protocol):
    """Compares trials while they train, and says who goes on.

    What it answers is a function of what it was told; told again, it answers the same: so a killed
    sweep gives it its journal, and goes on. It is told of a trial in this order: `begin`, then
    `record` with every epoch, `promoted` where a trial that waited goes on, `leave` at the end.

    Attributes:
        waits: whether a trial may wait at a rung; otherwise it goes on or ends at once.
    """

    waits: ClassVar[bool]

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """The epochs at which a trial of so many is judged: what it has reached is stored there."""

    def begin(self, trial: str, epochs: int) -> None:
        """A trial of so many epochs is due, and will train or has trained; telling twice is one."""

    def record(self, trial: str, epoch: int, value: float | None) -> Decision | None:
        """What a trial reached; higher is better; of a rung the first report counts.

        What follows stands in `decisions`; a scheduler may give it back at once.

        None, NaN and infinities count as worst, and never go on: a diverged trial has nothing to
        promote.
        """

    def decisions(self, trial: str) -> list[Decision]:
        """What became of the trial at the rungs that it has reached, lowest first."""

    def promotion(self, last: bool) -> Decision | None:
        """A trial that waits and may go on now, and why; None where there is none now.

        Args:
            last: whether no further trial will be begun.
        """

    def promoted(self, trial: str, epoch: int) -> None:
        """The trial goes on, or went on, from the rung that it reached at this epoch."""

    def leave(self, trial: str, finished: bool) -> None:
        """The trial has ended by itself (finished), or failed: it will reach no further rung."""

    def summary(self) -> str:
        """One line, e.g. "1: 4 of 9   3: 1 of 4": how many went on of those who arrived."""


def worth(value: float | None) -> float:
    """A reported value as it is ranked: what is not finite is worst."""
    return value if value is not None and math.isfinite(value) else -math.inf


def standing(epoch: int, reached: str, rank: int, of: int, survivors: int, to_come: int = 0) -> str:
    """A trial's place among its rivals at a rung, in words.

    Args:
        epoch: of the rung.
        reached: what it is ranked by, e.g. "best 0.41"; "" where that is not finite.
        rank: 1 for the best of those that have come.
        of: trials that reach this rung, those to come included.
        survivors: how many of them may go on.
        to_come: how many have not reached it.
    """
    if not reached:
        return f"rung {epoch}: {NOTHING_FINITE}"
    among = f"of {of} " if to_come else ""
    allowed = f"the best {among}goes on" if survivors == 1 else f"the best {survivors} {among}go on"
    if not survivors:
        allowed = "none goes on yet"
    so_far = " so far" if to_come else ""
    return f"rung {epoch}: {reached} ranks {rank} of {of - to_come}{so_far}, {allowed}"
