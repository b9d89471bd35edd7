"""Two sweeps side by side: what differs between them, and who is right where the other is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import wording
from analysis.comparison.configurations import configurations
from analysis.ensemble.stored_predictions import StoredPredictions, read
from analysis.statistics import bootstrap, mcnemar
from analysis.sweep_folder import SweepFolder
from orchestrator import metrics
from orchestrator.errors import BadInput
from results.paths import Paths
from results.schema import ANSWERS
from results.settings import SETTINGS
from results.store import DamagedResults
from results.varied import heading, value_in_force, value_text, varied

MOST_VALUES = 4
"""Values of a setting that are written out; beyond that, how many there are and their ends."""

SINGLE, ENSEMBLE = "best single model", "ensemble"
"""Who of each sweep is compared with who of the other."""


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in both: of which kind, what, and how it is in each."""

    group: str
    name: str
    first: str
    second: str


@dataclass(frozen=True)
class ImageAnswers:
    """What one net or ensemble says of some images.

    Attributes:
        name: who it is, in words.
        ids: (n,) str, unique.
        labels: (n,) integers below k.
        predictions: (n,) integers below k.
        confidences: (n,) probability of the prediction, in [0, 1].
    """

    name: str
    ids: NDArray[np.str_]
    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    confidences: NDArray[np.float64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether the prediction is the label."""
        return self.predictions == self.labels

    def at(self, ids: Sequence[str]) -> "ImageAnswers":
        """For these images, in this order.

        Raises:
            KeyError: for an image that it did not answer for.
        """
        places = {str(image): i for i, image in enumerate(self.ids)}
        rows = [places[image] for image in ids]
        return ImageAnswers(
            self.name,
            self.ids[rows],
            self.labels[rows],
            self.predictions[rows],
            self.confidences[rows],
        )


@dataclass(frozen=True)
class Pairing:
    """The answers of both for the same n images, and what they come to.

    Attributes:
        who: `SINGLE` or `ENSEMBLE`.
        split: "validation" or "test".
        first: of the first sweep.
        second: of the second, for the same images in the same order.
        gain: accuracy of the second less that of the first.
        low: lower end of its 95 % interval, bootstrapped over the images.
        high: upper end.
        p: McNemar's exact test, two-sided.
        only_first: images that only the first got right.
        only_second: images that only the second got right.
    """

    who: str
    split: str
    first: ImageAnswers
    second: ImageAnswers
    gain: float
    low: float
    high: float
    p: float
    only_first: int
    only_second: int

    @property
    def n(self) -> int:
        """Images."""
        return len(self.first.ids)


def pairing(who: str, split: str, first: ImageAnswers, second: ImageAnswers) -> Pairing | None:
    """The two on the images that both answered for; None where there is none.

    Raises:
        BadInput: where one image has another label in each.
    """
    shared = sorted(set(map(str, first.ids)) & set(map(str, second.ids)))
    if not shared:
        return None
    one, two = first.at(shared), second.at(shared)
    if not np.array_equal(one.labels, two.labels):
        image = one.ids[int(np.argmax(one.labels != two.labels))]
        raise BadInput(f"image {image} has one label in the first sweep and another in the second")
    gains = bootstrap(two.right.astype(float) - one.right.astype(float))
    test = mcnemar(one.right, two.right)
    return Pairing(
        who=who,
        split=split,
        first=one,
        second=two,
        gain=float(gains.value[0]),
        low=float(gains.low[0]),
        high=float(gains.high[0]),
        p=test.p,
        only_first=test.only_first,
        only_second=test.only_second,
    )


def disagreements(pair: Pairing, most: int) -> tuple[list[int], list[int]]:
    """Images on which just one of the two is right, those first on which the other is surest.

    Returns:
        Up to `most` positions in the pair's images where only the first is right, then the same
        of the second.
    """
    one, two = pair.first, pair.second
    return (
        _surest(one.right & ~two.right, two.confidences)[:most],
        _surest(two.right & ~one.right, one.confidences)[:most],
    )


def _surest(images: NDArray[np.bool_], confidences: NDArray[np.float64]) -> list[int]:
    places = np.flatnonzero(images)
    return [int(i) for i in places[np.argsort(-confidences[places], kind="stable")]]


def best_trial(folder: SweepFolder) -> str | None:
    """The best trial of the best configuration with stored predictions; None without one."""
    candidates = folder.trials[folder.trials["trial"].isin(folder.candidates())]
    ranking = configurations(candidates, varied(folder.trials.to_dict("records")))
    return ranking[0].trial if ranking else None


def single_answers(folder: SweepFolder) -> ImageAnswers | None:
    """What the `best_trial` says of the validation images; None without one."""
    trial = best_trial(folder)
    if trial is None:
        return None
    try:
        predictions, _ = read(folder.store, [trial])
    except BadInput:
        return None
    return _of_net(predictions)


def _of_net(predictions: StoredPredictions) -> ImageAnswers:
    probabilities = predictions.probabilities[0]
    return ImageAnswers(
        name=predictions.trials[0],
        ids=predictions.ids,
        labels=predictions.labels,
        predictions=metrics.predictions(probabilities),
        confidences=probabilities.max(axis=1).astype(np.float64),
    )


def ensemble_answers(folder: SweepFolder) -> tuple[str, ImageAnswers] | None:
    """The split, and what the ensemble says of its images; None where there is no ensemble."""
    try:
        rows = folder.store.read_table(Paths().answers, ANSWERS).to_pandas()
    except DamagedResults:
        return None
    if rows.empty:
        return None
    split = str(rows["split"].iloc[0])
    return split, ImageAnswers(
        name=ENSEMBLE,
        ids=rows["image_id"].to_numpy(dtype=np.str_),
        labels=rows["label"].to_numpy(dtype=np.int64),
        predictions=rows["prediction"].to_numpy(dtype=np.int64),
        confidences=rows["confidence"].to_numpy(dtype=np.float64),
    )


def pairings(first: SweepFolder, second: SweepFolder) -> tuple[list[Pairing], list[str]]:
    """Every pair that can be compared image by image, and why others cannot."""
    if first.digest != second.digest:
        return [], [
            "The two were made on different data sets, so no two answers are about the same image."
        ]
    made, reasons = [], []
    singles = single_answers(first), single_answers(second)
    ensembles = ensemble_answers(first), ensemble_answers(second)
    if singles[0] and singles[1]:
        made.append(pairing(SINGLE, "validation", singles[0], singles[1]))
    else:
        reasons.append("One of the two has no net whose predictions are stored.")
    if not (ensembles[0] and ensembles[1]):
        reasons.append("One of the two has no ensemble; python -m jobs.postprocess makes it.")
    elif ensembles[0][0] != ensembles[1][0]:
        reasons.append(
            f"The ensembles were scored on different images: {ensembles[0][0]} in the first, "
            f"{ensembles[1][0]} in the second."
        )
    else:
        split, answers = ensembles[0]
        made.append(pairing(ENSEMBLE, split, answers, ensembles[1][1]))
    return [pair for pair in made if pair], reasons


# --- the same configuration in both ---------------------------------------------------------


def matched(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Trials with one signature that both sweeps trained to their ends: trial, first, second.

    A row that one sweep took from the other is no second measurement and does not count.

    Args:
        first: `trials.parquet` of the first.
        second: the same of the second.
    """
    parts = [
        trials[trials["status"].isin(("completed", "stopped_early"))]
        .dropna(subset=["validation_accuracy"])
        .set_index("trial")["validation_accuracy"]
        .rename(name)
        for trials, name in ((first, "first"), (second, "second"))
    ]
    return pd.concat(parts, axis=1, join="inner").reset_index()


# --- what differs ---------------------------------------------------------------------------


def differences(first: SweepFolder, second: SweepFolder) -> list[Difference]:
    """What is not the same in both: settings, budget, data, code, machine."""
    made = [*_settings(first.trials, second.trials)]
    for group, names in RECORDED.items():
        for name in names:
            values = [_recorded(folder.record, name) for folder in (first, second)]
            if values[0] != values[1]:
                made.append(Difference(group, _title(name), *_shown(*values)))
    return made


RECORDED: Mapping[str, tuple[str, ...]] = {
    "question": ("question",),
    "budget": (
        "trials",
        "rungs",
        "identity.search",
        "identity.grace_epochs",
        "identity.reduction_factor",
        "identity.early_stopping",
        "identity.seed",
    ),
    "data": (
        "data.digest",
        "data.classes",
        "data.images.training",
        "data.images.validation",
        "data.images.test",
    ),
    "code": ("commit", "python", "packages"),
    "machine": ("backend", "precision", "hardware"),
}
"""Group -> places in `sweep.json` that are held against each other; one line adds one."""


def _title(name: str) -> str:
    return heading(name.rpartition(".")[2]) if name != "identity.seed" else "seed of the search"


def _recorded(record: Mapping[str, Any], name: str) -> Any:
    value: Any = record
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _shown(first: Any, second: Any) -> tuple[str, str]:
    """Both in words; of two mappings only what differs."""
    if not (isinstance(first, Mapping) and isinstance(second, Mapping)):
        return _text(first), _text(second)
    keys = [key for key in {**first, **second} if first.get(key) != second.get(key)]
    one, two = (
        ", ".join(f"{key} {_text(each.get(key))}" for key in keys) for each in (first, second)
    )
    return one, two


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return wording.NONE if value is None else str(value)


def _settings(first: pd.DataFrame, second: pd.DataFrame) -> Iterator[Difference]:
    for name in SETTINGS:
        if name == "data":
            continue
        texts = [_values(trials, name) for trials in (first, second)]
        if texts[0] != texts[1]:
            yield Difference("settings", heading(name), texts[0], texts[1])


def _values(trials: pd.DataFrame, name: str) -> str:
    """The values that a setting took, in force, in few words."""
    values = {value_in_force(name, row) for row in trials.to_dict("records")} - {None}
    ordered = sorted(values, key=lambda value: (isinstance(value, str), value))
    texts = [value_text(value) for value in ordered]
    if len(texts) <= MOST_VALUES:
        return ", ".join(texts)
    if all(isinstance(value, int | float) for value in ordered):
        return f"{len(texts)} values, {texts[0]} to {texts[-1]}"
    return f"{len(texts)} values: {', '.join(texts[:MOST_VALUES])}, ..."
