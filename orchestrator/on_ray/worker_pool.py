"""Pieces of work on Ray: shared out among a few workers, which may die."""

import contextlib
import math
import os
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayActorError, RayError, RayTaskError

from orchestrator.errors import BadInput
from orchestrator.process.error_line import full_disk, log_traceback
from orchestrator.process.terminal import redirect_worker_output
from results.store import DamagedResults

LIVES = 3
"""Workers that a piece may cost before it is given up: it, not they, is then the likely cause."""

SHARING = 4
"""Workers on one GPU at most: each holds a CUDA context and its own copy of the images."""

REMEMBERED = 8
"""Groups that a worker is taken to have loaded still; a workshop keeps no more nets than that."""

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Piece:
    """Something to do that leaves a file, so that it need never be done again.

    Attributes:
        name: tells it from the others.
        group: pieces of a group need the same model, which a worker loads once.
        images: for the progress bar.
        task: what the workshop understands.
        fate: when one piece fails, all that share its fate are given up; "" for the group's name.
    """

    name: str
    group: str
    images: int
    task: Any
    fate: str = ""

    def __post_init__(self) -> None:
        if not self.fate:
            object.__setattr__(self, "fate", self.group)


@dataclass(frozen=True)
class Failure:
    """Why pieces of one fate were given up.

    Attributes:
        reason: one line, without colours.
        bad_input: a task found what it was given unusable, so another attempt would end alike;
            False for dead workers and all else, which may pass.
    """

    reason: str
    bad_input: bool


class Workshop(Protocol):
    """What a worker works with; it is pickled once and then keeps what it has loaded."""

    def do(self, task: Any) -> None:
        """Do one piece; what comes of it goes to the results folder."""


@dataclass(frozen=True)
class Crew:
    """Who works.

    Attributes:
        workers: at a time, 1 or more.
        threads: CPUs of each.
        gpus: share of a GPU of each.
        logs: local folder for what they print; "" leaves that to Ray.
    """

    workers: int
    threads: float = 1
    gpus: float = 0.0
    logs: str = ""

    @classmethod
    def packed(cls, at_once: int, gpus: float, logs: str = "") -> Self:
        """As many workers as wanted and as the GPUs hold, `SHARING` on each at most.

        Args:
            at_once: workers wanted, 1 or more.
            gpus: that Ray has in all; 0 for none, then the workers use CPUs alone.
            logs: as above.
        """
        if not gpus:
            return cls(at_once, logs=logs)
        on_each = min(SHARING, math.ceil(at_once / gpus))
        return cls(min(at_once, int(on_each * gpus)), gpus=1 / on_each, logs=logs)


class DiskFull(OSError):
    """A worker found no room for what it had made."""


class _Seat:
    """The actor: a workshop in a process of its own."""

    def __init__(self, workshop: Workshop, logs: str) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if logs:
            with contextlib.suppress(OSError):  # no log is no reason not to work
                redirect_worker_output(Path(logs))
        self._workshop = workshop

    def ready(self) -> None:
        """Answered once the worker has its place, which a busy cluster may give late or never."""

    def do(self, task: Any) -> Failure | DiskFull | None:
        """Do one piece of work; what stopped it is judged here.

        On the way to the driver an exception would lose its causes, and to unpickle one of
        TensorFlow's the driver would have to import TensorFlow.
        """
        try:
            self._workshop.do(task)
        except Exception as error:
            verdict = _verdict(error)
            if not (isinstance(verdict, Failure) and verdict.bad_input):
                log_traceback()
            return verdict
        return None


@dataclass(eq=False)
class _Worker:
    actor: ActorHandle
    loaded: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


class Fleet:
    """Workers that stay from one batch of pieces to the next, with what they have loaded.

    A context manager, inside which Ray must be running; at its end, Ctrl-C included, the workers
    are killed. They are hired when there are pieces for them; dead ones are replaced.

    Args:
        workshop: what every worker gets.
        crew: who works.
    """

    def __init__(self, workshop: Workshop, crew: Crew) -> None:
        self._crew = crew
        self._seat = ray.remote(num_cpus=crew.threads, num_gpus=crew.gpus)(_Seat)
        self._workshop = ray.put(workshop)
        self._workers: list[_Worker] = []
        self._busy: dict[Any, tuple[_Worker, Piece | None]] = {}  # no piece: not yet arrived
        self._refusals: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        for worker in list(self._workers):
            self._dismiss(worker)

    def work(
        self, pieces: Sequence[Piece], done: Callable[[Piece], None] = lambda piece: None
    ) -> dict[str, Failure]:
        """Have all pieces done.

        A piece whose worker dies is given to another, up to `LIVES` times. A piece that raises is
        not tried again, nor is what shares its fate: what stopped it would stop them too.

        Args:
            pieces: in the order in which they should be begun.
            done: called in this process after each finished piece.

        Returns:
            Fate -> why it was given up; empty if all went well.

        Raises:
            DiskFull: at the first piece that finds no room; what is finished stays.
        """
        batch = _Batch(pieces)
        self._refusals.clear()
        try:
            while batch.left or self._at_work():
                self._assign(batch)
                self._hire(len(batch.left) + len(self._at_work()))
                if not self._busy:
                    batch.give_up_all(f"no worker could start ({self._refusals[-1]})")
                    break
                (finished,), _ = ray.wait(list(self._busy), num_returns=1)
                self._settle(finished, batch, done)
        finally:
            for worker, _ in self._at_work():
                self._dismiss(worker)
        return batch.given_up

    def _at_work(self) -> list[tuple[_Worker, Piece]]:
        return [(worker, piece) for worker, piece in self._busy.values() if piece is not None]

    def _assign(self, batch: "_Batch") -> None:
        """Give pieces to the idle: rather one whose model is loaded, then one of an idle model."""
        taken = {id(worker) for worker, _ in self._busy.values()}
        idle = [worker for worker in self._workers if id(worker) not in taken]
        groups = {piece.group for _, piece in self._at_work()}

        def dislike(pair: tuple[_Worker, Piece]) -> tuple[bool, bool]:
            worker, piece = pair
            return piece.group not in worker.loaded, piece.group in groups

        while idle and batch.left:
            pairs = ((worker, piece) for worker in idle for piece in batch.left)
            worker, piece = min(pairs, key=dislike)
            idle.remove(worker)
            batch.left.remove(piece)
            groups.add(piece.group)
            if piece.group not in worker.loaded:
                worker.loaded.append(piece.group)
            self._busy[worker.actor.do.remote(piece.task)] = worker, piece

    def _hire(self, wanted: int) -> None:
        """Pieces go to those who have arrived, so that none waits for a place on a full cluster."""
        if len(self._refusals) >= LIVES:
            return
        for _ in range(min(self._crew.workers, wanted) - len(self._workers)):
            worker = _Worker(self._seat.remote(self._workshop, self._crew.logs))
            self._workers.append(worker)
            self._busy[worker.actor.ready.remote()] = worker, None

    def _settle(self, finished: Any, batch: "_Batch", done: Callable[[Piece], None]) -> None:
        worker, piece = self._busy[finished]
        try:
            verdict = ray.get(finished)
        except RayTaskError as error:  # not from the task: that is caught where it runs
            verdict = _verdict(error.cause)
        except RayError as death:
            self._dismiss(worker)  # it may live yet: out of memory, or only out of reach
            if piece is None:
                self._refusals.append(_of_death(death))
            else:
                batch.bury(piece, death)
            return
        del self._busy[finished]
        if isinstance(verdict, DiskFull):
            raise verdict
        if piece is None:
            self._refusals.clear()
        elif verdict is None:
            done(piece)
        else:
            batch.give_up(piece.fate, verdict)

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._busy = {at: given for at, given in self._busy.items() if given[0] is not worker}
        with contextlib.suppress(Exception):  # whatever Ray says: it is gone, or Ray is
            ray.kill(worker.actor)


class _Batch:
    """The pieces of one call: what is left of them, and what was given up."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.left = list(pieces)
        self.given_up: dict[str, Failure] = {}
        self._deaths: Counter[str] = Counter()

    def bury(self, piece: Piece, death: RayError) -> None:
        if piece.fate in self.given_up:
            return
        self._deaths[piece.name] += 1
        if self._deaths[piece.name] < LIVES:
            self.left.insert(0, piece)
        else:
            reason = f"its worker died {LIVES} times ({_of_death(death)})"
            self.give_up(piece.fate, Failure(reason, bad_input=False))

    def give_up(self, fate: str, failure: Failure) -> None:
        if failure.bad_input or fate not in self.given_up:
            self.given_up[fate] = failure
        self.left = [piece for piece in self.left if piece.fate != fate]

    def give_up_all(self, reason: str) -> None:
        for fate in {piece.fate: None for piece in self.left}:
            self.give_up(fate, Failure(reason, bad_input=False))


def _verdict(error: BaseException) -> Failure | DiskFull:
    """What to tell of an exception: bad input speaks for itself, others need their kind."""
    full = full_disk(error)
    if full is not None:
        return DiskFull(full.errno, full.strerror)
    if isinstance(error, BadInput | DamagedResults):
        return Failure(_line(str(error)), bad_input=True)
    return Failure(f"{type(error).__name__}: {_line(str(error))}", bad_input=False)


def _of_death(death: RayError) -> str:
    """Ray begins with what happened; but where an actor did not start it ends with it."""
    unborn = isinstance(death, RayActorError) and death.actor_init_failed
    return _line(str(death), which=-1 if unborn else 0)


def _line(said: str, which: int = 0) -> str:
    lines = [line.strip() for line in ANSI.sub("", said).splitlines() if line.strip()]
    return lines[which] if lines else "no message"
