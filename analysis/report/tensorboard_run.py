"""What post-processing adds to a sweep's TensorBoard: one run of its own, written anew each time.

TensorBoard never forgets a tag of a folder, so the run is written into a fresh folder beside the
log directory, and the two folders then change places. Trials' runs are not touched. As in
`orchestrator.monitor.event_files`, whose records these are, nothing loads TensorFlow.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from tensorboard.plugins.image.plugin_data_pb2 import ImagePluginData
from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData
from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.proto.types_pb2 import DT_FLOAT, DT_STRING

from analysis import wording
from analysis.pictures.picture import image_type
from analysis.report import projector, seed_runs
from analysis.report.score_lookup import ENSEMBLE, SINGLE, Scores
from analysis.report.sweep_contents import SweepContents, read
from orchestrator.monitor import event_files
from results.paths import Paths
from results.store import DamagedResults, Store

GALLERIES = ("mistakes", "recognised", "gallery")  # the last: in folders of version 0.1.0
"""Kinds of pictures that show one true class and one prediction."""

RUN = "postprocess"
"""Name of the run; a trial's run begins with its number, so the two cannot meet."""

WRONG, RIGHT, REST = "2 mistakes", "3 recognised", "4 explanations"
GROUPS = {
    "figure": "1 charts",
    "mistakes": WRONG,
    "recognised": RIGHT,
    "filters": "5 what was learned",
    "feature maps": "5 what was learned",
    "ideal": "5 what was learned",
}
"""Kind of a picture -> the group in which TensorBoard shows it; `REST` has the others."""

THRESHOLDS = 201
"""Points of a precision-recall curve, evenly from 0 to 1: TensorBoard's own default."""


def write(
    folder: Path,
    store: Store,
    texts: Mapping[str, str] | None = None,
    projection: projector.Projection | None = None,
) -> list[str]:
    """Replaces the run `postprocess` by what the sweep's tables and pictures say now.

    Pictures stand under what they show (`2 mistakes/fear taken for sad`), the ensemble's
    precision-recall curves one against the rest under `pr/<class>`, tables as Markdown under
    `text/...`, configurations over seeds as runs of their own below it. A table or picture that is
    absent or damaged leaves its tags out.

    Args:
        folder: the sweep's `tensorboard/`, local.
        store: the sweep's folder.
        texts: tag -> Markdown, further texts.
        projection: points of the Projector, or none.

    Returns:
        What had to be left out, a sentence each.

    Raises:
        ValueError: for a projection whose parts do not belong together.
        OSError: of the file system; the old run then still stands.
    """
    contents = read(store)
    fresh = folder.parent / f".{folder.name}-{RUN}.partial"
    shutil.rmtree(fresh, ignore_errors=True)  # of a run that was killed
    file = event_files.new(fresh)
    notes: list[str] = []
    try:
        event_files.append(file, event_files.restart(0))
        for value in _values(contents, texts or {}, notes):
            event_files.append(file, event_files.event(value))
        seed_runs.write(fresh, contents)
        if projection is not None:
            notes += projector.write(fresh, projection)
        _swap(fresh, folder / RUN)
    except BaseException:  # Ctrl-C included
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return [*contents.problems, *notes]


def _swap(fresh: Path, place: Path) -> None:
    """Puts a folder in the place of another; nothing is lost if this is killed."""
    old = fresh.with_name(f"{fresh.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(old)
    fresh.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _values(
    contents: SweepContents, texts: Mapping[str, str], notes: list[str]
) -> Iterator[Summary.Value]:
    for tag, markdown in (_texts(contents) | dict(texts)).items():
        yield event_files.text(tag, markdown)
    yield from _curves(contents)
    rows = contents.table("images").to_dict("records")
    for tag, row in zip(tags(rows, contents.class_name), rows, strict=True):
        value = _picture(contents.store, tag, row, notes)
        if value is not None:
            yield value


# --- pictures --------------------------------------------------------------------------------


def _picture(
    store: Store, tag: str, row: Mapping[Any, Any], notes: list[str]
) -> Summary.Value | None:
    """A picture as it is encoded already; decoding it and encoding it again would cost 40 ms."""
    try:
        content = store.read_bytes(f"{Paths().images}/{row['file']}")
    except (DamagedResults, ValueError) as problem:
        notes.append(str(problem))
        return None
    if image_type(content) is None or wording.missing(row["width"]):
        notes.append(f"images/{row['file']} is no PNG or JPEG of known size: not in TensorBoard.")
        return None
    return picture(tag, content, (int(row["width"]), int(row["height"])), row["caption"])


def tags(rows: Sequence[Mapping[Any, Any]], class_name: Callable[[Any], str] = str) -> list[str]:
    """A tag in words for each row of `images.parquet`, no two the same.

    TensorBoard groups tags by what precedes the first "/", and sorts groups by name: hence numbers.

    Args:
        rows: of the table.
        class_name: of a class's index.
    """
    chosen: list[str] = []
    for row in rows:
        tag = _tag(row, class_name)
        chosen.append(tag if tag not in chosen else f"{tag} ({row['file']})")
    return chosen


def _tag(row: Mapping[Any, Any], class_name: Callable[[Any], str]) -> str:
    group, words = GROUPS.get(row["kind"], REST), str(row["title"])
    label, prediction = row.get("label"), row.get("prediction")
    if row["kind"] in GALLERIES and not (wording.missing(label) or wording.missing(prediction)):
        group = RIGHT if label == prediction else WRONG
        words = class_name(label)
        if label != prediction:
            words += f" taken for {class_name(prediction)}"
    subjects = [row.get(name) for name in ("image_id", "trial")]
    words = ", ".join([words, *(str(one) for one in subjects if not wording.missing(one))][:2])
    return f"{group}/{words.replace('/', ' or ')}"


def picture(tag: str, content: bytes, size: tuple[int, int], caption: str) -> Summary.Value:
    """A picture that is PNG or JPEG already, as TensorBoard's second version stores it.

    Args:
        tag: its name; one picture a tag, since TensorBoard keeps ten of a tag, drawn by lot.
        content: of the file.
        size: width and height in pixels.
        caption: shown when asked for; Markdown.
    """
    strings = [str(side).encode() for side in size] + [content]
    tensor = TensorProto(dtype=DT_STRING, string_val=strings, tensor_shape=_shape(len(strings)))
    metadata = _metadata("images", ImagePluginData(version=0).SerializeToString(), caption)
    return Summary.Value(tag=tag, metadata=metadata, tensor=tensor)


# --- precision-recall curves -----------------------------------------------------------------


def _curves(contents: SweepContents) -> Iterator[Summary.Value]:
    answers = contents.table("answers")
    if answers.empty:
        return
    scores = np.stack(answers["probability"].to_list()).astype(np.float64)
    labels = answers["label"].to_numpy()
    for c in range(scores.shape[1]):
        truth, name = labels == c, contents.class_name(c)
        mean = average_precision_score(truth, scores[:, c]) if truth.any() else float("nan")
        description = (
            f"Ensemble, {contents.split} split: {name} against the rest, n = "
            f"{wording.count(len(truth))}, {wording.count(truth.sum())} of them {name}; average "
            f"precision {wording.share(mean)}; guessing has {wording.share(truth.mean())}."
        )
        yield curve(f"pr/{name}", truth, scores[:, c], description)


def counts(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """A precision-recall curve as TensorBoard keeps it.

    Args:
        truth: (n,) whether an image is of the class.
        scores: (n,) probability of the class.

    Returns:
        (6, `THRESHOLDS`): true and false positives, true and false negatives, precision, recall of
        the rule "score >= threshold". Where nothing is found, precision is 1: so does scikit-learn
        end its curve, and TensorBoard cuts that end off.
    """
    at = np.linspace(0.0, 1.0, THRESHOLDS)
    # Sorted, the scores at or above a threshold are those from its place on.
    hits, misses = np.sort(scores[truth]), np.sort(scores[~truth])
    tp = len(hits) - np.searchsorted(hits, at, side="left")
    fp = len(misses) - np.searchsorted(misses, at, side="left")
    precision = np.where(tp + fp > 0, tp / np.maximum(tp + fp, 1), 1.0)
    recall = tp / max(len(hits), 1)
    rows = (tp, fp, len(misses) - fp, len(hits) - tp, precision, recall)
    return np.stack(rows).astype(np.float32)


def curve(
    tag: str, truth: NDArray[np.bool_], scores: NDArray[np.floating], description: str
) -> Summary.Value:
    """A precision-recall curve of one class against the rest; arguments as of `counts`."""
    values = counts(truth, scores)
    data = PrCurvePluginData(version=0, num_thresholds=THRESHOLDS).SerializeToString()
    tensor = TensorProto(
        dtype=DT_FLOAT, tensor_content=values.tobytes(), tensor_shape=_shape(*values.shape)
    )
    return Summary.Value(tag=tag, metadata=_metadata("pr_curves", data, description), tensor=tensor)


def _metadata(plugin: str, content: bytes, description: str) -> SummaryMetadata:
    data = SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    return SummaryMetadata(plugin_data=data, summary_description=description)


def _shape(*sides: int) -> TensorShapeProto:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=side) for side in sides])


# --- texts -----------------------------------------------------------------------------------


def _texts(contents: SweepContents) -> dict[str, str]:
    texts = {}
    try:
        if contents.store.exists(Paths().leaderboard):
            texts["text/leaderboard"] = contents.store.read_bytes(Paths().leaderboard).decode()
    except DamagedResults as problem:
        contents.problems.append(str(problem))
    except UnicodeDecodeError:
        file = f"{contents.store.root}/{Paths().leaderboard}"
        contents.problems.append(f"{file} is no UTF-8 text; post-process with --force to redo it")
    if len(contents.table("scores")):
        texts["text/scores"] = scores_text(contents)
    return texts


def scores_text(contents: SweepContents) -> str:
    """The ensemble's scores beside the best single model's, in Markdown."""
    scores = Scores(contents, contents.split)
    lines = [
        f"{contents.split} split; brackets hold 95 % intervals",
        "",
        "| measure | images | ensemble | best single | n |",
        "|---|---|---|---|---|",
    ]
    for images in ("all", "clean"):
        for metric in scores.metrics(ENSEMBLE, images):
            score = scores.get(ENSEMBLE, metric, images)
            shown = (scores.shown(who, metric, images) for who in (ENSEMBLE, SINGLE))
            cells = (metric, images, *shown, wording.count(score.n if score else None))
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"
