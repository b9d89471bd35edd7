"""A sweep carried out: from what was asked to its exit code, and what is said on the way."""

import contextlib
import dataclasses
import logging
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from orchestrator import plan
from orchestrator.config import Sweep
from orchestrator.driver import integrity
from orchestrator.driver.dry_run import dry_run
from orchestrator.driver.extension import extend
from orchestrator.driver.gpu_sharing import settle_share
from orchestrator.driver.local_files import LocalFiles
from orchestrator.driver.origin import ORIGIN, code_notes, device_note, last_origin, origin_of
from orchestrator.driver.run import SweepRun, train
from orchestrator.driver.settling import settle
from orchestrator.driver.sweep_record import record
from orchestrator.driver.upcoming import compile_upcoming
from orchestrator.driver.warm_start import warm_start
from orchestrator.errors import BadInput
from orchestrator.monitor.closing import closing_lines
from orchestrator.monitor.ending import ending_lines
from orchestrator.monitor.interruption import interrupted_lines
from orchestrator.on_ray.resources import TrialResources
from orchestrator.on_ray.session import cluster_resources, session
from orchestrator.on_ray.trial import Trial
from orchestrator.plan import Plan
from orchestrator.process import hardware, provenance
from orchestrator.process.backend import not_followed
from orchestrator.process.duration import duration
from orchestrator.process.error_line import error_line, log_traceback
from orchestrator.process.exit_code import DONE, FAILED, INTERRUPTED
from orchestrator.process.signals import termination_as_ctrl_c
from orchestrator.process.surroundings import own_packages
from orchestrator.process.surroundings.script import folder_of
from orchestrator.process.terminal import redirected_output
from orchestrator.request import SweepRequest, unused_address
from orchestrator.scheduling.ledger import Ledger
from orchestrator.seeds import REFIT, refit_words, repeats_all
from orchestrator.training.inputs import prepare_inputs
from results.errors import BadSetting, JournalLost
from results.journal.event_journal import GROUP_S, Busy, EventJournal
from results.journal.open_journal import journal_of
from results.paths import Paths
from results.statuses import FINISHED, UNDER_WAY
from results.storage.plain_file import refuse_links
from results.store import DamagedResults, Store

POSTPROCESS = "jobs.postprocess"
LAST_WORDS_S = 10.0


def run(
    request: SweepRequest, question: Sweep | None = None, trainable: type[Trial] = Trial
) -> int:
    """Do what was asked.

    Args:
        request: of the user.
        question: where it does not stand in a file that the request names.
        trainable: what trains; another class than ours rehearses a sweep without training.

    Returns:
        The exit code: 0 done, 1 failed, 130 interrupted.

    Raises:
        BadInput, DamagedResults, Busy: one sentence for the user.
    """
    began = time.monotonic()
    planned = plan.make(request, question)
    if request.dry_run:
        return dry_run(planned, request)
    try:
        for variant in planned.space.values("preprocessing"):
            prepare_inputs(planned.source, planned.splits, variant)
    except RuntimeError as error:  # a process that computes was killed, for memory perhaps
        print(f"error: {error_line(error)}; nothing was trained yet", file=sys.stderr)
        return FAILED
    with (
        _open_journal(planned) as journal,
        LocalFiles(planned.store) as place,
        redirected_output(place.log) as (_, err),
        warnings_to(err),
    ):
        work = SweepRun(request, planned, journal, place, err, trainable, began)
        code = _sweep(work)
        with _harmless(err, "logs"):
            place.push()
    print(planned.folder)
    return code


@contextlib.contextmanager
def warnings_to(err: TextIO) -> Iterator[None]:
    """Show what our own parts warn of, e.g. that a store does not answer and is waited for."""
    handler = logging.StreamHandler(err)
    handler.setFormatter(logging.Formatter("note: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("results", "orchestrator")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


@contextlib.contextmanager
def _harmless(err: TextIO, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log_traceback()
        print(f"note: the last {what} could not be copied ({error_line(error)})", file=err)


def _open_journal(planned: Plan) -> EventJournal:
    if planned.store.local is not None:
        refuse_links(planned.store.local, but=[Paths().study_lock])
    try:
        return journal_of(planned.store, group_s=GROUP_S).open()
    except OSError as error:
        raise BadInput(
            f"--results {planned.results.root} cannot be written ({error.strerror or error}); "
            "choose a folder that can"
        ) from None


def _sweep(work: SweepRun) -> int:
    """Train; whatever ends it, say how it ended and how to go on."""
    try:
        with termination_as_ctrl_c():
            ledger = _done_before(work) or _with_ray(work)
            return _finish(work, ledger)
    except (KeyboardInterrupt, SystemExit):  # the latter by Ray at a SIGTERM while it starts
        with contextlib.suppress(OSError):  # a full disk must not cost the line below
            work.journal.append({"event": "interrupted"})
        work.say(f"\n{_reached(work)}\ngo on with:\n  {work.again}")
        return INTERRUPTED
    except (BadInput, BadSetting, DamagedResults, Busy):
        raise
    except JournalLost as loss:
        work.say(f"error: {loss}; {'then ' if loss.gone else ''}go on with:\n  {work.again}")
        return FAILED
    except Exception as error:
        log_traceback()
        work.say(f"error: {error_line(error)}; see {work.planned.folder}/{Paths().logs}/driver.log")
        kept = "what was trained is kept" if _has_trained(work) else "nothing was trained yet"
        work.say(f"{kept}; go on with:\n  {work.again}")
        return FAILED


def _has_trained(work: SweepRun) -> bool:
    """Whether an epoch of any trial is in the journal; where it cannot be read, it may be."""
    try:
        return bool(Ledger(work.journal, work.journal.read()).reported)
    except (OSError, DamagedResults):
        log_traceback()
        return True


def _reached(work: SweepRun) -> str:
    """How far it came, as the journal says: an interrupted ledger may be half a step behind it."""
    try:
        ledger = Ledger(work.journal, work.journal.read())
    except (OSError, DamagedResults):  # to say how to go on matters more
        log_traceback()
        return f"interrupted after {duration(work.seconds)}"
    planned = work.planned
    trials = planned.trials + ledger.outside
    return interrupted_lines(ledger, planned.folder, trials, work.seconds)


def _done_before(work: SweepRun) -> Ledger | None:
    """What an earlier run has finished, if nothing is left to train."""
    events = work.journal.read()
    integrity.check(work.planned, events)
    if not work.planned.resume:
        return None
    ledger = Ledger(work.journal, events)
    if not is_whole(work.planned, events, ledger):
        before = last_origin(events)
        accept = work.request.accept_changed_code
        for note in code_notes(work.planned.folder, before, accept):
            work.say(f"note: {note}")
        return None
    if integrity.mend_tables(work.planned, ledger):
        work.say("note: a table could not be read; both were made again from the journal")
    work.say(f"{work.planned.name}: complete, nothing is left to train")
    return ledger


def is_whole(planned: Plan, events: Sequence[Mapping[str, Any]], ledger: Ledger) -> bool:
    """Whether a sweep has ended, with nothing left to train, having been asked for as much."""
    if planned.searches_elsewhere:
        return False
    ended = [e for e in events if "trial" not in e and e["event"] != "interrupted"][-1:]
    pending = any(entry.pending for entry in ledger.entries.values())
    return bool(ended) and (ended[0].get("whole") or 0) >= planned.trials and not pending


def _with_ray(work: SweepRun) -> Ledger:
    """Start or join Ray, settle what only it can tell, write `sweep.json`, train."""
    request, planned = work.request, work.planned
    work.say(f"{planned.name}: {planned.sweep.question}")
    for note in (*planned.splits.notes, *unused_address(request), *not_followed()):
        work.say(f"note: {note}")
    cpus = max(hardware.cores(), request.concurrency or 0)
    folders = [] if request.address else folder_of(request.question)
    # Ray puts a handler of its own in place of ours while it starts.
    with session(cpus, None, request.address, _lost(work), folders), termination_as_ctrl_c():
        resources = TrialResources.of(request, cluster_resources().get("GPU", 0.0))
        planned, resources = settle(work, resources)
        work = dataclasses.replace(work, planned=planned)
        shared = settle_share(planned, request, resources, work.say)
        origin = origin_of(resources)
        if planned.resume:
            if note := device_note(last_origin(work.journal.read()), origin):
                work.say(f"note: {note}")
            begins = {"event": "resumed", "command": provenance.command()}
            work.journal.append({**begins, ORIGIN: origin})
            extend(work)
        else:
            # In this order: a sweep.json without a journal that has begun is always a damage.
            work.journal.append({"event": "begun", "sweep": planned.name, ORIGIN: origin})
            earlier = warm_start(work.planned, work.say) if request.warm_start else {}
            if earlier:
                work.journal.append(earlier)
            content = record(planned, request.data, shared, earlier)
            planned.store.write_json(Paths().sweep, content)
        if shared is not None:
            resources = resources.with_share(shared.share)
        with _sweep_file_kept(planned.store), _compiling_ahead(work, resources):
            return train(work, resources)


def _compiling_ahead(
    work: SweepRun, resources: TrialResources
) -> contextlib.AbstractContextManager[None]:
    if work.trainable is not Trial:  # it rehearses a sweep, and compiles nothing itself
        return contextlib.nullcontext()
    return compile_upcoming(work.planned, work.request, resources)


@contextlib.contextmanager
def _sweep_file_kept(store: Store) -> Iterator[None]:
    """Write `sweep.json` again where it went with the journal, which has been written again."""
    content = store.read_bytes(Paths().sweep)
    try:
        yield
    except JournalLost as loss:
        if not loss.gone and not store.exists(Paths().sweep):
            store.write_bytes(Paths().sweep, content)
        raise


def _lost(work: SweepRun) -> Callable[[str], None]:
    """What is said last when the cluster is gone: that ends the process at once."""

    def say(message: str) -> None:
        work.say(f"error: {message}; what was trained is kept; once a cluster runs, go on with:")
        work.say(f"  {work.again}")

    return say


def _finish(work: SweepRun, ledger: Ledger) -> int:
    """Say what came out, and have it worked up."""
    work.say(closing_lines(work.planned, ledger))
    entries = ledger.entries.values()
    unfinished = sum(entry.pending for entry in entries)
    trials = work.planned.trials + ledger.outside
    not_begun = trials - len(entries) if work.request.time_budget else 0
    if unfinished or not_begun > 0:
        left = f"{unfinished} trials unfinished, {max(0, not_begun)} not begun"
        # With nothing but time does a run leave behind what it has not even taken up again.
        left_out = any(entry.status in UNDER_WAY for entry in entries)
        stopped = any(entry.ended_by == "time" for entry in entries)
        timed = not_begun > 0 or left_out or stopped
        why = "time is up" if timed else "the disk or the store failed them"
        work.say(f"{left}: {why}; go on with:\n  {work.again}")
    if all(entry.status in ("failed", "running") for entry in entries):
        work.say(f"error: no trial succeeded; see {work.planned.folder}/{Paths().trials}")
        return FAILED
    repeated = _repeat_finalists(work, bool(unfinished) or not_begun > 0)
    code = DONE if repeated in (None, DONE) else FAILED
    if work.request.postprocess:
        finished = any(entry.status in FINISHED for entry in entries)
        return _postprocess(work, finished, repeated == DONE) or code
    work.say(ending_lines(work.planned.folder, work.seconds, report=False))
    return code


def _repeat_finalists(work: SweepRun, is_open: bool) -> int | None:
    """Train them with several seeds; the exit code of that, None where nobody asks for it yet."""
    planned = work.planned
    words = refit_words(work.request, planned.store.place, planned.comparison.finalists)
    if words is None or repeats_all(planned.sweep) or is_open:
        return None  # where trials are left, other finalists may come
    return _have_run(own_packages.child(REFIT, *words), work.err)


def _have_run(words: Sequence[str], err: TextIO) -> int:
    """Run a command to its end; a Ctrl-C waits until it has said how to go on."""
    # Its last line of standard output, the folder, is ours to print; into the log with it.
    with subprocess.Popen(words, stderr=err, env=own_packages.child_environment()) as job:
        try:
            return job.wait()
        except KeyboardInterrupt:
            # A terminal's Ctrl-C has reached it too, a SIGTERM has not.
            with contextlib.suppress(subprocess.TimeoutExpired):
                job.wait(LAST_WORDS_S)
            job.terminate()
            job.wait()
            raise


def _postprocess(work: SweepRun, finished: bool = True, refitted: bool = False) -> int:
    """Run the post-processing job in a process of its own, where it may load what it needs.

    Args:
        work: what has been trained.
        finished: whether any trial was trained to its end; else there is a page alone.
        refitted: whether its finalists were trained again, whose page is the one on test images.
    """
    place = work.planned.store.place
    words = own_packages.child(POSTPROCESS, place)
    if work.planned.sweep.quick and not work.request.data:
        words.append("--quick")
    if refitted:
        words.append("--split=validation")
    if work.request.address:
        words += ["--address", work.request.address]
    if _have_run(words, work.err) != DONE:
        if not finished:  # it has said so, and where the page is; again it would say the same
            return FAILED
        work.say("error: trained, but post-processing failed; again:")
        work.say(f"  python -m {POSTPROCESS} {shlex.quote(place)}")
        return FAILED
    # It has said its answer and where to read; the time that it gave was its own.
    work.say(f"time in all  {duration(work.seconds)}")
    return DONE
