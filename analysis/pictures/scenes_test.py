"""A small evidence to draw from: faces of noise and gradients, no photographs."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.pictures.evidence import Evidence
from results import schema

Row = dict[str, Any]

CLASSES = ("angry", "happy", "sad")
CAM = np.array([[0.0, 0.5], [1.0, 0.25]], np.float16)


def answer(
    image: str,
    label: int,
    prediction: int,
    p: float,
    *,
    k: int = 3,
    split: str = "validation",
    copied: bool = False,
) -> Row:
    probability = np.full(k, (1 - p) / (k - 1), np.float32)
    probability[prediction] = p
    row = dict.fromkeys(schema.ANSWERS.names)
    return row | {
        "image_id": image,
        "split": split,
        "label": label,
        "prediction": prediction,
        "correct": label == prediction,
        "probability": probability,
        "confidence": p,
        "also_in_training": copied,
    }


def cam(
    image: str,
    label: int,
    prediction: int,
    *,
    rule: str = "prediction",
    member: str = "ensemble",
    **other: Any,
) -> Row:
    values = np.asarray(other.pop("values", CAM), np.float16)
    row = dict.fromkeys(schema.CAMS.names)
    return row | {
        "image_id": image,
        "split": "validation",
        "label": label,
        "prediction": prediction,
        "p_prediction": 0.5,
        "p_label": 0.25,
        "member": member,
        "method": "gradcam",
        "layer": "cam",
        "rule": rule,
        "cam_h": values.shape[0],
        "cam_w": values.shape[1],
        "cam": values.ravel(),
        "raw_max": 3.0 if values.any() else 0.0,
        **other,
    }


def mean_row(label: int, right: bool, n: int, mean: Any, std: float = 0.1, **other: Any) -> Row:
    mean = np.asarray(mean, np.float32)
    return {
        "member": "ensemble",
        "method": "gradcam",
        "rule": "prediction",
        "label": label,
        "correct": right,
        "n": n,
        "cam_h": mean.shape[0],
        "cam_w": mean.shape[1],
        "mean": mean.ravel(),
        "std": np.full(mean.size, std, np.float32),
        **other,
    }


def evidence_of(
    answers: list[Row],
    cams: list[Row],
    *,
    classes: tuple[str, ...] = CLASSES,
    shape: tuple[int, int] = (12, 12),
    **more: Any,
) -> Evidence:
    ids = [row["image_id"] for row in answers]
    images = np.random.default_rng(0).integers(0, 256, (len(ids), *shape), dtype=np.uint8)
    return Evidence(
        images,
        ids,
        classes,
        pd.DataFrame(answers, columns=schema.ANSWERS.names),
        pd.DataFrame(cams, columns=schema.CAMS.names),
        **more,
    )


ANSWERS = [
    answer("a0", 0, 0, 0.9),
    answer("a1", 0, 1, 0.6),
    answer("a2", 0, 1, 0.8),
    answer("a3", 0, 1, 0.7),
    answer("b0", 1, 1, 0.9),
    answer("b1", 1, 1, 0.5, copied=True),
    answer("c0", 2, 2, 0.6),
]


def usual_cams(**other: Any) -> list[Row]:
    answered = [(row["image_id"], row["label"], row["prediction"]) for row in ANSWERS]
    signed = [[-1.0, 0.0], [0.5, 0.25]]
    cams = [cam(*one, **other) for one in answered]
    cams += [cam(*one, rule="label", **other) for one in answered if one[1] != one[2]]
    cams += [cam(*one, rule="contrast", values=signed) for one in answered if one[1] != one[2]]
    return cams


NAMES = ("<b>|&\n", "a name so long that it cannot stand anywhere as a whole, truly", "怒り", "")

SCENES = {
    "usual": lambda: evidence_of(ANSWERS, usual_cams(), titles={"gradcam": "Grad-CAM"}),
    "one member": lambda: evidence_of(ANSWERS, usual_cams(member="abc"), member="abc"),
    "no maps": lambda: evidence_of(ANSWERS, []),
    "no images": lambda: evidence_of([], []),
    "no wrong ones": lambda: evidence_of(ANSWERS[4:], [cam("b0", 1, 1)]),
    "only wrong ones": lambda: evidence_of(ANSWERS[1:2], [cam("a1", 0, 1)]),
    "odd names": lambda: evidence_of(ANSWERS, usual_cams(), classes=NAMES),
    "zero maps": lambda: evidence_of(ANSWERS, usual_cams(values=np.zeros((2, 2)))),
    "not numbers": lambda: evidence_of(ANSWERS, usual_cams(values=np.full((2, 2), np.nan))),
    "large, not square": lambda: evidence_of(ANSWERS, usual_cams(), shape=(300, 200)),
    "thirty classes": lambda: evidence_of(
        [answer(f"i{k}", k, (k + 1) % 30, 0.5, k=30) for k in range(30)],
        [cam(f"i{k}", k, (k + 1) % 30) for k in range(30)],
        classes=tuple(f"class {k}" for k in range(30)),
    ),
}


def test_scenes_are_what_they_are_called() -> None:
    assert len(SCENES["usual"]().of(0, 1)) == 3
    assert all(case.right for case in SCENES["no wrong ones"]().cases)
    assert not any(case.right for case in SCENES["only wrong ones"]().cases)
    assert SCENES["no images"]().cases == []
