"""Which programs a sweep's trials will need, before any of them has asked."""

import contextlib
import itertools
import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orchestrator.config import TrialConfig
from orchestrator.driver.gpu_sharing import load, most_at_once
from orchestrator.on_ray.compile_ahead import VISIBLE, Upcoming, compiling_ahead
from orchestrator.on_ray.resources import TrialResources
from orchestrator.plan import Plan
from orchestrator.process import backend as backends
from orchestrator.request import SweepRequest
from orchestrator.search.axes import Constant, Integer, Real
from orchestrator.search.space import SearchSpace
from orchestrator.training.inputs import kept_as_bytes
from orchestrator.training.programs.program_settings import ProgramSettings
from results.paths import Paths

MOST = 10_000
"""Configurations that are looked at."""


def compile_upcoming(
    plan: Plan, request: SweepRequest, resources: TrialResources
) -> contextlib.AbstractContextManager[None]:
    """While the block runs, programs that are not needed yet are compiled; see `compile_ahead`.

    Only on a GPU: on processors that would compete with training; and only by JAX, as TensorFlow
    keeps no program on the disk. The first one is left out, which a trial compiles at once.

    Args:
        plan: of the sweep, its backend and precision settled.
        request: of the user.
        resources: of a trial.
    """
    if not resources.gpus or plan.backend != backends.JAX:
        return contextlib.nullcontext()
    configurations = upcoming(plan)
    if ranges := own_programs(plan, configurations):
        print(
            f"nothing is compiled ahead: {' and '.join(ranges)} come from a range, and each value "
            "makes a program of its own",
            flush=True,
        )
        return contextlib.nullcontext()
    local = plan.store.local
    ahead = Upcoming(
        loads=[load(plan, config) for config in configurations[1:]],
        resources=resources,
        at_once=most_at_once(plan, request),
        logs=local / Paths().logs if local else None,
        # Nodes of a cluster have their own; a Ray of ours hides it from who has no share.
        visible=None if request.address else os.environ.get(VISIBLE, "0"),
    )
    return compiling_ahead(ahead)


def upcoming(plan: Plan) -> list[TrialConfig]:
    """A configuration for each program that trials need, in the order in which they will come.

    A grid's order is known. Of another search the programs are, which come from names and lists;
    what is drawn from a range has its largest value here.
    """
    space = plan.space
    most = plan.trials
    if plan.sweep.search != "grid":
        axes = space.axes.items()
        fixed = {k: Constant(a.high) if isinstance(a, Real | Integer) else a for k, a in axes}
        space, most = SearchSpace(fixed), MOST
    first: dict[Any, TrialConfig] = {}
    for values in itertools.islice(space.grid(), min(most, MOST)):
        config = replace(plan.base, **values)
        first.setdefault(program(config), config)
    return list(first.values())


def own_programs(plan: Plan, examples: Iterable[TrialConfig]) -> list[str]:
    """The settings that are drawn from a range of which each value makes a program.

    Args:
        plan: of the sweep.
        examples: one for each choice of the other settings.
    """
    if plan.sweep.search == "grid":  # it lists all values
        return []
    ranges = [(k, axis) for k, axis in plan.space.axes.items() if isinstance(axis, Real | Integer)]
    return [key for key, axis in ranges if any(_each(key, axis, e) for e in examples)]


def _each(key: str, axis: Real | Integer, example: TrialConfig) -> bool:
    """Whether two inner values make two programs; at its end a setting may be off."""
    inner = [axis.snap(axis.low + (axis.high - axis.low) * share) for share in (0.4, 0.8)]
    changes: list[dict[str, Any]] = [{key: value} for value in inner]
    return len({program(replace(example, **change)) for change in changes}) > 1


def program(config: TrialConfig) -> tuple[ProgramSettings, int, bool]:
    """Trials that agree here share one, on the same data set."""
    kept = kept_as_bytes(config.preprocessing)
    return ProgramSettings.of_trial(config), config.batch_size, kept
