"""All stages in their order."""

import datetime
import hashlib
import time
from dataclasses import asdict, dataclass, field

from analysis.pipeline import (
    draw,
    evaluate_maps,
    explain,
    export,
    predict,
    select_members,
    write_report,
)
from analysis.pipeline.job import Job, Request
from analysis.pipeline.task import VERSION
from analysis.sweep_folder import SweepFolder
from orchestrator.process import provenance
from results.paths import Paths
from results.schema import IMAGES
from results.store import DamagedResults, Store

MIRRORED = (
    "Mirrored images were averaged in. Coefficients and temperature were fitted, and rules "
    "compared, on validation images as they are."
)


@dataclass(frozen=True)
class _Clock:
    began: float = field(default_factory=time.monotonic)
    started: str = field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    )

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def postprocess(job: Job) -> None:
    """Everything that comes after a sweep; what is there is not computed again.

    Raises:
        BadInput: where the data or stored probabilities cannot be used.
        RuntimeError: where work that all else needs was given up.
        OSError: where a file cannot be written; what is finished stays.
    """
    clock, mark = _Clock(), stamp(job.folder, job.request)
    write_report.write_leaderboard(job)
    if job.request.force and len(job.splits.test):  # only once the data can be read again
        forget(job.store)
    chosen = select_members.choose_members(job)
    if chosen is None:
        draw.draw(job, draw.figures(job, None))
        ending = write_report.Ending(None, "", {}, clock.started, clock.seconds, mark)
        write_report.report(job, ending, None)
        return
    missing = predict.unpredicted(job, chosen.trials)
    if job.request.split == "test":
        write_report.note_test_read(job, chosen, bool(missing))
    predict.predict(job, missing)
    answered = predict.answer(job, chosen)
    if job.request.flip:
        job.notes.caveats.append(MIRRORED)
    saved = export.save(job, chosen)
    explained = explain.explain(job, chosen, answered)
    evaluate_maps.judge(job, chosen, answered, explained)
    draw.draw(job, draw.everything(job, chosen))
    speed, points = write_report.speed(job, chosen), write_report.projection(job, chosen, answered)
    if job.request.split == "test" and (sentence := write_report.read_elsewhere(job)):
        job.notes.caveats.append(sentence)
    mark = stamp(job.folder, job.request)  # predictions have come
    ending = write_report.Ending(chosen, saved, speed, clock.started, clock.seconds, mark)
    write_report.report(job, ending, points)


def stamp(folder: SweepFolder, request: Request) -> str:
    """What the results depend on, in 16 digits: equal stamps mean that there is nothing to do."""
    asked = asdict(request) | {"force": False}
    digest = hashlib.sha256(f"{VERSION} {provenance.commit()} {asked}".encode())
    store, paths = folder.store, Paths()
    files = [paths.trials, paths.epochs, paths.sweep]
    for trial in folder.candidates():
        files += [paths.weight(trial), paths.prediction(trial)]
    for name in files:
        digest.update(f"{name} {store.fingerprint(name)}\n".encode())
    for file in store.list(paths.weights):
        digest.update(file.encode())
    return digest.hexdigest()[:16]


def is_done(folder: SweepFolder, request: Request) -> bool:
    """Whether all of this stands there already, and whole."""
    store, paths = folder.store, Paths()
    try:
        record = store.read_json(paths.postprocess)
        pictures = store.read_table(paths.images_index, IMAGES)["file"].to_pylist()
    except DamagedResults:
        return False
    if not isinstance(record, dict) or record.get("stamp") != stamp(folder, request):
        return False
    made = [f"{paths.images}/{file}" for file in pictures]
    made += [paths.report, paths.leaderboard]
    tables = [paths.members, paths.scores, paths.answers, paths.cams, paths.class_means]
    if record.get("ensemble"):
        made.append(f"{paths.ensemble}/ensemble.json")
        tables += [paths.regions, paths.faithfulness]
    return all(store.size(name) for name in made) and (
        not record.get("ensemble") or all(_whole(store, name) for name in tables)
    )


def _whole(store: Store, name: str) -> bool:
    try:
        store.read_table(name)
    except DamagedResults:
        return False
    return True


def forget(store: Store) -> None:
    """Take away what would be computed again; tables stay until they are replaced."""
    if store.exists(Paths().postprocess):
        store.write_json(Paths().postprocess, {"stamp": ""})
    for part in store.list(Paths().parts):
        store.delete(part)
    for file in store.list(Paths().predictions):
        if "-" in file.rpartition("/")[2]:  # of a split that the sweep did not predict
            store.delete(file)
