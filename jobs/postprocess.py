"""After a sweep: its ensemble, where the nets look, tables, pictures and one report.

    python -m jobs.postprocess RESULTS/NAME

A sweep runs this at its end unless `--no-postprocess` is given. A second run does only what is
missing, so it also goes on where one was interrupted.
"""

import argparse
import contextlib
import errno
import fcntl
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from analysis.pipeline.context import TaskContext
from analysis.pipeline.postprocess_request import (
    PostprocessRequest,
    arguments,
    request_of,
    resume_command,
)
from analysis.pipeline.postprocessing import GivenUp, Postprocessing, TaskRunner
from analysis.pipeline.steps import is_done, postprocess
from analysis.pipeline.task import Task
from analysis.pipeline.worker import TaskWorker
from analysis.pipeline.write_report import check_reads
from analysis.sweep_folder import SweepFolder
from jobs.bar import Bar
from orchestrator.errors import BadInput
from orchestrator.on_ray.session import session
from orchestrator.on_ray.worker_pool import Crew, Fleet, Piece
from orchestrator.process import hardware
from orchestrator.process.signals import Interrupts
from orchestrator.process.terminal import chatter_to, in_words, note_traceback
from results.journal.file_journal import Busy
from results.journal.lease import Lease
from results.paths import Paths
from results.store import DamagedResults, Store

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 bad input, 130 interrupted; the last line printed is the folder."""
    words = arguments(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except (BadInput, DamagedResults) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return BAD_INPUT
    except OSError as problem:  # a store that gives no answer, or none to this user
        print(f"error: {in_words(problem)}", file=sys.stderr)
        return FAILED
    except (KeyboardInterrupt, SystemExit):  # the latter by Ray at a SIGTERM while it starts
        print(
            f"\ninterrupted; what is finished is kept; go on with:\n  {resume_command(words)}",
            file=sys.stderr,
        )
        return INTERRUPTED


def _run(words: argparse.Namespace) -> int:
    request = request_of(words)
    place = _place(words.results)
    folder = SweepFolder(_store(place))
    check_reads(folder.store)
    if not request.force and is_done(folder, request):
        report = f"{folder.store.root}/{Paths().report}"
        print(f"nothing to do: {report} is up to date; --force redoes it", file=sys.stderr)
        print(folder.store.root)
        return DONE
    store = folder.store
    with _alone(store), _logs(store) as logs, chatter_to(logs / "postprocess.log") as (_, err):
        code = _guarded(words, folder, request, logs, err)
    if code == DONE:
        print(folder.store.root)
    return code


def _place(results: str) -> str:
    if "://" in results:
        return results
    place = Path(results).absolute()
    if not place.is_dir():
        problem = "is a file" if place.exists() else "does not exist"
        raise DamagedResults(f"{place} {problem}; give the folder of a sweep, RESULTS/NAME")
    return str(place)


def _store(place: str) -> Store:
    try:
        return Store(place)
    except ValueError as problem:
        raise BadInput(str(problem)) from None


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
        with _locked(store.local) if store.local else _leased(store):
            yield
    except (BlockingIOError, Busy):
        raise BadInput(
            f"{store.root} is being post-processed by another process; wait for it"
        ) from None
    except OSError as problem:
        if problem.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        raise BadInput(
            f"{store.root} cannot be written ({problem.strerror}); copy it to where you may write"
        ) from None


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    file = folder / Paths().logs / "postprocess.lock"
    file.parent.mkdir(exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@contextlib.contextmanager
def _leased(store: Store) -> Iterator[None]:
    lease = Lease(store, "postprocess.lease").take()
    try:
        yield
    finally:
        lease.give_back()


def _guarded(
    words: argparse.Namespace,
    folder: SweepFolder,
    request: PostprocessRequest,
    logs: Path,
    err: TextIO,
) -> int:
    def notify(line: str) -> None:
        print(line, file=err, flush=True)

    try:
        with Interrupts() as interrupts, _workers(words, folder, logs, err, interrupts) as runner:
            job = Postprocessing(folder, request, runner, notify)
            postprocess(job)
        if job.notes.unfinished:
            notify(f"incomplete; go on with:\n  {resume_command(words)}")
            return FAILED
        return DONE
    except (BadInput, DamagedResults):
        raise
    except Exception as error:
        note_traceback()
        notify(f"error: {in_words(error)}; see {logs / 'postprocess.log'}")
        notify(f"what is finished is kept; go on with:\n  {resume_command(words)}")
        return FAILED


@contextlib.contextmanager
def _workers(
    words: argparse.Namespace,
    folder: SweepFolder,
    logs: Path,
    err: TextIO,
    interrupts: Interrupts,
) -> Iterator[TaskRunner]:
    """How to have tasks done; Ray starts with the first task whose part is missing."""
    worker = TaskWorker(TaskContext(_place(words.results), words.data, threads=1))
    with contextlib.ExitStack() as stack:
        fleets: list[Fleet] = []

        def run_tasks(title: str, tasks: Sequence[Task]) -> dict[str, GivenUp]:
            missing = [task for task in tasks if not folder.store.exists(task.part)]
            if not missing:
                return {}
            if not fleets:
                crew = stack.enter_context(_crew(words, logs))
                interrupts.listen()
                fleets.append(stack.enter_context(Fleet(worker, crew)))
            pieces = [Piece(t.part, t.trial, len(t.rows), t, t.group) for t in missing]
            with Bar(title, sum(piece.images for piece in pieces), err) as bar:

                def done(piece: Piece) -> None:
                    interrupts.check()
                    bar.advance(piece.images)

                failures = fleets[0].work(pieces, done)
            return {group: GivenUp(f.reason, f.bad_input) for group, f in failures.items()}

        yield run_tasks


@contextlib.contextmanager
def _crew(words: argparse.Namespace, logs: Path) -> Iterator[Crew]:
    import ray  # only now: a run that finds everything done needs no Ray

    here = words.concurrency or hardware.cores()
    with session(here, None, words.address):
        there = ray.cluster_resources()
        at_once = words.concurrency or (int(there.get("CPU", 1)) if words.address else here)
        kept = str(logs) if Store(words.results).local else ""
        yield Crew.packed(max(1, at_once), there.get("GPU", 0.0), kept)


if __name__ == "__main__":
    sys.exit(main())
