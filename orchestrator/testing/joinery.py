"""An executor for a pool of workers: it leaves files, and what a task's words say happens to it.

Apart from the tests, as every worker imports it: pytest would take it a fifth of a second.
"""

import errno
import os
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from orchestrator.errors import BadInput
from results.errors import DamagedResults


class Joinery:
    """Leaves a file a task; words of the task say what else happens to the worker.

    Args:
        folder: for the files, and for notes on processes (`pids`) and models (`loads`).
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.models: list[str] = []

    def do(self, task: tuple[str, str, str]) -> None:
        """One task: its model, its name, the trick."""
        group, name, trick = task
        self._note("pids", os.getpid())
        if group not in self.models:
            self.models.append(group)
            self._note("loads", group)
        TRICKS[trick](self.folder / f"{name}.tried")
        (self.folder / name).write_text("made")

    def _note(self, file: str, word: object) -> None:
        with (self.folder / file).open("a") as notes:
            notes.write(f"{word}\n")


class Unborn(Joinery):
    """Cannot be unpickled where the worker is."""

    def __reduce__(self) -> tuple[Any, ...]:
        return import_module, ("plane",)


class Hopeless(Exception):
    """As some libraries' own: it can be pickled, but not unpickled."""

    def __init__(self, node: str, message: str) -> None:
        super().__init__(message)


def pids(folder: Path) -> list[int]:
    """The process of each task so far, in order."""
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def wait_until(so: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Whether it has come to be so in that time."""
    end = time.monotonic() + seconds
    while not so() and time.monotonic() < end:
        time.sleep(0.05)
    return so()


def _die_at_first(mark: Path) -> None:
    if not mark.exists():
        _die_always(mark)


def _die_always(mark: Path) -> None:
    with mark.open("a") as tries:
        tries.write("x")
    os._exit(1)


def _die_when_told(mark: Path) -> None:
    wait_until((mark.parent / "go").exists)
    _die_always(mark)


def _fail(error: Exception, cause: Exception | None = None) -> Callable[[Path], None]:
    def trick(mark: Path) -> None:
        mark.write_text("x")
        raise error from cause

    return trick


def _damaged_by_a_full_disk(mark: Path) -> None:
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        raise DamagedResults("m.parquet cannot be read")  # noqa: B904  the context alone tells


def _together(mark: Path) -> None:
    wait_until(lambda: len(set(pids(mark.parent))) == 2)


TRICKS: dict[str, Callable[[Path], object]] = {
    "": lambda mark: time.sleep(0.01),
    "with another": _together,
    "for ever": lambda mark: time.sleep(600),
    "die at first": _die_at_first,
    "die always": _die_always,
    "die when told": _die_when_told,
    "damaged": _fail(BadInput("m.safetensors is cut off")),
    "damaged results": _fail(DamagedResults("m.parquet is cut off")),
    "broken": _fail(KeyError("kernel")),
    "hopeless": _fail(Hopeless("node", "no kernel")),
    "coloured": _fail(BadInput("\n\x1b[36mm.h5\x1b[0m is \x1b[1;31mcut off\x1b[0m\nTraceback")),
    "full": _fail(OSError(errno.ENOSPC, "No space left on device")),
    "full, as bad input": _fail(BadInput("m.h5: no"), OSError(errno.EDQUOT, "Quota exceeded")),
    "full, met while damaged": _damaged_by_a_full_disk,
}
