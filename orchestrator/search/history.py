"""What a draw knows of the suggestions before it, whichever of their trials ended first."""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState


class History:
    """Suggestions in the order given, and what each taught once it may be known; in memory alone.

    Of the suggestion before which `n` were given, a draw knows those up to n - lag, each by one
    lesson; all later ones are under way to it, even if they have ended. So it is a function of
    earlier lessons, not of who ends first, and waits only where one is still open that far back.

    Args:
        distributions: of the space that is searched, by setting.
        lag: >= 1; None: a lesson is known as soon as it is told, and nobody waits.
    """

    def __init__(self, distributions: Mapping[str, BaseDistribution], lag: int | None) -> None:
        self._distributions = dict(distributions)
        self._lag = lag
        self._storage = InMemoryStorage()
        self._study = optuna.create_study(storage=self._storage, direction="maximize")
        self._numbers: dict[int, int] = {}
        self._lessons: dict[int, FrozenTrial] = {}
        self._known: set[int] = set()
        self._first_open = 0
        self._drawn = False

    def __len__(self) -> int:
        """How many suggestions there have been."""
        return len(self._numbers)

    def add(self, ticket: int, params: dict[str, Any]) -> None:
        """A suggestion was given; one without all of its values teaches nothing."""
        number = self._numbers[ticket] = len(self)
        if self._drawn:
            self._drawn = False
            return
        full = set(params) == set(self._distributions)
        state = TrialState.RUNNING if full else TrialState.FAIL
        distributions = {key: self._distributions[key] for key in params}
        self._study.add_trial(
            optuna.trial.create_trial(state=state, params=params, distributions=distributions)
        )
        if not full:
            self._known.add(number)

    def learn(self, ticket: int, lesson: FrozenTrial) -> None:
        """What a suggestion came to, a trial that has ended; the first word holds."""
        number = self._numbers.get(ticket)
        if number is None or number in self._known or number in self._lessons:
            return
        self._lessons[number] = lesson
        if self._lag is None:
            self._know(number)

    @property
    def ready(self) -> bool:
        """Whether the next suggestion's draw may know all that it has to."""
        if self._lag is not None:
            while self._first_open <= len(self) - self._lag:
                number = self._first_open
                if number not in self._known:
                    if number not in self._lessons:
                        return False
                    self._know(number)
                self._first_open += 1
        return True

    def draw(self, sampler: optuna.samplers.BaseSampler) -> dict[str, Any]:
        """The values that a sampler draws for the next suggestion; still to be added."""
        self._study.sampler = sampler
        trial = self._study.ask(self._distributions)
        self._drawn = True
        return dict(trial.params)

    def _know(self, number: int) -> None:
        lesson = self._lessons.pop(number)
        self._known.add(number)
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(
            self._study._study_id, number
        )
        for epoch, value in lesson.intermediate_values.items():
            self._storage.set_trial_intermediate_value(trial_id, epoch, value)
        final = lesson.value if lesson.state == TrialState.COMPLETE else None
        self._study.tell(number, values=final, state=lesson.state)
