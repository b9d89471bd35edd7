"""How a result was obtained: command, commit, versions, machine, data."""

import contextlib
import datetime
import hashlib
import shlex
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from orchestrator.process import hardware
from results.storage.secrets import hide

PACKAGES = (
    "ray",
    "tensorflow",
    "jax",
    "jaxlib",
    "keras",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-image",
    "scipy",
    "optuna",
    "tensorboard",
    "pillow",
)

PARTS = ("config.py", "metrics.py", "data", "models", "preprocess", "training")
"""Of the package, files and folders, in this order."""

DIGITS = 12


def describe() -> dict[str, Any]:
    """Everything about this run that does not depend on the question asked."""
    return {
        "command": command(),
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "code": code_digest(),
        "python": sys.version.split()[0],
        "packages": versions(),
        "hardware": f"{hardware.machine()} (driver)",
    }


def command() -> str:
    """The command line that started this process, as it could be typed again, less secrets."""
    module = getattr(sys.modules["__main__"], "__spec__", None)
    name = f"python -m {module.name}" if module else f"python {sys.argv[0]}"
    return " ".join([name, *map(shlex.quote, map(hide, sys.argv[1:]))])


def versions() -> dict[str, str]:
    """Package -> version, of those that a result depends on."""
    installed = {}
    for package in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            installed[package] = metadata.version(package)
    return installed


def commit() -> str | None:
    """Commit of this code, with "+changes" if files differ from it; None outside a checkout."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, timeout=10, check=True
        )
        return done.stdout.strip()

    try:
        changed = "+changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        return git("rev-parse", "HEAD") + changed
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def code_digest() -> str:
    """Of the code that this process runs: 12 hexadecimal digits.

    A comment changes it too: nothing short of training tells a comment from a change of numbers.
    Tests do not count, nor does how lines end.
    """
    return digest_of(Path(__file__).parents[1])


def digest_of(package: Path) -> str:
    """The same of a package's folder.

    Args:
        package: the folder that has `PARTS`.
    """
    sha = hashlib.sha256()
    for part in PARTS:
        place = package / part
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        for file in files:
            if file.name.endswith("_test.py") or file.name == "conftest.py":
                continue
            content = file.read_bytes().replace(b"\r\n", b"\n")
            sha.update(f"{file.relative_to(package).as_posix()} {len(content)}\n".encode())
            sha.update(content)
    return sha.hexdigest()[:DIGITS]
