"""After a sweep: its ensemble, where the nets look, tables, pictures and one report.

    python -m jobs.postprocess RESULTS/NAME

A sweep runs this at its end unless `--no-postprocess` is given. A second run does only what is
missing, so it also goes on where one was interrupted.
"""

import argparse
import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from analysis.explain.names import NAMES
from analysis.stages.job import Job, Request, Work
from analysis.stages.whole import forget, is_done, postprocess
from analysis.sweep_folder import SweepFolder
from analysis.workshop.bench import Bench
from analysis.workshop.shop import Shop
from analysis.workshop.tasks import Task
from jobs.bar import Bar
from jobs.fleet import Crew, Piece, work
from orchestrator import hardware
from orchestrator.errors import BadInput
from orchestrator.session import session
from orchestrator.terminal import (
    chatter_to,
    in_words,
    note_traceback,
    termination_as_ctrl_c,
)
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
    except KeyboardInterrupt:
        print(
            f"\ninterrupted; what is finished is kept; go on with:\n  {again(words)}",
            file=sys.stderr,
        )
        return INTERRUPTED


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


def request_of(words: argparse.Namespace) -> Request:
    """What was asked, checked.

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
    return Request(
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


def again(words: argparse.Namespace) -> str:
    """The command that goes on; nothing is forced twice."""
    asked = {"--members": words.members, "--split": words.split, "--explain": words.explain}
    asked |= {"--methods": words.methods, "--data": words.data}
    asked |= {"--concurrency": words.concurrency, "--address": words.address}
    said = [shlex.quote(f"{name}={value}") for name, value in asked.items() if value is not None]
    flip = ["--flip"] if words.flip else []
    return " ".join(["python -m jobs.postprocess", shlex.quote(words.results), *said, *flip])


def _run(words: argparse.Namespace) -> int:
    request = request_of(words)
    place = words.results if "://" in words.results else str(Path(words.results).absolute())
    if "://" not in place and not Path(place).is_dir():
        raise DamagedResults(f"{place} does not exist; give the folder of a sweep, RESULTS/NAME")
    folder = SweepFolder(Store(place))
    if request.force:
        forget(folder.store)
    if is_done(folder, request):
        print(
            f"nothing to do: {place}/{Paths().report} is up to date; --force redoes it",
            file=sys.stderr,
        )
        print(place)
        return DONE
    log = Path(place) / Paths().logs / "postprocess.log"
    with chatter_to(log) as (_, err), termination_as_ctrl_c():
        code = _guarded(words, folder, request, log, err)
    if code == DONE:
        print(place)
    return code


def _guarded(
    words: argparse.Namespace, folder: SweepFolder, request: Request, log: Path, err: TextIO
) -> int:
    try:
        with _workers(words, folder, err) as have_done:
            postprocess(Job(folder, request, have_done, lambda line: print(line, file=err)))
        return DONE
    except (BadInput, DamagedResults):
        raise
    except Exception as error:
        note_traceback()
        print(f"error: {in_words(error)}; see {log}", file=err)
        print(f"what is finished is kept; go on with:\n  {again(words)}", file=err)
        return FAILED


@contextlib.contextmanager
def _workers(words: argparse.Namespace, folder: SweepFolder, err: TextIO) -> Iterator[Work]:
    """How to have tasks done; Ray starts with the first task whose part is missing."""
    shop = Shop(Bench(folder.store.root, words.data, threads=1))
    at_once = words.concurrency or hardware.cores()
    with contextlib.ExitStack() as stack:
        crew: list[Crew] = []

        def have_done(what: str, tasks: Sequence[Task]) -> dict[str, str]:
            missing = [task for task in tasks if not folder.store.exists(task.part)]
            if not missing:
                return {}
            if not crew:
                crew.append(stack.enter_context(_crew(words, folder, at_once)))
            pieces = [Piece(task.part, task.trial, len(task.rows), task) for task in missing]
            with Bar(what, sum(piece.images for piece in pieces), err) as bar:
                return work(shop, pieces, crew[0], lambda piece: bar.advance(piece.images))

        yield have_done


@contextlib.contextmanager
def _crew(words: argparse.Namespace, folder: SweepFolder, at_once: int) -> Iterator[Crew]:
    import ray  # only now: a run that finds everything done needs no Ray

    with session(at_once, None, words.address), termination_as_ctrl_c():
        gpus = ray.cluster_resources().get("GPU", 0.0)
        share = min(1.0, gpus / at_once) if gpus else 0.0
        yield Crew(at_once, 1, share, f"{folder.store.root}/{Paths().logs}")


if __name__ == "__main__":
    sys.exit(main())
