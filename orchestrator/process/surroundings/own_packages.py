"""Our top-level packages have common names: here they are ours, whatever lies in a working folder.

Imports nothing of ours: `orchestrator` itself begins with it.
"""

import importlib.util
import os
import site
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

NAMES = ("orchestrator", "results", "analysis", "jobs", "cluster")

ROOT = Path(__file__).resolve().parents[3]
"""The folder that holds them: a checkout, or where packages are installed."""


def pin(root: Path = ROOT, names: Sequence[str] = NAMES) -> None:
    """Load our packages themselves, a docstring each, before a module of the user can take a name.

    `python -m` puts the working folder before everything else, and a research folder with an
    analysis.py is the usual case.

    Args:
        root: holds the packages.
        names: of the packages; those that are not there are passed over.

    Raises:
        ImportError: where another module of that name has been loaded before.
    """
    for name in names:
        file = root / name / "__init__.py"
        loaded = sys.modules.get(name)
        if loaded is not None:
            if not _is_at(loaded, file):
                raise ImportError(_foreign(name, getattr(loaded, "__file__", None)))
        elif file.is_file():
            _load(name, file)


def beside(folder: Path) -> list[Path]:
    """Files and packages of a folder that have our names and are none of ours."""
    if folder.resolve() == ROOT:
        return []
    places = [(folder / f"{name}.py", folder / name / "__init__.py") for name in NAMES]
    return [place for pair in places for place in pair if place.is_file()]


def child(module: str, *words: str) -> list[str]:
    """The command that runs a module of ours in a process that does not search this folder."""
    return [sys.executable, "-P", "-m", module, *words]


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of such a process: it finds our packages where this one has found them.

    Args:
        environment: of this process by default.
    """
    variables = dict(os.environ if environment is None else environment)
    if not is_installed():
        before = variables.get("PYTHONPATH")
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), before)))
    return variables


def is_installed(root: Path = ROOT) -> bool:
    """Whether the packages stand where Python looks by itself."""
    return str(root) in {*site.getsitepackages(), site.getusersitepackages()}


def _is_at(module: object, file: Path) -> bool:
    place = getattr(module, "__file__", None)
    return place is not None and Path(place).resolve() == file


def _foreign(name: str, place: str | None) -> str:
    return (
        f"a module named {name} is loaded ({place or 'made by hand'}), and it is none of this "
        "product's; rename it, or start from another folder"
    )


def _load(name: str, file: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(file.parent)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
