"""Where a sweep ends."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Where a sweep ends.

    Attributes:
        trials: how many at most, reused ones included.
        concurrency: how many at once.
        deadline: `time.monotonic()` after which no epoch is begun; infinite for none.
        budget_text: the deadline in the user's words, e.g. "30m".
    """

    trials: int
    concurrency: float = math.inf
    deadline: float = math.inf
    budget_text: str = ""
