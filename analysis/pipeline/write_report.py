"""What was done, in one file, and the pages that people open."""

import contextlib
import datetime
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from analysis.leaderboard import clean_accuracy, leaderboard, markdown
from analysis.pipeline.draw import rules_compared
from analysis.pipeline.job import Job
from analysis.pipeline.predict import Answered
from analysis.pipeline.select_members import Chosen, rows_spread
from analysis.pipeline.task import Cost, Features
from analysis.pipeline.visualise_features import DEVICE
from analysis.report import page, tensorboard_run
from analysis.report.projector import Projection
from orchestrator.process import hardware, provenance
from results.mirror import Mirror
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import DamagedResults, Store

TIMED = 512
"""Images that speed is measured on."""

POINTS = 2048
"""Images in TensorBoard's Projector."""


@dataclass(frozen=True)
class Ending:
    """What the report needs besides the tables.

    Attributes:
        chosen: the ensemble; None where there is none.
        saved: how its export went.
        speed: kind -> images a second, or times the prediction; and the device.
        started: when, UTC.
        seconds: that post-processing took up to the report.
        stamp: see `whole.stamp`.
    """

    chosen: Chosen | None
    saved: str
    speed: Mapping[str, Any]
    started: str
    seconds: float
    stamp: str


def write_leaderboard(job: Job) -> None:
    """The leaderboard as Markdown."""
    trials = job.folder.trials
    clean = {}
    for trial in trials["trial"]:
        try:
            predictions = job.store.read_table(Paths().prediction(trial), PREDICTIONS)
            clean[trial] = clean_accuracy(predictions.to_pandas())
        except DamagedResults:
            continue  # failed before it predicted, or damaged: said among those left out
    job.store.write_bytes(Paths().leaderboard, markdown(leaderboard(trials, clean)).encode())


def note_test_read(job: Job, chosen: Chosen, predicting: bool) -> None:
    """Put on record, beforehand, that test images are looked at, or at another choice's score.

    Args:
        job: asked for the test split.
        chosen: whose answers.
        predicting: whether nets are about to see the images.
    """
    recipe = chosen.choice.recipe
    what = {
        "members": list(recipe.members),
        "combiner": recipe.combiner,
        "best_single": chosen.choice.best_single.members[0],
        "flip": job.request.flip,
        "data": job.folder.digest,
    }
    before = test_reads(job)
    if predicting or not before or what != {k: v for k, v in before[-1].items() if k != "when"}:
        job.store.write_json(Paths().test_reads, [*before, {"when": _now(), **what}])


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def test_reads(job: Job) -> list[dict[str, Any]]:
    """Every time that test images were looked at for this sweep."""
    return check_reads(job.store)


def check_reads(store: Store) -> list[dict[str, Any]]:
    """The record of readings of the test images; none before the first.

    Raises:
        DamagedResults: where the file is not what was written.
    """
    if not store.exists(Paths().test_reads):
        return []
    try:
        found = store.read_json(Paths().test_reads)
    except DamagedResults:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DamagedResults(
            f"{store.root}/{Paths().test_reads}, which records when test images were looked at, is "
            "damaged; put a copy back, or write [] into it and say so where you publish"
        )
    return found


def read_elsewhere(job: Job) -> str:
    """A sentence where other sweeps of the same results folder read the same test images."""
    above, own = job.store.above(), job.store.root.rpartition("/")[2]
    others = [
        name
        for name in above.folders()
        if name != own and _mentions(above, f"{name}/{Paths().test_reads}", job.folder.digest)
    ]
    if not others:
        return ""
    return (
        f"The same test images were read for {len(others)} other sweeps in this results folder "
        f"({', '.join(others)}): the more often one looks, the more the best of them flatters."
    )


def _mentions(store: Store, name: str, digest: str) -> bool:
    return store.exists(name) and digest.encode() in store.read_bytes(name)


def speed(job: Job, chosen: Chosen) -> dict[str, Any]:
    """What maps cost beside prediction, asked of the leading member; and where it was asked."""
    trial = chosen.choice.recipe.members[0]
    rows = rows_spread(len(job.faces), TIMED)
    task = Cost(trial, job.model(trial), job.request.split, rows)
    if job.done("timing", [task], "timing"):
        return {}
    (found,) = job.tables([task])
    values = dict(zip(found["kind"].to_pylist(), found["value"].to_pylist(), strict=True))
    return values | {"device": (found.schema.metadata or {}).get(DEVICE, b"").decode()}


def projection(job: Job, chosen: Chosen, answered: Answered) -> Projection | None:
    """Images as the leading member's last maps see them."""
    trial = chosen.choice.recipe.members[0]
    rows = rows_spread(len(job.faces), POINTS)
    task = Features(trial, job.model(trial), job.request.split, rows)
    if job.done("placing images", [task], "TensorBoard's Projector, features by"):
        return None
    features = safetensors.numpy.load(job.store.read_bytes(task.part))["features"]
    names = np.asarray(job.folder.classes, dtype=str)
    labels, said = answered.asked.labels[rows], answered.predictions[rows]
    columns = {
        "image_id": answered.asked.ids[rows],
        "label": names[labels],
        "prediction": names[said],
        "correct": np.where(labels == said, "right", "wrong"),
    }
    title = f"what {trial} makes of images"
    return Projection(title, features, np.asarray(job.faces.images[rows]), columns)


def report(job: Job, ending: Ending, points: Projection | None) -> None:
    """Write postprocess.json, TensorBoard's run and report.html.

    Only then is the record stamped, unless something may fare better in another run: what is
    stamped is not done again.
    """
    job.store.write_json(Paths().postprocess, _record(job, ending))
    with _tensorboard(job.store) as folder:
        for note in tensorboard_run.write(folder, job.store, projection=points):
            job.notes.caveats.append(note)
    record = _record(job, ending)
    job.store.write_json(Paths().postprocess, record)
    job.store.write_bytes(Paths().report, page.render(job.store).encode())
    if not job.notes.unfinished:
        job.store.write_json(Paths().postprocess, record | {"stamp": ending.stamp})


@contextlib.contextmanager
def _tensorboard(store: Store) -> Iterator[Path]:
    """The sweep's event files; where results are elsewhere, a folder whose run is copied there."""
    if store.local is not None:
        yield store.local / Paths().tensorboard
        return
    with tempfile.TemporaryDirectory(prefix="tensorboard-") as scratch:
        folder = Path(scratch) / Paths().tensorboard
        folder.mkdir()
        yield folder
        run = tensorboard_run.RUN
        Mirror(folder / run, store, f"{Paths().tensorboard}/{run}").push()


def _record(job: Job, ending: Ending) -> dict[str, Any]:
    request, notes = job.request, job.notes
    about = provenance.describe()
    return {
        "stamp": "",
        "command": about["command"],
        "started": ending.started,
        "seconds": round(ending.seconds, 1),
        "commit": about["commit"],
        "hardware": hardware.machine(),
        "workers": ending.speed.get("device", ""),
        "split": request.split,
        "members_asked": request.members,
        "explain": "all" if request.explain is None else request.explain,
        "methods": list(request.methods),
        "flip": request.flip,
        "ensemble": {} if ending.chosen is None else _ensemble(ending.chosen),
        "export": ending.saved,
        "test_reads": test_reads(job),
        "speed": dict(ending.speed),
        "judgement": notes.judgement,
        "caveats": [*dict.fromkeys(notes.caveats)],
        "unfinished": [*dict.fromkeys(notes.unfinished)],
        "left_out": notes.left_out,
        "skipped": [{"what": what, "reason": why} for what, why in dict.fromkeys(notes.skipped)],
    }


def _ensemble(chosen: Chosen) -> dict[str, Any]:
    choice = chosen.choice
    recipe = choice.recipe
    members = zip(recipe.members, recipe.coefficients, strict=True)
    return {
        "rule": choice.rule,
        "sentence": choice.sentence,
        "combiner": recipe.combiner,
        "temperature": recipe.temperature,
        "members": [{"trial": t, "coefficient": c} for t, c in members],
        "best_single": choice.best_single.members[0],
        "rules": finite(rules_compared(choice, chosen.bank)),
    }


def finite(value: Any) -> Any:
    """The same with null in place of numbers that JSON has no word for."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
