"""A dashboard to write to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.monitor.tensorboard import TensorBoardRuns
from orchestrator.monitor.testing import SPACE


@pytest.fixture
def board(tmp_path: Path) -> Iterator[TensorBoardRuns]:
    """The runs of a sweep over `SPACE`, none begun yet."""
    board = TensorBoardRuns(tmp_path)
    board.start_sweep(SPACE)
    yield board
    board.close()
