"""Every fault, injected, with -m slow; local_cluster_test injects three into one sweep by default.

`python -m cluster.chaos` runs this file and prints the properties of each test as a table's row.
"""

import dataclasses
import time
import traceback

import pytest

from cluster.chaos.faults import FAULTS, NEEDS, Fault
from cluster.chaos.outcome import Outcome
from cluster.chaos.sandbox import end_all


@pytest.fixture(scope="session")
def folder(request, tmp_path_factory):
    """One for all faults: they share the sweeps that were left alone."""
    named = request.config.getoption("faults_folder", None)
    return named or tmp_path_factory.mktemp("faults")


ROWS = [
    pytest.param(name, marks=pytest.mark.timeout(300 + 4 * fault.seconds))
    for name, fault in FAULTS.items()
]
"""The longest takes five minutes on an idle machine."""


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.ray
@pytest.mark.parametrize("name", ROWS)
def test_a_sweep_with_a_fault_ends_as_one_that_was_left_alone(name, folder, record_property):
    fault = FAULTS[name]
    record_property("fault", name)
    if fault.lacks:
        pytest.skip(f"needs {fault.lacks}")
    began = time.monotonic()
    try:
        outcome = fault.inject(folder / name)
    except Exception as error:
        traceback.print_exc()
        outcome = Outcome(None, 0, (f"{type(error).__name__}: {error}",))
    finally:
        end_all(folder / name)
    record_property("outcome", dataclasses.asdict(outcome))
    record_property("seconds", time.monotonic() - began)
    assert fault.broken_promises(outcome) == []
    assert outcome.injections >= 1


def test_every_fault_says_what_it_does_and_needs():
    for fault in FAULTS.values():
        assert fault.words
        assert fault.needs in NEEDS
        assert fault.seconds > 0
    assert len({fault.words for fault in FAULTS.values()}) == len(FAULTS)
    assert any(fault.short for fault in FAULTS.values())


def a_fault(**changes):
    return Fault("a blow", lambda folder: Outcome(None, 0, ()), True, 1, **changes)


def test_a_promise_is_broken_by_a_difference_by_time_and_by_epochs():
    assert a_fault().broken_promises(Outcome(99.0, 2, (), injections=2)) == []
    assert a_fault().broken_promises(Outcome(None, 3, (), injections=2)) == [
        "3 epochs lost, at most 1 a blow is promised"
    ]
    assert a_fault(within_s=5).broken_promises(Outcome(5.5, 0, ("rows",))) == [
        "rows",
        "noticed after 5.5 s, promised: 5 s",
    ]


def test_what_a_machine_lacks_is_told_in_words(monkeypatch):
    assert a_fault().lacks == ""
    monkeypatch.setitem(NEEDS, "moon", ("a full moon", lambda: False))
    assert a_fault(needs="moon").lacks == "a full moon"
