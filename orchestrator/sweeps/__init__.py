"""One file, one question: each has a function `sweep() -> Sweep`, named in SWEEPS."""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

from orchestrator.config import Sweep
from orchestrator.errors import BadInput

SWEEPS: dict[str, str] = {
    "quickstart": "orchestrator.sweeps.quickstart",
    "architectures": "orchestrator.sweeps.architectures",
    "learning_rates": "orchestrator.sweeps.learning_rates",
    "preprocessing": "orchestrator.sweeps.preprocessing",
    "state_of_the_art": "orchestrator.sweeps.state_of_the_art",
    "illumination": "orchestrator.sweeps.illumination",
    "seed_models": "orchestrator.sweeps.seed_models",
}
"""Name -> module; add a question with one file and one line here."""


def load(name_or_file: str) -> Sweep:
    """The sweep of that name, or the one that a Python file anywhere defines.

    Raises:
        BadInput: for an unknown name, a missing file, or a file without `sweep() -> Sweep`.
    """
    if name_or_file in SWEEPS:
        return _question(importlib.import_module(SWEEPS[name_or_file]), name_or_file)
    if name_or_file.endswith(".py"):
        return _question(_module_of(Path(name_or_file)), name_or_file)
    raise BadInput(
        f"no sweep is called {name_or_file!r}; known: {', '.join(SWEEPS)}; or give a FILE.py that "
        "defines sweep() -> Sweep"
    )


def _module_of(file: Path) -> ModuleType:
    if not file.is_file():
        raise BadInput(f"{file}: no such file; expected a Python file with sweep() -> Sweep")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise BadInput(f"{file}: cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = error.lineno if isinstance(error, SyntaxError) else "?"
        raise BadInput(f"{file}, line {line}: {type(error).__name__}: {error}") from error
    return module


def _question(module: ModuleType, origin: str) -> Sweep:
    make = getattr(module, "sweep", None)
    if not callable(make):
        raise BadInput(f"{origin}: defines no function sweep(); expected sweep() -> Sweep")
    made = make()
    if not isinstance(made, Sweep):
        raise BadInput(f"{origin}: sweep() gave a {type(made).__name__}, expected a Sweep")
    return made
