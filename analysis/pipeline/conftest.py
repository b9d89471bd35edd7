"""What is made once for all tests of this folder: the sweep, and each picture of a figure."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.figures.catalogue import Figure
from analysis.figures.tables import Tables
from analysis.pictures.picture import Picture
from analysis.pipeline import draw
from results.store import Store


@pytest.fixture(scope="session", autouse=True)
def figures_drawn_once() -> Iterator[None]:
    """The same tables give the same picture, and these tests draw those of one sweep over and over.

    Every different figure is drawn by the real code, the first time that it is asked for.
    """
    drawn: dict[tuple[str, bytes], tuple[Picture | None, str]] = {}
    render = draw.render

    def remembered(name: str, figure: Figure, tables: Tables) -> tuple[Picture | None, str]:
        key = name, pickle.dumps(tables)
        if key not in drawn:
            drawn[key] = render(name, figure, tables)
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "render", remembered)
        yield


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the faces of `trained` are."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATOR_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Store:
    """A sweep of three real nets that nobody has post-processed; it stays as it is."""
    from analysis.pipeline.testing import small_sweep  # imports TensorFlow

    return small_sweep(tmp_path_factory.mktemp("sweeps") / "three", cache)
