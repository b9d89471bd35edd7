"""A table and an empty cache."""

from pathlib import Path

import pytest

from orchestrator.data.testing import example, fer2013_csv, write_folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A fer2013.csv of ten training, two validation and two test images of each class."""
    return write_folder(fer2013_csv(example((10, 2, 2))), tmp_path / "data") / "fer2013.csv"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where an empty cache may be made."""
    return tmp_path / "cache"
