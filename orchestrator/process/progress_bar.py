"""A progress bar for work that takes longer than a second in front of a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

PATIENCE = 1.0
"""Seconds of work before a bar appears."""


@contextmanager
def bar(
    description: str, total: int, console: Console | None = None
) -> Iterator[Callable[[int], None]]:
    """Show how far some work has come; nothing unless standard error is a terminal.

    Args:
        description: what is being done.
        total: steps in all.
        console: where to draw; standard error by default.

    Yields:
        A function to be called with the number of steps just done.
    """
    console = console or Console(stderr=True)
    progress = Progress(console=console, transient=True, disable=not console.is_terminal)
    task = progress.add_task(description, total=total)
    begun = time.monotonic()
    done, shown = 0, False

    def advance(steps: int) -> None:
        nonlocal done, shown
        done += steps
        if not shown and time.monotonic() - begun > PATIENCE:
            progress.start()
            shown = True
        if shown:
            progress.update(task, completed=done)

    try:
        yield advance
    finally:
        if shown:
            progress.stop()
