"""A question from its data to a report on test images: everything in order, in one command.

    python -m jobs.pipeline QUESTION --data PATH --results DIR --name NAME

Prepares the data, sweeps, works the sweep up on validation images, trains its finalists again over
several seeds, and works those up on test images, which nobody has looked at before. Each step is a
process of its own, whose command is printed and can be run alone. The same command goes on after
an interruption: what is complete is not done again.

Takes what `python -m orchestrator.sweep` takes. A time budget is the sweep's; one that ran out
before all was trained counts anew when the pipeline is started again. Inside a Ray job it joins
the job's cluster, otherwise it stays on this machine unless `--address` is given.
"""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator import sweep, sweeps
from orchestrator.data.remote.uris import absolute, is_uri
from orchestrator.errors import BadInput
from orchestrator.process.command_line import Command, flag, like, words_of
from orchestrator.process.duration import duration
from orchestrator.process.exit_code import BAD_INPUT, DONE, INTERRUPTED, exit_code
from orchestrator.process.surroundings import own_packages
from orchestrator.request import EXIT_CODES, FINALISTS, FinalistOptions, RunOptions, SweepRequest
from results.errors import DamagedResults
from results.paths import Paths

if TYPE_CHECKING:  # it brings pyarrow along: functions that need it import it
    from results.store import Store

SWEEP = "sweep"
"""Name of the step that all others build on."""

IN_A_CLUSTER = "RAY_ADDRESS"
"""Ray sets this variable for a job's driver."""

PASS_ON_S = {signal.SIGINT: 30.0, signal.SIGTERM: 2.0}
"""How long a step may go on by itself: a terminal and `ray job stop` reach it too, `kill` not."""


@dataclass(frozen=True, kw_only=True)
class PipelineRequest(FinalistOptions, SweepRequest):
    """What the pipeline is asked: what a sweep is, and who is trained again.

    Attributes:
        sweep_name: of the sweep's folder, also where the user gave none.
    """

    refit: bool = flag(
        "report on the sweep itself, on test images",
        default=True,
        name="--no-refit",
        group=FINALISTS,
    )
    seeds: int = like(FinalistOptions, "seeds", 3)
    sweep_name: str = ""

    @property
    def of_sweep(self) -> SweepRequest:
        """What the sweep is asked; the seeds are those of its finalists, which come later."""
        names = (field.name for field in fields(SweepRequest))
        options = {name: getattr(self, name) for name in names}
        return SweepRequest(**options | {"name": self.sweep_name, "seeds": None})

    @property
    def refit_name(self) -> str:
        """Of the refit's folder."""
        return f"{self.sweep_name}-refit"

    def store(self, name: str) -> "Store":
        """A folder of the results.

        Raises:
            BadInput: for a place that results cannot go to.
        """
        from results.store import Store

        try:
            return Store(absolute(self.results)).below(name)
        except ValueError as problem:
            raise BadInput(f"--results: {problem}") from None


COMMAND = Command(
    program="python -m jobs.pipeline",
    takes=PipelineRequest,
    description="Prepare, sweep, refit the finalists, report on test images: in order.",
    epilog=f"The last line of standard output is the results folder. {EXIT_CODES}",
)


@dataclass(frozen=True)
class PipelineStep:
    """One process.

    Attributes:
        name: what it is called.
        module: which is run.
        words: its command line.
        done: whether there is nothing to do.
    """

    name: str
    module: str
    words: tuple[str, ...]
    done: Callable[[], bool] = lambda: False

    @property
    def line(self) -> str:
        """To be pasted."""
        return shlex.join(["python", "-m", self.module, *self.words])


def main(argv: Sequence[str] | None = None) -> int:
    """The first failing step's exit code; the last line printed is the folder to read.

    Returns:
        0 done, 1 a step failed, 2 bad input, 130 interrupted, 128 + n a step died of signal n.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return exit_code(lambda: _do(words))


def _do(words: Sequence[str]) -> int:
    request = COMMAND.read(words)
    if request.list_questions:
        return sweep.main(["--list"])
    request = _completed(request)
    if request.dry_run:
        return _rehearse(request)
    return _run(request, shlex.join([*COMMAND.program.split(), *words]))


def parse(argv: Sequence[str]) -> PipelineRequest:
    """The command line, read.

    Raises:
        BadInput: for what cannot be.
    """
    return _completed(COMMAND.read(argv))


def _completed(request: PipelineRequest) -> PipelineRequest:
    """With its cluster and its name.

    Raises:
        BadInput: where they cannot be.
    """
    if not request.address and os.environ.get(IN_A_CLUSTER):
        request = replace(request, address="auto")
    place = request.results
    if request.address and not is_uri(place) and not Path(place).is_absolute():
        raise BadInput(
            f"--results {place} is relative; on a cluster the working directory is a throw-away "
            "copy on each node: give an absolute path that all nodes share, or a URI"
        )
    return replace(request, sweep_name=request.name or sweeps.load(request.question).name)


# --- what is done ----------------------------------------------------------------------------


def steps(request: PipelineRequest) -> list[PipelineStep]:
    """All steps, in their order."""

    def trained() -> bool:
        return _is_trained(request)

    sweeper = "jobs.sweep" if request.address else "orchestrator.sweep"
    ordered = [PipelineStep(SWEEP, sweeper, tuple(_sweep_words(request)), trained)]
    if request.data:
        data = SweepRequest(
            data=absolute(request.data), split_by=request.split_by, labels=request.labels
        )
        prepare = tuple(words_of(data, of=SweepRequest, without=("question",)))
        ordered.insert(0, PipelineStep("prepare", "jobs.prepare", prepare, trained))
    if request.postprocess:
        split = "validation" if request.refit else "test"
        ordered.append(_postprocess(request, "postprocess", request.sweep_name, split))
    if request.refit:
        ordered.append(PipelineStep("refit", "jobs.refit", tuple(_refit_words(request))))
    if request.refit and request.postprocess:
        title = "postprocess of the refit"
        ordered.append(_postprocess(request, title, request.refit_name, "test"))
    return ordered


def _sweep_words(request: PipelineRequest) -> list[str]:
    of_the_sweep = replace(
        request.of_sweep,
        go_on=request.go_on or not request.resume,
        postprocess=False,
        dry_run=False,
    )
    return words_of(of_the_sweep)


def _shared(request: PipelineRequest) -> list[str]:
    """Words that mean the same to every later step."""
    data = SweepRequest(data=request.data and absolute(request.data))
    where = RunOptions(address=request.address)
    return [*words_of(data, without=("question",)), *words_of(where)]


def _refit_words(request: PipelineRequest) -> list[str]:
    words = [request.store(request.sweep_name).place]
    words += [f"--top={request.top}", f"--seeds={request.seeds}"]
    same = ("concurrency", "gpus_per_trial", "backend", "hang_after", "accept_changed_code")
    options = RunOptions(**{name: getattr(request, name) for name in same})
    return [*words, *words_of(options), *_shared(request), "--no-postprocess"]


def _postprocess(request: PipelineRequest, title: str, name: str, split: str) -> PipelineStep:
    words = [request.store(name).place, f"--split={split}", *_shared(request)]
    return PipelineStep(title, "jobs.postprocess", tuple(words), lambda: _is_worked_up(words))


def _is_trained(request: PipelineRequest) -> bool:
    """Whether the sweep that is asked for has nothing left to train, and something to show.

    Raises:
        BadInput: where a sweep of that name asked something else.
    """
    if not request.store(request.sweep_name).exists(Paths().sweep):
        return False
    # Only now: these take seconds to import, and a first run does not need them before its end.
    from orchestrator import plan
    from orchestrator.driver.execution import is_whole
    from orchestrator.scheduling.ledger import Ledger
    from results.journal.open_journal import journal_of

    planned = plan.make(replace(request.of_sweep, go_on=True))
    journal = journal_of(planned.store)
    events = journal.read()
    ledger = Ledger(journal, events)
    usable = any(e.status not in ("failed", "running") for e in ledger.entries.values())
    return usable and is_whole(planned, events, ledger)


def _is_worked_up(words: Sequence[str]) -> bool:
    # As above.
    from analysis.pipeline.postprocess_request import COMMAND as POSTPROCESS
    from analysis.pipeline.steps import is_done
    from analysis.sweep_folder import SweepFolder
    from results.store import Store

    arguments = POSTPROCESS.read(words)
    try:
        return is_done(SweepFolder(Store(arguments.results)), arguments.request)
    except DamagedResults:
        return False


# --- doing it --------------------------------------------------------------------------------


def _run(request: PipelineRequest, again: str) -> int:
    began = time.monotonic()
    with Runner() as runner:
        for step in steps(request):
            if step.done():
                _say(f"{step.name}: complete, nothing to do")
                continue
            code = DONE if runner.asked_to_end else runner.run(step)
            if runner.asked_to_end:
                _say(f"\ninterrupted at: {step.name}; go on with:\n  {again}")
                return INTERRUPTED
            if code != DONE:
                then = "" if code == BAD_INPUT else f"; go on with:\n  {again}"
                _say(f"{step.name}: ended with exit code {code}{then}")
                return code
            if step.name == SWEEP and request.refit and not _is_trained(request):
                # Other finalists may come: a refit of today's would stand in the way of theirs.
                _say(f"the sweep has trials left, its finalists wait; go on with:\n  {again}")
                print(request.store(request.sweep_name).root)
                return DONE
    _say(f"\nall steps: {duration(time.monotonic() - began)}")
    print(request.store(request.refit_name if request.refit else request.sweep_name).root)
    return DONE


class Runner:
    """Runs steps one by one; Ctrl-C and SIGTERM end the step that runs, and begin no other.

    Attributes:
        asked_to_end: whether one of the signals has come.
    """

    def __init__(self) -> None:
        self.asked_to_end = False
        self._step: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Runner":
        self._before = {number: signal.signal(number, self._end) for number in PASS_ON_S}
        return self

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def run(self, step: PipelineStep) -> int:
        """Its exit code, when it has ended; 128 + n if it died of signal n."""
        _say(f"\n{step.name}: {step.line}")
        self._step = subprocess.Popen(
            own_packages.child(step.module, *step.words), env=own_packages.child_environment()
        )
        code = self._step.wait()
        self._step = None
        return 128 - code if code < 0 else code

    def _end(self, number: int, frame: object) -> None:
        if self.asked_to_end:
            return
        self.asked_to_end = True
        later = threading.Timer(PASS_ON_S[signal.Signals(number)], self._terminate)
        later.daemon = True
        later.start()

    def _terminate(self) -> None:
        if self._step is not None:
            self._step.terminate()


def _rehearse(request: PipelineRequest) -> int:
    """Print what would be run, then the sweep's own plan."""
    for step in steps(request):
        _say(f"{step.name}: {step.line}")
    return sweep.main([*_sweep_words(request), "--dry-run"])


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
