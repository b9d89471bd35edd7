"""A request, worked out: the space, the rungs, the data, the folder; nothing is started here."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
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
from orchestrator.scheduling.schedulers import catalogue
from orchestrator.scheduling.schedulers.rungs import RungEpochs, milestones
from orchestrator.scheduling.schedulers.trial_scheduler import Setup, usual_finalists
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.space import SearchSpace
from orchestrator.training.inputs import DataSource
from results.journal.open_journal import has_journal
from results.paths import Paths
from results.store import DamagedResults, Store
from results.sweep_file import NewerFormat, read_sweep_file


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
        rungs: where trials are compared; none where none is stopped early.
        precision: "auto" until it has been chosen; see `with_precision`.
        backend: "auto" until it has been chosen; see `with_backend`.
        backend_reason: why that one, a few words.
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
    def trials(self) -> int:
        """Configurations at most: the budget, or the size of a smaller space."""
        most = self.sweep.budget.trials
        return min(most, self.space.size or most)

    @property
    def comparison(self) -> Setup:
        """What the scheduler of its trials is made from."""
        budget, trials = self.sweep.budget, self.trials
        finalists = budget.finalists or usual_finalists(trials)
        return Setup(self.rungs, budget.reduction_factor, self.most_epochs, trials, finalists)

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
    if request.trials is not None:
        budget = dataclasses.replace(sweep.budget, trials=request.trials)
        sweep = dataclasses.replace(sweep, budget=budget)
    space = _space(sweep, request)
    results = _results(request)
    name, resume = _name(request, sweep, results)
    seed = request.seed if request.seed is not None else _recorded_seed(results.below(name), resume)
    source = _source(request, sweep)
    splits = source.open()
    budget, epochs = sweep.budget, int(space.highest("epochs"))
    rungs = milestones(budget.grace_epochs, budget.reduction_factor, epochs)
    scheduler = _scheduler(request, sweep, results.below(name), resume)
    plan = Plan(
        sweep=sweep,
        space=space,
        seed=seed,
        source=dataclasses.replace(source, digest=splits.digest),
        splits=splits,
        results=results,
        name=name,
        resume=resume,
        scheduler=scheduler,
        rungs=RungEpochs(
            rungs if budget.early_stopping else (), epochs if budget.rungs == "fraction" else 0
        ),
        precision="auto",
        backend=request.backend,
    )
    if not request.address:  # a cluster's nodes have their own files
        _check_weights(space)
    return _as_before(plan) if resume else plan


def _space(sweep: Sweep, request: SweepRequest) -> SearchSpace:
    """The question's space with the command line's settings in it."""
    settings = dict(request.settings)
    if settings.get("weights", "none") not in ("none", "imagenet"):
        settings["weights"] = absolute(settings["weights"], "weights")
    if request.epochs is not None:
        settings["epochs"] = str(request.epochs)
    space = SearchSpace.of(sweep.space, sweep.configurations).override(settings)
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


def _recorded_seed(store: Store, resume: bool) -> int:
    return int(_record(store)["identity"]["seed"]) if resume else 0


def _scheduler(request: SweepRequest, sweep: Sweep, store: Store, resume: bool) -> str:
    """Of the sweep; a resumed one that names none goes on with that of its start."""
    if not sweep.budget.early_stopping:
        return ""
    named = request.scheduler or sweep.budget.scheduler
    if named:
        catalogue.check(named)
        return named
    return str(_record(store)["identity"]["scheduler"]) if resume else catalogue.DEFAULT


def _record(store: Store) -> dict[str, Any]:
    """What `sweep.json` says.

    Raises:
        BadInput: where it is damaged.
        NewerFormat: where a later version wrote it.
    """
    try:
        record = read_sweep_file(store)
        identity = record["identity"]
        int(identity["seed"])
        identity.setdefault("scheduler", catalogue.BEFORE if identity["early_stopping"] else "")
        identity.setdefault("rungs_by", "epochs")
        identity.setdefault("finalists", 0)
        if isinstance(record["identity"]["space"], dict) and isinstance(record["precision"], str):
            return dict(record)
        fault = "it says no precision or no space"
    except NewerFormat:
        raise
    except (DamagedResults, KeyError, TypeError, ValueError) as error:
        damaged = isinstance(error, DamagedResults)
        fault = str(error).partition(";")[0] if damaged else f"it lacks {error}"
    raise BadInput(
        f"{store.root}: {Paths().sweep}, which says what the sweep was asked, is damaged "
        f"({fault}); put a copy of it back, or start under another --name"
    )


def _as_before(plan: Plan) -> Plan:
    """The plan of a resumed sweep, after making sure that it asks what was asked.

    Raises:
        BadInput: naming the first difference.
    """
    record = _record(plan.store)
    plan = with_precision(_on_recorded_backend(plan, record), record["precision"])
    now, before = _flat(plan.identity()), _flat(record["identity"])
    for key in dict.fromkeys([*now, *before]):
        if now.get(key) != before.get(key):
            raise BadInput(
                f"{plan.folder}: {key} is now {now.get(key, 'absent')}, but the sweep began with "
                f"{before.get(key, 'none')}; resume it with the settings of its start (see "
                f"{Paths().sweep}), or start under another --name"
            )
    return plan


def _on_recorded_backend(plan: Plan, record: Mapping[str, Any]) -> Plan:
    """Raises BadInput where the sweep cannot go on with the backend that it began with."""
    recorded = str(record.get("backend") or backends.BEFORE)
    if plan.backend not in (backends.AUTO, recorded):
        raise BadInput(
            f"{plan.folder}: --backend {plan.backend}, but the sweep began with {recorded}, and "
            "numbers of two backends must not mix in one trial; leave --backend out, or start "
            "under another --name"
        )
    if not backends.is_installed(recorded):
        raise BadInput(
            f"{plan.folder}: the sweep began with {recorded}, which is not installed here; "
            f"{backends.INSTALL[recorded]}, or start under another --name"
        )
    choice = backends.BackendChoice(recorded, str(record.get("backend_reason") or ""))
    return with_backend(plan, choice)


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    space = {f"setting {key}": words for key, words in identity["space"].items()}
    return {**space, **{key: value for key, value in identity.items() if key != "space"}}
