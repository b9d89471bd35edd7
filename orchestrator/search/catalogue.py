"""The searches by name."""

from collections.abc import Callable

from orchestrator.search.grid_random import GridSearch, RandomSearch
from orchestrator.search.strategy import Setup, Strategy
from orchestrator.search.tpe import TpeSearch

SEARCHES: dict[str, Callable[[Setup], Strategy]] = {
    "tpe": TpeSearch,
    "random": RandomSearch,
    "grid": GridSearch,
}
"""Name -> how a search of this kind is made."""
