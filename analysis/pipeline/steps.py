"""All steps in their order, and whether they have been done."""

import datetime
import hashlib
import time
from dataclasses import asdict, dataclass, field

from analysis.pipeline import write_report
from analysis.pipeline.ask_taggers import ask_taggers
from analysis.pipeline.combine_predictions import CombinedPredictions, combine_predictions
from analysis.pipeline.draw import draw
from analysis.pipeline.evaluate_maps import evaluate
from analysis.pipeline.explain import explain_every_image, explain_sample
from analysis.pipeline.export import export
from analysis.pipeline.measure_speed import explanation_speed
from analysis.pipeline.postprocess_request import PostprocessRequest
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.predict import predict, unpredicted
from analysis.pipeline.select_members import SelectedMembers, select_members, write_members
from analysis.pipeline.task import VERSION
from analysis.pipeline.try_corruptions import try_corruptions
from analysis.pipeline.visualise_features import projection
from analysis.pipeline.write_answer import write_leaderboard
from analysis.sweep_folder import SweepFolder
from analysis.taggers.votes import read_votes
from orchestrator.process import provenance
from results.paths import Paths
from results.schema import IMAGES
from results.store import DamagedResults, Store

MIRRORED = (
    "Mirrored images were averaged in. Coefficients and temperature were fitted, and rules "
    "compared, on validation images as they are."
)

SEVERAL_VIEWS = (
    "A member answers by the mean over several views of an image (its setting views). Maps explain "
    "its answer to the image as it is, and are judged by that."
)

QUICK = (
    "Judged and drawn was less than can be (--quick): fewer images and methods, no ideal images. "
    "python -m jobs.postprocess RESULTS/NAME makes what is missing."
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


def postprocess(job: Postprocessing) -> None:
    """Everything that comes after a sweep; what is there is not computed again.

    Raises:
        BadInput: where the data or stored probabilities cannot be used.
        RuntimeError: where work that all else needs was given up.
        OSError: where a file cannot be written; what is finished stays.
    """
    clock, mark = _Clock(), stamp(job.folder, job.request)
    if job.request.ferplus:
        read_votes(job.request.ferplus)  # a table that is none is said now, not after minutes
    with job.stage("first report"):
        write_leaderboard(job)
        write_report.write_first_report(job)
    if job.request.force and len(job.splits.test):  # only once the data can be read again
        forget(job.store)
    with job.stage("choosing the ensemble"):
        selected = select_members(job)
    if selected is None:
        with job.stage("drawing"):
            draw(job, None)
        inputs = write_report.ReportInputs(None, "", {}, clock.started, clock.seconds, mark)
    else:
        inputs = _with_ensemble(job, selected, clock)
    write_report.write_report(job, inputs)


def _with_ensemble(
    job: Postprocessing, selected: SelectedMembers, clock: _Clock
) -> write_report.ReportInputs:
    """All that is done with an ensemble; what the report needs of it."""
    combined = _predicted(job, selected)
    with job.stage("saving the ensemble"):
        exported = export(job, selected)
    with job.stage("explaining a sample"):
        maps = explain_sample(job, selected, combined)
    with job.stage("judging maps"):
        leading = evaluate(job, selected, combined, maps)
    with job.stage("explaining every image"):
        explain_every_image(job, selected, combined, maps, leading)
    with job.stage("trying corruptions"):
        try_corruptions(job, selected, combined)
        ask_taggers(job, combined)
    with job.stage("drawing"):
        draw(job, selected, leading.method)
    with job.stage("timing"):
        speed = explanation_speed(job, selected)
    with job.stage("placing images"):
        points = projection(job, selected, combined)
    if job.request.split == "test" and (sentence := write_report.read_elsewhere(job)):
        job.notes.caveats.append(sentence)
    mark = stamp(job.folder, job.request)  # predictions have come
    return write_report.ReportInputs(
        selected, exported, speed, clock.started, clock.seconds, mark, points, leading
    )


def _predicted(job: Postprocessing, selected: SelectedMembers) -> CombinedPredictions:
    with job.stage("predicting"):
        missing = unpredicted(job, selected.trials)
        if job.request.split == "test":
            write_report.note_test_read(job, selected, bool(missing))
        predict(job, missing)
        combined = combine_predictions(job, selected)
        write_members(job, selected, combined.trials)
    several = any(job.folder.config(trial).views != "one" for trial in selected.trials)
    limits = (
        (job.request.flip, MIRRORED),
        (several, SEVERAL_VIEWS),
        (job.request.quick, QUICK),
    )
    job.notes.caveats += [sentence for limited, sentence in limits if limited]
    return combined


def stamp(folder: SweepFolder, request: PostprocessRequest) -> str:
    """What the results depend on, in 16 digits: equal stamps mean that there is nothing to do."""
    fields = asdict(request) | {"force": False}
    digest = hashlib.sha256(f"{VERSION} {provenance.commit()} {fields}".encode())
    store, paths = folder.store, Paths()
    files = [paths.trials, paths.epochs, paths.sweep]
    for trial in folder.candidates():
        files += [paths.weight(trial), paths.prediction(trial)]
    for name in files:
        digest.update(f"{name} {store.fingerprint(name)}\n".encode())
    for file in store.list(paths.weights):
        digest.update(file.encode())
    return digest.hexdigest()[:16]


def is_done(folder: SweepFolder, request: PostprocessRequest) -> bool:
    """Whether all of this stands there already, undamaged."""
    store, paths = folder.store, Paths()
    try:
        record = store.read_json(paths.postprocess)
        pictures = store.read_table(paths.images_index, IMAGES)["file"].to_pylist()
        pages = write_report.digests(store)
    except DamagedResults:
        return False
    if not isinstance(record, dict) or record.get("stamp") != stamp(folder, request):
        return False
    if record.get(write_report.DIGESTS) != pages:
        return False
    made = [f"{paths.images}/{file}" for file in pictures]
    tables = [paths.members, paths.scores, paths.answers, paths.cams, paths.class_means]
    tables.append(paths.tiles)
    if record.get("ensemble"):
        made.append(f"{paths.ensemble}/ensemble.json")
        tables += [paths.regions, paths.map_counts, paths.faithfulness, paths.robustness]
    return all(store.size(name) for name in made) and (
        not record.get("ensemble") or all(_readable(store, name) for name in tables)
    )


def _readable(store: Store, name: str) -> bool:
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
