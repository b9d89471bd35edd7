"""How far the maps can be believed: pixels go and come, weights are forgotten, noise is added."""

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis.explain.cam_table import ENSEMBLE
from analysis.explain.methods.names import QUICK, REFERENCES, TITLES
from analysis.pipeline.explain import COSTLY_CHUNK, Explained, spread_over
from analysis.pipeline.job import Job
from analysis.pipeline.predict import Answered
from analysis.pipeline.select_members import Chosen
from analysis.pipeline.task import Judge, JudgeTogether
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
    """Which methods' maps of the ensemble do better than maps that know nothing, in a sentence.

    Better is: image by image, lower deletion and higher insertion than both references, each by
    more than two standard errors of the mean difference.
    """
    own = rows[rows["member"] == ENSEMBLE]
    wide = own.pivot_table(index="image_id", columns="method", values=["deletion", "insertion"])
    methods = [name for name in own["method"].unique() if name not in REFERENCES]
    if not methods or not set(REFERENCES) <= set(own["method"]):
        return ""
    insertion = wide["insertion"].mean()
    order = sorted(methods, key=lambda name: -insertion[name])
    good = [TITLES[name] for name in order if _better(wide, name)]
    bad = [TITLES[name] for name in order if TITLES[name] not in good]
    beat = "random cells and a spot at the centre in deletion and insertion"
    said = f"On {len(wide)} images, half of them answered wrongly where there are as many, "
    if not good:
        return f"{said}no method's maps of the ensemble beat {beat} beyond chance."
    said += f"the maps of the ensemble by {', '.join(good)} beat {beat} beyond chance"
    rest = f"; those by {', '.join(bad)} did not: do not lean on them alone here" if bad else ""
    return f"{said} (best insertion first){rest}."


def _better(wide: pd.DataFrame, method: str) -> bool:
    for measure, sign in (("deletion", -1), ("insertion", 1)):
        for reference in REFERENCES:
            gain = sign * (wide[measure, method] - wide[measure, reference])
            error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
            if not gain.mean() > 2 * error:
                return False
    return True
