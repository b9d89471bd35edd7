"""Work items on Ray: shared out among a pool of workers, which may die."""

import contextlib
import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayActorError, RayError, RayTaskError

from orchestrator.errors import BadInput
from orchestrator.on_ray.resources import see_own_gpus
from orchestrator.process import backend as backends
from orchestrator.process.error_line import full_disk, log_traceback, plain_lines
from orchestrator.process.terminal import redirect_worker_output
from results.errors import DamagedResults

MAX_DEATHS = 3
"""Workers that an item may cost before it is given up: it, not they, is then the likely cause."""

WORKERS_A_GPU = 4
"""Workers on one GPU at most: each holds a CUDA context and its own copy of the images."""

GROUPS_LOADED = 8
"""Groups that a worker is taken to have loaded still; an executor keeps no more nets than that."""


@dataclass(frozen=True)
class WorkItem:
    """Something to do that leaves a file, so that it need never be done again.

    Attributes:
        name: tells it from the others.
        group: items of a group need the same model, which a worker loads once.
        images: for the progress bar.
        task: what the executor understands.
        fate: when one item fails, all that share its fate are given up; "" for the group's name.
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
class WorkFailure:
    """Why items of one fate were given up.

    Attributes:
        reason: one line, without colours.
        bad_input: a task found what it was given unusable, so another attempt would end alike;
            False for dead workers and all else, which may pass.
    """

    reason: str
    bad_input: bool


class TaskExecutor(Protocol):
    """What does the tasks; every worker gets a pickled copy, which keeps what it has loaded."""

    def do(self, task: Any) -> None:
        """Do one task; what comes of it goes to the results folder."""


@dataclass(frozen=True)
class PoolLayout:
    """How many workers there are, and what each gets.

    Attributes:
        workers: at a time, 1 or more.
        threads: CPUs of each.
        gpus: share of a GPU of each.
        logs: local folder for what they print; "" leaves that to Ray.
        backend: that Keras computes with in each; "" where none of them uses Keras.
    """

    workers: int
    threads: float = 1
    gpus: float = 0.0
    logs: str = ""
    backend: str = ""

    @classmethod
    def packed(cls, at_once: int, gpus: float, logs: str = "", backend: str = "") -> Self:
        """As many workers as wanted and as the GPUs hold, `WORKERS_A_GPU` on each at most.

        Args:
            at_once: workers wanted, 1 or more.
            gpus: that Ray has in all; 0 for none, then the workers use CPUs alone.
            logs: as above.
            backend: as above.
        """
        if not gpus:
            return cls(at_once, logs=logs, backend=backend)
        on_each = min(WORKERS_A_GPU, math.ceil(at_once / gpus))
        return cls(min(at_once, int(on_each * gpus)), gpus=1 / on_each, logs=logs, backend=backend)


class DiskFull(OSError):
    """A worker found no room for what it had made."""


class _WorkerActor:
    """The actor: an executor in a process of its own."""

    def __init__(self, executor: TaskExecutor, layout: PoolLayout) -> None:
        if layout.logs:
            with contextlib.suppress(OSError):  # no log is no reason not to work
                redirect_worker_output(Path(layout.logs))
        see_own_gpus()
        if layout.backend:
            backends.settle(layout.backend)
        self._executor = executor

    def ready(self) -> None:
        """Answered once the worker has its place, which a busy cluster may give late or never."""

    def do(self, task: Any) -> WorkFailure | DiskFull | None:
        """Do one task; what stopped it is judged here.

        On the way to the driver an exception would lose its causes, and to unpickle one of
        TensorFlow's the driver would have to import TensorFlow.
        """
        try:
            self._executor.do(task)
        except Exception as error:
            verdict = _verdict(error)
            if not (isinstance(verdict, WorkFailure) and verdict.bad_input):
                log_traceback()
            return verdict
        return None


@dataclass(eq=False)
class _Worker:
    actor: ActorHandle
    loaded: deque[str] = field(default_factory=lambda: deque(maxlen=GROUPS_LOADED))


class WorkerPool:
    """Workers that stay from one batch of items to the next, with what they have loaded.

    A context manager, inside which Ray must be running; at its end, Ctrl-C included, the workers
    are killed. They are started when there are items for them; dead ones are replaced.

    Args:
        executor: what every worker gets.
        layout: how many workers, and what each gets.
    """

    def __init__(self, executor: TaskExecutor, layout: PoolLayout) -> None:
        self._layout = layout
        self._actor = ray.remote(num_cpus=layout.threads, num_gpus=layout.gpus)(_WorkerActor)
        self._executor = ray.put(executor)
        self._workers: list[_Worker] = []
        self._busy: dict[Any, tuple[_Worker, WorkItem | None]] = {}  # no item: not yet arrived
        self._start_failures: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        for worker in list(self._workers):
            self._stop(worker)

    def run(
        self, items: Sequence[WorkItem], on_done: Callable[[WorkItem], None] = lambda item: None
    ) -> dict[str, WorkFailure]:
        """Have all items done.

        An item whose worker dies is given to another, up to `MAX_DEATHS` times. One that raises is
        not tried again, nor is what shares its fate: what stopped it would stop them too.

        Args:
            items: in the order in which they should be begun.
            on_done: called in this process after each finished item.

        Returns:
            Fate -> why it was given up; empty if all went well.

        Raises:
            DiskFull: at the first item that finds no room; what is finished stays.
        """
        batch = _Batch(items)
        self._start_failures.clear()
        try:
            while batch.left or self._at_work():
                self._assign(batch)
                self._start_workers(len(batch.left) + len(self._at_work()))
                if not self._busy:
                    batch.give_up_all(f"no worker could start ({self._start_failures[-1]})")
                    break
                (finished,), _ = ray.wait(list(self._busy), num_returns=1)
                self._collect(finished, batch, on_done)
        finally:
            for worker, _ in self._at_work():
                self._stop(worker)
        return batch.given_up

    def _at_work(self) -> list[tuple[_Worker, WorkItem]]:
        return [(worker, item) for worker, item in self._busy.values() if item is not None]

    def _assign(self, batch: "_Batch") -> None:
        """Give items to the idle: rather one whose model is loaded, then one of an idle model."""
        taken = {id(worker) for worker, _ in self._busy.values()}
        idle = [worker for worker in self._workers if id(worker) not in taken]
        groups = {item.group for _, item in self._at_work()}

        def cost(pair: tuple[_Worker, WorkItem]) -> tuple[bool, bool]:
            worker, item = pair
            return item.group not in worker.loaded, item.group in groups

        while idle and batch.left:
            pairs = ((worker, item) for worker in idle for item in batch.left)
            worker, item = min(pairs, key=cost)
            idle.remove(worker)
            batch.left.remove(item)
            groups.add(item.group)
            if item.group not in worker.loaded:
                worker.loaded.append(item.group)
            self._busy[worker.actor.do.remote(item.task)] = worker, item

    def _start_workers(self, wanted: int) -> None:
        """Items go to those who have arrived, so that none waits for a place on a full cluster."""
        if len(self._start_failures) >= MAX_DEATHS:
            return
        for _ in range(min(self._layout.workers, wanted) - len(self._workers)):
            worker = _Worker(self._actor.remote(self._executor, self._layout))
            self._workers.append(worker)
            self._busy[worker.actor.ready.remote()] = worker, None

    def _collect(self, finished: Any, batch: "_Batch", on_done: Callable[[WorkItem], None]) -> None:
        worker, item = self._busy[finished]
        try:
            verdict = ray.get(finished)
        except RayTaskError as error:  # not from the task: that is caught where it runs
            verdict = _verdict(error.cause)
        except RayError as death:
            self._stop(worker)  # it may live yet: out of memory, or only out of reach
            if item is None:
                self._start_failures.append(_of_death(death))
            else:
                batch.worker_died(item, death)
            return
        del self._busy[finished]
        if isinstance(verdict, DiskFull):
            raise verdict
        if item is None:
            self._start_failures.clear()
        elif verdict is None:
            on_done(item)
        else:
            batch.give_up(item.fate, verdict)

    def _stop(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._busy = {call: pair for call, pair in self._busy.items() if pair[0] is not worker}
        with contextlib.suppress(Exception):  # whatever Ray says: it is gone, or Ray is
            ray.kill(worker.actor)


class _Batch:
    """The items of one call: what is left of them, and what was given up."""

    def __init__(self, items: Sequence[WorkItem]) -> None:
        self.left = list(items)
        self.given_up: dict[str, WorkFailure] = {}
        self._deaths: Counter[str] = Counter()

    def worker_died(self, item: WorkItem, death: RayError) -> None:
        if item.fate in self.given_up:
            return
        self._deaths[item.name] += 1
        if self._deaths[item.name] < MAX_DEATHS:
            self.left.insert(0, item)
        else:
            reason = f"its worker died {MAX_DEATHS} times ({_of_death(death)})"
            self.give_up(item.fate, WorkFailure(reason, bad_input=False))

    def give_up(self, fate: str, failure: WorkFailure) -> None:
        if failure.bad_input or fate not in self.given_up:
            self.given_up[fate] = failure
        self.left = [item for item in self.left if item.fate != fate]

    def give_up_all(self, reason: str) -> None:
        for fate in {item.fate: None for item in self.left}:
            self.give_up(fate, WorkFailure(reason, bad_input=False))


def _verdict(error: BaseException) -> WorkFailure | DiskFull:
    """What to tell of an exception: bad input speaks for itself, others need their kind."""
    full = full_disk(error)
    if full is not None:
        return DiskFull(full.errno, full.strerror)
    if isinstance(error, BadInput | DamagedResults):
        return WorkFailure(_line(str(error)), bad_input=True)
    return WorkFailure(f"{type(error).__name__}: {_line(str(error))}", bad_input=False)


def _of_death(death: RayError) -> str:
    """Ray begins with what happened; but where an actor did not start it ends with it."""
    unborn = isinstance(death, RayActorError) and death.actor_init_failed
    return _line(str(death), which=-1 if unborn else 0)


def _line(message: str, which: int = 0) -> str:
    lines = plain_lines(message)
    return lines[which] if lines else "no message"
