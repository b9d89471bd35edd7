"""What computes a sweep's numbers besides its settings: code, packages, threads, kind of device.

It stands in the journal at every start (`begun`) and every resume (`resumed`), under "origin".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.errors import BadInput
from orchestrator.on_ray.resources import TrialResources
from orchestrator.process import provenance
from orchestrator.process.provenance import code_digest

ORIGIN = "origin"

NUMERIC = ("jax", "jaxlib", "keras", "numpy", "pillow", "scikit-image", "scipy", "tensorflow")
"""Packages that numbers go through."""


def origin_of(resources: TrialResources) -> dict[str, Any]:
    """Of a run of a sweep, as JSON values.

    Args:
        resources: of one trial.
    """
    on_gpu = resources.gpus > 0
    return {
        "code": code_digest(),
        "commit": provenance.commit(),
        "packages": provenance.versions(),
        "device": "gpu" if on_gpu else "cpu",
        "threads": None if on_gpu else resources.threads,
    }


def last_origin(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of the last run that has told it; empty where none has: a sweep of version 0.1.0."""
    return next((dict(event[ORIGIN]) for event in reversed(events) if event.get(ORIGIN)), {})


def code_notes(folder: str, before: Mapping[str, Any], accept: bool) -> list[str]:
    """What has to be said of the code and the packages with which a sweep goes on.

    Args:
        folder: of the sweep, as it is shown.
        before: its `last_origin`.
        accept: whether the user accepts other code.

    Raises:
        BadInput: for other code that was not accepted.
    """
    if not before:
        return ["the sweep does not tell with which code it began; it may not have been this one"]
    notes = _package_notes(before)
    if before["code"] == code_digest():
        return notes
    commits = f"{_commit(before['commit'])} then, {_commit(provenance.commit())} now"
    changed = (
        f"the code that computes (configuration, metrics, data, models, preprocessing, training) "
        f"is {code_digest()} now and was {before['code']} (commit {commits})"
    )
    if not accept:
        raise BadInput(
            f"{folder}: {changed}: its numbers may differ; go back to that code, accept that with "
            "--accept-changed-code, or start under another --name"
        )
    return [*notes, f"{changed}; the column code of the tables tells whose numbers are whose"]


def device_note(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What has to be said of threads and device with which a sweep goes on; "" if nothing.

    Args:
        before: its `last_origin`.
        now: its `origin_of`.
    """
    if not before or all(before.get(key) == now[key] for key in ("device", "threads")):
        return ""
    return (
        f"trials have {_device(now)} now and had {_device(before)}: sums are added in another "
        "order, so the same trial comes to other numbers (columns hardware and threads)"
    )


def _package_notes(before: Mapping[str, Any]) -> list[str]:
    now, then = provenance.versions(), before.get("packages") or {}
    changed = [
        f"{name} {now.get(name, 'absent')} (was {then.get(name, 'absent')})"
        for name in NUMERIC
        if now.get(name) != then.get(name)
    ]
    return [f"packages have changed since: {', '.join(changed)}"] if changed else []


def _commit(commit: str | None) -> str:
    digits, plus, _ = (commit or "unknown").partition("+")
    return f"{digits[:12]}{' with changes' if plus else ''}"


def _device(origin: Mapping[str, Any]) -> str:
    threads = origin.get("threads")
    return "a GPU" if threads is None else f"{threads} CPU thread{'' if threads == 1 else 's'}"
