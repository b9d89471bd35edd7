import pytest

from orchestrator.errors import BadInput
from orchestrator.search.strategy import Setup
from orchestrator.search.testing import FINITE


def test_a_negative_seed_is_refused():
    with pytest.raises(BadInput, match="-1"):
        Setup(FINITE, seed=-1)
