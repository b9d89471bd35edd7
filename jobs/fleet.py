"""Pieces of work on Ray: shared out among a few workers, which may die."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayActorError, RayTaskError

from orchestrator.errors import BadInput
from orchestrator.terminal import FULL
from results.store import DamagedResults

LIVES = 3
"""Workers that a piece may cost before it is given up: it, not they, is then the likely cause."""


@dataclass(frozen=True)
class Piece:
    """Something to do that leaves a file, so that it need never be done again.

    Attributes:
        name: tells it from the others.
        group: pieces of a group need the same model, which a worker loads once.
        images: for the progress bar.
        task: what the workshop understands.
    """

    name: str
    group: str
    images: int
    task: Any


class Workshop(Protocol):
    """What a worker works with; it is pickled once and then keeps what it has loaded."""

    def do(self, task: Any) -> None:
        """Do one piece; what comes of it goes to the results folder."""


@dataclass(frozen=True)
class Crew:
    """Who works.

    Attributes:
        workers: at a time.
        threads: CPUs of each.
        gpus: share of a GPU of each.
        logs: folder for what they print.
    """

    workers: int
    threads: float = 1
    gpus: float = 0.0
    logs: str = ""


class DiskFull(OSError):
    """A worker found no room for what it had made."""


@dataclass
class _Worker:
    actor: ActorHandle
    loaded: list[str] = field(default_factory=list)


class _Seat:
    """The actor: a workshop in a process of its own."""

    def __init__(self, workshop: Workshop, logs: str) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if logs:
            _divert(Path(logs))
        self._workshop = workshop

    def do(self, task: Any) -> None:
        """Do one piece of work."""
        self._workshop.do(task)


def work(
    workshop: Workshop,
    pieces: Sequence[Piece],
    crew: Crew,
    done: Callable[[Piece], None] = lambda piece: None,
) -> dict[str, str]:
    """Have all pieces done; Ray must be running.

    A piece whose worker dies is given to a new worker, up to `LIVES` times. A piece that raises is
    not tried again, nor is the rest of its group: what stopped it would stop them too.

    Args:
        workshop: what every worker gets.
        pieces: in the order in which they should be begun.
        crew: who works.
        done: called in this process after each finished piece.

    Returns:
        Group -> why it was given up, in a sentence; empty if all went well.

    Raises:
        DiskFull: at the first piece that finds no room; what is finished stays.
    """
    return _Shift(workshop, pieces, crew, done).run() if pieces else {}


class _Shift:
    def __init__(
        self,
        workshop: Workshop,
        pieces: Sequence[Piece],
        crew: Crew,
        done: Callable[[Piece], None],
    ) -> None:
        self._crew, self._done = crew, done
        self._seat = ray.remote(num_cpus=crew.threads, num_gpus=crew.gpus)(_Seat)
        self._workshop = ray.put(workshop)
        self._left = list(pieces)
        self._deaths: Counter[str] = Counter()
        self._given_up: dict[str, str] = {}
        self._busy: dict[Any, tuple[_Worker, Piece]] = {}

    def run(self) -> dict[str, str]:
        try:
            for _ in range(min(self._crew.workers, len(self._left))):
                self._begin(self._hire())
            while self._busy:
                (finished,), _ = ray.wait(list(self._busy), num_returns=1)
                worker, piece = self._busy.pop(finished)
                self._begin(self._settle(finished, worker, piece))
        finally:
            for worker, _ in self._busy.values():
                ray.kill(worker.actor)
        return self._given_up

    def _hire(self) -> _Worker:
        return _Worker(self._seat.remote(self._workshop, self._crew.logs))

    def _begin(self, worker: _Worker) -> None:
        piece = self._next(worker)
        if piece is None:
            ray.kill(worker.actor)
            return
        self._left.remove(piece)
        if piece.group not in worker.loaded:
            worker.loaded.append(piece.group)
        self._busy[worker.actor.do.remote(piece.task)] = worker, piece

    def _next(self, worker: _Worker) -> Piece | None:
        """Rather a piece whose model is loaded here, then one whose model nobody works on."""
        at_work = {piece.group for _, piece in self._busy.values()}

        def dislike(piece: Piece) -> tuple[bool, bool]:
            return piece.group not in worker.loaded, piece.group in at_work

        return min(self._left, key=dislike, default=None)

    def _settle(self, finished: Any, worker: _Worker, piece: Piece) -> _Worker:
        try:
            ray.get(finished)
        except RayActorError as death:
            self._bury(piece, death)
            return self._hire()
        except RayTaskError as error:
            cause = error.cause
            if isinstance(cause, OSError) and cause.errno in FULL:
                raise DiskFull(cause.errno, cause.strerror) from error
            self._give_up(piece.group, _sentence(cause))
        else:
            self._done(piece)
        return worker

    def _bury(self, piece: Piece, death: RayActorError) -> None:
        self._deaths[piece.name] += 1
        if self._deaths[piece.name] < LIVES:
            self._left.insert(0, piece)
        else:
            self._give_up(piece.group, f"its worker died {LIVES} times ({_first_line(death)})")

    def _give_up(self, group: str, reason: str) -> None:
        self._given_up[group] = reason
        self._left = [piece for piece in self._left if piece.group != group]


def chunks(n: int, size: int) -> Iterator[tuple[int, int]]:
    """(first, end) of the rows of each chunk."""
    for first in range(0, n, size):
        yield first, min(first + size, n)


def _sentence(error: BaseException) -> str:
    """What to tell of an exception: bad input speaks for itself, others need their kind."""
    expected = isinstance(error, BadInput | DamagedResults)
    return str(error) if expected else f"{type(error).__name__}: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "no message")


def _divert(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    log = os.open(folder / f"worker-{os.getpid()}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
