"""A submitted job, followed to its end through whatever cuts the connection."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from orchestrator.process.exit_code import INTERRUPTED

QUIET_S = 90.0
"""A stream that was silent for so long is opened again: it may be cut, and nobody says so."""

PAUSE_S = 1.0
PATIENCE_S = 600.0
"""How long a head may not answer; a job's own record dies with the head."""

ENDED = ("SUCCEEDED", "FAILED", "STOPPED")


class Lost(Exception):
    """Nobody has answered for all of the patience; says why."""


class Client(Protocol):
    """Of Ray's `JobSubmissionClient`, what is used here."""

    def get_job_info(self, job_id: str) -> Any:
        """The job's `JobDetails`."""

    def get_job_logs(self, job_id: str) -> str:
        """All that it has said."""

    def tail_job_logs(self, job_id: str) -> Any:
        """The same from its beginning, piece by piece, until the job or the connection ends."""


@dataclass(frozen=True)
class Times:
    """In seconds; see the constants of this module."""

    quiet: float = QUIET_S
    pause: float = PAUSE_S
    patience: float = PATIENCE_S


def follow(address: str, job: str, out: TextIO) -> Any:
    """Print a job's output until the job has ended.

    Args:
        address: of the cluster's HTTP server; Ray's variables must be set.
        job: its submission id.
        out: where to.

    Returns:
        Its `JobDetails`.

    Raises:
        Lost: where the cluster does not answer any more.
    """
    from ray.job_submission import JobSubmissionClient

    logging.getLogger("ray.dashboard.modules.job.sdk").setLevel(logging.ERROR)
    return asyncio.run(Follower(lambda: JobSubmissionClient(address), job, out).to_the_end())


class Follower:
    """Follows one job.

    A stream of output always begins at the beginning, so what was printed is passed over by its
    length; every job's output only grows.

    Args:
        connect: gives a client; may raise what a network raises.
        job: its submission id.
        out: where its output goes.
        times: how patient to be.
    """

    def __init__(
        self, connect: Callable[[], Client], job: str, out: TextIO, times: Times | None = None
    ) -> None:
        self._connect = connect
        self._job = job
        self._out = out
        self._times = times or Times()
        self._printed = 0

    async def to_the_end(self) -> Any:
        """The job's `JobDetails`, once it has ended and its output is printed.

        Raises:
            Lost: see there.
        """
        client: Client | None = None
        heard = time.monotonic()
        while True:
            try:
                client = client or self._connect()
                with suppress(TimeoutError):
                    await self._tail(client)
                info = client.get_job_info(self._job)
                if _status(info) in ENDED:
                    self._print(client.get_job_logs(self._job), 0)
                    return info
                heard = time.monotonic()
            except Exception as problem:  # of requests, aiohttp, Ray: each has its own
                if time.monotonic() - heard > self._times.patience:
                    reason = str(problem).strip().partition("\n")[0]
                    raise Lost(f"{type(problem).__name__}: {reason}") from problem
            await asyncio.sleep(self._times.pause)

    async def _tail(self, client: Client) -> None:
        stream = client.tail_job_logs(self._job)
        place = 0
        try:
            while True:
                text = await asyncio.wait_for(anext(stream), self._times.quiet)
                self._print(text, place)
                place += len(text)
        except StopAsyncIteration:
            return
        finally:
            await stream.aclose()

    def _print(self, text: str, place: int) -> None:
        """Print what is new in a piece of the output that begins at a place."""
        new = text[max(0, self._printed - place) :]
        self._printed = max(self._printed, place + len(text))
        if new:
            print(new, end="", file=self._out, flush=True)


def _status(info: Any) -> str:
    return str(getattr(info.status, "value", info.status))


def ending(info: Any) -> tuple[int, str]:
    """The exit code for a job that has ended, and how it ended.

    Args:
        info: its `JobDetails`.
    """
    status, code = _status(info), info.driver_exit_code
    if status == "SUCCEEDED":
        return 0, "done"
    if status == "STOPPED":
        return INTERRUPTED, "stopped"
    if code is None:  # it never came to run, or the node that it ran on is gone
        reason = (info.message or "nothing is known of why").strip().partition("\n")[0]
        return 1, f"failed: {reason}"
    return (128 - code if code < 0 else code), f"failed with exit code {code}"
