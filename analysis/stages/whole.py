"""All stages in their order."""

import hashlib
import time
from dataclasses import asdict

from analysis.stages import answering, choosing, explaining, judging, picturing, reporting, saving
from analysis.stages.job import Job, Request
from analysis.sweep_folder import SweepFolder
from analysis.workshop.tasks import VERSION
from results.paths import Paths
from results.schema import IMAGES
from results.store import DamagedResults, Store


def postprocess(job: Job) -> None:
    """Everything that comes after a sweep; what is there is not computed again.

    Raises:
        BadInput: where the data or stored probabilities cannot be used.
        OSError: where a file cannot be written; what is finished stays.
    """
    began = time.monotonic()
    reporting.write_leaderboard(job)
    chosen = choosing.choose_members(job)
    if chosen is None:
        picturing.draw(job, picturing.figures(job, None))
        ending = reporting.Ending(
            None, "", {}, time.monotonic() - began, stamp(job.folder, job.request)
        )
        reporting.report(job, ending, None)
        return
    if answering.predict(job, chosen.trials) and job.request.split == "test":
        reporting.note_test_read(job, chosen.trials)
    answered = answering.answer(job, chosen)
    saved = saving.save(job, chosen)
    explained = explaining.explain(job, chosen, answered)
    judging.judge(job, chosen, answered, explained)
    picturing.draw(job, picturing.everything(job, chosen))
    speed, points = reporting.speed(job, chosen), reporting.projection(job, chosen, answered)
    if job.request.split == "test" and (sentence := reporting.read_elsewhere(job)):
        job.notes.caveats.append(sentence)
    seconds = time.monotonic() - began
    ending = reporting.Ending(chosen, saved, speed, seconds, stamp(job.folder, job.request))
    reporting.report(job, ending, points)


def stamp(folder: SweepFolder, request: Request) -> str:
    """What the results depend on, in 16 digits: equal stamps mean that there is nothing to do."""
    digest = hashlib.sha256(f"{VERSION} {asdict(request) | {'force': False}}".encode())
    for name in (Paths().trials, Paths().epochs, Paths().sweep):
        digest.update(folder.store.read_bytes(name))
    for place in (Paths().weights, Paths().predictions):
        digest.update("\n".join(folder.store.list(place)).encode())
    return digest.hexdigest()[:16]


def is_done(folder: SweepFolder, request: Request) -> bool:
    """Whether all of this stands there already."""
    store, paths = folder.store, Paths()
    tables = (paths.images_index, paths.report, paths.leaderboard)
    if not all(store.exists(name) for name in (paths.postprocess, *tables)):
        return False
    try:
        record = store.read_json(paths.postprocess)
        pictures = store.read_table(paths.images_index, IMAGES)["file"].to_pylist()
    except DamagedResults:
        return False
    if record.get("stamp") != stamp(folder, request):
        return False
    made = [f"{paths.images}/{file}" for file in pictures]
    if record.get("ensemble"):
        made += [paths.members, paths.scores, paths.answers, paths.cams, paths.class_means]
        made += [paths.regions, paths.faithfulness, f"{paths.ensemble}/ensemble.json"]
    return all(store.exists(name) for name in made)


def forget(store: Store) -> None:
    """Take away what would be computed again; tables stay until they are replaced."""
    for part in store.list(Paths().parts):
        store.delete(part)
    for file in store.list(Paths().predictions):
        if "-" in file.rpartition("/")[2]:  # of a split that the sweep did not predict
            store.delete(file)
