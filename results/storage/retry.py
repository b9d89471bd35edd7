"""Trying again while a store's trouble may pass: so long, with growing pauses, not in silence."""

import errno
import logging
import os
import random
import re
import time
from collections.abc import Callable
from typing import TypeVar

from results.errors import BadSetting
from results.storage.locations import first_line

PATIENCE_S = 120.0
"""How long a store may fail before the failure is passed on."""

SETTING = "ORCHESTRATOR_STORE_PATIENCE"
"""Name of the environment variable that says otherwise, in seconds."""

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 8.0
QUIET_S = 1.0
"""What passes within this time is not spoken of: a busy store refuses now and then."""

_NUMBERS = frozenset(
    {
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EPIPE,
        errno.ETIMEDOUT,
    }
)
# pyarrow's and obstore's errors have no number: what the server answered is in their text alone.
_WORDS = re.compile(
    r"HTTP (?:status|code):? ?(?:5\d\d|408|429)"
    r"|AWS Error (?:NETWORK_CONNECTION|INTERNAL_FAILURE|SERVICE_UNAVAILABLE|SLOW_DOWN|THROTTLING"
    r"|REQUEST_TIMEOUT|UNKNOWN \(HTTP status (?:5\d\d|408|429)\))"
    r"|non-2xx status code: (?:5\d\d|408|429)|error sending request"
    r"|curlCode: \d|Status\((?:UNAVAILABLE|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL)"
    r"|\b(?:timed out|connection re(?:set|fused))\b",
    re.IGNORECASE,
)
_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


def patience_s() -> float:
    """Seconds that a store may fail: `PATIENCE_S`, or what the environment says.

    Raises:
        BadSetting: if the environment says no number of seconds.
    """
    text = os.environ.get(SETTING, "")
    try:
        seconds = float(text) if text else PATIENCE_S
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise BadSetting(f"{SETTING} must be seconds, 0 or more; found {text[:40]!r}.")
    return seconds


def is_transient(problem: OSError) -> bool:
    """Whether the next try may succeed: server errors, timeouts, no connection.

    Not so: what does not exist, what is not patience_s, a disk that is full.
    """
    if isinstance(problem, (ConnectionError, TimeoutError)) or problem.errno in _NUMBERS:
        return True
    return problem.errno is None and bool(_WORDS.search(str(problem)))


def with_retries(act: Callable[[], _T], shown: str, seconds: float) -> _T:
    """Does something until it succeeds; pauses grow to `LONGEST_PAUSE_S`, and vary at random.

    Args:
        act: to do; after a failure again, from its beginning.
        shown: of the place, for the warning, which is given once.
        seconds: after which no new try is begun; 0: one try.

    Raises:
        OSError: the last one, or the first that will not pass.
    """
    began = time.monotonic()
    pause, warned = FIRST_PAUSE_S, False
    while True:
        try:
            return act()
        except OSError as problem:
            left = began + seconds - time.monotonic()
            if left <= 0 or not is_transient(problem):
                raise
            # Hundreds of trials that fail together must not all come back together.
            wait = min(left, pause * random.uniform(0.5, 1.0))
            if not warned and seconds - left + wait >= QUIET_S:
                warned = True
                _LOG.warning(
                    "%s does not answer as it should (%s); trying again for %.0f s.",
                    shown,
                    first_line(problem),
                    left,
                )
        time.sleep(wait)
        pause = min(2 * pause, LONGEST_PAUSE_S)


class RetryBudget:
    """Retries over one connection: once they were in vain, single tries, until one succeeds.

    Else each part of a run that ends for want of its store would wait through all of it again.
    """

    def __init__(self) -> None:
        self._spent = False

    def __call__(self, act: Callable[[], _T], shown: str, seconds: float) -> _T:
        """See `with_retries`."""
        try:
            result = with_retries(act, shown, 0.0 if self._spent else seconds)
        except OSError as problem:
            self._spent = is_transient(problem) and (self._spent or seconds > 0)
            raise
        self._spent = False
        return result
