"""Which job is submitted: its command line, read before a cluster is bothered with it."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator import sweeps
from orchestrator.errors import BadInput
from orchestrator.request import Request
from orchestrator.request import parse as parse_request

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Job:
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


def _sweep(words: list[str]) -> Job:
    return _of_question(words, parse_request(words))


def _pipeline(words: list[str]) -> Job:
    from jobs.pipeline import parse  # brings Ray along, which may only come after its variables

    return _of_question(words, parse(words).request)


def _of_question(words: list[str], request: Request) -> Job:
    if not any(word.partition("=")[0] == "--results" for word in words):
        raise BadInput(
            "--results is missing: a job's working directory is thrown away; give an absolute path "
            "that all nodes share, or a URI"
        )
    name = request.name or sweeps.load(request.question).name
    words = words if request.name else [*words, f"--name={name}"]
    files: tuple[str, ...] = ()
    if request.question.endswith(".py"):
        files = (_in_repository(request.question),)
        words = [files[0] if word == request.question else word for word in words]
    places = {"--results": request.results} | ({"--data": request.data} if request.data else {})
    return Job(tuple(words), name, places, files)


def _in_repository(file: str) -> str:
    try:
        return str(Path(file).resolve().relative_to(ROOT))
    except ValueError:
        raise BadInput(
            f"{file} is outside of {ROOT}, so it would not travel with the job; copy it there"
        ) from None


def _of_sweep(words: list[str]) -> Job:
    if not words or words[0].startswith("-"):
        raise BadInput("the sweep's folder, RESULTS/NAME, is missing; it comes first")
    label = words[0].partition("?")[0].rstrip("/").rpartition("/")[2]
    reader = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    reader.add_argument("--data")
    data = reader.parse_known_args(words)[0].data
    places = {words[0]: words[0]} | ({"--data": data} if data else {})
    return Job(tuple(words), label, places)


JOBS: Mapping[str, Callable[[list[str]], Job]] = {
    "sweep": _sweep,
    "pipeline": _pipeline,
    "refit": _of_sweep,
    "postprocess": _of_sweep,
}
"""Module of `jobs` -> how its words are read; one line adds one."""
