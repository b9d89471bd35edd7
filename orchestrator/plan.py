"""A request, worked out: the space, the rungs, the data, the folder; nothing is started here."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator import sweeps
from orchestrator.command import Request
from orchestrator.config import Budget, Sweep, TrialConfig
from orchestrator.data.faces import Splits
from orchestrator.errors import BadInput
from orchestrator.models.options import Options, locate_weights
from orchestrator.rungs import milestones
from orchestrator.search import SEARCHES
from orchestrator.space import Axis, Choice, Constant, axes, describe, grid, override, size
from orchestrator.summary import Question
from orchestrator.training.inputs import DataSource
from results.paths import Paths
from results.store import Store


@dataclass(frozen=True)
class Plan:
    """Everything that a sweep will do, decided before it begins.

    Attributes:
        sweep: the question with the command line's changes in it.
        axes: its space.
        seed: of the search, and of trials unless the space varies it.
        source: where the data set is found, bound to its digest.
        splits: the data set.
        results: folder that holds the sweeps' folders; absolute.
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
    results: Path
    name: str
    resume: bool
    milestones: tuple[int, ...]
    precision: str

    @property
    def folder(self) -> Path:
        """The sweep's own folder."""
        return self.results / self.name

    @property
    def question(self) -> Question:
        """What every trial is asked."""
        return Question.on(self.name, self.splits)

    @property
    def trials(self) -> int:
        """Configurations at most: the budget, or the size of a smaller space."""
        return min(self.sweep.budget.trials, size(self.axes) or self.sweep.budget.trials)

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
        return {
            "space": {key: describe({"": axis})[0].strip() for key, axis in self.axes.items()},
            "search": self.sweep.search,
            "grace_epochs": budget.grace_epochs,
            "reduction_factor": budget.reduction_factor,
            "early_stopping": budget.early_stopping,
            "seed": self.seed,
            "data": self.splits.digest,
        }


def make(request: Request) -> Plan:
    """Work a request out.

    Raises:
        BadInput: for anything in it that cannot be used.
    """
    sweep = _changed(sweeps.load(request.question), request)
    described = axes(sweep.space)
    _check_search(sweep, described)
    results = _results(request)
    name, resume = _name(request, sweep, results)
    seed = request.seed if request.seed is not None else _recorded_seed(results / name, resume)
    source = DataSource(
        path=_absolute(request.data),
        embedded=sweep.embedded,
        cache=_absolute(os.environ.get("ORCHESTRATOR_CACHE")),  # trials may run elsewhere
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
    return dataclasses.replace(plan, axes=settled, precision=precision)


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


def _results(request: Request) -> Path:
    if request.address and not Path(request.results).is_absolute():
        raise BadInput(
            f"--results {request.results} is relative; on a cluster the working directory is a "
            "throw-away copy on each node: give an absolute path that all nodes share"
        )
    folder = Path(request.results).absolute()
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--results {folder} is a file; expected a folder")
    return folder


def _absolute(path: str | None) -> str | None:
    return str(Path(path).absolute()) if path else None


def _name(request: Request, sweep: Sweep, results: Path) -> tuple[str, bool]:
    """Name of the sweep's folder, and whether it is resumed.

    A folder is taken once it has a journal; there is something to go on with once its `sweep.json`
    is written. A sweep that was interrupted in between is begun anew in its folder.
    """
    name = request.name or sweep.name
    if request.resume:
        if not _has(results / name, Paths().journal):
            raise BadInput(
                f"{results / name} holds no sweep to resume; it has no journal. Sweeps there: "
                f"{', '.join(_begun(results)) or 'none'}; choose one with --name"
            )
        return name, _has(results / name, Paths().sweep)
    if request.name:
        if _has(results / name, Paths().sweep):
            raise BadInput(
                f"{results / name} holds a sweep already; add --resume to go on with it, or choose "
                "another --name"
            )
        return name, False
    number = 2
    while _has(results / name, Paths().journal):
        name, number = f"{sweep.name}-{number}", number + 1
    return name, False


def _has(folder: Path, file: str) -> bool:
    return (folder / file).exists()


def _begun(results: Path) -> list[str]:
    if not results.is_dir():
        return []
    return sorted(f.name for f in results.iterdir() if _has(f, Paths().journal))


def _recorded_seed(folder: Path, resume: bool) -> int:
    return int(Store(folder).read_json(Paths().sweep)["identity"]["seed"]) if resume else 0


def _as_before(plan: Plan) -> Plan:
    """The plan of a resumed sweep, after making sure that it asks what was asked.

    Raises:
        BadInput: naming the first difference.
    """
    record = Store(plan.folder).read_json(Paths().sweep)
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
