"""Notices that the head of a Ray cluster is gone, before Ray ends the process without a word.

When nobody has answered there for a minute, Ray's core ends every process of the cluster, drivers
too, from within C++: no exception, no clean-up, no line on the terminal. Until then a driver's main
thread may wait inside Ray, where no signal reaches it. So a thread of ours watches, says what is
the matter, and ends the process itself.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

from orchestrator.process.exit_code import FAILED

SETTING = "RAY_gcs_rpc_server_reconnect_timeout_s"
"""Variable of Ray's: how long its parts wait for a head that does not answer, then they end."""

RAYS_OWN_S = 60.0
"""The same where it is not set."""

SOONER_S = 12.0
"""So long before Ray ends the process, we do: not earlier, for the head may come back."""

EVERY_S = 2.0
_CONNECT_S = 5.0


def allowed_silence() -> float:
    """Seconds that a head may be silent."""
    try:
        rays_own = float(os.environ.get(SETTING, RAYS_OWN_S))
    except ValueError:
        rays_own = RAYS_OWN_S
    return max(rays_own / 2, rays_own - SOONER_S)


@contextlib.contextmanager
def watch_head(
    address: str,
    say: Callable[[str], None],
    seconds: float | None = None,
    end: Callable[[int], object] = os._exit,
) -> Iterator[None]:
    """End the process if nobody listens at an address any more while the block runs.

    Args:
        address: of the head's GCS, host:port.
        say: called with what is the matter, from another thread.
        seconds: of silence; None: `allowed_silence`.
        end: ends the process with an exit code.
    """
    allowed = allowed_silence() if seconds is None else seconds
    ended = threading.Event()

    def watch() -> None:
        if _silent(address, allowed, ended):
            try:
                say(f"the Ray cluster at {address} has not answered for {allowed:.0f} s")
            finally:
                end(FAILED)

    thread = threading.Thread(target=watch, name="head watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_CONNECT_S + 1)


def _silent(address: str, seconds: float, ended: threading.Event) -> bool:
    """Waits until nobody has answered for so long; False if it has ended before."""
    answered = time.monotonic()
    while not ended.wait(min(EVERY_S, seconds / 10)):
        if answers(address):
            answered = time.monotonic()
        elif time.monotonic() - answered >= seconds:
            return not ended.is_set()
    return False


def answers(address: str) -> bool:
    """Whether somebody listens at host:port."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except OSError:
        return False
    return True
