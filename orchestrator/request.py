"""The sweep's command line, read into a Request."""

import argparse
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from orchestrator.config import folder_name
from orchestrator.errors import BadInput

DEFAULT_QUESTION = "quickstart"
DEFAULT_RESULTS = "results/runs"

IN_A_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Variable that Ray gives the process of a submitted job."""

PROGRAM = "python -m orchestrator.sweep"

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Request:
    """What the user asked for; None where nothing was said.

    Attributes:
        question: name of a sweep, or a Python file that defines one.
        data: path of the data set; None for the embedded faces.
        results: folder that holds the sweeps' folders.
        name: of this sweep's folder.
        trials: configurations at most.
        epochs: epochs a trial at most.
        settings: `--set` key -> value, as text.
        concurrency: trials at once.
        gpus_per_trial: share of a GPU.
        time_budget: seconds.
        budget_text: the same in the user's words.
        seed: of the search and, unless the question itself sets it, of every trial.
        dry_run: print the plan, start nothing.
        resume: go on with an interrupted sweep.
        go_on: begin, or go on with what is there: for jobs that a cluster tries again.
        postprocess: run the post-processing job at the end.
        address: of a running Ray cluster.
        hang_after: seconds without a row after which a trial's process is killed; None for a time
            that depends on its epochs.
        hang_text: the same in the user's words.
        list_questions: print the known sweeps and leave.
        again: the command that goes on, where it is none of this program's.
    """

    question: str = DEFAULT_QUESTION
    data: str | None = None
    results: str = DEFAULT_RESULTS
    name: str | None = None
    trials: int | None = None
    epochs: int | None = None
    settings: dict[str, str] = field(default_factory=dict)
    concurrency: int | None = None
    gpus_per_trial: float | None = None
    time_budget: float | None = None
    budget_text: str = ""
    seed: int | None = None
    dry_run: bool = False
    resume: bool = False
    go_on: bool = False
    postprocess: bool = True
    address: str | None = None
    hang_after: float | None = None
    hang_text: str = ""
    list_questions: bool = False
    again: str = ""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message}; --help lists what there is")


def parser() -> argparse.ArgumentParser:
    """Every flag with its type, default and unit."""
    p = _Parser(
        prog=PROGRAM,
        allow_abbrev=False,
        description="Train and compare many nets on faces: one question, one command.",
        epilog="The last line of standard output is the results folder. Exit codes: 0 done, "
        "1 the run failed, 2 bad input, 130 interrupted.",
    )
    p.add_argument(
        "question",
        nargs="?",
        default=DEFAULT_QUESTION,
        metavar="NAME or FILE.py",
        help=f"a named sweep (see --list) or your own file; default {DEFAULT_QUESTION}",
    )
    p.add_argument(
        "--data", help="fer2013.csv, its archive or image folders, or a URI; default: drawn faces"
    )
    p.add_argument(
        "--results",
        default=DEFAULT_RESULTS,
        help=f"a folder, or a URI such as s3://bucket/folder; default {DEFAULT_RESULTS}",
    )
    p.add_argument("--name", help="of this sweep's folder; default: the question's name")
    p.add_argument("--trials", type=int, metavar="N", help="configurations at most")
    p.add_argument("--epochs", type=int, metavar="N", help="epochs a trial at most")
    p.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="fix a setting; KEY=a,b,c makes a choice, KEY=low..high a range; may be repeated",
    )
    p.add_argument("--concurrency", type=int, metavar="N", help="trials at once; default: all fit")
    p.add_argument(
        "--gpus-per-trial",
        type=float,
        metavar="SHARE",
        help="of one GPU, e.g. 0.25; default: 0.25 where there is a GPU, else 0",
    )
    p.add_argument("--time-budget", metavar="TIME", help="e.g. 90s, 30m, 2h, 1h30m")
    p.add_argument("--seed", type=int, metavar="N", help="of search and trials; default 0")
    p.add_argument("--dry-run", action="store_true", help="print the plan, start nothing")
    p.add_argument("--resume", action="store_true", help="go on with an interrupted sweep")
    p.add_argument(
        "--go-on", action="store_true", help="begin, or go on if it was begun: for jobs tried again"
    )
    p.add_argument(
        "--hang-after",
        metavar="TIME",
        help="kill a trial's process after so long without an epoch; default: 10 times its longest "
        "epoch and 5m at least, 30m before the first",
    )
    p.add_argument("--no-postprocess", action="store_true", help="stop after the last trial")
    p.add_argument("--address", help="of a running Ray cluster, or auto; default: this machine")
    p.add_argument("--list", action="store_true", help="print the named sweeps and leave")
    return p


def parse(argv: Sequence[str] | None) -> Request:
    """The command line as a Request.

    Raises:
        BadInput: for an unknown flag or a value that cannot be.
    """
    a = parser().parse_args(argv)
    for flag in ("trials", "epochs", "concurrency"):
        value = getattr(a, flag)
        if value is not None and value < 1:
            raise BadInput(f"--{flag} {value}: expected a whole number of at least 1")
    for flag in ("data", "results", "address"):
        if getattr(a, flag) == "":
            raise BadInput(f"--{flag} '': expected a text; is a variable of the shell empty?")
    if a.gpus_per_trial is not None and not 0 <= a.gpus_per_trial <= 1:
        raise BadInput(f"--gpus-per-trial {a.gpus_per_trial}: expected a share from 0 to 1")
    if a.seed is not None and not 0 <= a.seed < 2**31:
        raise BadInput(f"--seed {a.seed}: expected a whole number from 0 to 2147483647")
    return Request(
        question=a.question,
        data=a.data,
        results=a.results,
        name=None if a.name is None else folder_name(a.name, "--name "),
        trials=a.trials,
        epochs=a.epochs,
        settings=settings(a.set),
        concurrency=a.concurrency,
        gpus_per_trial=a.gpus_per_trial,
        time_budget=None if a.time_budget is None else seconds("--time-budget", a.time_budget),
        budget_text=a.time_budget or "",
        seed=a.seed,
        dry_run=a.dry_run,
        resume=a.resume,
        go_on=a.go_on,
        postprocess=not a.no_postprocess,
        address=a.address,
        hang_after=None if a.hang_after is None else seconds("--hang-after", a.hang_after),
        hang_text=a.hang_after or "",
        list_questions=a.list,
    )


def settings(pairs: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE texts as a dictionary; the last of equals holds."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"--set {pair}: expected KEY=VALUE, e.g. --set learning_rate=0.01")
        found[key.strip()] = value.strip()
    return found


def seconds(flag: str, text: str) -> float:
    """A time such as "90s", "30m", "2h" or "1h30m" in seconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not parts or "".join(n + u for n, u in parts) != text or not any(float(n) for n, _ in parts):
        raise BadInput(f"{flag} {text}: expected a time such as 90s, 30m, 2h or 1h30m")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def resume_command(request: Request, name: str) -> str:
    """The command that goes on with a sweep, to be pasted; `parse` takes its words back.

    Args:
        request: that began the sweep.
        name: of its folder.
    """
    if request.again:
        return request.again
    if IN_A_JOB in os.environ:  # this command would mean nothing where the job was submitted
        return "the same job, submitted again under a new id"
    said = {
        "--data": request.data,
        "--results": request.results if request.results != DEFAULT_RESULTS else None,
        "--name": name,
        "--trials": request.trials,
        "--epochs": request.epochs,
        "--concurrency": request.concurrency,
        "--gpus-per-trial": request.gpus_per_trial,
        "--time-budget": request.budget_text or None,
        "--seed": request.seed,
        "--address": request.address,
        "--hang-after": request.hang_text or None,
    }
    words = [*PROGRAM.split(), request.question]
    words += [f"{flag}={value}" for flag, value in said.items() if value is not None]
    words += [f"--set={key}={value}" for key, value in request.settings.items()]
    words += ["--resume"] if request.postprocess else ["--resume", "--no-postprocess"]
    return shlex.join(words)
