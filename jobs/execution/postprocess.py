"""Post-processing carried out: on Ray's workers, alone in its folder, to its exit code."""

import contextlib
import errno
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout
from rich.console import Console

from analysis.pipeline.context import TaskContext
from analysis.pipeline.postprocess_request import PostprocessArguments, resume_command
from analysis.pipeline.postprocessing import GivenUp, Postprocessing, TaskRunner
from analysis.pipeline.steps import is_done, postprocess
from analysis.pipeline.task import Task
from analysis.pipeline.worker import TaskWorker
from analysis.pipeline.write_report import check_reads, write_page
from analysis.statements import summary
from analysis.stored_answer import stored_answer
from analysis.sweep_folder import NothingFinished, SweepFolder
from jobs.execution.sweep_place import open_store, sweep_place
from orchestrator.errors import BadInput, printable_lines
from orchestrator.monitor.ending import ending_lines
from orchestrator.on_ray.session import cluster_resources, session
from orchestrator.on_ray.worker_pool import PoolLayout, WorkerPool, WorkItem
from orchestrator.process import backend as backends
from orchestrator.process import hardware
from orchestrator.process.duration import duration
from orchestrator.process.error_line import error_line, log_traceback
from orchestrator.process.exit_code import DONE, FAILED, INTERRUPTED
from orchestrator.process.progress_bar import ProgressBar
from orchestrator.process.signals import Interrupts
from orchestrator.process.terminal import redirected_output
from results.journal.event_journal import Busy
from results.journal.lease import Lease
from results.paths import Paths
from results.store import DamagedResults, Store


def run(arguments: PostprocessArguments) -> int:
    """Do what was asked; where it is interrupted, say how to go on.

    Returns:
        The exit code: 0 done, 1 failed, 130 interrupted.

    Raises:
        BadInput, DamagedResults: one sentence for the user.
    """
    began = time.monotonic()
    try:
        return _run(arguments, began)
    except (KeyboardInterrupt, SystemExit):  # the latter by Ray at a SIGTERM while it starts
        took, again = duration(time.monotonic() - began), resume_command(arguments)
        print(
            f"\ninterrupted after {took}; what is finished is kept; go on with:\n  {again}",
            file=sys.stderr,
        )
        return INTERRUPTED


def _run(arguments: PostprocessArguments, began: float) -> int:
    request = arguments.request
    folder = _folder(open_store(sweep_place(arguments.results)))
    check_reads(folder.store)
    if not request.force and is_done(folder, request):
        report = f"{folder.store.root}/{Paths().report}"
        print(f"nothing to do: {report} is up to date; --force redoes it", file=sys.stderr)
        print(printable_lines(_ending(folder.store, began)), file=sys.stderr)
        print(folder.store.root)
        return DONE
    store = folder.store
    choice = backend_of(folder, arguments.backend)
    with (
        _alone(store),
        _logs(store) as logs,
        redirected_output(logs / "postprocess.log") as (_, err),
    ):
        if choice.backend != folder.backend:
            print(f"backend: {choice.backend} ({choice.evidence})", file=err, flush=True)
        code = _guarded(arguments, folder, choice.backend, logs, err)
        if code == DONE:
            print(printable_lines(_ending(store, began)), file=err, flush=True)
    if code == DONE:
        print(folder.store.root)
    return code


def _folder(store: Store) -> SweepFolder:
    """The sweep; where no trial has finished there is a page all the same, of what was reached.

    Raises:
        DamagedResults: see `SweepFolder`.
    """
    try:
        return SweepFolder(store)
    except NothingFinished as problem:
        write_page(store)
        raise NothingFinished(f"{problem}; so far: {store.root}/{Paths().report}") from None


def backend_of(
    folder: SweepFolder, wish: str, installed: backends.Installed = backends.is_installed
) -> backends.BackendChoice:
    """What reads a sweep's nets: as asked, else what trained them, else what is installed.

    Raises:
        BadInput: for what is not installed.
    """
    if wish == backends.AUTO:
        return backends.recorded_or_other(folder.backend, installed)
    return backends.choose(wish, on_gpu=False, installed=installed)


def _ending(store: Store, began: float) -> str:
    """The last lines: what came out, where to read."""
    sentence = summary(stored_answer(store)[0])
    return ending_lines(store.root, time.monotonic() - began, answer=sentence)


@contextlib.contextmanager
def _logs(store: Store) -> Iterator[Path]:
    """Where chatter goes: into the results; where they are elsewhere, it is copied there."""
    if store.local is not None:
        yield store.local / Paths().logs
        return
    with tempfile.TemporaryDirectory(prefix="postprocess-") as folder:
        try:
            yield Path(folder)
        finally:
            for file in Path(folder).iterdir():
                with contextlib.suppress(OSError):  # no log is no reason to fail
                    store.write_bytes(f"{Paths().logs}/{file.name}", file.read_bytes())


@contextlib.contextmanager
def _alone(store: Store) -> Iterator[None]:
    """One post-processing of a folder at a time; the lock goes with the process.

    Raises:
        BadInput: where another is at work, or the folder cannot be written.
    """
    try:
        with _locked(store.local) if store.local else Lease(store, "postprocess.lease"):
            yield
    except (Timeout, Busy):
        raise BadInput(
            f"{store.root} is being post-processed by another process; wait for it"
        ) from None
    except OSError as problem:
        if problem.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        raise BadInput(
            f"{store.root} cannot be written ({problem.strerror}); copy it to where you may write"
        ) from None


def _locked(folder: Path) -> FileLock:
    file = folder / Paths().logs / "postprocess.lock"
    return FileLock(file, blocking=False, fallback_to_soft=False)


def _guarded(
    arguments: PostprocessArguments, folder: SweepFolder, backend: str, logs: Path, err: TextIO
) -> int:
    def notify(line: str) -> None:
        print(printable_lines(line), file=err, flush=True)

    try:
        with (
            Interrupts() as interrupts,
            _workers(arguments, folder, backend, logs, err, interrupts) as runner,
        ):
            job = Postprocessing(folder, arguments.request, runner, notify, backend)
            postprocess(job)
        if job.notes.unfinished:
            notify(f"incomplete; go on with:\n  {resume_command(arguments)}")
            return FAILED
        return DONE
    except (BadInput, DamagedResults):
        raise
    except Exception as error:
        log_traceback()
        notify(f"error: {error_line(error)}; see {logs / 'postprocess.log'}")
        notify(f"what is finished is kept; go on with:\n  {resume_command(arguments)}")
        return FAILED


@contextlib.contextmanager
def _workers(
    arguments: PostprocessArguments,
    folder: SweepFolder,
    backend: str,
    logs: Path,
    err: TextIO,
    interrupts: Interrupts,
) -> Iterator[TaskRunner]:
    """How to have tasks done; Ray starts with the first task whose part is missing."""
    # Workers elsewhere do not know what this user has read before.
    given = arguments.data or folder.path_read_before
    worker = TaskWorker(TaskContext(sweep_place(arguments.results), given, threads=1))
    with contextlib.ExitStack() as stack:
        pools: list[WorkerPool] = []

        def run_tasks(title: str, tasks: Sequence[Task]) -> dict[str, GivenUp]:
            missing = [task for task in tasks if not folder.store.exists(task.part)]
            if not missing:
                return {}
            if not pools:
                layout = stack.enter_context(_layout(arguments, logs, backend))
                interrupts.listen()
                pools.append(stack.enter_context(WorkerPool(worker, layout)))
            items = [WorkItem(t.part, t.trial, len(t.rows), t, t.group) for t in missing]
            images = sum(item.images for item in items)
            with ProgressBar(title, images, "images", Console(file=err)) as bar:

                def on_done(item: WorkItem) -> None:
                    interrupts.check()
                    bar.advance(item.images)

                failures = pools[0].run(items, on_done)
            return {group: GivenUp(f.reason, f.bad_input) for group, f in failures.items()}

        yield run_tasks


@contextlib.contextmanager
def _layout(arguments: PostprocessArguments, logs: Path, backend: str) -> Iterator[PoolLayout]:
    here = arguments.concurrency or hardware.cores()
    with session(here, None, arguments.address):
        there = cluster_resources()
        at_once = arguments.concurrency or (int(there.get("CPU", 1)) if arguments.address else here)
        kept = str(logs) if Store(arguments.results).local else ""
        yield PoolLayout.packed(max(1, at_once), there.get("GPU", 0.0), kept, backend)
