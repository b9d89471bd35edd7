"""One file, one question: each has a function `sweep() -> Sweep`, named in SWEEPS.

A question says what is tried and how much may be spent; it knows nothing of how that is done.
"""

import ast
import contextlib
import importlib
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from orchestrator.config import RUNGS_BY, Budget, Sweep, folder_name
from orchestrator.errors import BadInput, shown
from orchestrator.process.error_line import kind_and_line
from orchestrator.process.surroundings import own_packages
from orchestrator.process.surroundings.local_path import absolute
from orchestrator.process.surroundings.script import script

_logger = logging.getLogger(__name__)

SWEEPS: dict[str, str] = {
    "quickstart": "orchestrator.sweeps.quickstart",
    "architectures": "orchestrator.sweeps.architectures",
    "learning_rates": "orchestrator.sweeps.learning_rates",
    "preprocessing": "orchestrator.sweeps.preprocessing",
    "state_of_the_art": "orchestrator.sweeps.state_of_the_art",
    "illumination": "orchestrator.sweeps.illumination",
    "seed_models": "orchestrator.sweeps.seed_models",
    "transfer": "orchestrator.sweeps.transfer",
    "survey": "orchestrator.sweeps.survey",
    "best": "orchestrator.sweeps.best",
    "batch_size": "orchestrator.sweeps.batch_size",
    "small": "orchestrator.sweeps.small",
}
"""Name -> module; add a question with one file and one line here."""


def load(name_or_file: str) -> Sweep:
    """The sweep of that name, or the one that a Python file anywhere defines.

    Raises:
        BadInput: for an unknown name, a missing file, or a file without `sweep() -> Sweep`.
    """
    check(name_or_file)
    if name_or_file in SWEEPS:
        return _question(importlib.import_module(SWEEPS[name_or_file]), name_or_file)
    file = Path(absolute(name_or_file))
    with _blaming(file), _without_its_ray(), script(file) as module:
        return _question(module, name_or_file)


def check(name_or_file: str) -> None:
    """Raises BadInput for an unknown name or a missing file; runs and imports nothing."""
    if name_or_file in SWEEPS:
        return
    if not name_or_file.endswith(".py"):
        raise BadInput(
            f"no sweep is called {name_or_file!r}; known: {', '.join(SWEEPS)}; or give a FILE.py "
            "that defines sweep() -> Sweep"
        )
    if not Path(absolute(name_or_file)).is_file():
        raise BadInput(
            f"{name_or_file}: no such file; expected a Python file with sweep() -> Sweep"
        )


def question_of(name: str) -> str:
    """What a named sweep asks, out of its file's text: to import it would bring Ray along.

    Where the question is no plain text there, the sweep is made after all.
    """
    file = Path(__file__).with_name(f"{SWEEPS[name].rpartition('.')[2]}.py")
    return literal_question(file.read_text("utf-8")) or load(name).question


def literal_question(source: str) -> str | None:
    """What the sweep of a Python text asks, if that stands there as plain text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg="question", value=ast.Constant(value=str(text))):
                return text
    return None


@contextlib.contextmanager
def _blaming(file: Path) -> Iterator[None]:
    """Whatever the user's file raises becomes one sentence that names its line."""
    try:
        yield
    except (BadInput, KeyboardInterrupt):
        raise
    except SyntaxError as error:
        where = f"{error.filename or file}, line {error.lineno}"
        raise BadInput(f"{where}: SyntaxError: {error.msg}") from error
    except BaseException as error:  # SystemExit, too
        frames = traceback.extract_tb(error.__traceback__)
        places = [f", line {f.lineno}" for f in frames if f.filename == str(file)]
        where = f"{file}{places[-1] if places else ''}"
        raise BadInput(f"{where}: {kind_and_line(error)}{_hint(error, file)}") from error


def _hint(error: BaseException, file: Path) -> str:
    """What leads out of it, where that is known."""
    if isinstance(error, SystemExit):
        return "; a question's file defines sweep() and leaves the program running"
    if isinstance(error, ImportError) and (foreign := own_packages.beside(file.resolve().parent)):
        names = " and ".join(place.relative_to(file.resolve().parent).parts[0] for place in foreign)
        return f"; {names} beside it has a name of this product's own packages: rename it"
    return ""


@contextlib.contextmanager
def _without_its_ray() -> Iterator[None]:
    """End a Ray that a question's file starts: the sweep starts its own."""
    before = _has_ray()
    try:
        yield
    finally:
        if _has_ray() and not before:
            sys.modules["ray"].shutdown()
            _logger.warning("the question's file starts a Ray; it was ended: a sweep has its own")


def _has_ray() -> bool:
    return "ray" in sys.modules and bool(sys.modules["ray"].is_initialized())


def _question(module: ModuleType, origin: str) -> Sweep:
    make = getattr(module, "sweep", None)
    if not callable(make):
        raise BadInput(f"{origin}: defines no function sweep(); expected sweep() -> Sweep")
    made = make()
    if not isinstance(made, Sweep):
        raise BadInput(f"{origin}: sweep() gave a {type(made).__name__}, expected a Sweep")
    _check_fields(made, origin)
    folder_name(made.name, f"{origin}: name=")
    if made.budget.trials < 1:
        raise BadInput(f"{origin}: a budget of {made.budget.trials} trials; expected at least 1")
    if made.budget.finalists < 0:
        raise BadInput(f"{origin}: {made.budget.finalists} finalists; expected 0 or more")
    if made.budget.rungs not in RUNGS_BY:
        raise BadInput(
            f"{origin}: budget.rungs={made.budget.rungs!r}: expected {' or '.join(RUNGS_BY)}"
        )
    return made


_BUDGET: dict[str, tuple[type, str]] = {
    "trials": (int, "a whole number"),
    "grace_epochs": (int, "a whole number"),
    "reduction_factor": (int, "a whole number"),
    "scheduler": (str, "a text"),
    "rungs": (str, "a text"),
    "finalists": (int, "a whole number"),
}
_FIELDS: dict[str, tuple[type, str]] = {
    "name": (str, "a text"),
    "question": (str, "a text"),
    "space": (Mapping, "a dictionary of settings"),
    "budget": (Budget, "a Budget"),
    "search": (str, "a text"),
    "embedded": (int, "a whole number"),
    "configurations": (Sequence, "a list of dictionaries"),
}


def _check_fields(sweep: Sweep, origin: str) -> None:
    """Raises BadInput for a field of another type: a dataclass takes whatever it is given."""
    for owner, prefix, fields in ((sweep, "", _FIELDS), (sweep.budget, "budget.", _BUDGET)):
        for name, (kind, expected) in fields.items():
            value = getattr(owner, name)
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise BadInput(f"{origin}: {prefix}{name}={shown(value)}: expected {expected}")
    for number, row in enumerate(sweep.configurations, 1):
        if not isinstance(row, Mapping):
            raise BadInput(
                f"{origin}: configuration {number} is {shown(row)}: expected a dictionary"
            )
