"""What may become of a trial: its statuses, and what ended it."""

from collections.abc import Mapping
from typing import Any

STATUSES = ("completed", "stopped_early", "pruned", "failed", "running", "paused", "reused")
"""What may stand in `trials.status`."""

UNDER_WAY = ("running", "paused")
"""Statuses of trials that have not ended; a paused one waits at a rung, its state stored."""

FINISHED = ("completed", "stopped_early", "reused")
"""Statuses of trials that may have left weights."""

ENDINGS = {
    "epochs": "completed",
    "patience": "stopped_early",
    "rung": "pruned",
    "time": "stopped_early",
    "extension": "stopped_early",
    "diverged": "failed",
    "failure": "failed",
    "interrupted": "failed",
}
"""What may stand in `trials.ended_by` -> the status that follows, unless the trial is reused."""


def is_trained_to_end(trial: Mapping[Any, Any]) -> bool:
    """Whether a row of `trials` went as far as it was meant to: not where time was up.

    By patience is as far as meant.
    """
    return trial["status"] in FINISHED and trial.get("ended_by") != "time"
