"""Step: what was done, in one file, and the pages that people open.

Needs all tables and pictures; writes `test_reads.json`, `postprocess.json`, TensorBoard's run and
`report.html`.
"""

import contextlib
import datetime
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.pipeline.draw import rules_compared
from analysis.pipeline.leading_method import LeadingMethod
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.write_answer import write_model_card
from analysis.report import page, tensorboard_run
from analysis.report.projector import Projection
from orchestrator.process import hardware, provenance
from results.mirror import Mirror
from results.paths import Paths
from results.store import DamagedResults, Store

DIGESTS = "digests"
"""In `postprocess.json`: see `digests`."""


@dataclass(frozen=True)
class ReportInputs:
    """What the report needs besides the tables.

    Attributes:
        selected: the ensemble; None where there is none.
        exported: how its export went.
        speed: kind -> images a second, or times the prediction; and the device.
        started: when, UTC.
        seconds: that post-processing took up to the report.
        stamp: see `steps.stamp`.
        projection: images in TensorBoard's Projector; None where there are none.
        leading: whose maps are shown first; None where there are no maps.
    """

    selected: SelectedMembers | None
    exported: str
    speed: Mapping[str, Any]
    started: str
    seconds: float
    stamp: str
    projection: Projection | None = None
    leading: LeadingMethod | None = None


def write_first_report(job: Postprocessing) -> None:
    """The page from what the sweep left, at once; the record says that more is being made.

    Pictures and tables of an earlier post-processing are shown until they are replaced.
    """
    store = job.store
    try:
        before = store.read_json(Paths().postprocess)
    except DamagedResults:
        before = {}
    earlier = before if isinstance(before, dict) else {}
    store.write_json(Paths().postprocess, earlier | {"stamp": "", "at_work": True})
    write_page(store)


def write_page(store: Store) -> None:
    """The page from whatever a sweep has left so far."""
    store.write_bytes(Paths().report, page.render(store).encode())


def note_test_read(job: Postprocessing, selected: SelectedMembers, predicting: bool) -> None:
    """Put on record, beforehand, that test images are looked at, or at another choice's score.

    Args:
        job: asked for the test split.
        selected: whose answers.
        predicting: whether nets are about to see the images.
    """
    recipe = selected.choice.recipe
    reading = {
        "members": list(recipe.members),
        "combiner": recipe.combiner,
        "best_single": selected.choice.best_single.members[0],
        "flip": job.request.flip,
        "data": job.folder.digest,
    }
    before = test_reads(job)
    if predicting or not before or reading != {k: v for k, v in before[-1].items() if k != "when"}:
        job.store.write_json(Paths().test_reads, [*before, {"when": _now(), **reading}])


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def test_reads(job: Postprocessing) -> list[dict[str, Any]]:
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
        reads = store.read_json(Paths().test_reads)
    except DamagedResults:
        reads = None
    if not isinstance(reads, list) or not all(isinstance(one, dict) for one in reads):
        raise DamagedResults(
            f"{store.root}/{Paths().test_reads}, which records when test images were looked at, is "
            "damaged; put a copy back, or write [] into it and say so where you publish"
        )
    return reads


def read_elsewhere(job: Postprocessing) -> str:
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
        f"The same test images were read for {len(others)} other "
        f"sweep{'' if len(others) == 1 else 's'} in this results folder "
        f"({', '.join(others)}): the more often one looks, the more the best of them flatters."
    )


def _mentions(store: Store, name: str, digest: str) -> bool:
    return store.exists(name) and digest.encode() in store.read_bytes(name)


def write_report(job: Postprocessing, inputs: ReportInputs) -> None:
    """Write postprocess.json, TensorBoard's run and report.html.

    Only then is the record stamped, unless something may fare better in another run: what is
    stamped is not done again.
    """
    job.store.write_json(Paths().postprocess, _record(job, inputs))
    with job.stage("TensorBoard"), _tensorboard(job.store) as folder:
        for note in tensorboard_run.write(folder, job.store, projection=inputs.projection):
            job.notes.caveats.append(note)
    record = _record(job, inputs)
    job.store.write_json(Paths().postprocess, record)
    write_model_card(job, record)
    job.store.write_bytes(Paths().report, page.render(job.store).encode())
    if not job.notes.unfinished:
        made = {DIGESTS: digests(job.store), "stamp": inputs.stamp}
        job.store.write_json(Paths().postprocess, record | made)


def digests(store: Store) -> dict[str, str]:
    """Page -> SHA-256 of what people open: the report, and the leaderboard.

    Raises:
        DamagedResults: where one is absent or cannot be read.
    """
    names = (Paths().report, Paths().leaderboard)
    return {name: hashlib.sha256(store.read_bytes(name)).hexdigest() for name in names}


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


def _record(job: Postprocessing, inputs: ReportInputs) -> dict[str, Any]:
    request, notes = job.request, job.notes
    origin = provenance.describe()
    return {
        "stamp": "",
        "command": origin["command"],
        "started": inputs.started,
        "seconds": round(inputs.seconds, 1),
        "stages": {title: round(spent, 1) for title, spent in notes.seconds.items()},
        "commit": origin["commit"],
        "hardware": hardware.machine(),
        "workers": inputs.speed.get("device", ""),
        "backend": job.backend,
        "split": request.split,
        "members_asked": request.members,
        "explain": "all" if request.explain is None else request.explain,
        "methods": list(request.methods),
        "flip": request.flip,
        "ensemble": {} if inputs.selected is None else _ensemble(inputs.selected),
        "export": inputs.exported,
        "test_reads": test_reads(job),
        "speed": dict(inputs.speed),
        "judgement": notes.judgement,
        "leading_method": {} if inputs.leading is None else asdict(inputs.leading),
        "caveats": [*dict.fromkeys(notes.caveats)],
        "unfinished": [*dict.fromkeys(notes.unfinished)],
        "left_out": notes.left_out,
        "skipped": [{"what": what, "reason": why} for what, why in dict.fromkeys(notes.skipped)],
    }


def _ensemble(selected: SelectedMembers) -> dict[str, Any]:
    choice = selected.choice
    recipe = choice.recipe
    members = zip(recipe.members, recipe.coefficients, strict=True)
    return {
        "rule": choice.rule,
        "sentence": choice.sentence,
        "combiner": recipe.combiner,
        "temperature": recipe.temperature,
        "members": [{"trial": t, "coefficient": c} for t, c in members],
        "best_single": choice.best_single.members[0],
        "rules": finite(rules_compared(selected)),
    }


def finite(value: Any) -> Any:
    """The same with null in place of numbers that JSON has no word for."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
