import os
import re

import pytest

from orchestrator.process import hardware


def test_a_machine_is_its_processor_and_the_cores_that_may_be_used():
    assert re.fullmatch(r".+, \d+ cores", hardware.machine())
    assert hardware.cores() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("threads", "end"), [(1, ", 1 thread a trial"), (2, ", 2 threads a trial")]
)
def test_a_trial_on_a_processor_says_its_threads(threads, end):
    assert hardware.describe(threads) == hardware.machine() + end


def test_a_trial_on_a_gpu_says_which_and_whose():
    processor = hardware.machine().rpartition(", ")[0]
    assert hardware.describe(4, gpu="NVIDIA H100") == f"NVIDIA H100, {processor}"
