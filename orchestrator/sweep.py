"""The main job: from a question to a table of trained trials.

python -m orchestrator.sweep [NAME or FILE.py] [--data PATH] [--results DIR] ...
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import ray
from ray import tune

from orchestrator import hardware, plan, provenance, sweeps
from orchestrator.command import Request, parse, resume_command
from orchestrator.conductor import Conductor, Limits
from orchestrator.dashboard import Dashboard
from orchestrator.errors import BadInput
from orchestrator.estimate import dry_run
from orchestrator.ledger import Ledger
from orchestrator.plan import Plan
from orchestrator.reuse import FinishedTrials
from orchestrator.rungs import Rungs
from orchestrator.scheduling import ConductedScheduler, ConductedSearcher, TuneEvents, signature
from orchestrator.search import SEARCHES
from orchestrator.session import session
from orchestrator.slots import Slots
from orchestrator.strategy import Setup, Strategy
from orchestrator.tables import Tables
from orchestrator.terminal import (
    chatter_to,
    in_words,
    note_traceback,
    termination_as_ctrl_c,
)
from orchestrator.training.inputs import prepare_inputs
from orchestrator.trial import Trial, TrialContext, chosen_precision
from orchestrator.watch import Watch, closing_lines
from results.journal import Busy, Journal
from results.paths import Paths
from results.store import DamagedResults, Store

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

POSTPROCESS = "jobs.postprocess"
LAST_WORDS_S = 10.0

PATIENCE_SECONDS = 60.0
"""After so long without room for a trial, what is asked for and what there is are said."""

TRIES = 2
"""How often a trial whose process died is tried again."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see `command.parser` for what it takes and returns."""
    try:
        return _run(parse(argv))
    except (BadInput, DamagedResults, Busy) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for one, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run(request: Request) -> int:
    if request.list_questions:
        print("\n".join(f"{name:18} {sweeps.load(name).question}" for name in sweeps.SWEEPS))
        return DONE
    planned = plan.make(request)
    if request.dry_run:
        return dry_run(planned, request)
    for variant in planned.values("preprocessing"):
        prepare_inputs(planned.source, planned.splits, variant)
    with _open_journal(planned) as journal, chatter_to(_log(planned)) as (_, err):
        code = _sweep(request, planned, journal, err)
    print(planned.folder)
    return code


def _open_journal(planned: Plan) -> Journal:
    try:
        return Journal(planned.folder / Paths().journal).open()
    except OSError as error:
        raise BadInput(
            f"--results {planned.results} cannot be written ({error.strerror}); choose a folder "
            "that can"
        ) from None


def _log(planned: Plan) -> Path:
    return planned.folder / Paths().logs / "driver.log"


def _sweep(request: Request, planned: Plan, journal: Journal, err: TextIO) -> int:
    """Train; whatever ends it, say how it ended and how to go on."""
    again = resume_command(request, planned.name)
    try:
        with termination_as_ctrl_c():
            ledger = _with_ray(request, planned, journal, err)
            return _finish(request, planned, ledger, err)
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):  # a full disk must not cost the line below
            journal.append({"event": "interrupted"})
        print(f"\ninterrupted; go on with:\n  {again}", file=err)
        return INTERRUPTED
    except (BadInput, DamagedResults, Busy):
        raise
    except Exception as error:
        note_traceback()
        print(f"error: {in_words(error)}; see {_log(planned)}", file=err)
        print(f"what was trained is kept; go on with:\n  {again}", file=err)
        return FAILED


def _with_ray(request: Request, planned: Plan, journal: Journal, err: TextIO) -> Ledger:
    """Start or join Ray, settle what only it can tell, write `sweep.json`, train."""
    print(f"{planned.name}: {planned.sweep.question}", file=err)
    for note in planned.splits.notes:
        print(f"note: {note}", file=err)
    cpus = max(hardware.cores(), request.concurrency or 0)
    # Ray puts a handler of its own in place of ours while it starts.
    with session(cpus, None, request.address), termination_as_ctrl_c():
        slots = Slots.of(request, ray.cluster_resources().get("GPU", 0.0))
        if planned.resume:
            journal.append({"event": "resumed", "command": provenance.command()})
        else:
            planned = _settle_precision(planned, slots, err)
            record = provenance.record(planned, request.data)
            Store(planned.folder).write_json(Paths().sweep, record)
            journal.append({"event": "begun", "sweep": planned.name})
        return _train(request, planned, journal, slots, err)


def _settle_precision(planned: Plan, slots: Slots, err: TextIO) -> Plan:
    named = planned.values("precision")
    if "auto" not in named:
        return plan.with_precision(planned, named[0])
    probe = ray.remote(num_cpus=slots.threads, num_gpus=slots.gpus)(chosen_precision).remote()
    while not ray.wait([probe], timeout=PATIENCE_SECONDS)[0]:
        asked = f"{slots.threads} CPUs and {slots.gpus:g} GPUs a trial"
        print(f"waiting for room: {asked}; Ray has {ray.cluster_resources()}", file=err)
    precision, evidence = ray.get(probe)
    print(f"precision: {precision} ({evidence})", file=err)
    return plan.with_precision(planned, precision)


def _train(request: Request, planned: Plan, journal: Journal, slots: Slots, err: TextIO) -> Ledger:
    ledger = Ledger(journal, journal.read())
    if ledger.unknown:
        print(f"note: the journal has lost the beginning of {len(ledger.unknown)} trials", file=err)
    conductor = _conductor(request, planned, ledger, err)
    tables = Tables(Store(planned.folder), planned.question, ledger)
    dashboard = Dashboard(planned.folder / Paths().tensorboard)
    with Watch(planned, conductor, tables, dashboard, err) as watch:
        if forgotten := conductor.take_up():
            watch.say(f"note: {Paths().study} lacked {forgotten} trials; it was told them again")
        tuner(planned, conductor, slots, watch).fit()
    _drop_checkpoints(planned.folder / Paths().tune, ledger)
    journal.append({"event": "done"})
    return ledger


def _drop_checkpoints(folder: Path, ledger: Ledger) -> None:
    """Free the disk of what earlier runs kept of trials that nothing will ever go on with."""
    for entry in ledger.entries.values():
        if not entry.pending:
            for left in folder.glob(f"*/{entry.trial}"):
                shutil.rmtree(left, ignore_errors=True)


def _conductor(request: Request, planned: Plan, ledger: Ledger, err: TextIO) -> Conductor:
    finished = FinishedTrials(planned.results, planned.folder)
    for problem in finished.passed_over:
        print(f"note: not searched for finished trials: {problem}", file=err)
    budget = planned.sweep.budget
    return Conductor(
        base=planned.base,
        ledger=ledger,
        strategy=_strategy(planned, ledger),
        rungs=Rungs(planned.milestones, budget.reduction_factor) if planned.milestones else None,
        limits=Limits(
            trials=budget.trials,
            concurrency=request.concurrency or float("inf"),
            deadline=time.monotonic() + (request.time_budget or float("inf")),
            budget_text=request.budget_text,
        ),
        finished=finished,
    )


def _strategy(planned: Plan, ledger: Ledger) -> Strategy:
    setup = Setup(
        axes=planned.axes,
        seed=planned.seed,
        name=planned.name,
        file=planned.folder / Paths().study,
        asked=1 + max((entry.ticket for entry in ledger.entries.values()), default=-1),
    )
    return SEARCHES[planned.sweep.search](setup)


def tuner(
    planned: Plan, conductor: Conductor, slots: Slots, watch: Callable[[], None]
) -> tune.Tuner:
    """A Tune experiment for one run of the sweep; a resumed sweep gets a new one."""
    folder = planned.folder / Paths().tune
    number = 1 + sum(1 for _ in folder.glob("run-*"))
    context = TrialContext(str(planned.folder), planned.source, slots.threads)
    return tune.Tuner(
        tune.with_resources(
            tune.with_parameters(Trial, context=context), {"cpu": slots.threads, "gpu": slots.gpus}
        ),
        tune_config=tune.TuneConfig(
            num_samples=-1,
            search_alg=ConductedSearcher(conductor),
            scheduler=ConductedScheduler(conductor),
            reuse_actors=True,
            trial_dirname_creator=signature,
        ),
        run_config=tune.RunConfig(
            name=f"run-{number:03d}",
            storage_path=str(folder),
            verbose=0,
            callbacks=[TuneEvents(conductor, watch)],
            failure_config=tune.FailureConfig(max_failures=TRIES),
            checkpoint_config=tune.CheckpointConfig(num_to_keep=2, checkpoint_frequency=1),
        ),
    )


def _finish(request: Request, planned: Plan, ledger: Ledger, err: TextIO) -> int:
    """Say what came out, and have it worked up."""
    print(closing_lines(planned, ledger), file=err)
    entries = ledger.entries.values()
    unfinished = sum(entry.resumable for entry in entries)
    waiting = planned.trials - len(entries) if request.time_budget else 0
    if unfinished or waiting > 0:
        left = f"{unfinished} trials unfinished, {max(0, waiting)} not begun"
        print(
            f"{left}: time is up; go on with:\n  {resume_command(request, planned.name)}", file=err
        )
    if all(entry.status in ("failed", "running") for entry in entries):
        print(f"error: no trial succeeded; see {planned.folder / Paths().trials}", file=err)
        return FAILED
    return _postprocess(request, planned, err) if request.postprocess else DONE


def _have_run(words: Sequence[str], err: TextIO) -> int:
    """Run a command to its end; a Ctrl-C waits until it has said how to go on."""
    # Its last line of standard output, the folder, is ours to print; into the log with it.
    with subprocess.Popen(words, stderr=err) as job:
        try:
            return job.wait()
        except KeyboardInterrupt:
            # A terminal's Ctrl-C has reached it too, a SIGTERM has not.
            with contextlib.suppress(subprocess.TimeoutExpired):
                job.wait(LAST_WORDS_S)
            job.terminate()
            job.wait()
            raise


def _postprocess(request: Request, planned: Plan, err: TextIO) -> int:
    """Run the post-processing job in a process of its own, where it may load what it needs."""
    words = [sys.executable, "-m", POSTPROCESS, str(planned.folder)]
    if request.address:
        words += ["--address", request.address]
    if _have_run(words, err) != DONE:
        print(f"error: trained, but post-processing failed; see {_log(planned)}; again:", file=err)
        print(f"  python -m {POSTPROCESS} {shlex.quote(str(planned.folder))}", file=err)
        return FAILED
    return DONE


if __name__ == "__main__":
    sys.exit(main())
