import os
import platform
import re
from pathlib import Path

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


def test_off_linux_a_processor_is_what_python_says(monkeypatch):
    def absent(*_: object, **__: object) -> str:
        raise FileNotFoundError

    hardware._processor.cache_clear()
    monkeypatch.setattr(Path, "read_text", absent)
    here = hardware.machine()
    hardware._processor.cache_clear()
    assert here == f"{platform.processor() or platform.machine()}, {hardware.cores()} cores"
