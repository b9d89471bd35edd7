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
from orchestrator.config import Budget, Sweep, TrialConfig
from orchestrator.data.faces import Splits
from orchestrator.data.remote.uris import absolute
from orchestrator.errors import BadInput
from orchestrator.models.options import Options, locate_weights
from orchestrator.request import Request
from orchestrator.scheduling.asha import milestones
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.configurations import differences, joint_axes, joint_size, listed
from orchestrator.search.space import Axis, Choice, Constant, axes, describe, grid, override
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
    """

    sweep: str
    validation_n: int
    majority: float
    classes: int

    @classmethod
    def on(cls, sweep: str, splits: Splits) -> "Question":
        """The question that a sweep asks of a data set."""
        counts = np.bincount(splits.validation.labels, minlength=len(splits.classes))
        return cls(sweep, int(counts.sum()), float(counts.max() / counts.sum()), len(counts))


@dataclass(frozen=True)
class Plan:
    """Everything that a sweep will do, decided before it begins.

    Attributes:
        sweep: the question with the command line's changes in it.
        axes: its space.
        seed: of the search, and of trials unless the space varies it.
        source: where the data set is found, bound to its digest.
        splits: the data set.
        results: holds the sweeps' folders.
        name: of the sweep's own folder.
        resume: whether the folder holds the beginning of this sweep.
        milestones: epochs of ASHA's rungs; empty where no trial is stopped early.
        precision: "auto" until it has been chosen; see `with_precision`.
    """

    sweep: Sweep
    axes: Mapping[str, Axis]
    seed: int
    source: DataSource
    splits: Splits
    results: Store
    name: str
    resume: bool
    milestones: tuple[int, ...]
    precision: str

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
        return Question.on(self.name, self.splits)

    @property
    def trials(self) -> int:
        """Configurations at most: the budget, or the size of a smaller space."""
        most = self.sweep.budget.trials
        return min(most, joint_size(self.axes, self.sweep.configurations) or most)

    @property
    def base(self) -> TrialConfig:
        """What every suggestion is put into."""
        return TrialConfig(seed=self.seed, data=self.splits.digest, precision=self.precision)

    def values(self, key: str) -> list[Any]:
        """All values that a field without a range may take."""
        axis = self.axes.get(key, Constant(getattr(TrialConfig(), key)))
        if isinstance(axis, Choice):
            return list(axis.values)
        return [axis.value] if isinstance(axis, Constant) else []

    @property
    def most_epochs(self) -> int:
        """Epochs of the longest trial."""
        return _most_epochs(self.axes)

    def identity(self) -> dict[str, Any]:
        """What must be the same when the sweep is resumed; stands in `sweep.json`."""
        budget = self.sweep.budget
        told = enumerate(differences(self.sweep.configurations), 1)
        return {
            "space": {key: describe({"": axis})[0].strip() for key, axis in self.axes.items()}
            | {f"configuration {number}": text for number, text in told},
            "search": self.sweep.search,
            "grace_epochs": budget.grace_epochs,
            "reduction_factor": budget.reduction_factor,
            "early_stopping": budget.early_stopping,
            "seed": self.seed,
            "data": self.splits.digest,
        }


def make(request: Request, asked: Sweep | None = None) -> Plan:
    """Work a request out.

    Args:
        request: of the user.
        asked: the question, where it does not stand in a file that the request names.

    Raises:
        BadInput: for anything in it that cannot be used.
    """
    sweep = _changed(asked or sweeps.load(request.question), request)
    sweep = dataclasses.replace(sweep, configurations=listed(sweep.configurations))
    described = joint_axes(sweep.space, sweep.configurations)
    _check_search(sweep, described)
    results = _results(request)
    name, resume = _name(request, sweep, results)
    seed = request.seed if request.seed is not None else _recorded_seed(results.below(name), resume)
    cache = os.environ.get("ORCHESTRATOR_CACHE")
    source = DataSource(
        path=absolute(request.data) if request.data else None,
        embedded=sweep.embedded,
        cache=absolute(cache) if cache else None,  # trials may run elsewhere
    )
    splits = source.open()
    budget = sweep.budget
    early = budget.early_stopping
    rungs = milestones(budget.grace_epochs, budget.reduction_factor, _most_epochs(described))
    plan = Plan(
        sweep=sweep,
        axes=described,
        seed=seed,
        source=dataclasses.replace(source, digest=splits.digest),
        splits=splits,
        results=results,
        name=name,
        resume=resume,
        milestones=rungs if early else (),
        precision="auto",
    )
    if not request.address:  # a cluster's nodes have their own files
        _check_weights(plan)
    return _as_before(plan) if resume else plan


def _check_weights(plan: Plan) -> None:
    """Miss VGG16's weights, or find its head wrong, now and not after hours."""
    if "vgg16" in plan.values("architecture"):
        for head in plan.values("head"):
            Options(head=head)
        for weights in plan.values("weights"):
            locate_weights(weights)


def _check_search(sweep: Sweep, described: Mapping[str, Axis]) -> None:
    if sweep.search not in SEARCHES:
        raise BadInput(f"unknown search {sweep.search!r}; known: {', '.join(SEARCHES)}")
    if sweep.search == "grid":
        grid(described)
    if "data" in described:
        raise BadInput("data is the data set's digest, which the sweep fills in; use --data PATH")


def with_precision(plan: Plan, precision: str) -> Plan:
    """The plan with every "auto" settled, so that a trial's signature says what was computed."""
    settled = dict(plan.axes)
    if "precision" in settled:
        values = [precision if v == "auto" else v for v in plan.values("precision")]
        settled |= axes({"precision": {"grid_search": list(dict.fromkeys(values))}})
    rows = plan.sweep.configurations
    settle = {"precision": precision}
    rows = listed({**r, **settle} if r.get("precision") == "auto" else r for r in rows)
    sweep = dataclasses.replace(plan.sweep, configurations=rows)
    return dataclasses.replace(plan, sweep=sweep, axes=settled, precision=precision)


def _changed(sweep: Sweep, request: Request) -> Sweep:
    """The command line's words in place of the question's."""
    told = dict(request.settings)
    if told.get("weights", "none") not in ("none", "imagenet"):
        told["weights"] = str(Path(told["weights"]).expanduser().absolute())
    if request.epochs is not None:
        told["epochs"] = str(request.epochs)
    space = override(sweep.space, told)
    budget: Budget = sweep.budget
    if request.trials is not None:
        budget = dataclasses.replace(budget, trials=request.trials)
    return dataclasses.replace(sweep, space=space, budget=budget)


def _most_epochs(described: Mapping[str, Axis]) -> int:
    axis = described.get("epochs", Constant(TrialConfig.epochs))
    if isinstance(axis, Constant):
        return int(axis.value)
    return int(max(axis.values) if isinstance(axis, Choice) else axis.high)


def _results(request: Request) -> Store:
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
    folder = Path(place).absolute()
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--results {folder} is a file; expected a folder")
    return Store(folder)


def _name(request: Request, sweep: Sweep, results: Store) -> tuple[str, bool]:
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


def _record(store: Store) -> dict[str, Any]:
    """What `sweep.json` says.

    Raises:
        BadInput: where it is damaged.
        NewerFormat: where a later version wrote it.
    """
    try:
        record = read_sweep_file(store)
        int(record["identity"]["seed"])
        if isinstance(record["identity"]["space"], dict) and isinstance(record["precision"], str):
            return dict(record)
        said = "it says no precision or no space"
    except NewerFormat:
        raise
    except (DamagedResults, KeyError, TypeError, ValueError) as error:
        damaged = isinstance(error, DamagedResults)
        said = str(error).partition(";")[0] if damaged else f"it lacks {error}"
    raise BadInput(
        f"{store.root}: {Paths().sweep}, which says what the sweep was asked, is damaged ({said}); "
        "put a copy of it back, or start under another --name"
    )


def _as_before(plan: Plan) -> Plan:
    """The plan of a resumed sweep, after making sure that it asks what was asked.

    Raises:
        BadInput: naming the first difference.
    """
    record = _record(plan.store)
    plan = with_precision(plan, record["precision"])
    now, before = _flat(plan.identity()), _flat(record["identity"])
    for key in dict.fromkeys([*now, *before]):
        if now.get(key) != before.get(key):
            raise BadInput(
                f"{plan.folder}: {key} is now {now.get(key, 'absent')}, but the sweep began with "
                f"{before.get(key, 'none')}; resume it with the settings of its start (see "
                f"{Paths().sweep}), or start under another --name"
            )
    return plan


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    space = {f"setting {key}": words for key, words in identity["space"].items()}
    return {**space, **{key: value for key, value in identity.items() if key != "space"}}
