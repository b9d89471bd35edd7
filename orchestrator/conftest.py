"""What all tests of the repository need, and in which order and selection they run."""

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

FRAMEWORKS = ("tensorflow", "keras", "jax")
SLOW = ("ray", "long", "faults")
"""Marks of what `--fast` leaves out."""
MANY = (
    "analysis/figures/figure_catalogue_test.py",
    "analysis/pictures/pictures_test.py",
    "analysis/report/charts/figures/catalogue_test.py",
    "cluster/checks/mutations_test.py",
)
"""Files with hundreds of dear cases: of each test in them `--fast` runs the first `CASES`."""
CASES = 2
SHARING = (
    ("analysis/pipeline/steps_test.py", "analysis/pipeline/unfinished_runs_test.py"),
    (
        "orchestrator/on_ray/compile_ahead_test.py",
        "orchestrator/on_ray/gpu_share_probe_test.py",
        "orchestrator/on_ray/precision_probe_test.py",
        "orchestrator/on_ray/worker_pool_test.py",
    ),
)
"""Files that share a trained sweep or a Ray, dear to make: one process runs them in a row."""
OF_A_BACKEND = (
    "orchestrator/models/custom_layers_test.py",  # whole nets: training/engine_models_test.py
    "orchestrator/training/",
    "analysis/backends/",
    "analysis/explain/",
    "analysis/features/",
    "analysis/ensemble/",
    "analysis/members_test.py",
)
"""What computes with Keras' backend: with `KERAS_BACKEND=jax` these tests run, and no others."""
OF_TENSORFLOW = "orchestrator/training/on_tensorflow"
OF_JAX = "orchestrator/training/on_jax"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fast`, which .ci/fast gives."""
    text = "only tests that start no Ray, no framework, no other Python"
    parser.addoption("--fast", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """With `--fast`: skip, from here on, whatever asks for a framework or for another Python."""
    if config.getoption("--fast", False):
        hypothesis.settings.register_profile("fast", max_examples=10)
        hypothesis.settings.load_profile("fast")
    starts_workers = config.getoption("numprocesses", None)
    if not starts_workers:
        gc.disable()  # until all is collected
    if config.getoption("--fast", False) and not starts_workers:
        sys.addaudithook(_skip_what_is_slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A process runs all tests of a file, or all of those files that share something."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return next((files[0] for files in SHARING if file in files), file)

    return Scheduling(config, log)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """The tests of a backend's own room run under that backend alone.

    With JAX no other file here is imported either: TensorFlow may not be there.
    """
    place = collection_path.relative_to(Path(__file__).parents[1]).as_posix()
    if not on_jax():
        return True if place.startswith(OF_JAX) else None
    passed_over = place.endswith("_test.py") and not place.startswith(OF_A_BACKEND)
    return True if passed_over or place.startswith(OF_TENSORFLOW) else None


def on_jax() -> bool:
    """Whether this process was asked to compute on JAX."""
    return os.environ.get("KERAS_BACKEND") == "jax"


def _skip_what_is_slow(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "import" and arguments[0] in FRAMEWORKS:
        pytest.skip(f"--fast: it imports {arguments[0]}", allow_module_level=True)
    if event == "subprocess.Popen" and arguments[0] == sys.executable:
        pytest.skip("--fast: it starts another Python", allow_module_level=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files come first, or the last one keeps a process waiting; with `--fast` few are left.

    It comes last, after those hooks that mark.
    """
    if config.getoption("--fast", False):
        cases: Counter[tuple[Any, ...]] = Counter()
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            function = (item.parent, getattr(item, "originalname", item.name))
            cases[function] += 1
            enough = cases[function] > CASES and item.nodeid.startswith(MANY)
            fast = not enough and not _marked(item, SLOW)
            (kept if fast else left_out).append(item)
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
    if on_jax():
        others = [item for item in items if not item.nodeid.startswith(OF_A_BACKEND)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item.nodeid.startswith(OF_A_BACKEND)]
    starting_ray = {item.path for item in items if _marked(item, ("ray",))}
    long = {item.path for item in items if _marked(item, ("long",)) or item.nodeid.startswith(MANY)}
    items.sort(key=lambda item: (item.path not in starting_ray, item.path not in long))  # stable


def pytest_collection_finish() -> None:
    """What is imported by now stays: searching it for garbage again and again took 6 % of a run."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def _marked(item: pytest.Item, names: tuple[str, ...]) -> bool:
    return any(item.get_closest_marker(name) for name in names)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell ignores Ctrl-C for what it starts in the background, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


TINY_QUESTION = """
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Is a tiny net any good?",
        space={"architecture": "CPF", "epochs": 1},
        budget=Budget(trials=1),
        embedded=140,
    )
"""


@pytest.fixture
def question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file that asks for one trial of one epoch on drawn faces, cached in the test's folder."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "a tiny question.py"
    file.write_text(TINY_QUESTION)
    return str(file)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder for results, which nobody has made yet."""
    return tmp_path / "results"
