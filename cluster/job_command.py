"""Which job is submitted: its command line, read before a cluster is bothered with it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.pipeline import parse as parse_pipeline
from orchestrator import sweeps
from orchestrator.errors import BadInput
from orchestrator.process.command_line import Command, flag, place
from orchestrator.process.surroundings.local_path import expanded
from orchestrator.request import SweepRequest
from orchestrator.request import parse as parse_request

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class JobCommand:
    """What is run, and where it reads and writes.

    Attributes:
        words: of its command line.
        label: what people call it.
        places: flag or word -> folder or URI.
        files: of the repository that it needs besides the code.
    """

    words: tuple[str, ...]
    label: str
    places: Mapping[str, str]
    files: tuple[str, ...] = ()


def _sweep(words: list[str]) -> JobCommand:
    return _of_question(words, parse_request(words))


def _pipeline(words: list[str]) -> JobCommand:
    return _of_question(words, parse_pipeline(words))


def _of_question(words: list[str], request: SweepRequest) -> JobCommand:
    if not any(word.partition("=")[0] == "--results" for word in words):
        raise BadInput(
            "--results is missing: a job's working directory is thrown away; give an absolute path "
            "that all nodes share, or a URI"
        )
    question = sweeps.load(request.question)
    name = request.name or question.name
    words = words if request.name else [*words, f"--name={name}"]
    files: tuple[str, ...] = ()
    if request.question.endswith(".py"):
        own = _in_repository(request.question)
        files = (own, *(file for file in _neighbours(request.question) if file != own))
        words = [files[0] if expanded(word) == request.question else word for word in words]
    named = {"--data": request.data, "--labels": request.labels}
    places = {"--results": request.results} | {flag: at for flag, at in named.items() if at}
    return JobCommand(tuple(words), name, places, files)


def _neighbours(question: str) -> list[str]:
    """The files beside a question, or below, that it imported when it was loaded."""
    folder = Path(question).resolve().parent
    named = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = {Path(file).resolve() for file in named if file}
    beside = (path for path in paths if path.is_relative_to(folder) and path.suffix == ".py")
    ours = (path.relative_to(ROOT) for path in beside)
    return sorted(str(path) for path in ours if "site-packages" not in path.parts)


def _in_repository(file: str) -> str:
    try:
        return str(Path(file).resolve().relative_to(ROOT))
    except ValueError:
        raise BadInput(
            f"{file} is outside of {ROOT}, so it would not travel with the job; copy it there"
        ) from None


@dataclass(frozen=True, kw_only=True)
class _Moved:
    data: str | None = flag("the data set, if it has moved", check=place)


MOVED = Command("", _Moved, "")


def _of_sweep(words: list[str]) -> JobCommand:
    if not words or words[0].startswith("-"):
        raise BadInput("the sweep's folder, RESULTS/NAME, is missing; it comes first")
    label = words[0].partition("?")[0].rstrip("/").rpartition("/")[2]
    data = MOVED.read_known(words)[0].data
    places = {words[0]: words[0]} | ({"--data": data} if data else {})
    return JobCommand(tuple(words), label, places)


JOBS: Mapping[str, Callable[[list[str]], JobCommand]] = {
    "sweep": _sweep,
    "pipeline": _pipeline,
    "refit": _of_sweep,
    "postprocess": _of_sweep,
}
"""Module of `jobs` -> how its words are read; one line adds one."""
