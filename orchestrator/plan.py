"""A request, worked out: the space, the rungs, the data, the folder; nothing is started here."""

import dataclasses
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator import sweeps
from orchestrator.config import Sweep, TrialConfig
from orchestrator.data.faces import Splits
from orchestrator.data.reading import Reading
from orchestrator.data.remote.uris import absolute
from orchestrator.errors import BadInput
from orchestrator.models.options import Options, locate_weights
from orchestrator.process import backend as backends
from orchestrator.request import SweepRequest
from orchestrator.resumption import (
    EPOCHS,
    TRIALS,
    Change,
    Comparison,
    Overrides,
    Record,
    backend_on_record,
    read_record,
    scheduler_on_record,
)
from orchestrator.scheduling.schedulers.catalogue import in_force
from orchestrator.scheduling.schedulers.rungs import RungEpochs, milestones
from orchestrator.scheduling.schedulers.trial_scheduler import Setup, usual_finalists
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.space import SearchSpace
from orchestrator.seeds import with_seeds
from orchestrator.training.inputs import DataSource
from results.journal.open_journal import has_journal
from results.paths import Paths
from results.store import Store


@dataclass(frozen=True)
class Question:
    """What every trial of a sweep was asked.

    Attributes:
        sweep: the sweep's name.
        validation_n: images that accuracy is measured on.
        majority: share of their most frequent class, 0 to 1.
        classes: number of classes.
        backend: what computes.
    """

    sweep: str
    validation_n: int
    majority: float
    classes: int
    backend: str = backends.BEFORE

    @classmethod
    def on(cls, sweep: str, splits: Splits, backend: str = backends.BEFORE) -> "Question":
        """The question that a sweep asks of a data set."""
        counts = np.bincount(splits.validation.labels, minlength=len(splits.classes))
        n = int(counts.sum())
        return cls(sweep, n, float(counts.max() / n), len(counts), backend)


@dataclass(frozen=True)
class Plan:
    """Everything that a sweep will do, decided before it begins.

    Attributes:
        sweep: the question, with the command line's budget.
        space: what is searched, with the command line's settings in it.
        seed: of the search, and of trials unless the space varies it.
        source: where the data set is found, bound to its digest.
        splits: the data set.
        results: holds the sweeps' folders.
        name: of the sweep's own folder.
        resume: whether the folder holds the beginning of this sweep.
        scheduler: who goes on at a rung, by name; "" where no trial is stopped early.
        rungs: where trials may be compared; none where none is stopped early. See `comparison`.
        precision: "auto" until it has been chosen; see `with_precision`.
        backend: "auto" until it has been chosen; see `with_backend`.
        backend_reason: why that one, a few words.
        overrides: what command lines have put in place of the question's own words.
        changes: what this resuming extends; none where it only goes on.
    """

    sweep: Sweep
    space: SearchSpace
    seed: int
    source: DataSource
    splits: Splits
    results: Store
    name: str
    resume: bool
    scheduler: str
    rungs: RungEpochs
    precision: str
    backend: str = backends.AUTO
    backend_reason: str = ""
    overrides: Overrides = field(default_factory=Overrides)
    changes: tuple[Change, ...] = ()

    @cached_property
    def store(self) -> Store:
        """The sweep's own folder."""
        return self.results.below(self.name)

    @property
    def folder(self) -> str:
        """The same, as it is shown."""
        return self.store.root

    @property
    def question(self) -> Question:
        """What every trial is asked."""
        return Question.on(self.name, self.splits, self.backend)

    @property
    def searches_elsewhere(self) -> bool:
        """Whether this resuming changes the space, and not only the number of trials."""
        return any(change.what != TRIALS for change in self.changes)

    @property
    def trials(self) -> int:
        """Configurations at most: the budget, or the size of a smaller space."""
        most = self.sweep.budget.trials
        return min(most, self.space.size or most)

    @property
    def comparison(self) -> Setup:
        """What the scheduler of its trials is made from."""
        budget, trials = self.sweep.budget, self.trials
        finalists = budget.finalists or usual_finalists(trials)
        setup = Setup(self.rungs, budget.reduction_factor, self.most_epochs, trials, finalists)
        return in_force(self.scheduler, setup)

    def epochs_of(self, trials: int) -> int:
        """Epochs that so many trials take in all, where they wait at rungs."""
        return dataclasses.replace(self.comparison, trials=trials).halving_epochs

    @property
    def base(self) -> TrialConfig:
        """What every suggestion is put into."""
        return TrialConfig(seed=self.seed, data=self.splits.digest, precision=self.precision)

    @property
    def most_epochs(self) -> int:
        """Epochs of the longest trial."""
        return int(self.space.highest("epochs"))

    def identity(self) -> dict[str, Any]:
        """What must be the same when the sweep is resumed; stands in `sweep.json`."""
        budget = self.sweep.budget
        rows = enumerate(self.space.differences(), 1)
        return {
            "space": self.space.describe()
            | {f"configuration {number}": text for number, text in rows},
            "search": self.sweep.search,
            "grace_epochs": budget.grace_epochs,
            "reduction_factor": budget.reduction_factor,
            "early_stopping": budget.early_stopping,
            "scheduler": self.scheduler,
            "rungs_by": budget.rungs,
            "finalists": budget.finalists,
            "seed": self.seed,
            "data": self.splits.digest,
        }


def make(request: SweepRequest, sweep: Sweep | None = None) -> Plan:
    """Work a request out.

    Args:
        request: of the user.
        sweep: the question, where it does not stand in a file that the request names.

    Raises:
        BadInput: for anything in it that cannot be used.
    """
    backends.check(request.backend)
    sweep = sweep or sweeps.load(request.question)
    results = _results(request)
    name, resume = _name(request, sweep, results)
    record = read_record(results.below(name)) if resume else None
    named = with_seeds(request, sweep, _overrides(request))
    overrides = record.overrides.under(named) if record else named
    if overrides.trials is not None:
        budget = dataclasses.replace(sweep.budget, trials=overrides.trials)
        sweep = dataclasses.replace(sweep, budget=budget)
    space = _space(sweep, overrides)
    source = _source(request, sweep)
    splits = source.open()
    budget, epochs = sweep.budget, int(space.highest("epochs"))
    rungs = milestones(budget.grace_epochs, budget.reduction_factor, epochs)
    scheduler = scheduler_on_record(record, request.scheduler or budget.scheduler)
    plan = Plan(
        sweep=sweep,
        space=space,
        seed=_seed(request, record),
        source=dataclasses.replace(source, digest=splits.digest),
        splits=splits,
        results=results,
        name=name,
        resume=resume,
        scheduler=scheduler if budget.early_stopping else "",
        rungs=RungEpochs(
            rungs if budget.early_stopping else (), epochs if budget.rungs == "fraction" else 0
        ),
        precision="auto",
        backend=request.backend,
        overrides=overrides,
    )
    if not request.address:  # a cluster's nodes have their own files
        _check_weights(space)
    return _resumed(plan, record, named) if record else plan


def _overrides(request: SweepRequest) -> Overrides:
    """What the command line puts in place of the question's own words."""
    settings = dict(request.settings)
    if settings.get("weights", "none") not in ("none", "imagenet"):
        settings["weights"] = absolute(settings["weights"], "weights")
    if request.epochs is not None:
        settings[EPOCHS] = str(request.epochs)
    return Overrides(request.trials, settings)


def _seed(request: SweepRequest, record: Record | None) -> int:
    if request.seed is not None:
        return request.seed
    return int(record.content["identity"]["seed"]) if record else 0


def _resumed(plan: Plan, record: Record, named: Overrides) -> Plan:
    """The plan of a resumed sweep, after making sure that it asks what was asked, or more.

    Raises:
        BadInput: naming the first difference that is no extension.
    """
    precision = record.content["precision"]
    plan = with_backend(plan, backend_on_record(record, plan.backend))
    plan = with_precision(plan, precision)

    def space_with(overrides: Overrides) -> SearchSpace:
        return _space(plan.sweep, overrides).settle("precision", "auto", precision)

    comparison = Comparison(record, plan.space, space_with, named)
    changes = comparison.changes(plan.identity(), plan.trials)
    return dataclasses.replace(plan, changes=changes)


def _space(sweep: Sweep, overrides: Overrides) -> SearchSpace:
    """The question's space with the command line's settings in it."""
    space = SearchSpace.of(sweep.space, sweep.configurations).override(overrides.settings)
    if sweep.search not in SEARCHES:
        raise BadInput(f"unknown search {sweep.search!r}; known: {', '.join(SEARCHES)}")
    if sweep.search == "grid":
        space.grid()
    if "data" in space.axes:
        raise BadInput("data is the data set's digest, which the sweep fills in; use --data PATH")
    return space


def _source(request: SweepRequest, sweep: Sweep) -> DataSource:
    cache = os.environ.get("ORCHESTRATOR_CACHE")
    return DataSource(
        path=absolute(request.data) if request.data else None,
        embedded=sweep.embedded,
        reading=Reading.of(request.split_by, request.labels),
        cache=absolute(cache) if cache else None,  # trials may run elsewhere
    )


def _check_weights(space: SearchSpace) -> None:
    """Miss VGG16's weights, or find its head wrong, now and not after hours."""
    if "vgg16" in space.values("architecture"):
        for head in space.values("head"):
            Options(head=head)
        for weights in space.values("weights"):
            locate_weights(weights)


def with_precision(plan: Plan, precision: str) -> Plan:
    """The plan with every "auto" settled, so that a trial's signature says what was computed."""
    space = plan.space.settle("precision", "auto", precision)
    return dataclasses.replace(plan, space=space, precision=precision)


def with_backend(plan: Plan, choice: backends.BackendChoice) -> Plan:
    """The plan with what computes settled, for all of its trials."""
    return dataclasses.replace(plan, backend=choice.backend, backend_reason=choice.evidence)


def _results(request: SweepRequest) -> Store:
    place = request.results
    if "://" in place:
        try:
            return Store(place)
        except ValueError as problem:
            raise BadInput(f"--results: {problem}") from None
    if request.address and not Path(place).is_absolute():
        raise BadInput(
            f"--results {place} is relative; on a cluster the working directory is a "
            "throw-away copy on each node: give an absolute path that all nodes share, or a URI"
        )
    folder = Path(absolute(place, "--results"))
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--results {folder} is a file; expected a folder")
    return Store(folder)


def _name(request: SweepRequest, sweep: Sweep, results: Store) -> tuple[str, bool]:
    """Name of the sweep's folder, and whether it is resumed.

    A folder is taken once it has a journal; there is something to go on with once its `sweep.json`
    is written. A sweep that was interrupted in between is begun anew in its folder.
    """
    name = request.name or sweep.name
    if request.resume and not _begun(results, name):
        others = [folder for folder in results.folders() if _begun(results, folder)]
        raise BadInput(
            f"{results.below(name).root} holds no sweep to resume; it has no journal. Sweeps "
            f"there: {', '.join(others) or 'none'}; choose one with --name"
        )
    if request.resume or request.go_on:
        return name, _recorded(results, name)
    if request.name:
        if _recorded(results, name):
            raise BadInput(
                f"{results.below(name).root} holds a sweep already; add --resume to go on with "
                "it, or choose another --name"
            )
        return name, False
    number = 2
    while _begun(results, name):
        name, number = f"{sweep.name}-{number}", number + 1
    return name, False


def _begun(results: Store, name: str) -> bool:
    return has_journal(results.below(name))


def _recorded(results: Store, name: str) -> bool:
    return results.below(name).exists(Paths().sweep)
