"""What the tests of this folder share: every different picture of a figure, drawn once."""

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from analysis.pipeline import draw


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever needs a sweep that is trained and post-processed for real is long."""
    for item in items:
        if "finished" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session", autouse=True)
def figures_drawn_once() -> Iterator[None]:
    """The same tables give the same picture, and these tests draw those of one sweep over and over.

    The real code draws it the first time that it is asked for, and never again.
    """
    pictures: dict[tuple[str, bytes], Any] = {}
    render = draw.render

    def remembered(name: str, figure: Any, tables: Any) -> Any:
        key = name, pickle.dumps(tables)
        if key not in pictures:
            pictures[key] = render(name, figure, tables)
        return pictures[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "render", remembered)
        yield
