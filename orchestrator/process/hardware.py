"""What machine a number was measured on."""

import os
import platform
from functools import cache
from pathlib import Path


def describe(threads: int, gpu: str | None = None) -> str:
    """One line, e.g. "AMD EPYC 9R14, 4 cores, 1 thread a trial" or the name of the GPU."""
    if gpu:
        return f"{gpu}, {_processor()}"
    plural = "" if threads == 1 else "s"
    return f"{machine()}, {threads} thread{plural} a trial"


def machine() -> str:
    """Processor and cores, without regard to trials."""
    return f"{_processor()}, {cores()} cores"


def cores() -> int:
    """Logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # on Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_gpu() -> bool:
    """Whether the driver of an NVIDIA GPU has made a device here; Linux tells, others do not."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


@cache
def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
