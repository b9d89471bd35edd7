"""Where a sweep ends."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Where a sweep ends.

    Attributes:
        trials: how many at most, reused ones included; of an extended sweep those that lie in the
            space that is searched now.
        concurrency: how many at once.
        deadline: `time.monotonic()` after which no epoch is begun; infinite for none.
        budget_text: the deadline in the user's words, e.g. "30m".
        epochs_of: so many trials -> epochs that they take in all, where they wait at rungs.
    """

    trials: int
    concurrency: float = math.inf
    deadline: float = math.inf
    budget_text: str = ""
    epochs_of: Callable[[int], int] | None = None

    def is_short(self, begun: int, epochs: int, seconds: float | None, at_once: int) -> bool:
        """Whether the time left is needed by the trials that have begun: else none would finish.

        Args:
            begun: trials.
            epochs: trained so far.
            seconds: an epoch takes; None where that is not known yet.
            at_once: trials.
        """
        if self.epochs_of is None or math.isinf(self.deadline) or seconds is None:
            return False
        left = self.epochs_of(begun) - epochs
        return time.monotonic() + left * seconds / at_once >= self.deadline
