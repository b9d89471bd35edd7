"""Maps as rows of `cams.parquet`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.explain.cam_table import ENSEMBLE, Explained, cam_table, stacked
from analysis.explain.methods.names import CAM
from analysis.pipeline.context import TaskContext
from analysis.pipeline.task import Explain, Together
from results.columns import matrix
from results.paths import Paths
from results.schema import ANSWERS, CAMS

if TYPE_CHECKING:
    from analysis.explain.ensemble_maps import Together as OneMap
    from analysis.explain.methods.method import Maps
    from analysis.explain.network import Network

CONTRAST = "contrast"
SKIPPED = b"skipped"
"""Key of a part's metadata: why methods are missing; empty if none is."""


@dataclass(frozen=True)
class Rule:
    """Which score of which images is explained.

    Attributes:
        name: prediction, label or contrast.
        places: (n,) into the task's rows.
        targets: (n,) classes.
        against: (n,) classes that a contrast holds them against.
    """

    name: str
    places: NDArray[np.int64]
    targets: NDArray[np.uint8]
    against: NDArray[np.uint8] | None = None


def rules(predictions: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Iterator[Rule]:
    """Every image at its prediction; a wrong one at its label too, and at their contrast."""
    yield Rule("prediction", np.arange(len(labels)), predictions)
    wrong = np.flatnonzero(predictions != labels)
    if len(wrong):
        yield Rule("label", wrong, labels[wrong])
        yield Rule(CONTRAST, wrong, predictions[wrong], labels[wrong])


def explain(bench: TaskContext, task: Explain) -> pa.Table:
    """Every method's maps by every rule.

    Where the net has no maps to weigh, CAM methods are left out; the table's metadata `skipped`
    then says why.
    """
    from analysis.explain.network import directions

    network, images = bench.network(task.trial), bench.images(task.trial, task.split, task.rows)
    labels = bench.faces(task.split).labels[task.rows]
    methods, skipped = task.methods, no_maps(network)
    if skipped:
        methods = tuple(name for name in methods if name not in CAM)
    tables = [CAMS.empty_table()]
    for rule in rules(task.predictions, labels):
        scores = directions(rule.targets, network.classes, rule.against)
        found = maps_by(network, images[rule.places], scores, methods, rule.name == CONTRAST)
        tables += [_rows(bench, task, rule, method, maps) for method, maps in found.items()]
    return pa.concat_tables(tables).replace_schema_metadata({SKIPPED: skipped})


def explain_together(bench: TaskContext, task: Together) -> pa.Table:
    """The ensemble's maps, where at least one member has any."""
    from analysis.explain.ensemble_maps import together

    members = [bench.store.read_table(part, CAMS) for part in task.explained]
    tables = [CAMS.empty_table()]
    for method in task.methods:
        for rule in ("prediction", "label", CONTRAST):
            wanted = (pc.field("method") == method) & (pc.field("rule") == rule)
            found = [member.filter(wanted) for member in members]
            there = [i for i, rows in enumerate(found) if len(rows)]
            if there:
                say = [task.coefficients[i] for i in there]
                one = together([stacked(found[i]) for i in there], say)
                tables.append(_ensemble_rows(bench, found[there[0]], one))
    return pa.concat_tables(tables)


def no_maps(network: "Network") -> str:
    """Why CAM methods cannot be asked of this net; "" where they can."""
    from analysis.explain.network import NoConvolution

    try:
        return "" if network.layer else "its last layer with maps has no name"
    except NoConvolution as reason:
        return str(reason)


def maps_by(
    network: "Network",
    images: NDArray[Any],
    scores: NDArray[np.float32],
    methods: tuple[str, ...],
    contrast: bool = False,
) -> "Mapping[str, Maps]":
    """Method -> maps of these images; methods that can share a pass through the net do."""
    from analysis.explain.methods.cams import WEIGHINGS, cam_maps
    from analysis.explain.methods.catalogue import METHODS

    if contrast:
        return {name: METHODS[name].contrast(network, images, scores) for name in methods}
    sharing = [name for name in methods if name in WEIGHINGS]
    found = cam_maps(network, images, scores, sharing) if sharing else {}
    alone = {n: METHODS[n].maps(network, images, scores) for n in methods if n not in found}
    return {name: (found | alone)[name] for name in methods}


def _rows(bench: TaskContext, task: Explain, rule: Rule, method: str, maps: "Maps") -> pa.Table:
    from analysis.explain.face_regions import shares
    from analysis.explain.methods.method import normalise

    faces, rows = bench.faces(task.split), task.rows[rule.places]
    said = bench.stored(task.trial, task.split, task.flip)[rows]
    labels, predictions = faces.labels[rows], task.predictions[rule.places]
    values, raw_max = normalise(maps.values)
    masks = None if faces.regions is None else np.asarray(faces.regions[rows])
    about = Explained(
        ids=faces.ids[rows],
        labels=labels,
        predictions=predictions,
        targets=rule.targets,
        p_prediction=said[np.arange(len(rows)), predictions],
        p_label=said[np.arange(len(rows)), labels],
        words={
            "split": task.split,
            "member": task.trial,
            "method": method,
            "layer": maps.layer,
            "rule": rule.name,
        },
    )
    return cam_table(about, values, raw_max, shares(values, masks), maps.gap)


def _ensemble_rows(bench: TaskContext, like: pa.Table, one: "OneMap") -> pa.Table:
    """The rows of one member, with the ensemble's maps and probabilities in place of its own."""
    from analysis.explain.face_regions import shares

    split = like["split"][0].as_py()
    faces, ids = bench.faces(split), np.asarray(like["image_id"].to_pylist())
    rows = bench.rows(split, ids)
    said = matrix(bench.store.read_table(Paths().answers, ANSWERS)["probability"])[rows]
    labels, predictions = faces.labels[rows], like["prediction"].to_numpy()
    masks = None if faces.regions is None else np.asarray(faces.regions[rows])
    about = Explained(
        ids=ids,
        labels=labels,
        predictions=predictions,
        targets=like["target"].to_numpy(),
        p_prediction=said[np.arange(len(rows)), predictions],
        p_label=said[np.arange(len(rows)), labels],
        words={
            "split": split,
            "member": ENSEMBLE,
            "method": like["method"][0].as_py(),
            "layer": "of each member",
            "rule": like["rule"][0].as_py(),
        },
    )
    return cam_table(about, one.values, one.raw_max, shares(one.values, masks))
