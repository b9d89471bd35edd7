"""Notices that a Ray cluster's head is gone, before Ray ends the process without a word."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

SETTING = "RAY_gcs_rpc_server_reconnect_timeout_s"
"""Variable of Ray's: how long its parts wait for a head that does not answer, then they end."""

RAYS_OWN_S = 60.0
"""The same where it is not set."""

LAST_WORDS_S = 20.0
"""Before Ray ends the process: leaving a cluster that is gone takes 15 s, our tables a moment."""

EVERY_S = 2.0
_CONNECT_S = 5.0


class ClusterLost(BaseException):
    """The head of the Ray cluster does not answer any more.

    As KeyboardInterrupt, no Exception: it may come anywhere, and must not be passed over there.
    """


def patience() -> float:
    """Seconds that a head may be silent: most of what Ray itself waits, for it may come back."""
    try:
        rays_own = float(os.environ.get(SETTING, RAYS_OWN_S))
    except ValueError:
        rays_own = RAYS_OWN_S
    return max(rays_own / 2, rays_own - LAST_WORDS_S)


@contextlib.contextmanager
def lookout(address: str, seconds: float | None = None, every: float = EVERY_S) -> Iterator[None]:
    """Raise `ClusterLost` in the block if nobody listens at an address any more.

    A thread knocks; the exception comes into the main thread by SIGUSR2. In another thread, where
    no signal arrives, nobody looks out.

    Args:
        address: of the head's GCS, host:port.
        seconds: of silence; None: `patience`.
        every: seconds between two knocks.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waits = patience() if seconds is None else seconds

    def lost(number: int, frame: object) -> None:
        raise ClusterLost(f"the Ray cluster at {address} has not answered for {waits:.0f} s")

    before = signal.signal(signal.SIGUSR2, lost)
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(address, waits, every, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(_CONNECT_S + 1)  # else its signal might come when nobody takes it
        signal.signal(signal.SIGUSR2, before)


def _watch(address: str, seconds: float, every: float, over: threading.Event) -> None:
    answered = time.monotonic()
    while not over.wait(every):
        if _answers(address):
            answered = time.monotonic()
        elif time.monotonic() - answered >= seconds:
            if not over.is_set():
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)
            return


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except OSError:
        return False
    return True
