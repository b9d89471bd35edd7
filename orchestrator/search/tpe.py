"""Which configuration to try next: strategies that are asked and told.

A strategy knows nothing of Ray: it gives numbered suggestions and hears how they ended. All three
continue after a crash as if nothing had happened: the grid and the random search because
suggestion i depends on (setup, i) alone, TPE because its history lies in a file.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from orchestrator.errors import BadInput
from orchestrator.search.axes import Axis, Categorical, Constant, Integer
from orchestrator.search.history import History
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup, Suggestion, TrialOutcome
from orchestrator.search.study import calm_optuna, describe, open_journal

WARM_UP = 8
"""Trials whose results must be known before TPE leaves random search."""
GOES_ON_FROM = "goes on from trial"
"""Attribute of a trial that another of the study, told as pruned while it waited, went on to be."""
EPOCHS = "epochs"
REDRAWS = 10
"""Times TPE is asked again where it repeats a configuration, before an untried one is drawn."""


class TpeSearch:
    """Optuna's tree-structured Parzen estimator, its study kept in a journal file.

    Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (NeurIPS 2011), section 4;
    multivariate, running trials taken for poor ones ("constant liar"), as in Optuna 5; at random
    until WARM_UP trials are known. Tickets are Optuna's trial numbers. Each draw is seeded by
    (seed, number of suggestions), and knows what `History` lets it: with a lag, a resumed search
    and one whose trials end in another order ask the same. No configuration is suggested twice.
    The study is the record, told the truth; `optuna-dashboard FILE` reads along.

    Once a sweep was extended to another space, a study of its own in the same file goes on: it is
    told the trials of before that lie inside, those of fewer epochs too. Where trials are longer
    now, the configurations that had come to an end of their own are asked again first, best first;
    those that a rung had stopped are not.

    Raises:
        BadInput: for a file that is no Optuna journal, or a study of another space.
    """

    def __init__(self, setup: Setup) -> None:
        calm_optuna()
        self._setup = setup
        axes, varied = setup.space.axes, setup.space.varied
        self._free = SearchSpace({key: axes[key] for key in varied})
        fixed = SearchSpace({key: axis for key, axis in axes.items() if key not in varied})
        self._fixed = next(fixed.grid())
        self._distributions = {key: _distribution(axes[key]) for key in varied}
        self._shorter: dict[int, tuple[float, dict[str, Any]]] = {}
        self._of_before: set[int] = set()
        self._open()
        self._check_space()
        self._history = History(self._distributions, setup.lag)
        self._ended: list[FrozenTrial] = []
        for trial in self._trials():
            if trial.state == TrialState.RUNNING and set(trial.params) != set(self._free.axes):
                self._study.tell(trial.number, state=TrialState.FAIL)  # killed while it was drawn
            if GOES_ON_FROM not in trial.user_attrs:
                self._history.add(trial.number, trial.params)
                self._ended += [trial] if trial.state.is_finished() else []

    def _open(self) -> None:
        setup = self._setup
        extension = f", extension {setup.extensions}" if setup.extensions else ""
        self._name = setup.name + extension
        self._storage = InMemoryStorage() if setup.file is None else open_journal(setup.file)
        self._study = optuna.create_study(
            storage=self._storage, study_name=self._name, direction="maximize", load_if_exists=True
        )
        describe(self._study, setup.question)
        self._study_id = self._storage.get_study_id_from_name(self._name)

    def ask(self) -> Suggestion | None:
        """The next configuration; None once a finite space is exhausted."""
        self.ready()
        here = [trial for trial in self._trials() if trial.number not in self._of_before]
        tried = {tuple(trial.params.get(key) for key in self._free.axes) for trial in here}
        again = self._due(tried)
        if again is not None:
            return Suggestion(self._add(again, None), self._values(again))
        if self._free.size is not None and len(tried) >= self._free.size:
            return None
        sampler = _Sampler(self._free, (self._setup.seed, len(self._history)), tried)
        params = self._history.draw(sampler)
        return Suggestion(self._add(params, None), self._values(params))

    def ready(self) -> bool:
        """Whether the results of all suggestions are known that the next one has to know."""
        while self._ended:  # of what nobody has told more by now, the study's own word holds
            trial = self._ended.pop()
            self._history.learn(trial.number, trial)
        return self._history.ready

    def learn(self, ticket: int, outcome: TrialOutcome) -> None:
        """What later suggestions may know of a trial; the study is not told."""
        self._history.learn(ticket, self._frozen({}, outcome))

    def _due(self, tried: set[tuple[Any, ...]]) -> dict[str, Any] | None:
        """What comes before any draw: `Setup.first`, then the best that had fewer epochs."""
        first = [{key: values[key] for key in self._free.axes} for values in self._setup.first]
        ranked = sorted(self._shorter.values(), key=lambda pair: pair[0], reverse=True)
        due = [*first, *(params for _, params in ranked)]
        return next((params for params in due if tuple(params.values()) not in tried), None)

    def tell(self, ticket: int, outcome: TrialOutcome) -> None:
        """Writes the outcome into the study, truthfully.

        A pruned trial is PRUNED, never COMPLETE, its value the last one it reported: TPE ranks it
        below all completed ones, by how far it came. A failed one is FAIL, which TPE leaves out.
        A trial that completed without a finite value (it diverged) is PRUNED as well, so that TPE
        learns to keep away. Values that are not finite are not reported: a trial ranks by how far
        it came alive.

        Raises:
            BadInput: for a ticket that this study has not given.
        """
        if ticket < 0:
            return
        self.learn(ticket, outcome)
        try:
            trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, ticket)
        except KeyError:
            raise BadInput(
                f"study {self._name!r} has no trial {ticket}; "
                f"its file {self._setup.file} may be of another sweep"
            ) from None
        earlier = self._storage.get_trial(trial_id)
        if earlier.state.is_finished():
            self._tell_end(earlier, outcome)
            return
        for epoch, value in _finite(outcome.intermediate).items():
            self._storage.set_trial_intermediate_value(trial_id, epoch, value)
        for name, attribute in outcome.attributes.items():  # first: an ended trial takes no more
            self._storage.set_trial_user_attr(trial_id, name, attribute)
        state = _state(outcome)
        final = outcome.value if state == TrialState.COMPLETE else None
        self._study.tell(ticket, values=final, state=state)

    def _tell_end(self, earlier: FrozenTrial, outcome: TrialOutcome) -> None:
        """Add what a trial came to that was told as pruned: Optuna changes no trial that ended."""
        if earlier.state != TrialState.PRUNED or _state(outcome) != TrialState.COMPLETE:
            return
        if any(t.user_attrs.get(GOES_ON_FROM) == earlier.number for t in self._trials()):
            return
        self._study.add_trial(
            optuna.trial.create_trial(
                state=TrialState.COMPLETE,
                value=outcome.value,
                params=earlier.params,
                distributions=earlier.distributions,
                intermediate_values=_finite(outcome.intermediate),
                user_attrs={**outcome.attributes, GOES_ON_FROM: earlier.number},
            )
        )

    def open_tickets(self) -> dict[int, dict[str, Any]]:
        """Running trials of the study, those of an earlier process too."""
        running = (t for t in self._trials() if t.state == TrialState.RUNNING)
        return {trial.number: self._values(trial.params) for trial in running}

    def recall(
        self, ticket: int, values: Mapping[str, Any], outcome: TrialOutcome | None
    ) -> int | None:
        """Adds the trial where the study does not hold it: its file was lost, or is another's.

        Returns:
            None where the study holds these values under this ticket, or they lie outside of the
            space; otherwise the new ticket.
        """
        space, trials = self._setup.space, self._trials()
        params = {key: values[key] for key in self._free.axes}
        held = 0 <= ticket < len(trials) and trials[ticket].params == params
        if not held:
            if not space.holds(values, but=() if EPOCHS in self._free.axes else (EPOCHS,)):
                return None
            ticket = self._add(params, outcome)
        if not space.holds(values):
            self._of_before.add(ticket)
            epochs, most = values.get(EPOCHS, 0), space.highest(EPOCHS)
            if epochs < most and outcome and _state(outcome) == TrialState.COMPLETE:
                self._shorter[ticket] = (outcome.value or 0.0, params)
        return None if held else ticket

    def _add(self, params: dict[str, Any], outcome: TrialOutcome | None) -> int:
        """The new ticket of a trial that the study did not suggest."""
        number = len(self._trials())
        self._study.add_trial(self._frozen(params, outcome))
        self._history.add(number, params)
        return number

    def _frozen(self, params: dict[str, Any], outcome: TrialOutcome | None) -> FrozenTrial:
        """A trial as Optuna keeps it; one without an outcome is under way."""
        state = TrialState.RUNNING if outcome is None else _state(outcome)
        return optuna.trial.create_trial(
            state=state,
            value=outcome.value if outcome and state == TrialState.COMPLETE else None,
            params=params,
            distributions=self._distributions if params else {},
            intermediate_values=_finite(outcome.intermediate if outcome else ()),
            user_attrs=dict(outcome.attributes if outcome else {}),
        )

    def _trials(self) -> list[FrozenTrial]:
        trials: list[FrozenTrial] = self._study.get_trials(deepcopy=False)
        return trials

    def _values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        values = {**self._fixed, **params}
        return {key: values[key] for key in self._setup.space.axes}

    def _check_space(self) -> None:
        ours = self._distributions
        for trial in self._trials():
            for key, distribution in trial.distributions.items():
                if ours.get(key) != distribution:
                    raise BadInput(
                        f"{self._setup.file} searched {key} in {distribution}, this sweep asks "
                        f"for {ours.get(key, 'no search of it')}; give the sweep another --name"
                    )


class _Sampler(optuna.samplers.TPESampler):  # type: ignore[misc, unused-ignore]
    """TPE for one draw: over the whole known space, and nothing that has been tried."""

    def __init__(
        self, space: SearchSpace, seed: tuple[int, int], tried: set[tuple[Any, ...]]
    ) -> None:
        entropy = int(np.random.SeedSequence(seed).generate_state(1)[0])
        super().__init__(n_startup_trials=WARM_UP, seed=entropy)
        self._space = space
        self._generator = np.random.default_rng(seed)
        self._tried = tried

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {key: _distribution(axis) for key, axis in self._space.axes.items()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        for _ in range(REDRAWS):
            params = super().sample_relative(study, trial, search_space)
            if not params:  # still warming up
                break
            values = {key: axis.snap(params[key]) for key, axis in self._space.axes.items()}
            if tuple(values.values()) not in self._tried:
                return values
        return self._space.sample_untried(self._generator, self._tried) or {}


def _distribution(axis: Axis) -> BaseDistribution:
    if isinstance(axis, Categorical | Constant):
        return CategoricalDistribution(axis.values)
    # Optuna has no stepped logarithmic range: the draw is snapped to the step afterwards.
    if isinstance(axis, Integer):
        return IntDistribution(axis.low, axis.high, axis.log, 1 if axis.log else axis.step)
    return FloatDistribution(axis.low, axis.high, axis.log, None if axis.log else axis.step)


def _finite(rows: Iterable[tuple[int, float | None]]) -> dict[int, float]:
    return {epoch: float(v) for epoch, v in rows if v is not None and math.isfinite(v)}


def _state(outcome: TrialOutcome) -> TrialState:
    if outcome.state == "failed":
        return TrialState.FAIL
    alive = outcome.value is not None and math.isfinite(outcome.value)
    return TrialState.COMPLETE if outcome.state == "completed" and alive else TrialState.PRUNED
