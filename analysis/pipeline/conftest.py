"""What the tests of this folder share: each figure is drawn, and each task done, once."""

import pickle
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analysis.figures import render as render_module
from analysis.pipeline import draw, visualise_features
from results.store import Store

if TYPE_CHECKING:
    from analysis.pipeline.postprocessing import Postprocessing
    from analysis.pipeline.real_sweep import InProcessRunner


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever needs a sweep that is trained and post-processed for real is long."""
    for item in items:
        if "trained" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="package", autouse=True)
def figures_drawn_once() -> Iterator[None]:
    """The same frame gives the same picture, and these tests draw those of one sweep over and over.

    The real code draws it the first time that it is asked for, and never again: small, as nobody
    looks at it here, and its size and resolution are judged in figures/.
    """
    pictures: dict[tuple[str, bytes], Any] = {}
    render = draw.render

    def remembered(name: str, figure: Any, tables: Any) -> Any:
        missing = tables.missing(figure.needs)
        key = name, pickle.dumps(missing or figure.data(tables))
        if key not in pictures:
            pictures[key] = render(name, figure, tables)
        return pictures[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "render", remembered)
        patch.setattr(render_module, "DPI", 50)
        yield


@pytest.fixture(scope="package", autouse=True)
def short_searches() -> Iterator[None]:
    """Ideal images are judged in features/; here they are made, stored and drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(visualise_features, "IDEAL_STEPS", 16)
        yield


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A sweep as training left it; for copies alone. Its data set is cached as long."""
    from analysis.pipeline.real_sweep import small_sweep  # loads TensorFlow

    with pytest.MonkeyPatch.context() as patch:
        cache = tmp_path_factory.mktemp("cache")
        patch.setenv("ORCHESTRATOR_CACHE", str(cache))
        yield small_sweep(tmp_path_factory.mktemp("sweeps") / "trained", cache)


@pytest.fixture
def bare(trained: Store, tmp_path: Path) -> Store:
    """A copy of it."""
    shutil.copytree(trained.root, tmp_path / "bare")
    return Store(tmp_path / "bare")


@pytest.fixture(scope="session")
def again() -> "Callable[..., tuple[Postprocessing, InProcessRunner]]":
    """`postprocessing`; a task that some test had done before is not computed anew."""
    from analysis.pipeline.real_sweep import postprocessing  # loads TensorFlow

    return partial(postprocessing, parts={})
