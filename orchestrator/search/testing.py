"""Spaces to search, and somebody who answers. For tests."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.search.axes import Axis, Categorical, Constant, Integer, Real
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Strategy, Suggestion, TrialOutcome

_FINITE: dict[str, Axis] = {
    "optimizer": Categorical(("sgd", "adam", "adamw")),
    "epochs": Constant(5),
    "batch_size": Integer(16, 64, step=16),
}
_CONTINUOUS: dict[str, Axis] = {
    "learning_rate": Real(1e-4, 1.0, log=True),
    "dropout": Real(0.0, 0.9),
    "epochs": Constant(5),
}
FINITE = SearchSpace(_FINITE)
CONTINUOUS = SearchSpace(_CONTINUOUS)
EVERY_AXIS = SearchSpace(
    {
        **_FINITE,
        **_CONTINUOUS,
        "width": Real(0.5, 4.0, log=True, step=0.5),
        "weight_decay": Real(0.0, 0.5, step=0.1),
        "patience": Integer(1, 100, log=True),
    }
)


def bowl(values: Mapping[str, Any]) -> float:
    """Its top, 1, is at a learning rate of 0.01 and a dropout of 0.3."""
    rate, dropout = float(values["learning_rate"]), float(values["dropout"])
    return 1 - (math.log10(rate) + 2) ** 2 / 10 - (dropout - 0.3) ** 2


def feed(strategy: Strategy, n: int, value: Callable[[Mapping[str, Any]], float] = bowl) -> float:
    """Ask and tell n trials, four at a time; gives the best value."""
    queue: list[Suggestion] = []
    best = -math.inf
    for i in range(n + 4):
        if i < n and (suggestion := strategy.ask()):
            queue.append(suggestion)
        if i >= 4:
            done = queue.pop(0)
            best = max(best, value(done.values))
            strategy.tell(done.ticket, TrialOutcome("completed", value(done.values)))
    return best


def exhaust(strategy: Strategy) -> list[Suggestion]:
    """All that a strategy suggests, each trial told as completed."""
    suggestions = []
    while (suggestion := strategy.ask()) is not None:
        suggestions.append(suggestion)
        outcome = TrialOutcome("completed", 0.1 * (suggestion.ticket % 3))
        strategy.tell(suggestion.ticket, outcome)
    return suggestions
