"""The folder of a saved ensemble: JSON and safetensors, nothing that is executed.

It holds all that predicting needs; the sweep's own folder may be gone. `ensemble.json` is written
last and vouches for every other file by its SHA-256.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from analysis.ensemble.combine import EnsembleRecipe
from analysis.ensemble.saved.contents import Contents
from analysis.ensemble.saved.saved_ensemble import SavedEnsemble
from analysis.members import Weights, build
from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from orchestrator.models.views import VIEWS
from orchestrator.preprocess import VARIANTS
from orchestrator.process.surroundings.local_path import expanded
from results.paths import Paths
from results.store import Store

FILE = "ensemble.json"
FORMAT = 1
"""Raised whenever the folder is laid out differently."""

MEMBER_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.safetensors")
"""A name without a folder in it, so that none can lead out of the ensemble's own."""

WRITTEN = (".safetensors", ".keras")
"""Endings of an ensemble's files besides FILE; an export may stand beside them."""

PICKLES = (".pkl", ".pickle", ".joblib")
"""Endings of files that run whatever they say when they are opened."""

AGAIN = "write the ensemble again"


def save(store: Store, contents: Contents, weights: Mapping[str, bytes]) -> None:
    """Write an ensemble into a sweep's folder; files of one that stood there before go.

    Args:
        store: of the sweep's folder.
        contents: what it is.
        weights: trial -> content of its weights file, of every member.

    Raises:
        BadInput: for a member whose name cannot be a file's.
        OSError: of the file system; then what `load` finds is whole or refused.
    """
    folder = Paths().ensemble
    entries = [_entry(trial, contents, weights[trial]) for trial in contents.recipe.members]
    for entry in entries:
        store.write_bytes(f"{folder}/{entry['file']}", weights[entry["trial"]])
    description = {
        "format": FORMAT,
        "classes": list(contents.classes),
        "size": list(contents.size),
        "data": contents.data,
        "recipe": contents.recipe.to_json(),
        "members": entries,
        "provenance": dict(contents.provenance),
    }
    store.write_json(f"{folder}/{FILE}", description)
    kept = {f"{folder}/{entry['file']}" for entry in entries}
    for name in store.list(folder):
        if name.endswith(WRITTEN) and name not in kept:
            store.delete(name)


def _entry(trial: str, contents: Contents, content: bytes) -> dict[str, Any]:
    return {
        "trial": trial,
        "file": _file(f"{trial}.safetensors"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "config": contents.configs[trial].to_flat(),
    }


def load(path: str | os.PathLike[str]) -> SavedEnsemble:
    """An ensemble that was saved.

    Args:
        path: its folder, or the folder of the sweep that it was saved in; a local path or a URI.

    Raises:
        BadInput: where there is no ensemble, it is of another version, a file differs from what
            was written, or a member's file is named outside the folder.
        DamagedResults: for a file that is missing or cannot be read.
    """
    place = expanded(os.fspath(path))
    _refuse_file(place)
    store = Store(place)
    if not store.exists(FILE):
        store = store.below(Paths().ensemble)
    if not store.exists(FILE):
        raise BadInput(f"{place} holds no ensemble: there is no {FILE}; give the folder of one")
    contents, files = _read(store)
    return SavedEnsemble(contents, dict(_models(store, contents, files)))


def _refuse_file(place: str) -> None:
    path, advice = Path(place), "give the ensemble's folder"
    if path.suffix.lower() == ".keras":
        raise BadInput(f"{place} is one Keras model, which keras.saving.load_model opens; {advice}")
    if path.suffix.lower() in PICKLES:
        raise BadInput(f"{place} is a pickle, which would run whatever it says; {advice}")
    if path.is_file():
        raise BadInput(f"{place} is a file; {advice}")


def _read(store: Store) -> tuple[Contents, Mapping[str, tuple[str, str]]]:
    """What `ensemble.json` says, and trial -> (file, SHA-256)."""
    origin = f"{store.root}/{FILE}"
    value = store.read_json(FILE)
    version = value.get("format") if isinstance(value, dict) else None
    if version != FORMAT:
        raise BadInput(f"{origin} has format {version!r}, this version reads {FORMAT}; {AGAIN}")
    try:
        contents = Contents(
            recipe=EnsembleRecipe.from_json(value["recipe"]),
            configs={m["trial"]: TrialConfig.from_flat(m["config"]) for m in value["members"]},
            classes=tuple(map(str, value["classes"])),
            size=(int(value["size"][0]), int(value["size"][1])),
            data=str(value["data"]),
            provenance=dict(value["provenance"]),
        )
        files = {m["trial"]: (_file(m["file"]), str(m["sha256"])) for m in value["members"]}
    except BadInput as problem:
        raise BadInput(f"{origin}: {problem}") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        raise BadInput(
            f"{origin} lacks or misspells a part ({type(problem).__name__}: {problem}); {AGAIN}"
        ) from None
    if (mismatch := _mismatch(contents)) is not None:
        raise BadInput(f"{origin}: {mismatch}; {AGAIN}")
    return contents, files


def _mismatch(contents: Contents) -> str | None:
    recipe, k = contents.recipe, len(contents.classes)
    if sorted(contents.configs) != sorted(recipe.members):
        return "its members are not those of its recipe"
    if recipe.bias is not None and len(recipe.bias) != k:
        return f"its recipe is of {len(recipe.bias)} classes, but it has {k}"
    configs = contents.configs.values()
    if unknown := {config.views for config in configs} - set(VIEWS):
        return f"unknown views {min(unknown)!r}"
    unknown = {config.preprocessing for config in configs} - set(VARIANTS)
    return f"unknown preprocessing {min(unknown)!r}" if unknown else None


def _models(
    store: Store, contents: Contents, files: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, keras.Model]]:
    for trial in contents.recipe.members:
        file, expected = files[trial]
        content = store.read_bytes(file)
        digest = hashlib.sha256(content).hexdigest()
        if digest != expected:
            raise BadInput(
                f"{store.root}/{file} has SHA-256 {digest[:12]}..., but {FILE} says "
                f"{expected[:12]}...: it was changed since; put a copy back, or {AGAIN}"
            )
        weights = Weights(content, f"{store.root}/{file}")
        shape = (*contents.size, 1)
        yield trial, build(contents.configs[trial], shape, len(contents.classes), weights)


def _file(name: Any) -> str:
    if not (isinstance(name, str) and MEMBER_FILE.fullmatch(name)):
        raise BadInput(
            f"{name!r} names no file of the ensemble's own folder; expected letters, digits, '-' "
            "and '_' before .safetensors"
        )
    return name
