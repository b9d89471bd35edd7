"""What `jobs.postprocess` is asked for: the words of its command line, checked."""

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.explain.methods.names import NAMES
from orchestrator.errors import BadInput


@dataclass(frozen=True)
class PostprocessRequest:
    """What is asked for.

    Attributes:
        members: in the ensemble, at most.
        split: whose images are predicted, explained and drawn: test or validation.
        explain: images that the costly methods explain; None for all.
        methods: names in `analysis.explain.methods.names.NAMES`; pictures show the first.
        flip: whether mirrored images are predicted too, and averaged with.
        force: whether what is there is computed again.
        data: path of the data set, if it moved.
    """

    members: int = 7
    split: str = "test"
    explain: int | None = 56
    methods: tuple[str, ...] = ()
    flip: bool = False
    force: bool = False
    data: str | None = None


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.postprocess",
        description="Turn a sweep's results into an ensemble, explanations, pictures and a report.",
    )
    parser.add_argument("results", help="a sweep's own folder, RESULTS/NAME")
    parser.add_argument(
        "--members", type=int, default=7, metavar="N", help="members at most (default 7)"
    )
    parser.add_argument(
        "--split",
        choices=("test", "validation"),
        default="test",
        help="images to measure, explain and draw (default test: read once, and counted)",
    )
    parser.add_argument(
        "--explain",
        default="56",
        metavar="all|N",
        help="images that the costly methods explain (default 56; Grad-CAM explains all)",
    )
    parser.add_argument(
        "--methods",
        default=",".join(NAMES),
        metavar="A,B",
        help=f"explanation methods, the leading one first (default all: {', '.join(NAMES)})",
    )
    parser.add_argument(
        "--flip", action="store_true", help="predict mirrored images too, and average"
    )
    parser.add_argument("--force", action="store_true", help="do again what is there")
    parser.add_argument("--data", metavar="PATH", help="the data set, if it has moved")
    parser.add_argument("--concurrency", type=int, metavar="N", help="workers (default one a core)")
    parser.add_argument("--address", metavar="A", help="of a running Ray cluster, e.g. auto")
    return parser.parse_args(argv)


def request_of(words: argparse.Namespace) -> PostprocessRequest:
    """What is asked for, checked.

    Raises:
        BadInput: naming what cannot be.
    """
    methods = tuple(name.strip() for name in words.methods.split(",") if name.strip())
    unknown = [name for name in methods if name not in NAMES]
    if unknown or not methods:
        named = ", ".join(unknown) or "nothing"
        raise BadInput(f"--methods names {named}; the methods are {', '.join(NAMES)}")
    if words.members < 1:
        raise BadInput(f"--members {words.members}: an ensemble has 1 member or more")
    if words.concurrency is not None and words.concurrency < 1:
        raise BadInput(f"--concurrency {words.concurrency}: 1 worker or more is needed")
    return PostprocessRequest(
        members=words.members,
        split=words.split,
        explain=_number_of_images(words.explain),
        methods=tuple(dict.fromkeys(methods)),
        flip=words.flip,
        force=words.force,
        data=words.data,
    )


def _number_of_images(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise BadInput(f"--explain {text}: give a number of images, 1 or more, or all")
    return int(text)


def resume_command(words: argparse.Namespace) -> str:
    """The command that goes on; nothing is forced twice."""
    options = {"--members": words.members, "--split": words.split, "--explain": words.explain}
    options |= {"--methods": words.methods, "--data": words.data}
    options |= {"--concurrency": words.concurrency, "--address": words.address}
    given = [shlex.quote(f"{name}={value}") for name, value in options.items() if value is not None]
    flip = ["--flip"] if words.flip else []
    return " ".join(["python -m jobs.postprocess", shlex.quote(words.results), *given, *flip])
