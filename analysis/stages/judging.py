"""How far the maps can be believed: pixels go and come, weights are forgotten, noise is added."""

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis.explain.names import QUICK, REFERENCES, TITLES
from analysis.findings.maps import ENSEMBLE
from analysis.stages.answering import Answered
from analysis.stages.choosing import Chosen
from analysis.stages.explaining import COSTLY_CHUNK, Explained, spread_over
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
    tasks = list(_tasks(job, chosen, answered, explained))
    failed = job.done("judging maps", tasks, "judging the maps of")
    content = pa.concat_tables([FAITHFULNESS.empty_table(), *job.tables(tasks, failed)])
    job.store.write_table(Paths().faithfulness, content)
    job.notes.caveats.append(EXTENT)
    job.notes.judgement = judgement(content.to_pandas())


def _tasks(
    job: Job, chosen: Chosen, answered: Answered, explained: Explained
) -> Iterator[Judge | JudgeTogether]:
    members = chosen.choice.recipe.members
    for method in (*job.request.methods, *REFERENCES):
        quick = method in QUICK or method in REFERENCES
        rows = explained.sample if quick else fewer(explained.sample, answered)
        for place, trial in enumerate(members):
            if (place == 0 or quick) and _there(explained, trial, method):
                for some in _pieces(rows):
                    about = (trial, job.model(trial), job.request.split, some)
                    yield Judge(*about, answered.predictions[some], method)
        if _there(explained, ENSEMBLE, method):
            for some in _pieces(explained.sample):
                yield _together(job, chosen, answered, explained, some, method)


def _together(
    job: Job,
    chosen: Chosen,
    answered: Answered,
    explained: Explained,
    rows: NDArray[np.int64],
    method: str,
) -> JudgeTogether:
    recipe = chosen.choice.recipe
    parts = [t for t in explained.together if method in t.methods and np.isin(rows, t.rows).any()]
    about = (job.model(*recipe.members), job.request.split, rows, answered.predictions[rows])
    text, files = json.dumps(recipe.to_json()), tuple(task.part for task in parts)
    return JudgeTogether(ENSEMBLE, *about, method, text, files, job.request.flip)


def _there(explained: Explained, who: str, method: str) -> bool:
    return method in REFERENCES or (who, method) in explained.asked


def _pieces(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for first in range(0, len(rows), COSTLY_CHUNK):
        yield rows[first : first + COSTLY_CHUNK]


def fewer(rows: NDArray[np.int64], answered: Answered) -> NDArray[np.int64]:
    """At most `COSTLY` of the sample's rows, right and wrong and of all classes as evenly."""
    labels, predictions = answered.asked.labels[rows], answered.predictions[rows]
    return rows[spread_over(labels, predictions, COSTLY)]


def judgement(rows: pd.DataFrame) -> str:
    """Which methods' maps of the ensemble do better than maps that know nothing, in a sentence."""
    own = rows[rows["member"] == ENSEMBLE]
    means = own.groupby("method")[["deletion", "insertion"]].mean()
    if means.empty or not set(REFERENCES) <= set(means.index):
        return ""
    references, methods = means.loc[list(REFERENCES)], means.drop(index=list(REFERENCES))
    least, most = references["deletion"].min(), references["insertion"].max()
    better = (methods["deletion"] < least) & (methods["insertion"] > most)
    order = methods["insertion"].sort_values(ascending=False).index
    good = [TITLES[name] for name in order if better[name]]
    bad = [TITLES[name] for name in order if not better[name]]
    n = own["image_id"].nunique()
    said = f"On {n} images, half of them answered wrongly, the maps of the ensemble by "
    if not good:
        return (
            f"{said}no method beat random cells and a spot at the centre in deletion and insertion."
        )
    words = f"{said}{', '.join(good)} beat random cells and a spot at the centre in deletion and "
    words += "insertion (best insertion first)"
    return (
        f"{words}; those by {', '.join(bad)} did not: do not lean on them here."
        if bad
        else f"{words}."
    )
