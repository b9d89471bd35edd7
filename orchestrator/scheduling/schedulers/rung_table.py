"""Who has reached which rung with what, who went on from there, who waits.

Trials are ranked by their best epoch so far, whose weights are kept, not by the rung's own as in
the papers: validation accuracy of a single epoch may fall by chance, at a constant learning rate
far (results/log.md: the best of 72 trials was 46th at epoch 9, and first by its best so far).
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from orchestrator.scheduling.schedulers.trial_scheduler import Decision, Verdict, standing, worth

Key = tuple[float, int, str]
"""(-value, number of arrival, trial): sorts the best first, equals in order of arrival."""


@dataclass
class Rung:
    """One rung: asking for the next who may go on costs the same however many have arrived.

    Attributes:
        epoch: of the longest trial.
        arrived: trial -> (epoch, best value so far), in order of arrival.
        promoted: trials that went on.
    """

    epoch: int
    arrived: dict[str, tuple[int, float]] = field(default_factory=dict)
    promoted: set[str] = field(default_factory=set)
    _ranking: list[Key] = field(default_factory=list)
    _waiting: list[Key] = field(default_factory=list)
    _keys: dict[str, Key] = field(default_factory=dict)
    _arrivals: int = 0

    def arrive(self, trial: str, epoch: int, value: float) -> None:
        """The trial has reached the rung; the first report counts."""
        if trial in self.arrived:
            return
        key = (-value, self._arrivals, trial)
        self._arrivals += 1
        self.arrived[trial], self._keys[trial] = (epoch, value), key
        insort(self._ranking, key)
        if value > worth(None):
            insort(self._waiting, key)

    def withdraw(self, trial: str) -> None:
        """It waits no more: it goes on, or it has ended."""
        key = self._keys.get(trial)
        if key is not None:
            place = bisect_left(self._waiting, key)
            if place < len(self._waiting) and self._waiting[place] == key:
                del self._waiting[place]

    def promote(self, trial: str) -> None:
        """It goes on."""
        self.promoted.add(trial)
        self.withdraw(trial)

    def remove(self, trial: str) -> None:
        """As if it had never arrived."""
        self.withdraw(trial)
        self.promoted.discard(trial)
        if trial in self.arrived:
            del self.arrived[trial]
            self._ranking.remove(self._keys.pop(trial))

    @property
    def best_waiting(self) -> str | None:
        """The best of those that wait."""
        return self._waiting[0][2] if self._waiting else None

    def waiting_among(self, best: int) -> int:
        """How many of so many best wait."""
        if best >= len(self._ranking):
            return len(self._waiting)
        return bisect_left(self._waiting, self._ranking[best])

    def rank(self, trial: str) -> int:
        """Place among all that have arrived, 1 for the best."""
        return 1 + bisect_left(self._ranking, self._keys[trial])

    def decision(self, trial: str, verdict: Verdict, of: int, survivors: int) -> Decision:
        """What becomes of a trial that has arrived.

        Args:
            trial: its signature.
            verdict: see there.
            of: trials that it is compared with, itself and those to come included.
            survivors: how many of them may go on.
        """
        epoch, value = self.arrived[trial]
        reached = f"best {value:.4g}" if value > worth(None) else ""
        to_come = of - len(self.arrived)
        reason = standing(epoch, reached, self.rank(trial), of, survivors, to_come)
        return Decision(trial, epoch, value, verdict, reason)

    def verdict(self, trial: str) -> Verdict:
        """What has become of a trial that has arrived."""
        if trial in self.promoted:
            return Verdict.GOES_ON
        return Verdict.WAITS if self.arrived[trial][1] > worth(None) else Verdict.ENDS


class BestSoFar:
    """The best value of every trial, as it is told of its epochs."""

    def __init__(self) -> None:
        self._best: dict[str, float] = {}

    def after(self, trial: str, value: float | None) -> float:
        """With this epoch's value; worst where that is not finite: the trial has diverged."""
        now = worth(value)
        self._best[trial] = max(now, self._best.get(trial, now))
        return self._best[trial] if now > worth(None) else now


def summary(rungs: list[Rung]) -> str:
    """One line, e.g. "1: 4 of 9   3: 1 of 4": how many went on of those who arrived."""
    return "   ".join(f"{r.epoch}: {len(r.promoted)} of {len(r.arrived)}" for r in rungs)
