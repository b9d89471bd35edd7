"""Configurations of a sweep that stand for all of their architecture where speed is measured."""

from collections import Counter

from orchestrator.config import TrialConfig
from orchestrator.search.space import SearchSpace


def examples(space: SearchSpace, base: TrialConfig) -> dict[str, TrialConfig]:
    """Architecture -> a configuration of it.

    It is the first listed one that has it, or else the first value of everything.

    Args:
        space: that is searched.
        base: what its values are put into.
    """
    first = {key: space.values(key)[0] for key in space.axes if space.values(key)}
    values = {**base.to_flat(), **first}
    of = {row.get("architecture"): row for row in reversed(space.configurations)}
    return {
        name: TrialConfig.from_flat({**values, **of.get(name, {}), "architecture": name})
        for name in space.values("architecture")
    }


def usual_example(space: SearchSpace, base: TrialConfig) -> TrialConfig:
    """The one of the architecture that most listed configurations have, or else of the first."""
    of = examples(space, base)
    often = Counter(row.get("architecture") for row in space.configurations)
    return of[max(of, key=lambda name: often[name])]
