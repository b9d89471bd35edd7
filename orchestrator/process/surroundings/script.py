"""A file of the user's, read as Python reads a script."""

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType


@contextlib.contextmanager
def script(file: Path) -> Iterator[ModuleType]:
    """The module that a file makes; while the block runs it can import its neighbours.

    It is in `sys.modules` under its own name, where dataclasses look for it, and stays there; its
    folder comes first in `sys.path`, as a script's does. A name that is taken, e.g. by the standard
    library, is left to its owner: the module is then called `script_NAME`.

    Args:
        file: exists.

    Raises:
        Exception: whatever the file raises.
    """
    file = file.absolute()
    folder = str(file.resolve().parent)
    module = ModuleType(_free_name(file))
    module.__file__ = str(file)
    module.__package__ = ""  # no folder of a package, so that "from . import" is refused
    before = list(sys.path)
    sys.path.insert(0, folder)
    sys.modules[module.__name__] = module
    try:
        importlib.invalidate_caches()  # a neighbour may be younger than Python's list of the folder
        exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
        yield module
    except BaseException:
        sys.modules.pop(module.__name__, None)
        raise
    finally:
        sys.path[:] = before


def folder_of(name_or_file: str) -> list[str]:
    """What must be searched to import what a question's file imports: its folder, or nothing."""
    file = Path(name_or_file)
    return [str(file.resolve().parent)] if name_or_file.endswith(".py") else []


def _free_name(file: Path) -> str:
    taken = sys.modules.get(file.stem)
    if file.stem in sys.stdlib_module_names:
        return f"script_{file.stem}"
    is_free = taken is None or getattr(taken, "__file__", None) == str(file)
    return file.stem if is_free else f"script_{file.stem}"
