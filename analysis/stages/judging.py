"""How far the maps can be believed: pixels go and come, weights are forgotten, noise is added."""

import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.explain.names import QUICK, REFERENCES
from analysis.findings.maps import ENSEMBLE
from analysis.stages.answering import Answered
from analysis.stages.choosing import Chosen
from analysis.stages.explaining import Explained, spread_over
from analysis.stages.job import Job
from analysis.workshop.tasks import Judge, JudgeTogether
from results.paths import Paths
from results.schema import FAITHFULNESS

EXTENT = (
    "Costly methods are judged on the leading member and on the ensemble's answers alone; "
    "stability and randomised weights are asked of members, never of the ensemble."
)


COSTLY = 28
"""Images of the sample that costly methods are judged on, at hundreds of passes an image."""


def judge(job: Job, chosen: Chosen, answered: Answered, explained: Explained) -> None:
    """Judge maps on the sample; write `faithfulness.parquet`."""
    cams = explained.cams
    there = set(zip(cams["member"].to_pylist(), cams["method"].to_pylist(), strict=True))
    tasks = [
        task
        for task in _tasks(job, chosen, answered, explained)
        if task.method in REFERENCES or (task.trial, task.method) in there
    ]
    failed = job.work("judging maps", tasks)
    for who, why in failed.items():
        job.notes.skipped.append((f"judging the maps of {who}", why))
    found = [job.store.read_table(t.part, FAITHFULNESS) for t in tasks if t.trial not in failed]
    content = pa.concat_tables([FAITHFULNESS.empty_table(), *found])
    job.store.write_table(Paths().faithfulness, content)
    job.notes.caveats.append(EXTENT)


def _tasks(
    job: Job, chosen: Chosen, answered: Answered, explained: Explained
) -> Iterator[Judge | JudgeTogether]:
    recipe, split = chosen.choice.recipe, job.request.split
    text = json.dumps(recipe.to_json())
    for method in (*job.request.methods, *REFERENCES):
        quick = method in QUICK or method in REFERENCES
        rows = explained.sample if quick else fewer(explained.sample, answered)
        predictions = answered.predictions[rows]
        for place, trial in enumerate(recipe.members):
            if place == 0 or quick:
                yield Judge(trial, split, rows, predictions, method)
        whole = explained.sample
        about = (split, whole, answered.predictions[whole], method)
        yield JudgeTogether(ENSEMBLE, *about, text, explained.together)


def fewer(rows: NDArray[np.int64], answered: Answered) -> NDArray[np.int64]:
    """At most `COSTLY` of the sample's rows, right and wrong and of all classes as evenly."""
    labels, predictions = answered.asked.labels[rows], answered.predictions[rows]
    return rows[spread_over(labels, predictions, COSTLY)]
