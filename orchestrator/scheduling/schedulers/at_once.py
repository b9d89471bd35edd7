"""Schedulers that decide as a trial arrives: it goes on or ends at once, and nobody waits."""

from typing import ClassVar

from orchestrator.scheduling.schedulers.trial_scheduler import Decision, Setup


class AtOnce:
    """What such schedulers share: the decisions taken at each rung, in order of arrival.

    Args:
        setup: see there.

    Attributes:
        judged: rung -> trial -> decision, the lowest rung first, trials in order of arrival.
    """

    waits: ClassVar[bool] = False

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.judged: dict[int, dict[str, Decision]] = {rung: {} for rung in setup.rungs.epochs}

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """See `TrialScheduler`."""
        return self._setup.rungs.of(epochs)

    def decisions(self, trial: str) -> list[Decision]:
        """The trial's decisions, lowest rung first."""
        return [judged[trial] for judged in self.judged.values() if trial in judged]

    def promotion(self, last: bool) -> Decision | None:
        """Nobody waits."""
        return None

    def promoted(self, trial: str, epoch: int) -> None:
        """It went on when it arrived."""

    def leave(self, trial: str, finished: bool) -> None:
        """Nobody waits for it."""

    def summary(self) -> str:
        """See `TrialScheduler`."""
        return "   ".join(
            f"{rung}: {sum(d.keep for d in judged.values())} of {len(judged)}"
            for rung, judged in self.judged.items()
        )
