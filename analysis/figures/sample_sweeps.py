"""Sweeps of every size and kind, made of numbers, for the tests of figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.figures.sweep_tables import SweepTables
from results.schema import TABLES, table
from results.statuses import STATUSES

NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
ODD = ("$x$", "a_b^{2}", "<b>&", "two\nlines", "\\frac{1}{0}", "$", "sehr " * 20)
"""Class names that would be read as formulas or markup, or break a line."""


MEASURED = tuple(status for status in STATUSES if status != "failed")
"""Statuses of the trials of `sweep`, one after another."""


def frames(**rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Name of a table -> its frame, from rows."""
    return {name: table(TABLES[name], records).to_pandas() for name, records in rows.items()}


def trial(name: str, status: str = "completed", accuracy: float | None = 0.5, **more: Any) -> dict:
    """A row of `trials`."""
    low, high = (None, None) if accuracy is None else (accuracy - 0.1, accuracy + 0.1)
    return {
        "trial": name,
        "number": 0,
        "architecture": "cnn5",
        "preprocessing": "plain",
        "learning_rate": 0.01,
        "status": status,
        "epochs_trained": 2,
        "best_epoch": 2,
        "verdict": "good fit",
        "validation_accuracy": accuracy,
        "validation_accuracy_low": low,
        "validation_accuracy_high": high,
        "validation_n": 100,
    } | more


def epoch(name: str, number: int, value: float | None, loss: float | None = 1.0) -> dict:
    """A row of `epochs`."""
    return {
        "trial": name,
        "epoch": number,
        "validation_accuracy": value,
        "train_loss": loss,
        "validation_loss": loss,
    }


def record(classes: Sequence[str] = NAMES, embedded: int | None = None) -> dict[str, Any]:
    """`sweep.json` of a sweep with rungs after epochs 1 and 3."""
    return {
        "rungs": [1, 3],
        "identity": {"reduction_factor": 3},
        "data": {"path": "fer2013.zip", "embedded": embedded, "classes": list(classes)},
    }


def sweep(count: int, status: str | None = None, seed: int = 0) -> dict[str, Any]:
    """Trials and epochs of a sweep in which settings of every kind vary."""
    rng = np.random.default_rng(seed)
    trials, epochs = [], []
    for number in range(count):
        name = f"{number:010x}"
        ends = 1 + number % 5
        values = np.sort(rng.uniform(0.2, 0.7, ends))
        fate = status or MEASURED[number % len(MEASURED)]
        epochs += [epoch(name, e + 1, float(v), 2 - float(v)) for e, v in enumerate(values)]
        settings = {
            "architecture": ("cnn5", "CPCPCPFFF", "3R4R6R3RPF")[number % 3],
            "preprocessing": ("plain", "clahe")[number % 2],
            "learning_rate": float(10 ** rng.uniform(-3, -1)),
            "batch_normalisation": bool(number % 2),
            "dropout": None if number % 7 == 0 else 0.1 * (number % 4),
            "number": number,
            "epochs_trained": ends,
        }
        trials.append(trial(name, fate, float(values[-1]), **settings))
    return frames(trials=trials, epochs=epochs) | {"record": record()}


def answered(names: Sequence[str] = NAMES, n: int = 60, **more: Any) -> dict[str, Any]:
    """Answers of an ensemble that is right two times in three."""
    rng, k, rows = np.random.default_rng(1), len(names), []
    for place in range(n):
        label = place % k
        prediction = label if place % 3 else (label + 1) % k
        sure = float(rng.uniform(1 / k, 1.0))
        probability = np.full(k, (1 - sure) / max(1, k - 1), dtype=np.float32)
        probability[prediction] = sure
        row: dict[str, Any] = {"image_id": str(place), "split": "validation"}
        row |= {"label": label, "prediction": prediction}
        row |= {"label_name": names[label], "prediction_name": names[prediction]}
        row |= {"correct": prediction == label, "probability": probability, "confidence": sure}
        rows.append(row | {"best_single": label if place % 2 else prediction} | more)
    return frames(answers=rows)


def explained(names: Sequence[str] = NAMES) -> dict[str, Any]:
    """Regions and faithfulness, with gaps: no wrong images of class 0, unmeasured columns."""
    regions = [
        {"member": "ensemble", "method": "gradcam", "rule": "prediction", "label": label}
        | {"correct": correct, "region": region, "n": 9, "share": 0.1 + 0.1 * place}
        | {"low": 0.05, "high": 0.3, "uniform": 0.2, "centre": 0.25, "masks": "canonical"}
        for label in range(len(names))
        for correct in ((True,) if label == 0 else (True, False))
        for place, region in enumerate(("brows", "eyes", "nose", "mouth", "rest"))
    ]
    judged = [
        {"image_id": str(image), "split": "validation", "label": 0, "member": member}
        | {"method": method, "deletion": 0.1 * image, "insertion": 0.2, "increase": image == 0}
        | {"randomised": None if method == "random" else 0.1}
        for image in range(3)
        for member in ("m1", "m2")
        for method in ("gradcam", "random", "centre")
    ]
    return frames(regions=regions, faithfulness=judged)


def scored() -> dict[str, Any]:
    """Scores of an ensemble of two, and the rules that it was chosen from."""
    base = {"split": "validation", "n": 100, "low": 0.4, "high": 0.7, "how": "measured"}
    whos = (("ensemble", 0.6), ("best single", 0.5), ("0000000000", 0.5), ("gone", 0.4))
    rows = [
        base | {"who": who, "images": images, "metric": "accuracy", "value": value}
        for who, value in whos
        for images in ("all", "clean")
    ]
    others = (("accuracy_gain", 0.1), ("mcnemar_p", 0.03), ("ece_uncalibrated", 0.2))
    rows += [
        base | {"who": "ensemble", "images": "all", "metric": m, "value": v} for m, v in others
    ]
    choice = [
        {"rule": "best single", "accuracy": 0.5, "accuracy_gap_se": 0.02, "members": 1},
        {"rule": "soft vote", "accuracy": 0.6, "accuracy_gap_se": 0.0, "chosen": True},
        {"rule": "stacking", "accuracy": None},
    ]
    return frames(scores=rows) | {"choice": choice}


def odd_names(text: str) -> SweepTables:
    """A full sweep in which every name is hostile."""
    made = sweep(6)
    made["trials"]["architecture"] = [f"{text}{i % 2}" for i in range(6)]
    made["trials"]["preprocessing"] = [f"{text}{i % 3}" for i in range(6)]
    choice = [{"rule": text, "accuracy": 0.5, "accuracy_gap_se": 0.1, "members": 2, "chosen": True}]
    tables = made | answered(ODD) | explained(ODD) | scored()
    return SweepTables(**tables | {"record": record(ODD), "choice": choice})


CASES = {
    "nothing": SweepTables(),
    "empty sweep": SweepTables(**frames(trials=[], epochs=[]), record=record()),
    "one trial": SweepTables(
        **frames(trials=[trial("a")], epochs=[epoch("a", 1, 0.4), epoch("a", 2, 0.5)]),
        record=record(),
    ),
    "all stopped": SweepTables(**sweep(8, "pruned")),
    "nothing measured": SweepTables(**frames(trials=[trial("a", "failed", None)], epochs=[])),
    "diverged": SweepTables(
        **frames(
            trials=[trial("a", "failed", float("nan")), trial("b", "completed", 0.3)],
            epochs=[epoch(n, e, float("nan"), float("inf")) for n in "ab" for e in (1, 2)],
        )
    ),
    "no interval": SweepTables(
        **frames(
            trials=[
                trial(f"{i}", learning_rate=0.1 * (i + 1), architecture=f"{i}", validation_n=None)
                | {"validation_accuracy_low": None, "validation_accuracy_high": None}
                for i in range(3)
            ],
            epochs=[],
        )
    ),
    "200 trials": SweepTables(**sweep(200)),
    "everything": SweepTables(**sweep(12) | answered() | explained() | scored()),
    "two classes, no record": SweepTables(**answered(("x", "y"), 2) | explained(("x", "y"))),
    "12 classes": SweepTables(**answered([f"class {i}" for i in range(12)], 200)),
    "no best single": SweepTables(**answered(best_single=None)),
    "hostile": odd_names("$a_{$ <i>表情 😀\n" + "long " * 30),
}
"""Sweeps that every figure draws or declines."""
