"""A trial waits only where its learning curve can hardly catch up with the best one.

Halving compares what trials have reached; one that starts slowly, as with augmentation, loses at
the first rung though it would win. Here its curve is continued to its own last epoch, with a
spread (`learning_curve`), and compared with the best: what a finished trial has reached, or what is
expected of one that is not. Who waits goes on while it catches up with a probability of CHANCE or
more, the most probable first; a best one that ends lower than expected calls the others back, and
those that have finished teach how much there is to gain.

All of a group, as in `halving`, reach the first rung before one of them goes on, so the order in
which they come changes nothing. With several processes more go on than with one, as some do before
the best has shown what it is worth.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from orchestrator.scheduling.schedulers.halving import group_size
from orchestrator.scheduling.schedulers.learning_curve import (
    NO_LESSON,
    Forecast,
    Outlook,
    forecasts,
    outlook,
)
from orchestrator.scheduling.schedulers.rungs import check_factor
from orchestrator.scheduling.schedulers.trial_scheduler import (
    NOTHING_FINITE,
    Decision,
    Setup,
    Verdict,
    worth,
)

CHANCE = 0.1
"""A trial waits while the probability that it catches up is below."""

LESSON_GROWTH = 1.1
"""All is forecast again once so many times as many have finished: after each of the first ten, then
seldom, as one more hardly changes it and asking all takes as long as there are trials."""

REACH = 1.2815515655446004
"""So many standard deviations above its mean a normal value comes with probability CHANCE."""


@dataclass
class _Trial:
    """One trial, so far.

    Attributes:
        epochs: that it has in all.
        group: number of the group that it began in.
        own: its rungs, in its epochs.
        curve: epoch -> value.
        reached: rung, counted from 0 -> what the curve said there of its end, if anything.
        passed: the epoch of the highest rung that it went on from.
        end: what its whole curve says, where it has finished.
        gone: whether it will report no more.
        forecast: what is expected of it, if anything.
    """

    epochs: int
    group: int
    own: tuple[int, ...]
    curve: dict[int, float] = field(default_factory=dict)
    reached: dict[int, Outlook | None] = field(default_factory=dict)
    passed: int = 0
    end: Outlook | None = None
    gone: bool = False
    forecast: Forecast | None = None

    @property
    def outlook(self) -> Outlook | None:
        """At the highest rung that it has reached."""
        return self.reached[max(self.reached)] if self.reached else None

    @property
    def went_on(self) -> list[int]:
        """The rungs that it went on from."""
        return [place for place in self.reached if self.own[place] <= self.passed]

    @property
    def waits(self) -> bool:
        """Whether it stands at a rung."""
        return not self.gone and bool(self.reached) and self.own[max(self.reached)] > self.passed


class Extrapolation:
    """All trials of one sweep, what is expected of each, and who waits.

    Args:
        setup: see there; the reduction factor says only where rungs lie and how large groups are.

    Raises:
        BadInput: for a factor below 2.
    """

    waits: ClassVar[bool] = True

    def __init__(self, setup: Setup) -> None:
        check_factor(setup.reduction_factor)
        self._setup = setup
        self._size = group_size(setup)
        self._trials: dict[str, _Trial] = {}
        self._begun = 0
        self._to_come: Counter[int] = Counter()  # group -> trials on their way to the first rung
        self._training: set[str] = set()
        self._finished: set[str] = set()
        self._lesson = NO_LESSON
        self._next_lesson = 1  # finished trials
        self._standings: list[tuple[float, str]] = []  # (expected, trial), ascending
        self._waiting: defaultdict[int, list[tuple[float, str]]] = defaultdict(list)
        """Group -> (optimistic, trial), ascending."""
        self._arrived: Counter[int] = Counter()  # rung, counted from 0 -> trials
        self._went_on: Counter[int] = Counter()

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """See `TrialScheduler`."""
        return self._setup.rungs.of(epochs)

    def begin(self, trial: str, epochs: int) -> None:
        """See `TrialScheduler`."""
        if trial in self._trials:
            return
        group = self._begun // self._size
        self._begun += 1
        self._to_come[group] += 1
        self._training.add(trial)
        self._trials[trial] = _Trial(epochs, group, self.rungs(epochs))

    def record(self, trial: str, epoch: int, value: float | None) -> None:
        """See `TrialScheduler`."""
        state = self._trials[trial]
        if state.gone:
            return
        state.curve.setdefault(epoch, worth(value))
        place = bisect_right(state.own, epoch) - 1
        if place <= max(state.reached, default=-1):
            return
        self._strike(trial)
        if not state.reached:
            self._to_come[state.group] -= 1
        state.reached[place] = outlook(state.curve, state.epochs)
        state.forecast = self._forecast(state.reached[place])
        self._enter(trial)

    def _forecast(self, seen: Outlook | None) -> Forecast | None:
        return forecasts([seen], self._lesson)[0] if seen else None

    def _enter(self, trial: str) -> None:
        """Sort it in, by what is expected of it."""
        state = self._trials[trial]
        self._arrived.update(state.reached.keys())
        self._went_on.update(state.went_on)
        if state.waits:
            self._training.discard(trial)
        if state.forecast is not None:
            insort(self._standings, (state.forecast.mean, trial))
            if state.waits:
                insort(self._waiting[state.group], (_optimistic(state.forecast), trial))

    def _strike(self, trial: str) -> None:
        """Take it out of what is sorted."""
        state = self._trials[trial]
        self._arrived.subtract(state.reached.keys())
        self._went_on.subtract(state.went_on)
        if state.forecast is not None:
            _remove(self._standings, (state.forecast.mean, trial))
            _remove(self._waiting[state.group], (_optimistic(state.forecast), trial))

    def _learn(self) -> None:
        """Forecast again what is under way, by all that have finished."""
        ends = (self._trials[name].end for name in sorted(self._finished))
        self._lesson = sum((end.evidence for end in ends if end), start=NO_LESSON)
        under_way = {n: s.outlook for n, s in self._trials.items() if s.outlook and not s.gone}
        again = forecasts(list(under_way.values()), self._lesson)
        for name, expected in zip(under_way, again, strict=True):
            self._trials[name].forecast = expected
        forecast_of = {n: s.forecast for n, s in self._trials.items() if s.forecast}
        self._standings = sorted((expected.mean, name) for name, expected in forecast_of.items())
        for group in self._waiting.values():
            group[:] = sorted((_optimistic(forecast_of[name]), name) for _, name in group)

    @property
    def _mark(self) -> float:
        """What is to be caught up with: the best that is expected."""
        return self._standings[-1][0] if self._standings else worth(None)

    def promotion(self, last: bool) -> Decision | None:
        """See `TrialScheduler`; of equals, whose name sorts first."""
        mark = self._mark
        complete = [w for group, w in self._waiting.items() if self._is_complete(group, last)]
        able = [trial for w in complete for _, trial in w[bisect_left(w, (mark, "")) :]]
        if not able and last and len(self._training | self._finished) < self._setup.finalists:
            able = [trial for w in complete for _, trial in w]
        if not able:
            return None
        trial = min(able, key=lambda name: (-self._chances(name, mark), name))
        return self._decision(trial, max(self._trials[trial].reached), Verdict.GOES_ON)

    def _is_complete(self, group: int, last: bool) -> bool:
        """Whether all of the group have reached the first rung."""
        return not self._to_come[group] and (last or self._begun >= (group + 1) * self._size)

    def _chances(self, trial: str, mark: float) -> float:
        """Sorts trials by their probability to catch up, where it is next to nothing too."""
        expected = self._trials[trial].forecast
        return (expected.mean - mark) / max(expected.spread, 1e-9) if expected else -np.inf

    def decisions(self, trial: str) -> list[Decision]:
        """See `TrialScheduler`."""
        state = self._trials[trial]
        return [self._decision(trial, place, _verdict(state, place)) for place in state.reached]

    def _decision(self, trial: str, place: int, verdict: Verdict) -> Decision:
        state = self._trials[trial]
        epoch = state.own[place]
        value = next(v for t, v in sorted(state.curve.items()) if t >= epoch)
        expected = self._forecast(state.reached[place])
        words = _words(expected, state.epochs, self._mark) if expected else NOTHING_FINITE
        return Decision(trial, epoch, value, verdict, f"rung {epoch}: {words}")

    def promoted(self, trial: str, epoch: int) -> None:
        """See `TrialScheduler`."""
        self._strike(trial)
        self._trials[trial].passed = max(epoch, self._trials[trial].passed)
        self._training.add(trial)
        self._enter(trial)

    def leave(self, trial: str, finished: bool) -> None:
        """See `TrialScheduler`; who failed is no rival any more."""
        state = self._trials[trial]
        if state.gone:
            return
        self._strike(trial)
        if not state.reached:
            self._to_come[state.group] -= 1
        self._training.discard(trial)
        state.gone = True
        state.forecast = None
        if not finished:
            state.reached.clear()
            return
        self._finished.add(trial)
        state.end = outlook(state.curve, state.epochs)
        state.forecast = Forecast(state.end.reached) if state.end else None
        self._enter(trial)
        if len(self._finished) >= self._next_lesson:
            self._learn()
            self._next_lesson = 1 + int(LESSON_GROWTH * len(self._finished))

    def summary(self) -> str:
        """See `TrialScheduler`."""
        rungs = enumerate(self._setup.rungs.epochs)
        return "   ".join(f"{t}: {self._went_on[n]} of {self._arrived[n]}" for n, t in rungs)


def _optimistic(expected: Forecast) -> float:
    """The value that it comes to with probability CHANCE."""
    return expected.mean + REACH * expected.spread


def _remove(ascending: list[tuple[float, str]], item: tuple[float, str]) -> None:
    place = bisect_left(ascending, item)
    if ascending[place : place + 1] == [item]:
        del ascending[place]


def _verdict(state: _Trial, place: int) -> Verdict:
    if state.own[place] <= state.passed:
        return Verdict.GOES_ON
    return Verdict.ENDS if state.reached[place] is None else Verdict.WAITS


def _words(expected: Forecast, epochs: int, mark: float) -> str:
    return (
        f"forecast {expected.mean:.2f} ± {expected.spread:.2f} at epoch {epochs}, catches up with "
        f"the best ({mark:.2f}) with probability {expected.probability(mark):.2f}"
    )
