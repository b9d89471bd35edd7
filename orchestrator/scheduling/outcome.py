"""What the search is told of a trial."""

import math
from collections.abc import Callable, Collection

from orchestrator.scheduling.ledger import Entry
from orchestrator.search.strategy import Strategy, Suggestion, TrialOutcome

METRIC = "validation_accuracy"
"""What trials are ranked by: 7-class accuracy on validation; higher is better."""


def outcome(entry: Entry, run: str = "") -> TrialOutcome:
    """What the search strategy is told of a trial.

    A pruned trial is told as pruned, with what it reached on the way; so is a diverged one, because
    a failure would make Optuna forget the place and ask for it again. A trial that raised an error
    says nothing about its configuration and is told as failed.

    Args:
        entry: of the trial.
        run: name of its run in TensorBoard, for people who open the study.
    """
    path = [(e, row[METRIC]) for e, row in sorted(entry.rows.items()) if math.isfinite(row[METRIC])]
    best = entry.best_row(METRIC)
    attributes: dict[str, str | int] = {"trial": entry.trial, "reason": entry.error or entry.reason}
    if run:
        attributes["run"] = run
    if best is not None:
        attributes["best_epoch"] = best["epoch"]
    if entry.status in ("completed", "stopped_early", "reused") and best is not None:
        return TrialOutcome("completed", best[METRIC], path, attributes)
    if entry.error or entry.status == "running" or not entry.rows:
        return TrialOutcome("failed", None, path, attributes)
    return TrialOutcome("pruned", None, path, attributes)


def at_rung(entry: Entry, rung: int) -> TrialOutcome | None:
    """What a trial had come to at this epoch: the best so far; None where it has not reached it."""
    if max(entry.rows, default=0) < rung:
        return None
    values = [row[METRIC] for epoch, row in entry.rows.items() if epoch <= rung]
    best = max((value for value in values if math.isfinite(value)), default=None)
    return TrialOutcome("pruned", None, () if best is None else [(rung, best)])


class TrialSource:
    """The search strategy, and what it is told of the trials that it gave.

    Args:
        strategy: where new configurations come from.
        first_rung: of a trial, in its epochs: what it had come to there is what later suggestions
            know of it, however far it goes, so that they need not wait for its end, and do not
            depend on who ended before they were drawn. None: they know what it came to at its end.

    Attributes:
        run_name: names a trial's run in TensorBoard for the search's record; None: not recorded.
    """

    def __init__(self, strategy: Strategy, first_rung: Callable[[Entry], int | None]) -> None:
        self.run_name: Callable[[Entry], str] | None = None
        self._strategy = strategy
        self._first_rung = first_rung
        self._unused: list[Suggestion] = []
        self._learnt: set[int] = set()  # tickets, so that a row costs the same however many came

    def remind(self, entry: Entry) -> int | None:
        """Make sure, after an interruption, that the search knows a trial.

        Returns:
            The trial's new ticket, where the search had forgotten it, e.g. as its file was lost.
        """
        under_way = entry.pending and entry.status != "paused"
        ended = None if under_way else self._outcome(entry)
        ticket = self._strategy.recall(entry.ticket, entry.config, ended)
        present = entry.ticket if ticket is None else ticket
        self._learn(entry, present)
        if ended is not None:
            self._strategy.tell(present, ended)
        return ticket

    def take_up(self, used: Collection[int]) -> None:
        """Suggestions that were drawn before an interruption and not used come first."""
        tickets = self._strategy.open_tickets().items()
        self._unused = [Suggestion(*ticket) for ticket in tickets if ticket[0] not in used]

    def ready(self) -> bool:
        """Whether a suggestion can be given now."""
        return bool(self._unused) or self._strategy.ready()

    def suggestion(self) -> Suggestion | None:
        """The next one; None where all have been given."""
        return self._unused.pop(0) if self._unused else self._strategy.ask()

    def reached(self, entry: Entry) -> None:
        """A trial has reported a row, and goes on."""
        self._learn(entry, entry.ticket)

    def tell(self, entry: Entry, ticket: int | None = None) -> None:
        """A trial has ended, or waits; ticket: of another suggestion of the same trial."""
        ticket = entry.ticket if ticket is None else ticket
        self._learn(entry, ticket)
        self._strategy.tell(ticket, self._outcome(entry))

    def give_up(self, entry: Entry) -> None:
        """A trial is left as it is, and nobody waits for what it would come to."""
        self._strategy.learn(entry.ticket, TrialOutcome("failed"))

    def _learn(self, entry: Entry, ticket: int) -> None:
        if ticket in self._learnt or (rung := self._first_rung(entry)) is None:
            return
        if (lesson := at_rung(entry, rung)) is not None:
            self._learnt.add(ticket)
            self._strategy.learn(ticket, lesson)

    def _outcome(self, entry: Entry) -> TrialOutcome:
        return outcome(entry, self.run_name(entry) if self.run_name else "")
