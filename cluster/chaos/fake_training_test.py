import time

import pytest

from cluster.chaos.fake_training import TrialFault, TrialScript, right
from cluster.chaos.sandbox import Sandbox


def test_a_trials_fault_is_injected_as_often_as_asked_for_and_leaves_its_time(tmp_path):
    fault = TrialFault(3, 2, "nan", times=2)
    sandbox = Sandbox(tmp_path, trial_faults=(fault,))
    sandbox.trace.mkdir()
    script = TrialScript.read(sandbox.store)
    assert sandbox.injected_at(fault) is None
    assert script.inject(3, 1) == ""
    assert [script.inject(3, 2) for _ in range(3)] == ["nan", "nan", ""]
    assert sandbox.injected_at(fault, 1) == pytest.approx(time.time(), abs=60)


def test_accuracy_rises_with_the_epochs_and_differs_by_seed():
    curve = [right(1, epoch, 1000) for epoch in range(1, 10)]
    assert curve == sorted(curve)
    assert curve[-1] == round(1000 * (0.25 + 0.7 * 0.6180339887) * (1 - 0.6**9))
    assert right(2, 9, 1000) != curve[-1]
