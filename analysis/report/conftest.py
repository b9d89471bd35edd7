"""A sweep with one of everything, whose texts try to break out of a page."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.pictures.canvas.colours import HEAT, ColourBar
from analysis.pictures.cells import Cell, LayeredTile, Pieces
from analysis.report.page_blocks import Block, Section
from results import schema
from results.paths import Paths
from results.store import Store

CLASSES = ("happy", "<script>alert(1)</script>", 'sad" onload="alert(2)')
ERROR = """it's "broken" <b onclick='x'>&amp; </td></table><img src=x onerror=alert(3)>"""


def png(width: int = 4, height: int = 3) -> bytes:
    """A white picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(buffer, format="PNG")
    return buffer.getvalue()


def write(store: Store, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table by its name in `results.schema.TABLES`."""
    store.write_table(f"{name}.parquet", schema.table(schema.TABLES[name], rows))


def score(who: str, metric: str, value: float, **more: Any) -> dict[str, Any]:
    """A row of `scores.parquet` on the test split, measured on 10 images."""
    row = {"who": who, "split": "test", "images": "all", "metric": metric, "value": value, "n": 10}
    low, high = more.pop("ends", (None, None))
    return row | {"low": low, "high": high, "how": "measured"} | more


SCORES = [
    score("ensemble", "accuracy", 0.8, ends=(0.7, 0.9)),
    score("best single", "accuracy", 0.7, ends=(0.6, 0.8)),
    score("ensemble", "accuracy", 0.75, n=8, images="clean", ends=(0.6, 0.9)),
    score("best single", "accuracy", 0.625, n=8, images="clean", ends=(0.5, 0.7)),
    score("ensemble", "accuracy_gain", 0.1, how="measured, paired with aaa", ends=(0.01, 0.2)),
    score("ensemble", "mcnemar_p", 0.0321, how="measured, paired with aaa"),
    score("ensemble", "only_ensemble_right", 3.0),
    score("ensemble", "ece", 0.02),
    score("ensemble", "ece_uncalibrated", 0.09),
    score("ensemble", "disagreement", 0.12),
    *(score("ensemble", f"recall/{name}", 0.5, n=4) for name in CLASSES),
    *(score("ensemble", f"f1/{name}", 0.25, n=4) for name in CLASSES),
]

TRIALS = [
    {
        "trial": "aaa",
        "number": 0,
        "architecture": "cnn5",
        "preprocessing": "clahe",
        "status": "completed",
        "validation_accuracy": 0.7123,
        "validation_accuracy_low": 0.69,
        "validation_accuracy_high": 0.73,
        "validation_n": 3589,
        "verdict": "overfit",
        "verdict_evidence": "training 0.99 against 0.71",
        "parameters": 2439463,
    },
    {"trial": "bbb", "number": 1, "architecture": ERROR, "status": "failed", "error": ERROR},
]

MEMBERS: list[dict[str, Any]] = [
    {"trial": "aaa", "role": "member", "rank": 1, "coefficient": 1.0, "reason": "the best"},
    {"trial": "bbb", "role": "left out", "reason": ERROR},
]

PICTURES = [
    {"file": "curves.png", "kind": "figure", "title": ERROR, "caption": f'" onload="{ERROR}'},
    {"file": "explain/a.png", "kind": "gallery", "title": CLASSES[1], "caption": CLASSES[2]},
    {"file": "odd.png", "kind": "<kind>", "title": "odd", "caption": "odd one"},
]

SWEEP = {
    "name": "</title><script>alert(4)</script>",
    "question": "Which?",
    "command": "python -m orchestrator.sweep 'a <b>'",
    "commit": "c0ffee",
    "packages": {"keras": "3.15.1"},
    "identity": {"seed": 0, "early_stopping": True, "space": {"width": "0.5"}},
    "data": {
        "digest": "d1935",
        "classes": list(CLASSES),
        "images": {"training": 4796, "test": 10},
        "notes": ["Rows 3 to 5 were empty", ERROR],
    },
}

POST = {
    "command": "python -m jobs.postprocess x",
    "seconds": 3725.0,
    "split": "test",
    "ensemble": {
        "rule": "greedy",
        "sentence": "The simplest of the best",
        "rules": [
            {"rule": "greedy", "accuracy": 0.71, "nll": 0.8, "members": 1, "chosen": True},
            {"rule": ERROR, "accuracy": None},
        ],
    },
    "test_reads": [
        {"when": "today", "members": ["aaa"], "best_single": "aaa", "flip": True, "data": "d1935"}
    ],
    "export": "Load it with `load(<b>)`: a ` is left.",
    "hardware": "an Epyc, 4 cores",
    "workers": "3 of a GPU",
    "backend": "jax",
    "started": "2026-01-02T03:04:05+00:00",
    "flip": True,
    "methods": ["gradcam"],
    "explain": 14,
    "unfinished": ["maps of bbb: no room.", ERROR],
    "speed": {
        "prediction": 676.4,
        "gradcam": 663.0,
        "gradcam_ratio": 1.02,
        "all_classes_ratio": 1.06,
        "device": "a core",
    },
    "caveats": ["Faces were drawn"],
    "left_out": {"bbb": ERROR},
    "skipped": [{"what": "CAMs", "reason": "no convolution"}],
}


def answers() -> list[dict[str, Any]]:
    """Four images, three of them named rightly; the first is a copy."""
    labels = (0, 0, 1, 2)
    values = ((0.7, 0.2, 0.1), (0.4, 0.6, 0.0), (0.1, 0.8, 0.1), (0.2, 0.2, 0.6))
    return [
        {
            "image_id": f"i{row}",
            "split": "test",
            "label": label,
            "probability": np.array(value),
            "also_in_training": row == 0,
        }
        for row, (label, value) in enumerate(zip(labels, values, strict=True))
    ]


def regions() -> list[dict[str, Any]]:
    """Grad-CAM shares of 0.2 over 30 images of one class, 0.4 over 10 of another."""
    return [
        {
            "member": "ensemble",
            "method": "gradcam",
            "rule": "prediction",
            "label": label,
            "correct": True,
            "region": region,
            "n": n,
            "share": share,
            "low": share - 0.0196,
            "high": share + 0.0196,
            "uniform": 0.1,
            "centre": 0.15,
            "masks": "drawn",
        }
        for label, n, share in ((0, 30, 0.2), (1, 10, 0.4))
        for region in ("brows", "eyes", "nose", "mouth", "rest")
    ]


def parts(section: Section) -> dict[str, tuple[Block, ...]]:
    """A section's blocks by the heading that they stand under."""
    return {part.title: part.blocks for part in section.parts}


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    """A sweep's folder before anything stands in it."""
    return Store(tmp_path / "sweep")


@pytest.fixture
def full(empty: Store) -> Store:
    """See the module."""
    write_everything(empty)
    return empty


LEGEND = "Maps of the ensemble, each divided by its own largest value"


def galleries() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two pictures in pieces: rows of the index and of the tiles; one face, four times."""
    face = png(48, 48)
    index: list[dict[str, Any]] = []
    tiles: list[dict[str, Any]] = []
    for title in ("one", ERROR):
        file = f"explain/{len(index)}.jpg"
        index.append(
            {
                "file": file,
                "kind": "mistakes",
                "title": title,
                "caption": f"Two faces. {LEGEND}",
                "summary": "1 of 2 shown",
                "legend": LEGEND,
            }
        )
        pair = (LayeredTile(face, label="face"), LayeredTile(face, png(6, 6), CLASSES[1]))
        cells = [Cell(pair, (ERROR,), right=False)]
        tiles += Pieces.flow(cells, [ColourBar(HEAT, "none", CLASSES[2])]).table_rows(file)
    return index, tiles


def write_everything(empty: Store) -> None:
    """One of everything, into a folder in which nothing stands yet."""
    in_pieces, tiles = galleries()
    rows = [row | {"width": 4, "height": 3} for row in [*PICTURES, *in_pieces]]
    judged: list[dict[str, Any]] = [
        {"member": "aaa", "method": method, "deletion": deletion}
        for method in ("gradcam", "random")
        for deletion in (0.2, 0.4)
    ]
    tables: dict[str, Sequence[Mapping[str, Any]]] = {
        "trials": TRIALS,
        "members": MEMBERS,
        "scores": SCORES,
        "answers": answers(),
        "regions": regions(),
        "faithfulness": judged,
        "images": rows,
        "tiles": tiles,
    }
    for name, table in tables.items():
        write(empty, name, table)
    for row in rows:
        empty.write_bytes(f"{Paths().images}/{row['file']}", png())
    empty.write_json(Paths().sweep, SWEEP)
    empty.write_json(Paths().postprocess, POST)
    empty.write_bytes(Paths().leaderboard, b"| trial |\n|---|\n| aaa |\n")
