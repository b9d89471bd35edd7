"""What a user may ask of a sweep: the command line's flags, each described once."""

import dataclasses
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.config import folder_name
from orchestrator.data.reading import SPLIT_BY, USUAL
from orchestrator.errors import BadInput
from orchestrator.process.backend import AUTO, CHOICES
from orchestrator.process.command_line import Command, at_least_one, flag, not_empty, place
from orchestrator.scheduling.schedulers.catalogue import DEFAULT, SCHEDULERS

IN_A_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Variable that Ray gives the process of a submitted job."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

EXIT_CODES = "Exit codes: 0 done, 1 the run failed, 2 bad input, 130 interrupted."


class TimeSpan(float):
    """Seconds that remember how they were written, e.g. 5400.0 as "1h30m".

    Args:
        text: numbers with a unit: s, m, h or d.

    Raises:
        ValueError: for any other text, for no time at all, and for one without end.
    """

    def __new__(cls, text: str) -> "TimeSpan":
        """See the class."""
        parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
        if "".join(number + unit for number, unit in parts) != text:
            raise ValueError(text)
        span = super().__new__(cls, sum(float(number) * UNITS[unit] for number, unit in parts))
        if not 0 < span < math.inf:
            raise ValueError(text)
        span._text = text
        return span

    _text: str

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self._text,)

    def __str__(self) -> str:
        return self._text


def _time(name: str, text: str) -> TimeSpan:
    try:
        return TimeSpan(text)
    except ValueError:
        raise BadInput(f"{name} {text}: expected a time such as 90s, 30m, 2h or 1h30m") from None


def _share(name: str, share: float) -> float:
    if not 0 <= share <= 1:
        raise BadInput(f"{name} {share}: expected a share from 0 to 1")
    return share


def _seed(name: str, seed: int) -> int:
    if not 0 <= seed < 2**31:
        raise BadInput(f"{name} {seed}: expected a whole number from 0 to 2147483647")
    return seed


def _settings(name: str, pairs: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE texts as a dictionary; the last of equals holds."""
    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"{name} {pair}: expected KEY=VALUE, e.g. {name} learning_rate=0.01")
        settings[key.strip()] = value.strip()
    return settings


def name_of_folder(name: str, text: str) -> str:
    """A check: the text can name a sweep's folder."""
    return folder_name(text, f"{name} ")


def split_by_flag() -> Any:
    """The flag of `Reading.split_by`."""
    return flag(
        "what gives an image's split where its file's name and its folder disagree",
        default=USUAL.split_by,
        choices=SPLIT_BY,
    )


def labels_flag() -> Any:
    """The flag of `Reading.labels`."""
    return flag(
        "table of the images' labels (columns image, emotion); default: folders are classes, or a "
        "table beside the images",
        metavar="FILE",
        check=not_empty,
    )


RUNNING = "how it is run"
FINALISTS = "what is trained again"


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How trials are run, whoever asks for them; None where nothing was said."""

    concurrency: int | None = flag(
        "trials at once; default: all fit", metavar="N", check=at_least_one, group=RUNNING
    )
    gpus_per_trial: float | None = flag(
        "of one GPU, e.g. 0.25; default: measured at the start where there is a GPU, else 0",
        metavar="SHARE",
        check=_share,
        group=RUNNING,
    )
    backend: str = flag(
        "what computes; auto: jax where trials get a GPU that JAX sees, else tensorflow",
        default=AUTO,
        choices=CHOICES,
        group=RUNNING,
    )
    time_budget: TimeSpan | None = flag(  # noqa: RUF009  a dataclass field
        "e.g. 90s, 30m, 2h, 1h30m", metavar="TIME", check=_time, group=RUNNING
    )
    hang_after: TimeSpan | None = flag(  # noqa: RUF009  a dataclass field
        "kill a trial's process after so long without an epoch; default: 10 times its longest "
        "epoch and 5m at least, 30m before the first",
        metavar="TIME",
        check=_time,
        group=RUNNING,
    )
    address: str | None = flag(
        "of a running Ray cluster, or auto; default: this machine", check=not_empty, group=RUNNING
    )
    dry_run: bool = flag("print the plan, start nothing", default=False, group=RUNNING)
    postprocess: bool = flag(
        "stop after the last trial", default=True, name="--no-postprocess", group=RUNNING
    )
    accept_changed_code: bool = flag(
        "go on although the code that computes is not what the sweep began with",
        default=False,
        group=RUNNING,
    )


@dataclass(frozen=True, kw_only=True)
class FinalistOptions:
    """Which trials are trained again."""

    top: int = flag("finalists", default=3, metavar="N", check=at_least_one, group=FINALISTS)
    seeds: int = flag("of each", default=3, metavar="N", check=at_least_one, group=FINALISTS)


@dataclass(frozen=True, kw_only=True)
class SweepRequest(RunOptions):
    """What a user asks of a sweep; None where nothing was said.

    Attributes:
        go_on: begin, or go on with what is there: for jobs that a cluster tries again.
        again: the command that goes on, where it is none of this program's.
    """

    question: str = flag(
        "a named sweep (see --list) or your own file",
        default="quickstart",
        metavar="NAME or FILE.py",
        positional=True,
        check=place,
    )
    data: str | None = flag(
        "fer2013.csv, its archive or image folders, or a URI; default: drawn faces",
        check=place,
    )
    split_by: str = split_by_flag()
    labels: str | None = labels_flag()
    results: str = flag(
        "a folder, or a URI such as s3://bucket/folder", default="results/runs", check=place
    )
    name: str | None = flag(
        "of this sweep's folder; default: the question's name", check=name_of_folder
    )
    trials: int | None = flag("configurations at most", metavar="N", check=at_least_one)
    epochs: int | None = flag("epochs a trial at most", metavar="N", check=at_least_one)
    settings: Mapping[str, str] = flag(
        "fix a setting; KEY=a,b,c makes a choice, KEY=low..high a range; may be repeated",
        default=dict,
        metavar="KEY=VALUE",
        name="--set",
        repeated=True,
        check=_settings,
    )
    scheduler: str | None = flag(
        f"who goes on at a rung; default: the question's, or {DEFAULT}",
        choices=tuple(SCHEDULERS),
    )
    seed: int | None = flag("of search and trials; default 0", metavar="N", check=_seed)
    seeds: int | None = flag(
        "seeds of every configuration of a grid that stops nobody, else of every finalist, trained "
        "again at the end: means, spread and tests over them",
        metavar="N",
        check=at_least_one,
    )
    resume: bool = flag(
        "go on with a sweep; with more --trials or --epochs, or --set to a part of a setting's "
        "values, extend it",
        default=False,
    )
    go_on: bool = flag("begin, or go on if it was begun: for jobs tried again", default=False)
    warm_start: bool = flag(
        "compare with trials of earlier sweeps of the same data in the results folder, and try "
        "their best configurations first; counts when a sweep begins",
        default=False,
    )
    list_questions: bool = flag("print the named sweeps and leave", default=False, name="--list")
    again: str = ""


COMMAND = Command(
    program="python -m orchestrator.sweep",
    takes=SweepRequest,
    description="Train and compare many nets on faces: one question, one command.",
    epilog=f"The last line of standard output is the results folder. {EXIT_CODES}",
)


def parse(argv: Sequence[str] | None) -> SweepRequest:
    """The sweep's command line, read.

    Raises:
        BadInput: for an unknown flag or a value that cannot be.
    """
    return COMMAND.read(argv)


def unused_address(request: SweepRequest) -> tuple[str, ...]:
    """That the variable by which Ray finds a cluster is not followed; empty where none is set."""
    elsewhere = os.environ.get("RAY_ADDRESS")
    if not elsewhere or request.address:
        return ()
    return (f"RAY_ADDRESS ({elsewhere}) is not used; --address auto joins that cluster",)


def resume_command(request: SweepRequest, name: str) -> str:
    """The command that goes on with a sweep, to be pasted; `parse` takes its words back.

    Args:
        request: that began the sweep.
        name: of its folder.
    """
    if request.again:
        return request.again
    if IN_A_JOB in os.environ:  # this command would mean nothing where the job was submitted
        return "the same job, submitted again under a new id"
    resumed = dataclasses.replace(request, name=name, resume=True)
    return COMMAND.line(resumed, without=("dry_run", "go_on", "list_questions"))
