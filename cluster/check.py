"""Checks cluster descriptions without a cluster: fields, versions, GPUs, ports, tokens, rights.

    python -m cluster.check                      # every file that comes with the repository
    python -m cluster.check my/raycluster.yaml   # yours

One line a file that is in order, one sentence a problem. Exit codes: 0 all in order, 2 not.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import printable_lines
from orchestrator.process.exit_code import BAD_INPUT, DONE

if TYPE_CHECKING:  # readers and schemas take their time: functions that need them import them
    from cluster.checks.files import Pins

SHIPPED = ("cluster/kuberay/*.yaml", "cluster/ray/*.yaml", "cluster/Dockerfile")


def shipped() -> list[Path]:
    """The repository's own descriptions.

    Raises:
        Unreadable: where there are none, as in an installed package.
    """
    from cluster.checks.files import REPOSITORY, Unreadable

    files = [f for pattern in SHIPPED for f in sorted(REPOSITORY.glob(pattern))]
    if not files:
        raise Unreadable(f"{REPOSITORY}: no cluster descriptions here; name the files to check")
    return files


def check(path: Path, pins: "Pins") -> list[str]:
    """A sentence a problem of one file; none where all is in order."""
    from cluster.checks import problems
    from cluster.checks.files import Unreadable, read

    name = shown_path(path)
    try:
        description = read(path, pins)
        return [p.sentence(name, description.line(p.place)) for p in problems(description)]
    except Unreadable as e:
        return [str(e).replace(str(path), name)]


def shown_path(path: Path) -> str:
    """Relative to where the user stands, where that is shorter."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 where every file is in order, else 2."""
    p = argparse.ArgumentParser(
        prog="python -m cluster.check",
        description="Check cluster descriptions without a cluster.",
        epilog="Exit codes: 0 all in order, 2 not.",
    )
    p.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: those shipped")
    named = p.parse_args(argv).files
    from cluster.checks.files import Pins, Unreadable

    try:
        pins = Pins.of()
        files = named or shipped()
    except Unreadable as e:
        print(e, file=sys.stderr)
        return BAD_INPUT
    wrong = 0
    for path in files:
        sentences = check(path, pins)
        wrong += bool(sentences)
        lines = sentences or [f"{shown_path(path)}: ok"]
        print(printable_lines("\n".join(lines)))
    return BAD_INPUT if wrong else DONE


if __name__ == "__main__":
    sys.exit(main())
