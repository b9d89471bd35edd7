"""Which process holds something, and whether that one is known to be gone."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SAME = ("host", "boot", "namespace")


def shown() -> str:
    """This process, for whoever comes second."""
    return f"process {os.getpid()} ({socket.gethostname()})"


def identity() -> dict[str, Any]:
    """This process, such that another of the same machine can tell whether it still lives."""
    pid = os.getpid()
    return {"host": socket.gethostname(), **_here(), "pid": pid, "started": _started(pid)}


def gone(process: Mapping[str, Any]) -> bool:
    """Whether that process has surely ended.

    Args:
        process: what `identity` gave there.

    Returns:
        False where it cannot be known: on another machine, in another container, off Linux.
    """
    here = identity()
    complete = all(process.get(key) for key in (*_SAME, "pid", "started"))
    if not complete or any(process.get(key) != here[key] for key in _SAME):
        return False
    # A number is given to a new process some day: only number and start together are one.
    return _started(process["pid"]) != str(process["started"])


def _here() -> dict[str, str]:
    try:
        return {"boot": _BOOT.read_text().strip(), "namespace": os.readlink("/proc/self/ns/pid")}
    except OSError:
        return {"boot": "", "namespace": ""}


def _started(pid: int) -> str:
    """Clock ticks from the machine's start to the process's; "" if it has ended."""
    try:
        # The name, in parentheses, may hold blanks and parentheses itself.
        fields = Path(f"/proc/{pid:d}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]
