"""What stands in every Parquet table of a sweep: column, type, unit, meaning.

README.md in this folder is the same list for reading; a test holds the two together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from results.settings import SETTINGS
from results.tables.described import HALVES, REAL, SWITCH, TEXT, WHOLE, described
from results.tables.over_seeds import GROUPS, SEEDS
from results.tables.robustness import ROBUSTNESS
from results.tables.taggers import TAGGERS

_TRIAL = ("trial", TEXT, "", "Signature of the trial: 10 hexadecimal digits.")

_KINDS = {str: TEXT, int: WHOLE, float: REAL, bool: SWITCH}


def _settings(*names: str) -> list[tuple[str, pa.DataType, str, str]]:
    """Columns of a trial's settings."""
    chosen = [SETTINGS[name] for name in names]
    return [(s.name, _KINDS[type(s.default)], s.unit, s.description) for s in chosen]


_BINARY = (
    "validation_binary_accuracy",
    REAL,
    "share",
    "Image-class cells right at threshold 0.5; (k - 1) / k for a net never above 0.5.",
)

TRIALS = described(
    _TRIAL,
    ("number", WHOLE, "", "Order in which the trial was asked for, from 0."),
    ("sweep", TEXT, "", "Name of the sweep."),
    *_settings(*SETTINGS),
    ("status", TEXT, "", "One of the statuses listed above."),
    ("ended_by", TEXT, "", "What ended the trial, see above; null while it runs."),
    ("reason", TEXT, "", "Why the trial ended as it did, one sentence."),
    ("epochs_trained", WHOLE, "epochs", "Epochs finished."),
    ("best_epoch", WHOLE, "epochs", "Epoch, from 1, whose weights were kept."),
    ("train_loss", REAL, "nats", "Training loss in the best epoch."),
    ("train_accuracy", REAL, "share", "Training accuracy in the best epoch."),
    ("validation_loss", REAL, "nats", "Cross-entropy on the validation images, best epoch."),
    ("validation_accuracy", REAL, "share", "Images whose likeliest class is the label."),
    _BINARY,
    ("validation_macro_f1", REAL, "share", "Mean over classes of the F1 score."),
    ("validation_ece", REAL, "share", "Expected calibration error."),
    ("validation_top2", REAL, "share", "Images whose label is among the two likeliest classes."),
    ("validation_n", WHOLE, "images", "Validation images behind the validation columns."),
    ("validation_accuracy_low", REAL, "share", "Lower end of accuracy's 95 % Wilson interval."),
    ("validation_accuracy_high", REAL, "share", "Upper end of accuracy's 95 % Wilson interval."),
    ("verdict", TEXT, "", "overfit, underfit, good fit, diverged or undecided."),
    ("verdict_evidence", TEXT, "", "The numbers behind the verdict, one sentence."),
    ("parameters", WHOLE, "", "Parameters of the model, frozen ones included."),
    (
        "images_per_second",
        REAL,
        "images/s",
        "Images over seconds, median over epochs; the first, which compiles, only if it is alone.",
    ),
    ("seconds", REAL, "s", "Time of its epochs, with compiling and validation, without storing."),
    ("start_seconds", REAL, "s", "Loading and building before these, all processes; older: null."),
    ("hardware", TEXT, "", "Processor or GPU that the trial ran on."),
    ("backend", TEXT, "", "What computed: tensorflow or jax; null before there was a choice."),
    ("threads", WHOLE, "", "CPU threads that computed; null on a GPU and in older sweeps."),
    ("code", TEXT, "", "Digest of the code that computed; several with then; null in older."),
    ("continued_from", TEXT, "", "Shorter trial whose last state it went on from; else null."),
    ("error", TEXT, "", "Message of a failed trial."),
    ("reused_from", TEXT, "", "Sweep folder that the row was taken from, of a reused trial."),
)

EPOCHS = described(
    _TRIAL,
    ("epoch", WHOLE, "epochs", "Epoch, from 1."),
    ("learning_rate", REAL, "", "Learning rate at the end of the epoch."),
    ("train_loss", REAL, "nats", "Mean loss over the epoch's steps, augmentation included."),
    ("train_accuracy", REAL, "share", "Mean accuracy over the epoch's steps."),
    ("validation_loss", REAL, "nats", "Cross-entropy on the validation images."),
    ("validation_accuracy", REAL, "share", "Images whose likeliest class is the label."),
    _BINARY,
    ("validation_macro_f1", REAL, "share", "Mean over classes of the F1 score."),
    ("validation_top2", REAL, "share", "Images whose label is among the two likeliest classes."),
    ("validation_ece", REAL, "share", "Expected calibration error."),
    ("seconds", REAL, "s", "Wall time, validation included; of one begun ahead, since the former."),
    ("images_per_second", REAL, "images/s", "Training images over these seconds."),
)

_IMAGE = (
    ("image_id", TEXT, "", "Row number in the CSV, or the image's path in the data set."),
    ("split", TEXT, "", "training, validation or test."),
    ("label", pa.uint8(), "", "True class: index into the data set's class names."),
)

PREDICTIONS = described(
    *_IMAGE,
    ("label_name", TEXT, "", "True class by name."),
    ("probability", HALVES, "", "(k,) probability of each class; sums to 1."),
    ("epoch", WHOLE, "epochs", "Epoch whose weights predicted, from 1."),
    ("also_in_training", SWITCH, "", "Whether the exact pixels also stand in training."),
)

_MEMBER = ("member", TEXT, "", "Signature of the trial, or ensemble.")
_METHOD = ("method", TEXT, "", "Explanation method.")
_RULE = ("rule", TEXT, "", "Score explained: prediction, label, or contrast (prediction - label).")
_ASKED = (_MEMBER, _METHOD, _RULE)
_NATIVE = (
    ("cam_h", WHOLE, "cells", "Height of the map."),
    ("cam_w", WHOLE, "cells", "Width of the map."),
)

MEMBERS = described(
    _TRIAL,
    ("role", TEXT, "", "member, best single, member and best single, or left out."),
    ("rank", WHOLE, "", "Place by coefficient, from 1; null if left out."),
    ("coefficient", REAL, "share", "Say in the ensemble; coefficients sum to 1."),
    ("reason", TEXT, "", "Why it was taken or left out, one sentence."),
    *_settings("architecture", "preprocessing"),
    ("validation_accuracy", REAL, "share", "Accuracy on all validation images."),
    ("validation_accuracy_clean", REAL, "share", "The same without copies of training images."),
    ("accuracy", REAL, "share", "Accuracy on the split that was asked for; null if not predicted."),
    ("accuracy_clean", REAL, "share", "The same without copies of training images."),
    ("parameters", WHOLE, "", "Parameters of the model, frozen ones included."),
)

SCORES = described(
    ("who", TEXT, "", "ensemble, best single, or the signature of a member."),
    ("split", TEXT, "", "validation or test."),
    ("images", TEXT, "", "all, or clean: without exact copies of training images."),
    ("metric", TEXT, "", "What was measured, e.g. accuracy, ece_uncalibrated, recall/happy."),
    ("value", REAL, "", "The number."),
    ("low", REAL, "", "Lower end of its 95 % interval; null where none is given."),
    ("high", REAL, "", "Upper end of its 95 % interval; null where none is given."),
    ("n", WHOLE, "images", "Images behind it."),
    (
        "how",
        TEXT,
        "",
        "Measured or cross-validated; paired with what; which interval: Wilson or bootstrap.",
    ),
)

ANSWERS = described(
    *_IMAGE,
    ("label_name", TEXT, "", "True class by name."),
    ("prediction", pa.uint8(), "", "The ensemble's likeliest class."),
    ("prediction_name", TEXT, "", "The same by name."),
    ("correct", SWITCH, "", "Whether they are the same."),
    ("probability", pa.list_(pa.float32()), "", "(k,) the ensemble's calibrated probabilities."),
    ("confidence", REAL, "share", "Probability of the prediction."),
    ("margin", REAL, "share", "Confidence less the second largest probability."),
    ("entropy", REAL, "nats", "Entropy of the probabilities."),
    ("agreement", REAL, "share", "Share of members whose own likeliest class is the prediction."),
    ("best_single", pa.uint8(), "", "Likeliest class by the best single model."),
    ("also_in_training", SWITCH, "", "Whether the exact pixels also stand in training."),
)

CAMS = described(
    *_IMAGE,
    ("prediction", pa.uint8(), "", "The ensemble's likeliest class."),
    ("p_prediction", REAL, "share", "Probability that the member gives it."),
    ("p_label", REAL, "share", "Probability that the member gives the true class."),
    _MEMBER,
    _METHOD,
    ("layer", TEXT, "", "Layer whose maps were weighed; input for methods that ask the pixels."),
    _RULE,
    ("target", pa.uint8(), "", "Class whose score is explained; the prediction for a contrast."),
    *_NATIVE,
    ("cam", HALVES, "", "(cam_h * cam_w,) map in rows, its maximum 1; signed in a contrast."),
    ("raw_max", REAL, "", "Largest absolute value before that; 0: no evidence, the map is 0."),
    ("gap", REAL, "share", "Completeness gap of integrated gradients; null for other methods."),
    ("brows", REAL, "share", "Share of the map's mass on the brows."),
    ("eyes", REAL, "share", "Share of the map's mass on the eyes."),
    ("nose", REAL, "share", "Share of the map's mass on the nose."),
    ("mouth", REAL, "share", "Share of the map's mass on the mouth."),
    ("rest", REAL, "share", "Share of the map's mass elsewhere."),
)

CLASS_MEANS = described(
    *_ASKED,
    ("label", pa.uint8(), "", "True class."),
    ("correct", SWITCH, "", "Whether the ensemble was right about these images."),
    ("n", WHOLE, "images", "Images averaged over; those with a zero map are among them."),
    *_NATIVE,
    ("mean", pa.list_(pa.float32()), "", "(cam_h * cam_w,) mean of the maps, in rows."),
    ("std", pa.list_(pa.float32()), "", "(cam_h * cam_w,) their standard deviation."),
)

REGIONS = described(
    *_ASKED,
    ("label", pa.uint8(), "", "True class."),
    ("correct", SWITCH, "", "Whether the ensemble was right about these images."),
    ("region", TEXT, "", "brows, eyes, nose, mouth or rest."),
    ("n", WHOLE, "images", "Images with a map that is not zero."),
    ("share", REAL, "share", "Mean share of the maps' mass in the region."),
    ("low", REAL, "share", "Lower end of its 95 % interval (normal)."),
    ("high", REAL, "share", "Upper end of its 95 % interval (normal)."),
    ("uniform", REAL, "share", "Share that a uniform map would have: the region's area."),
    (
        "centre",
        REAL,
        "share",
        "Share that a Gaussian at the centre would have (sigma 10 pixels of 48).",
    ),
    ("masks", TEXT, "", "drawn: known for each image; canonical: boxes on an upright face."),
)

_EMPTY = ("empty", WHOLE, "images", "Of these, those whose map is zero everywhere: no evidence.")
MAP_COUNTS = described(*_ASKED, ("n", WHOLE, "images", "Images explained."), _EMPTY)

FAITHFULNESS = described(
    *_IMAGE,
    ("prediction", pa.uint8(), "", "The ensemble's likeliest class."),
    _MEMBER,
    ("method", TEXT, "", "Explanation method, or a baseline: random, centre."),
    ("deletion", REAL, "share", "Area under the probability as marked pixels go; low is good."),
    ("insertion", REAL, "share", "Area under the probability as marked pixels come; high is good."),
    ("drop", REAL, "share", "Share of the probability lost when only the map stays; low is good."),
    ("increase", SWITCH, "", "Whether the probability grew when only the map stayed."),
    ("stability", REAL, "share", "Distance of the map under slight noise, 0 (same) to 1."),
    (
        "randomised",
        REAL,
        "",
        "Absolute rank correlation with the map of randomised weights; low is good.",
    ),
    ("gap", REAL, "share", "Completeness gap of integrated gradients; null for other methods."),
)

IMAGES = described(
    ("file", TEXT, "", "Path of the picture inside images/."),
    ("kind", TEXT, "", "What sort of picture it is, e.g. overlay or sheet."),
    ("title", TEXT, "", "Heading to show with it."),
    ("caption", TEXT, "", "What it shows, in words, for those who cannot see it."),
    ("trial", TEXT, "", "Signature of the trial that it is about, if of one."),
    ("image_id", TEXT, "", "Image of the data set that it is about, if of one."),
    ("split", TEXT, "", "Split of that image: training, validation or test."),
    ("label", pa.uint8(), "", "True class of that image."),
    ("prediction", pa.uint8(), "", "Class predicted for that image."),
    ("method", TEXT, "", "Explanation method, of a map."),
    ("width", WHOLE, "pixels", "Width of the picture."),
    ("height", WHOLE, "pixels", "Height of the picture."),
    ("summary", TEXT, "", "What of how many it shows, in few words; null: the caption has to do."),
    ("legend", TEXT, "", "End of the caption that it shares with others: how to read them."),
)

TILES = described(
    ("file", TEXT, "", "Picture that it is a piece of, as in images.parquet."),
    ("role", TEXT, "", "tile, or bar: a colour bar, whose two ends are the two lines of words."),
    ("row", WHOLE, "", "Row of the picture, from 0; tiles of one row belong together."),
    ("row_title", TEXT, "", "What names the row; empty where nothing does."),
    ("cell", WHOLE, "", "Cell of the row, from 0; tiles of one cell stand side by side."),
    ("column", TEXT, "", "Heading of the cell's column; empty where there is none."),
    ("words", TEXT, "", "Lines of text below the cell."),
    ("correct", SWITCH, "", "Whether the face was recognised; null where that is not asked."),
    ("face", pa.binary(), "PNG", "A face in gray; null for a map alone."),
    ("map", pa.binary(), "PNG", "A map, see-through over a face; null for a face alone."),
    ("label", TEXT, "", "Words below this tile alone."),
    ("note", TEXT, "", "Why there is no map; empty where there is one or none is due."),
    ("smooth", SWITCH, "", "Whether enlarging interpolates it; else pixels stay blocks."),
)

TABLES: dict[str, pa.Schema] = {
    "trials": TRIALS,
    "epochs": EPOCHS,
    "predictions": PREDICTIONS,
    "members": MEMBERS,
    "scores": SCORES,
    "answers": ANSWERS,
    "cams": CAMS,
    "class_means": CLASS_MEANS,
    "regions": REGIONS,
    "map_counts": MAP_COUNTS,
    "faithfulness": FAITHFULNESS,
    "robustness": ROBUSTNESS,
    "taggers": TAGGERS,
    "images": IMAGES,
    "tiles": TILES,
    "groups": GROUPS,
    "seeds": SEEDS,
}
"""Table by name; one line adds one."""


def table(schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; a column that a row does not name is null there.

    NaN stays NaN: null means "not known (yet)", NaN "computed, and not a number".

    Args:
        schema: one of `TABLES`.
        rows: any number, none included.

    Raises:
        ValueError: for a name that is no column, or a value that is not of its column's type.
    """
    rows = list(rows)
    unknown = sorted({name for row in rows for name in row} - set(schema.names))
    if unknown:
        raise ValueError(f"no such column: {', '.join(unknown)}; known: {', '.join(schema.names)}")
    columns = [_column(field, [row.get(field.name) for row in rows]) for field in schema]
    return pa.table(columns, schema=schema)


def _column(field: pa.Field, values: Sequence[Any]) -> pa.Array:
    if pa.types.is_list(field.type):
        kind = field.type.value_type.to_pandas_dtype()
        values = [None if value is None else np.asarray(value, dtype=kind) for value in values]
    try:
        return pa.array(values, type=field.type, from_pandas=False)
    except (pa.ArrowException, TypeError, OverflowError) as problem:
        raise ValueError(f"column {field.name} takes {field.type}: {problem}") from problem
