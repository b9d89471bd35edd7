"""One file, one question: each has a function `sweep() -> Sweep`, named in SWEEPS.

A question says what is tried and how much may be spent; it knows nothing of how that is done.
"""

import ast
import contextlib
import importlib
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from orchestrator.config import Sweep, folder_name
from orchestrator.errors import BadInput

SWEEPS: dict[str, str] = {
    "quickstart": "orchestrator.sweeps.quickstart",
    "architectures": "orchestrator.sweeps.architectures",
    "learning_rates": "orchestrator.sweeps.learning_rates",
    "preprocessing": "orchestrator.sweeps.preprocessing",
    "state_of_the_art": "orchestrator.sweeps.state_of_the_art",
    "illumination": "orchestrator.sweeps.illumination",
    "seed_models": "orchestrator.sweeps.seed_models",
    "batch_size": "orchestrator.sweeps.batch_size",
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
    file = Path(name_or_file)
    with _blaming(file):
        return _question(_module_of(file), name_or_file)


def check(name_or_file: str) -> None:
    """Raises BadInput for an unknown name or a missing file; runs and imports nothing."""
    if name_or_file in SWEEPS:
        return
    if not name_or_file.endswith(".py"):
        raise BadInput(
            f"no sweep is called {name_or_file!r}; known: {', '.join(SWEEPS)}; or give a FILE.py "
            "that defines sweep() -> Sweep"
        )
    if not Path(name_or_file).is_file():
        raise BadInput(
            f"{name_or_file}: no such file; expected a Python file with sweep() -> Sweep"
        )


def question_of(name: str) -> str:
    """What a named sweep asks, out of its file's text: to import it would bring Ray along.

    Where the question is no plain text there, the sweep is made after all.
    """
    file = Path(__file__).with_name(f"{SWEEPS[name].rpartition('.')[2]}.py")
    return literal_question(file.read_text()) or load(name).question


def literal_question(source: str) -> str | None:
    """What the sweep of a Python text asks, if that stands there as plain text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg="question", value=ast.Constant(value=str(text))):
                return text
    return None


def _module_of(file: Path) -> ModuleType:
    module = ModuleType(file.stem)
    module.__file__ = str(file)
    exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
    return module


@contextlib.contextmanager
def _blaming(file: Path) -> Iterator[None]:
    """Whatever the user's file raises becomes one sentence that names its line."""
    try:
        yield
    except BadInput:
        raise
    except SyntaxError as error:
        raise BadInput(f"{file}, line {error.lineno}: SyntaxError: {error.msg}") from error
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        places = [f", line {f.lineno}" for f in frames if f.filename == str(file)]
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise BadInput(f"{file}{places[-1] if places else ''}: {reason}") from error


def _question(module: ModuleType, origin: str) -> Sweep:
    make = getattr(module, "sweep", None)
    if not callable(make):
        raise BadInput(f"{origin}: defines no function sweep(); expected sweep() -> Sweep")
    made = make()
    if not isinstance(made, Sweep):
        raise BadInput(f"{origin}: sweep() gave a {type(made).__name__}, expected a Sweep")
    folder_name(made.name, f"{origin}: name=")
    if made.budget.trials < 1:
        raise BadInput(f"{origin}: a budget of {made.budget.trials} trials; expected at least 1")
    return made
