"""A trial's state on disk: arrays in safetensors, everything else in JSON; no pickle anywhere."""

import json
import logging
import math
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from orchestrator.training.engine import State

ARRAYS = "state.safetensors"
FACTS = "state.json"

_log = logging.getLogger(__name__)


def save(folder: Path, arrays: State, facts: dict[str, Any]) -> None:
    """Write both files; the JSON comes last and vouches for the arrays by size and checksum."""
    folder.mkdir(parents=True, exist_ok=True)
    content = safetensors.save({k: np.asarray(v, order="C") for k, v in arrays.items()})
    facts = {**facts, "bytes": len(content), "crc32": zlib.crc32(content)}
    _replace(folder / ARRAYS, content)
    _replace(folder / FACTS, json.dumps(facts).encode())


def _replace(file: Path, content: bytes) -> None:
    partial = file.with_name(file.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, file)


def load(folder: Path) -> tuple[State, dict[str, Any]]:
    """Read what `save` wrote.

    Raises:
        ValueError: naming the file, when something is missing or damaged.
    """
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        expected = facts["bytes"], facts["crc32"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"checkpoint {folder / FACTS} cannot be read: {error}") from error
    try:
        content = (folder / ARRAYS).read_bytes()
        if (len(content), zlib.crc32(content)) != expected:
            raise ValueError(f"{len(content)} bytes that are not the {expected[0]} written")
        return safetensors.load(content), facts
    except (OSError, ValueError, SafetensorError) as error:
        raise ValueError(f"checkpoint {folder / ARRAYS} cannot be read: {error}") from error


def newest(folders: Iterable[Path]) -> tuple[State, dict[str, Any]] | None:
    """The furthest state that can be read; damaged ones are passed over for the one before."""
    for folder in sorted(folders, key=_epoch, reverse=True):
        try:
            return load(folder)
        except ValueError as error:
            _log.warning("passed over: %s", error)
    return None


def _epoch(folder: Path) -> float:
    try:
        return float(json.loads((folder / FACTS).read_text())["epoch"])
    except (OSError, ValueError, KeyError, TypeError):
        return -math.inf
