"""Trials of earlier sweeps of the same data: rivals at the rungs, and what is tried first."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.config import TrialConfig
from orchestrator.process.backend import BEFORE
from orchestrator.process.provenance import code_digest
from orchestrator.scheduling.outcome import METRIC
from orchestrator.scheduling.schedulers.rivals import Rival
from orchestrator.search.space import SearchSpace
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.settings import SETTINGS
from results.statuses import FINISHED
from results.store import DamagedResults, Store

MOST = 200
"""Trials that are taken over, those of the newest sweeps."""

FIRST = 3
"""Configurations that are tried before all others."""

OPEN = ("seed", "precision", "epochs", "data")
"""Settings in which a configuration may differ that is tried first."""

EVENT = "earlier"
"""Of the journal; see `EarlierTrials.event`."""


@dataclass(frozen=True)
class EarlierTrial:
    """One trial of another sweep, finished or stopped at a rung.

    Attributes:
        trial: its signature.
        sweep: name of its folder.
        config: every setting; None where it changes nothing.
        curve: (epoch, validation accuracy), ascending; None where that is not finite.
        finished: whether it came to an end of its own.
    """

    trial: str
    sweep: str
    config: Mapping[str, Any]
    curve: tuple[tuple[int, float | None], ...]
    finished: bool

    @property
    def best(self) -> float:
        """The highest accuracy; -inf where none is finite."""
        return max((v for _, v in self.curve if v is not None), default=-math.inf)


@dataclass(frozen=True)
class EarlierTrials:
    """What a sweep that begins can learn from those before it.

    Attributes:
        trials: no two of a signature, newest sweeps first.
        passed_over: sweeps whose tables could not be read, with the reason.
    """

    trials: tuple[EarlierTrial, ...]
    passed_over: tuple[str, ...]

    @property
    def sweeps(self) -> list[str]:
        """Names of those that trials are from, newest first."""
        return list(dict.fromkeys(trial.sweep for trial in self.trials))

    def first(self, space: SearchSpace, base: TrialConfig) -> list[dict[str, Any]]:
        """The best configurations that lie within a space, every axis of it, best first.

        Settings that are not searched must be the same, but for OPEN ones; epochs that the space
        has not are its most. Left out is what would be reused in any case: a finished trial of the
        very configuration.

        Args:
            space: that is searched.
            base: what its values are put into.
        """
        rows: list[dict[str, Any]] = []
        for trial in sorted(self.trials, key=lambda each: -each.best):
            values = _within(trial.config, space, base)
            if values is None or values in rows or trial.best == -math.inf:
                continue
            same = dataclasses.replace(base, **values).signature() == trial.trial
            if not (trial.finished and same):
                rows.append(values)
        return rows[:FIRST]

    def event(self, first: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What the journal keeps, so that a resumed sweep decides alike: sweeps, trials, first."""
        trials = [
            {
                "signature": each.trial,
                "sweep": each.sweep,
                "epochs": each.config["epochs"],
                "curve": [list(point) for point in each.curve],
            }
            for each in self.trials
        ]
        return {"event": EVENT, "sweeps": self.sweeps, "trials": trials, "first": list(first)}


def _within(
    config: Mapping[str, Any], space: SearchSpace, base: TrialConfig
) -> dict[str, Any] | None:
    settled = {key: v for key, v in config.items() if v is not None}  # the others change nothing
    fixed = {key: v for key, v in base.to_flat().items() if key not in (*OPEN, *space.axes)}
    if any(settled.get(key, value) != value for key, value in fixed.items()):
        return None
    values = {key: settled.get(key, axis.high) for key, axis in space.axes.items()}
    if not space.holds(values) and "epochs" in space.axes:
        values["epochs"] = space.highest("epochs")
    return values if space.holds(values) else None


def rivals(event: Mapping[str, Any]) -> list[Rival]:
    """The trials of a journal's event; none of an empty one."""
    return [
        Rival(each["signature"], each["epochs"], tuple((t, v) for t, v in each["curve"]))
        for each in event.get("trials", ())
    ]


def sentence(event: Mapping[str, Any], results: str, halves: bool = True) -> str:
    """What a sweep takes over, in a line for the terminal.

    Args:
        event: see `EarlierTrials.event`.
        results: the folder that was looked through.
        halves: whether trials are compared at rungs at all.
    """
    n, first = len(event["trials"]), len(event["first"])
    if not n:
        return f"warm start: no earlier trial of the same data in {results}"
    sweeps = f"sweep{'' if len(event['sweeps']) == 1 else 's'} {', '.join(event['sweeps'])}"
    trials = f"{n} trial{'' if n == 1 else 's'} of {sweeps}"
    role = "count as rivals at the rungs" if n > 1 else "counts as a rival at the rungs"
    tried = {
        0: "no further configuration of them is tried first",
        1: "the best configuration is tried first",
    }.get(first, f"their best {first} configurations are tried first")
    return f"warm start: {trials}{f' {role}' if halves else ''}; {tried}"


def earlier_trials(
    results: Store, into: Store, data: str, backend: str = BEFORE, code: str = ""
) -> EarlierTrials:
    """Look through the other sweeps of a folder.

    Trials count that finished or that a rung stopped, computed by the same backend and the same
    code as far as that is known.

    Args:
        results: holds the sweeps' folders.
        into: of the sweep that begins, which is not looked at.
        data: digest of its data set.
        backend: what computes in it.
        code: digest of what computes; default: of the code that runs.
    """
    passed_over: list[str] = []
    stores = [results.below(name) for name in results.folders()]
    others = [s for s in stores if s.root != into.root and s.exists(Paths().trials)]
    by_trial: dict[str, EarlierTrial] = {}
    for store in sorted(others, key=_started, reverse=True):
        try:
            for trial in _trials(store, data, backend, code or code_digest()):
                by_trial.setdefault(trial.trial, trial)
        except DamagedResults as problem:
            passed_over.append(str(problem))
        if len(by_trial) >= MOST:
            break
    return EarlierTrials(tuple(by_trial.values())[:MOST], tuple(passed_over))


def _started(store: Store) -> tuple[str, str]:
    """Sorts sweeps by when they began; one that does not say so is the oldest."""
    try:
        content = store.read_json(Paths().sweep)
    except DamagedResults:
        content = None
    return str(content.get("started", "")) if isinstance(content, dict) else "", store.root


def _trials(store: Store, data: str, backend: str, code: str) -> list[EarlierTrial]:
    trials, epochs = (
        store.read_table(Paths().trials, TRIALS),
        store.read_table(Paths().epochs, EPOCHS),
    )
    curves: dict[str, list[tuple[int, float | None]]] = {}
    for row in epochs.select(["trial", "epoch", METRIC]).sort_by("epoch").to_pylist():
        curves.setdefault(row["trial"], []).append((row["epoch"], _finite(row[METRIC])))
    name = store.root.rpartition("/")[2]
    return [
        EarlierTrial(
            row["trial"],
            name,
            {key: row[key] for key in SETTINGS},
            tuple(curves[row["trial"]]),
            row["status"] in FINISHED,
        )
        for row in trials.to_pylist()
        if row["trial"] in curves
        and row["data"] == data
        and row["status"] in (*FINISHED, "pruned")
        and (row["backend"] or BEFORE) == backend
        and row["code"] in (None, code)
    ]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def held(rows: Iterable[Mapping[str, Any]], space: SearchSpace) -> list[Mapping[str, Any]]:
    """Those configurations that lie within a space: an extended sweep has another."""
    return [row for row in rows if set(row) == set(space.axes) and space.holds(row)]
