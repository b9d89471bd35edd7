"""What the tests of this folder share."""

import pytest

from analysis.pictures.evidence import Evidence
from analysis.pictures.scenes_test import SCENES


@pytest.fixture
def evidence() -> Evidence:
    """Seven faces of three classes, three of them wrong, each with its maps."""
    return SCENES["usual"]()
