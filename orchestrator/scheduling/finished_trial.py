"""What is known of a trial that need not be trained again."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FinishedTrial:
    """A trial that another sweep of the same results folder has finished.

    Attributes:
        sweep: that sweep's name.
        status: completed, stopped_early, or reused from yet another sweep.
        ended_by: what ended it where it was trained: epochs or patience.
        rows: its epochs, in order.
        metadata: see `ledger.RESULT_FIELDS`.
    """

    sweep: str
    status: str
    ended_by: str
    rows: tuple[dict[str, Any], ...]
    metadata: dict[str, Any]
