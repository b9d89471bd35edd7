"""Members' maps become tables: rows of one shape, the ensemble's combined from them.

Parts are read once, a few hundred images of all members at a time; all of it goes to
`cams.parquet`, `class_means.parquet`, `regions.parquet` and `map_counts.parquet`.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.explain.class_means import ClassMeans
from analysis.explain.evaluation.baselines import canonical_baselines, drawn_baselines, region_rows
from analysis.explain.face_regions import REGIONS as FACE_REGIONS
from analysis.explain.face_regions import shares
from analysis.explain.maps import Maps, combine, normalise, stacked
from analysis.explain.targets import RULES
from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import ENSEMBLE, Task
from orchestrator.data.faces import Faces
from results.paths import Paths
from results.schema import CAMS, CLASS_MEANS, MAP_COUNTS, REGIONS, table

MISSING_METHODS = b"skipped"
"""Key of a part's metadata: why methods are missing; empty if none is."""

# --- maps as rows ----------------------------------------------------------------------------


@dataclass(frozen=True)
class ExplainedRows:
    """Some images of a split that were explained.

    Attributes:
        faces: the split.
        rows: (n,) which of them.
        predictions: (n,) the ensemble's.
        targets: (n,) classes whose score is explained.
        probabilities: (n, k) of whoever is explained.
    """

    faces: Faces
    rows: NDArray[np.int64]
    predictions: NDArray[np.uint8]
    targets: NDArray[np.uint8]
    probabilities: NDArray[np.floating]


def cam_table(explained: ExplainedRows, words: Mapping[str, str], maps: Maps) -> pa.Table:
    """Rows of `results.schema.CAMS`.

    Args:
        explained: the images.
        words: split, member, method, rule.
        maps: (n, h', w') not normalised.
    """
    faces, rows = explained.faces, explained.rows
    every, labels = np.arange(len(rows)), faces.labels[rows]
    masks = None if faces.regions is None else np.asarray(faces.regions[rows])
    by_region = shares(normalise(maps.values)[0], masks)
    columns = {
        "image_id": faces.ids[rows].astype(str),
        "label": labels,
        "prediction": explained.predictions,
        "target": explained.targets,
        "p_prediction": explained.probabilities[every, explained.predictions],
        "p_label": explained.probabilities[every, labels],
        **maps.columns(),
    }
    columns |= {word: np.full(len(rows), value) for word, value in words.items()}
    columns |= {region: by_region[:, i] for i, region in enumerate(FACE_REGIONS)}
    return pa.table([pa.array(columns[f.name]).cast(f.type) for f in CAMS], schema=CAMS)


# --- parts become tables ---------------------------------------------------------------------


def gather_sample(
    job: Postprocessing,
    questions: Sequence[Sequence[Task]],
    selected: SelectedMembers,
    combined: CombinedPredictions,
) -> tuple[frozenset[tuple[str, str]], str]:
    """Combine the ensemble's maps of the sample, to be judged.

    Args:
        job: whose store.
        questions: tasks that ask all members the same.
        selected: the members' coefficients.
        combined: the ensemble's probabilities.

    Returns:
        Which (member, method) there are, and the name of the part with the ensemble's maps at its
        predictions.
    """
    pairs, tables = set(), [CAMS.empty_table()]
    for tasks, method in itertools.product(questions, job.request.methods):
        members = _members_maps(job, tasks, method)
        pairs |= {(trial, method) for trial in members}
        for rows in _ensemble_maps(job, members, selected, combined, RULES[:1]):
            pairs.add((ENSEMBLE, method))
            tables.append(rows)
    content = [
        json.dumps(selected.choice.recipe.to_json()),
        *(t.part for q in questions for t in q),
    ]
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]
    part = f"{Paths().parts}/maps-{ENSEMBLE}-{digest}.parquet"
    job.store.write_table(part, pa.concat_tables(tables))
    return frozenset(pairs), part


def gather(
    job: Postprocessing,
    questions: Mapping[str, Sequence[Sequence[Task]]],
    selected: SelectedMembers,
    combined: CombinedPredictions,
) -> None:
    """Write the tables, with one task's images in memory at a time.

    Args:
        job: whose store.
        questions: method -> tasks that ask all members the same.
        selected: the members' coefficients.
        combined: the ensemble's probabilities.
    """
    faces = job.faces
    masks = None if faces.regions is None else np.asarray(faces.regions)
    baselines = canonical_baselines() if masks is None else drawn_baselines(masks, faces.ids)
    means: list[dict[str, Any]] = []
    regions: list[dict[str, Any]] = []
    counts: list[dict[str, Any]] = []
    with job.store.table_writer(Paths().cams, CAMS) as write:
        for method in sorted(questions):
            moments, without_maps = ClassMeans(), []
            for tasks in questions[method]:
                members = _members_maps(job, tasks, method)
                ensemble = _ensemble_maps(job, members, selected, combined)
                for rows in [*members.values(), *ensemble]:
                    write(rows)
                    moments.add(rows.to_pandas())
                    without_maps.append(rows.drop_columns(["cam"]))
            if without_maps:
                everything = pa.concat_tables(without_maps).to_pandas()
                means += moments.rows()
                regions += region_rows(everything, baselines)
                counts += count_rows(everything)
    for name, schema, rows_of in (
        (Paths().class_means, CLASS_MEANS, means),
        (Paths().regions, REGIONS, regions),
        (Paths().map_counts, MAP_COUNTS, counts),
    ):
        job.store.write_table(name, table(schema, sorted(rows_of, key=_order)))


def count_rows(cams: pd.DataFrame) -> list[dict[str, Any]]:
    """How many maps there are, and how many are empty, by member, method and rule.

    Args:
        cams: rows of `results.schema.CAMS`; the column `cam` is not read.

    Returns:
        Rows of `results.schema.MAP_COUNTS`.
    """
    keys = ["member", "method", "rule"]
    empty = cams.assign(empty=cams["raw_max"] == 0).groupby(keys)["empty"]
    counted = empty.agg(n="size", empty="sum").reset_index()
    return [{str(name): value for name, value in row.items()} for row in counted.to_dict("records")]


def _order(row: Mapping[str, Any]) -> tuple[bool, str, str]:
    return row["member"] == ENSEMBLE, row["member"], row["method"]


def _members_maps(job: Postprocessing, tasks: Sequence[Task], method: str) -> dict[str, pa.Table]:
    """Trial -> rows of one method out of its part; a trial that has none is not in it."""
    tables = {}
    for task in tasks:
        rows = job.store.read_table(task.part, CAMS, pc.field("method") == method)
        reason = (rows.schema.metadata or {}).get(MISSING_METHODS, b"").decode()
        if reason and ("CAM methods", reason) not in job.notes.skipped:
            job.notes.skipped.append(("CAM methods", reason))
        if len(rows):
            tables[task.trial] = rows.cast(CAMS)
    return tables


def _ensemble_maps(
    job: Postprocessing,
    members: Mapping[str, pa.Table],
    selected: SelectedMembers,
    combined: CombinedPredictions,
    rules: Sequence[str] = RULES,
) -> Iterator[pa.Table]:
    """The same images' maps of the ensemble, a table a rule, where at least one member has any."""
    recipe = selected.choice.recipe
    coefficients = dict(zip(recipe.members, recipe.coefficients, strict=True))
    for rule in rules:
        tables = {t: rows.filter(pc.field("rule") == rule) for t, rows in members.items()}
        tables = {trial: rows for trial, rows in tables.items() if len(rows)}
        if not tables:
            continue
        first = next(iter(tables.values()))
        rows = job.rows_of(first["image_id"].to_pylist())
        explained = ExplainedRows(
            job.faces,
            rows,
            first["prediction"].to_numpy(),
            first["target"].to_numpy(),
            combined.ensemble.probabilities[rows].astype(np.float32),
        )
        words = {"split": job.request.split, "member": ENSEMBLE}
        words |= {"rule": rule, "method": first["method"][0].as_py()}
        maps = combine([stacked(t) for t in tables.values()], [coefficients[t] for t in tables])
        yield cam_table(explained, words, Maps(maps, "of each member"))
