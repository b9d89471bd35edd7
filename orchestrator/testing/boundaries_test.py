"""Who may import whom (`rooms`), how long things may get, and that drivers load no TensorFlow."""

import ast
import graphlib
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from orchestrator.testing.boundaries import ROOMS

REPOSITORY = Path(__file__).parents[2]
TOP = ("orchestrator", "results", "analysis", "jobs", "cluster")

FRAMEWORKS = {"tensorflow", "keras"}
DRIVERS = (
    "orchestrator.sweep",
    "jobs.sweep",
    "jobs.prepare",
    "jobs.refit",
    "jobs.pipeline",
    "jobs.postprocess",
    "cluster.chaos.fake_driver",
)
"""Modules whose process never loads TensorFlow."""

MOST_LINES = 350
MOST_STATEMENTS = 40
USUAL_STATEMENTS = 10


# --- reading imports -------------------------------------------------------------------------


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the repository that is no test, by name."""
    files = [f for top in TOP for f in sorted((REPOSITORY / top).rglob("*.py"))]
    return {name_of(f): f for f in files if not is_test(f)}


def is_test(file: Path) -> bool:
    return file.name.endswith("_test.py") or file.name == "conftest.py"


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module, *, eagerly: bool = False) -> set[str]:
    """Modules that a source names, also inside functions unless `eagerly`."""
    found: set[str] = set()
    for node in eager(tree) if eagerly else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            parts = whole & set(modules())
            found |= parts | ({str(node.module)} if parts != whole else set())
    return {name for name in found if name.split(".")[0] not in sys.stdlib_module_names}


def eager(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not typing_only and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from eager(child)


def under(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


def room_of(module: str) -> str:
    """The room with the longest name that the module is in."""
    return max((place for place in ROOMS if under(module, place)), key=len)


def trespasses(module: str, source: str) -> list[str]:
    """What a module imports and may not."""
    mine = room_of(module)
    allowed = (mine, *ROOMS[mine].ours) if mine != "orchestrator" else ()
    found = []
    for name in sorted(imported(ast.parse(source))):
        if name.split(".")[0] in TOP:
            fine = any(under(name, place) for place in allowed)
        else:
            fine = name.split(".")[0] in ROOMS[mine].packages
        if not fine:
            found.append(f"{module} (room {mine}) imports {name}")
    return found


def parsed(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text())


# --- who imports whom ------------------------------------------------------------------------


def test_there_is_a_repository_to_read():
    assert len(modules()) > 60


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_what_its_room_may(module):
    assert trespasses(module, modules()[module].read_text()) == []


@pytest.mark.parametrize("place", ROOMS)
def test_every_room_of_the_table_is_there_and_leads_to_rooms_that_are(place):
    known = modules()
    assert place in known
    assert [name for name in ROOMS[place].ours if name not in known] == []


@pytest.mark.parametrize(
    ("module", "source", "caught"),
    [
        ("orchestrator.models.new", "import ray", "ray"),
        ("orchestrator.models.new", "from ray import tune", "ray"),
        ("orchestrator.models.notation", "import keras", "keras"),
        ("orchestrator.data.new", "import tensorflow as tf", "tensorflow"),
        ("orchestrator.scheduling.scheduler", "def f():\n    from ray import tune", "ray"),
        (
            "orchestrator.scheduling.scheduler",
            "from orchestrator.search.tpe import SEARCHES",
            ".search",
        ),
        ("orchestrator.training.new", "from orchestrator import models", "orchestrator.models"),
        ("orchestrator.on_ray.trial", "import tensorflow", "tensorflow"),
        ("orchestrator.new", "import numpy", "numpy"),
        (
            "orchestrator.scheduling.ledger",
            "from orchestrator.scheduling.scheduler import METRIC",
            ".conductor",
        ),
        ("results.new", "from orchestrator.config import TrialConfig", "orchestrator.config"),
        ("analysis.new", "from jobs import sweep", "jobs.sweep"),
        ("jobs.new", "import cluster", "cluster"),
    ],
)
def test_a_trespass_is_caught(module, source, caught):
    (said,) = trespasses(module, source)
    assert said.endswith(caught)


def test_the_longest_prefix_is_the_room():
    assert room_of("orchestrator.training.on_tensorflow.tensorflow_engine") == (
        "orchestrator.training.on_tensorflow.tensorflow_engine"
    )
    assert room_of("orchestrator.training.tensorflow_engines") == "orchestrator.training"
    assert room_of("orchestrator.data.synthetic.head") == "orchestrator.data"
    assert (
        trespasses("orchestrator.training.on_tensorflow.tensorflow_engine", "import tensorflow")
        == []
    )


def test_no_module_imports_itself_through_others():
    graph = {name: imported(parsed(name)) & set(modules()) - {name} for name in modules()}
    assert list(graphlib.TopologicalSorter(graph).static_order())  # a CycleError names the circle


def test_ray_and_the_framework_meet_in_one_module():
    direct = {name: imported(parsed(name)) for name in modules()}
    nets = {name for name, found in direct.items() if {n.split(".")[0] for n in found} & FRAMEWORKS}
    with_ray = {
        name for name, found in direct.items() if {n.split(".")[0] for n in found} & {"ray"}
    }
    assert {name for name in with_ray if direct[name] & nets} == {"orchestrator.on_ray.trial"}
    assert not with_ray & nets


@pytest.mark.parametrize("driver", DRIVERS)
def test_nothing_that_a_driver_imports_at_once_imports_the_framework(driver):
    seen, left = set[str](), [driver]
    while left:
        name = left.pop()
        if name not in seen and name in modules():
            seen.add(name)
            found = imported(parsed(name), eagerly=True)
            assert not {n.split(".")[0] for n in found} & FRAMEWORKS, name
            left += found


def test_the_driver_s_process_is_free_of_the_framework():
    script = f"import sys, {', '.join(DRIVERS)}\nprint(sorted({FRAMEWORKS!r} & set(sys.modules)))"
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout == "[]\n"


# --- how long things may get -----------------------------------------------------------------


def statements(function: ast.AST) -> int:
    """Statements of a body, nested ones too, the docstring not."""
    return sum(
        isinstance(node, ast.stmt)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in ast.walk(function)
    ) - isinstance(function, ast.stmt)


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_no_file_is_longer_than_can_be_read_at_once():
    files = [f for top in TOP for f in (REPOSITORY / top).rglob("*.py")]
    lengths = {str(f.relative_to(REPOSITORY)): len(f.read_text().splitlines()) for f in files}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_functions_are_short():
    lengths = {
        f"{name}.{function.name}": statements(function)
        for name in modules()
        for function in functions(parsed(name))
    }
    assert {name: n for name, n in lengths.items() if n > MOST_STATEMENTS} == {}
    assert statistics.median(lengths.values()) <= USUAL_STATEMENTS


def test_statements_are_counted():
    text = 'def f(x):\n    """Words."""\n    if x:\n        return 1\n    return 2\n'
    assert statements(functions(ast.parse(text))[0]) == 3
