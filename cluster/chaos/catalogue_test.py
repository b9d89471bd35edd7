"""Every fault of the catalogue, struck: the short ones with every run, the others with -m slow."""

import pytest

from cluster.chaos.__main__ import broken, lacking, strike
from cluster.chaos.catalogue import FAULTS, NEEDS

pytestmark = [pytest.mark.faults, pytest.mark.ray]

EACH = [
    pytest.param(name, marks=() if fault.short else pytest.mark.slow)
    for name, fault in FAULTS.items()
]


@pytest.fixture(scope="session")
def ground(tmp_path_factory):
    return tmp_path_factory.mktemp("faults")  # one for all: they share what was left alone


@pytest.mark.parametrize("name", EACH)
def test_a_sweep_that_is_struck_ends_as_one_that_was_left_alone(name, ground):
    fault = FAULTS[name]
    if lacks := lacking(fault):
        pytest.skip(f"needs {lacks}")
    seen = strike(fault, ground / name)
    assert broken(fault, seen) == []
    assert seen.blows >= 1


def test_every_fault_says_what_it_does_and_needs():
    for fault in FAULTS.values():
        assert fault.words
        assert fault.needs in NEEDS
        assert fault.seconds > 0
    assert len({fault.words for fault in FAULTS.values()}) == len(FAULTS)
    assert any(fault.short for fault in FAULTS.values())
