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

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator import plan, sweep, sweeps
from orchestrator.data.remote.uris import absolute, is_uri
from orchestrator.errors import BadInput
from orchestrator.process.exit_code import BAD_INPUT, DONE, INTERRUPTED, exit_code
from orchestrator.request import Request, parser
from orchestrator.request import parse as parse_request
from orchestrator.scheduling.ledger import Ledger
from results.journal.open_journal import journal_of
from results.paths import Paths
from results.store import DamagedResults, Store

SWEEP = "sweep"
"""Name of the step that all others build on."""

PROGRAM = "python -m jobs.pipeline"
IN_A_CLUSTER = "RAY_ADDRESS"
"""Ray sets this variable for a job's driver."""

PASS_ON_S = {signal.SIGINT: 30.0, signal.SIGTERM: 2.0}
"""How long a step may go on by itself: a terminal and `ray job stop` reach it too, `kill` not."""


@dataclass(frozen=True)
class Asked:
    """What the user asked for.

    Attributes:
        words: of the command line, less the pipeline's own.
        request: the same, read.
        name: of the sweep's folder.
        top: finalists.
        seeds: of each finalist.
        refit: whether finalists are trained again.
    """

    words: tuple[str, ...]
    request: Request
    name: str
    top: int
    seeds: int
    refit: bool

    def store(self, name: str) -> Store:
        """A folder of the results.

        Raises:
            BadInput: for a place that results cannot go to.
        """
        try:
            return Store(absolute(self.request.results)).below(name)
        except ValueError as problem:
            raise BadInput(f"--results: {problem}") from None

    @property
    def refit_name(self) -> str:
        """Of the refit's folder."""
        return f"{self.name}-refit"


@dataclass(frozen=True)
class Step:
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
    asked = parse(words)
    if asked.request.list_questions:
        return sweep.main(["--list"])
    if asked.request.dry_run:
        return _rehearse(asked)
    return _run(asked, shlex.join([*PROGRAM.split(), *words]))


# --- what is asked ---------------------------------------------------------------------------


def parse(argv: Sequence[str]) -> Asked:
    """The command line, read.

    Raises:
        BadInput: for what cannot be.
    """
    whole = _own(parser())
    whole.prog, whole.usage = PROGRAM, None
    whole.description = "Prepare, sweep, refit the finalists, report on test images: in order."
    whole.parse_args(argv)
    mine, rest = _own(argparse.ArgumentParser(allow_abbrev=False, add_help=False)).parse_known_args(
        argv
    )
    for flag in ("top", "seeds"):
        if getattr(mine, flag) < 1:
            raise BadInput(f"--{flag} {getattr(mine, flag)}: expected 1 or more")
    request = parse_request(rest)
    if not request.address and os.environ.get(IN_A_CLUSTER):
        request, rest = replace(request, address="auto"), [*rest, "--address=auto"]
    _check_place(request)
    name = request.name or sweeps.load(request.question).name
    return Asked(tuple(rest), request, name, mine.top, mine.seeds, not mine.no_refit)


def _own(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    more = parser.add_argument_group("the pipeline's own")
    more.add_argument("--top", type=int, default=3, metavar="N", help="finalists (default 3)")
    more.add_argument("--seeds", type=int, default=3, metavar="N", help="of each (default 3)")
    more.add_argument(
        "--no-refit", action="store_true", help="report on the sweep itself, on test images"
    )
    return parser


def _check_place(request: Request) -> None:
    place = request.results
    if request.address and not is_uri(place) and not Path(place).is_absolute():
        raise BadInput(
            f"--results {place} is relative; on a cluster the working directory is a throw-away "
            "copy on each node: give an absolute path that all nodes share, or a URI"
        )


# --- what is done ----------------------------------------------------------------------------


def steps(asked: Asked) -> list[Step]:
    """All steps, in their order."""
    request = asked.request

    def trained() -> bool:
        return _is_trained(asked)

    found = [Step(SWEEP, _sweeper(request), tuple(_sweep_words(asked)), trained)]
    if request.data:
        prepare = (f"--data={absolute(request.data)}",)
        found.insert(0, Step("prepare", "jobs.prepare", prepare, trained))
    if request.postprocess:
        split = "validation" if asked.refit else "test"
        found.append(_postprocess(asked, "postprocess", asked.name, split))
    if asked.refit:
        found.append(Step("refit", "jobs.refit", tuple(_refit_words(asked))))
    if asked.refit and request.postprocess:
        found.append(_postprocess(asked, "postprocess of the refit", asked.refit_name, "test"))
    return found


def _sweeper(request: Request) -> str:
    return "jobs.sweep" if request.address else "orchestrator.sweep"


def _sweep_words(asked: Asked) -> list[str]:
    words = [*asked.words]
    words += [] if asked.request.name else [f"--name={asked.name}"]
    words += [] if asked.request.resume or asked.request.go_on else ["--go-on"]
    return [*words, "--no-postprocess"] if asked.request.postprocess else words


def _shared(request: Request) -> list[str]:
    """Words that mean the same to every later step."""
    said = {"--data": request.data and absolute(request.data), "--address": request.address}
    return [f"{flag}={value}" for flag, value in said.items() if value]


def _refit_words(asked: Asked) -> list[str]:
    request = asked.request
    words = [asked.store(asked.name).place, f"--top={asked.top}", f"--seeds={asked.seeds}"]
    said: dict[str, object] = {
        "--concurrency": request.concurrency,
        "--gpus-per-trial": request.gpus_per_trial,
        "--hang-after": request.hang_text or None,
    }
    words += [f"{flag}={value}" for flag, value in said.items() if value is not None]
    return [*words, *_shared(request), "--no-postprocess"]


def _postprocess(asked: Asked, title: str, name: str, split: str) -> Step:
    words = [asked.store(name).place, f"--split={split}", *_shared(asked.request)]
    return Step(title, "jobs.postprocess", tuple(words), lambda: _is_worked_up(words))


def _is_trained(asked: Asked) -> bool:
    """Whether the sweep that is asked for has nothing left to train, and something to show.

    Raises:
        BadInput: where a sweep of that name asked something else.
    """
    if not asked.store(asked.name).exists(Paths().sweep):
        return False
    planned = plan.make(replace(asked.request, name=asked.name, go_on=True))
    journal = journal_of(planned.store)
    events = journal.read()
    ledger = Ledger(journal, events)
    usable = any(e.status not in ("failed", "running") for e in ledger.entries.values())
    return usable and sweep.is_whole(planned, events, ledger)


def _is_worked_up(words: Sequence[str]) -> bool:
    # Only now: these take seconds to import, and a first run does not need them before its end.
    from analysis.pipeline.postprocess_request import arguments, request_of
    from analysis.pipeline.steps import is_done
    from analysis.sweep_folder import SweepFolder

    asked = arguments(words)
    try:
        return is_done(SweepFolder(Store(asked.results)), request_of(asked))
    except DamagedResults:
        return False


# --- doing it --------------------------------------------------------------------------------


def _run(asked: Asked, again: str) -> int:
    with Runner() as runner:
        for step in steps(asked):
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
            if step.name == SWEEP and asked.refit and not _is_trained(asked):
                # Other finalists may come: a refit of today's would stand in the way of theirs.
                _say(f"the sweep has trials left, its finalists wait; go on with:\n  {again}")
                print(asked.store(asked.name).root)
                return DONE
    print(asked.store(asked.refit_name if asked.refit else asked.name).root)
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

    def run(self, step: Step) -> int:
        """Its exit code, when it has ended; 128 + n if it died of signal n."""
        _say(f"\n{step.name}: {step.line}")
        self._step = subprocess.Popen([sys.executable, "-m", step.module, *step.words])
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


def _rehearse(asked: Asked) -> int:
    """Print what would be run, then the sweep's own plan."""
    real = replace(asked, words=tuple(word for word in asked.words if word != "--dry-run"))
    for step in steps(real):
        _say(f"{step.name}: {step.line}")
    return sweep.main([*_sweep_words(real), "--dry-run"])


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
