"""What the scheduler takes of a trial's report on an epoch."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from orchestrator.training.history import EpochRow

ROW_FIELDS = tuple(field.name for field in dataclasses.fields(EpochRow))
"""What an epoch's row holds."""


def epoch_row(result: Mapping[str, Any]) -> dict[str, Any]:
    """The epoch's numbers; one that is None or absent counts as NaN."""
    return {k: math.nan if result.get(k) is None else result[k] for k in ROW_FIELDS}
