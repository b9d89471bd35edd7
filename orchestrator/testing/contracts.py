"""import-linter's contracts, read without our tests: a test may import what its room may not.

import-linter has wildcards for whole names alone ("*", never "*_test"), so each kind of contract in
pyproject.toml is one of these: the library's own, after every test has left the graph.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract


class WithoutTests(Contract):
    """Takes every `x_test` and `conftest` out of the graph before the contract reads it."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """What the contract beside it says of the rest."""
        for module in set(graph.modules):
            if module.endswith(("_test", ".conftest")):
                graph.remove_module(module)
        return super().check(graph, verbose)  # type: ignore[safe-super]


class Layers(WithoutTests, LayersContract):
    """Who is above whom."""


class Forbidden(WithoutTests, ForbiddenContract):
    """Who never reaches whom, not through others either."""


class Protected(WithoutTests, ProtectedContract):
    """Who alone imports what, directly."""


class AcyclicSiblings(WithoutTests, AcyclicSiblingsContract):
    """No folder's children import each other in a circle."""
