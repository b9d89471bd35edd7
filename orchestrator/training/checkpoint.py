"""A trial's state on disk: arrays in safetensors, everything else in JSON; no pickle anywhere."""

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from orchestrator.training.engine import State

ARRAYS = "state.safetensors"
FACTS = "state.json"


def save(folder: Path, arrays: State, facts: dict[str, Any]) -> None:
    """Write both files; the JSON comes last and names the arrays' size, so it vouches for them."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, folder / ARRAYS)
    facts = {**facts, "bytes": (folder / ARRAYS).stat().st_size}
    partial = folder / (FACTS + ".partial")
    partial.write_text(json.dumps(facts))
    os.replace(partial, folder / FACTS)


def load(folder: Path) -> tuple[State, dict[str, Any]]:
    """Read what `save` wrote.

    Raises:
        ValueError: naming the file, when something is missing or damaged.
    """
    try:
        facts = json.loads((folder / FACTS).read_text())
        found = (folder / ARRAYS).stat().st_size
        if found != facts["bytes"]:
            raise ValueError(f"{folder / ARRAYS} has {found} bytes, not {facts['bytes']}")
        return load_file(folder / ARRAYS), facts
    except (OSError, KeyError, TypeError, json.JSONDecodeError, SafetensorError) as error:
        raise ValueError(f"checkpoint {folder} cannot be read: {error}") from error


def newest(folders: Iterable[Path]) -> tuple[State, dict[str, Any]] | None:
    """The furthest state that can be read; damaged ones are passed over for the one before."""
    for folder in sorted(folders, key=_epoch, reverse=True):
        try:
            return load(folder)
        except ValueError:
            continue
    return None


def _epoch(folder: Path) -> float:
    try:
        return float(json.loads((folder / FACTS).read_text())["epoch"])
    except (OSError, ValueError, KeyError, TypeError):
        return -math.inf
