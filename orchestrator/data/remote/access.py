"""Trouble with remote data: what passes is waited for, the rest is said in one sentence."""

import re
from collections.abc import Callable
from typing import TypeVar

from orchestrator.data.remote.uris import shown
from orchestrator.errors import BadInput
from results.storage import retry
from results.storage.locations import first_line

_DENIED = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT_MATCH|INVALID_CLIENT_TOKEN|EXPIRED_TOKEN"
    r"|MISSING_AUTHENTICATION|HTTP status 40[13]|PERMISSION_DENIED|UNAUTHENTICATED"
    r"|AuthorizationFail|AuthenticationFailed"
)
_ABSENT = re.compile(r"NO_SUCH_BUCKET|NO_SUCH_KEY|NOT_FOUND|ContainerNotFound|BlobNotFound")

_T = TypeVar("_T")


class Unreachable(BadInput):
    """A URI that may well hold what is wanted, but could not be asked."""


def patience_s() -> float:
    """Seconds for which what cannot be reached is tried again: that of stores.

    Raises:
        BadInput: where the environment says no number of seconds.
    """
    try:
        return retry.patience_s()
    except ValueError as problem:
        raise BadInput(str(problem)) from None


def access(action: Callable[[], _T], uri: str, seconds: float) -> _T:
    """What an action gives, tried again while its place cannot be reached.

    Args:
        action: may raise pyarrow's and the system's errors.
        uri: of the place.
        seconds: after which no new try is begun; 0: one try.

    Raises:
        Unreachable: when it stays so.
        BadInput: for any other trouble, of which trying again is no cure.
    """
    try:
        return retry.with_retries(action, shown(uri), seconds)
    except OSError as problem:
        if retry.is_transient(problem):
            raise Unreachable(
                f"{shown(uri)} cannot be reached ({_reason(problem)}); check the network and the "
                "URI, or give --data a copy on this machine"
            ) from None
        raise _refused(uri, problem) from None
    except BadInput:
        raise
    except (ValueError, NotImplementedError) as problem:  # a name that the store does not allow
        raise _refused(uri, problem) from None


def _refused(uri: str, problem: Exception) -> BadInput:
    if isinstance(problem, FileNotFoundError) or _ABSENT.search(str(problem)):
        return BadInput(
            f"{shown(uri)} does not exist; give --data an existing CSV, zip, tar.gz or folder"
        )
    if isinstance(problem, PermissionError) or _DENIED.search(str(problem)):
        return BadInput(
            f"{shown(uri)} cannot be read: no permission; put credentials that may read it into "
            "the environment (for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or give the "
            "machine a role"
        )
    return BadInput(
        f"{shown(uri)} cannot be read: {_reason(problem)}; check the URI and its settings"
    )


def _reason(problem: Exception) -> str:
    return first_line(problem)[:300]
