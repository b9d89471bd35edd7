"""The process of a side: reads a task, answers with what it measured.

Reads {"function": "module.function", "folder", "quick", "data"} from standard input. Prints one
line of JSON: the attributes of `Measured`, {} of what only prepares, {"absent": why} where a
package is not installed, {"failure": why} where anything else was raised.
"""

import dataclasses
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from jobs.benchmarks.side_by_side.comparison import Case, Measured
from orchestrator.process.error_line import error_line, log_traceback
from orchestrator.process.surroundings import own_packages

STDOUT = 1


def main() -> None:
    """Answer what standard input asks."""
    # What libraries print must not stand beside the answer.
    answers = os.fdopen(os.dup(STDOUT), "w")
    os.dup2(sys.stderr.fileno(), STDOUT)
    print(json.dumps(_answer(json.load(sys.stdin))), file=answers, flush=True)


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    module, _, function = task["function"].rpartition(".")
    case = Case(Path(task["folder"]), task["quick"], task["data"])
    try:
        measured: Measured | None = getattr(importlib.import_module(module), function)(case)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in own_packages.NAMES:
            raise
        return {"absent": f"{error.name} is not installed"}
    except Exception as error:
        log_traceback()
        return {"failure": error_line(error)}
    if measured is None:
        return {}
    return dataclasses.asdict(measured) | {"answer": [float(n) for n in measured.answer]}


if __name__ == "__main__":
    main()
