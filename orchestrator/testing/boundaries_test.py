"""What the house looks like: contracts of imports, how long and how many things may get.

The contracts stand in pyproject.toml and `lint-imports` checks them; here is what it cannot say.
"""

import ast
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TOP = ("orchestrator", "results", "analysis", "jobs", "cluster")

FRAMEWORKS = {"tensorflow", "keras", "jax"}
DRIVERS = (
    "orchestrator.sweep",
    "orchestrator.driver.execution",
    "jobs.sweep",
    "jobs.prepare",
    "jobs.refit",
    "analysis.repeats.over_seeds",
    "jobs.pipeline",
    "jobs.postprocess",
    "jobs.execution.prepare",
    "jobs.execution.postprocess",
    "cluster.chaos.fake_driver",
    "cluster.chaos.fake_training",
)
"""Modules whose process never loads a framework, and what they import once their words are read."""

MOST_LINES = 350
MOST_STATEMENTS = 40
USUAL_STATEMENTS = 10

MOST_FILES_AT_THE_ROOT = 20
MOST_FILES = 45
MOST_SOURCE_FILES = 12
DICTIONARIES = {
    "orchestrator/models",
    "orchestrator/preprocess",
    "orchestrator/sweeps",
    "orchestrator/data/layouts",
    "orchestrator/scheduling/schedulers",
    "analysis/explain/methods",
    "analysis/figures",
    "analysis/pipeline",
    "cluster/chaos",
    "jobs/benchmarks/comparisons",
}
"""Folders whose modules are entries of one dictionary: they may have as many as it has entries."""


@cache
def files() -> tuple[Path, ...]:
    """Every file of Python, tests too, relative to the repository."""
    return tuple(
        file.relative_to(REPOSITORY)
        for top in TOP
        for file in sorted((REPOSITORY / top).rglob("*.py"))
    )


def is_test(file: Path) -> bool:
    return file.name.endswith("_test.py") or file.name == "conftest.py"


def sources() -> list[Path]:
    return [file for file in files() if not is_test(file)]


def tree(file: Path) -> ast.Module:
    return ast.parse((REPOSITORY / file).read_text())


def test_there_is_a_repository_to_read():
    assert len(sources()) > 60


# --- who imports whom ------------------------------------------------------------------------

TRESPASSES = [
    ("orchestrator/models/plain.py", "import ray", "orchestrator.models.plain -> ray"),
    (
        "orchestrator/scheduling/ledger.py",
        "def f():\n    from ray import tune",
        "orchestrator.scheduling.ledger -> ray",
    ),
    ("orchestrator/data/raw.py", "import tensorflow as tf", "orchestrator.data.raw -> tensorflow"),
    (
        "orchestrator/models/notation.py",
        "import keras",
        "orchestrator.search is not allowed to import keras",
    ),
    (
        "orchestrator/training/history.py",
        "from orchestrator.scheduling import ledger",
        "orchestrator.training is not allowed to import orchestrator.scheduling",
    ),
    (
        "orchestrator/scheduling/outcome.py",
        "from orchestrator.scheduling.scheduler import Scheduler",
        "orchestrator.scheduling.",
    ),
    (
        "orchestrator/monitor/rows.py",
        "from orchestrator.on_ray import resources",
        "orchestrator.monitor is not allowed to import orchestrator.on_ray",
    ),
    (
        "results/paths.py",
        "from orchestrator.errors import BadInput",
        "results is not allowed to import orchestrator.errors",
    ),
    (
        "analysis/statistics.py",
        "from orchestrator.on_ray import session",
        "analysis is not allowed to import orchestrator.on_ray",
    ),
    ("jobs/prepare.py", "import cluster", "jobs is not allowed to import cluster"),
    (
        "orchestrator/plan.py",
        "from orchestrator.testing import stand_ins",
        "orchestrator.plan -> orchestrator.testing.stand_ins",
    ),
]
"""A file, what is written into it, and what lint-imports says of it."""


LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "400"},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of the repository without its tests, to be damaged."""
    folder = tmp_path_factory.mktemp("repository")
    for file in (*sources(), Path("pyproject.toml")):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / file, folder / file)
    return folder


@pytest.fixture(scope="module")
def complaints(copy: Path) -> str:
    """What lint-imports prints when every trespass is there at once."""
    for file, source, _ in TRESPASSES:
        with (copy / file).open("a") as stream:
            stream.write(f"\n{source}\n")
    return lint_imports(copy).stdout


def test_every_contract_is_kept():
    linted = lint_imports(REPOSITORY)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(("file", "source", "complaint"), TRESPASSES)
def test_a_trespass_is_caught(complaints, file, source, complaint):
    assert complaint in complaints


def test_a_test_may_import_what_its_room_may_not(tmp_path):
    contract = 'id = "a"\nname = "a"\ntype = "forbidden"\n'
    rules = 'source_modules = ["house"]\nforbidden_modules = ["json"]\n'
    kind = 'contract_types = ["forbidden: orchestrator.testing.contracts.Forbidden"]\n'
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.importlinter]\nroot_package = "house"\ninclude_external_packages = true\n{kind}'
        f"[[tool.importlinter.contracts]]\n{contract}{rules}"
    )
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "__init__.py").touch()
    (tmp_path / "house" / "room_test.py").write_text("import json")
    (tmp_path / "orchestrator").symlink_to(REPOSITORY / "orchestrator")
    assert lint_imports(tmp_path).returncode == 0
    (tmp_path / "house" / "room.py").write_text("import json")
    assert "house.room -> json" in lint_imports(tmp_path).stdout


def test_the_driver_s_process_is_free_of_the_framework():
    script = f"import sys, {', '.join(DRIVERS)}\nprint(sorted({FRAMEWORKS!r} & set(sys.modules)))"
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout == "[]\n"


# --- how much may stand in one place ---------------------------------------------------------


def folders() -> dict[str, list[Path]]:
    inside: dict[str, list[Path]] = {}
    for file in files():
        inside.setdefault(file.parent.as_posix(), []).append(file)
    return inside


def test_the_root_is_the_story():
    assert len(folders()["orchestrator"]) <= MOST_FILES_AT_THE_ROOT


def test_no_folder_is_crowded():
    counts = {folder: len(inside) for folder, inside in folders().items()}
    assert {folder: n for folder, n in counts.items() if n > MOST_FILES} == {}


def test_few_sources_stand_beside_one_another_unless_they_are_entries_of_a_dictionary():
    counts = {
        folder: sum(not is_test(file) and file.name != "__init__.py" for file in inside)
        for folder, inside in folders().items()
        if folder not in DICTIONARIES
    }
    assert {folder: n for folder, n in counts.items() if n > MOST_SOURCE_FILES} == {}


def test_every_dictionary_is_a_folder():
    assert set(folders()) >= DICTIONARIES


def test_no_file_is_longer_than_can_be_read_at_once():
    lengths = {str(file): len((REPOSITORY / file).read_text().splitlines()) for file in files()}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def statements(function: ast.AST) -> int:
    """Statements of a body, nested ones too, the docstring not."""
    return sum(
        isinstance(node, ast.stmt)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in ast.walk(function)
    ) - isinstance(function, ast.stmt)


def functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))


@pytest.mark.long
def test_functions_are_short():
    lengths = {
        f"{file}:{function.name}": statements(function)
        for file in sources()
        for function in functions(tree(file))
    }
    assert {name: n for name, n in lengths.items() if n > MOST_STATEMENTS} == {}
    assert statistics.median(lengths.values()) <= USUAL_STATEMENTS


def test_statements_are_counted():
    text = 'def f(x):\n    """Words."""\n    if x:\n        return 1\n    return 2\n'
    assert statements(next(functions(ast.parse(text)))) == 3
