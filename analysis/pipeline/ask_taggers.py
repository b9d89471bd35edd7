"""Step: what members and ensemble say against what people say, where FER+ is at hand.

Needs the members' stored answers and FER+'s table of votes; writes `taggers.parquet`.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.task import ENSEMBLE
from analysis.taggers.join import NONE, rows_by_number, rows_by_pixels
from analysis.taggers.measure import Tagged, rows
from analysis.taggers.votes import Votes, read_votes
from orchestrator.data.layouts.sources import read_faces
from orchestrator.errors import BadInput
from results.paths import Paths
from results.schema import table
from results.tables.taggers import TAGGERS


def ask_taggers(job: Postprocessing, combined: CombinedPredictions) -> None:
    """Write `taggers.parquet` where votes were named.

    Raises:
        BadInput: for votes that are of other images.
    """
    if not job.request.ferplus:
        return
    votes = read_votes(job.request.ferplus)
    place = _rows(job, votes)
    has = place != NONE
    if lost := int((~has).sum()):
        job.notes.caveats.append(f"{lost:,} of {len(has):,} images have no row in FER+")
    faces = job.faces
    labels = np.asarray(faces.labels)[has]
    of = Tagged(job.request.split, labels, job.folder.classes, votes.counts[place[has]])
    answers = {ENSEMBLE: combined.classes} | {
        trial: combined.trials.take([trial]).probabilities[0].argmax(axis=1)
        for trial in combined.trials.trials
    }
    made = [row for who, given in answers.items() for row in rows(who, given[has], of)]
    job.store.write_table(Paths().taggers, table(TAGGERS, made))


def _rows(job: Postprocessing, votes: Votes) -> NDArray[np.int64]:
    """(n,) the votes' row of each image; NONE where there is none."""
    faces, pixels = job.faces, job.request.ferplus_pixels
    if pixels:
        raw, _ = read_faces(Path(pixels))
        numbers = rows_by_number([str(name) for name in raw.ids])
        if numbers is None or len(raw.images) != len(votes.counts):
            raise BadInput(
                f"--ferplus-pixels {pixels} has {len(raw.images):,} images, FER+ votes on "
                f"{len(votes.counts):,} rows; expected fer2013.csv, whose rows they are"
            )
        return rows_by_pixels(np.asarray(faces.images), raw.images[np.argsort(numbers)])
    place = rows_by_number([str(name) for name in faces.ids])
    if place is None:
        raise BadInput(
            "--ferplus: the images of this data set are files without row numbers; add "
            "--ferplus-pixels fer2013.csv, by whose pixels they are told"
        )
    _check(job, votes, place)
    return place


def _check(job: Postprocessing, votes: Votes, place: NDArray[np.int64]) -> None:
    """Raises BadInput where rows are of another split: then the order is another one."""
    carved = {"training", job.request.split}  # a split that the data set lacked came from training
    inside = (place >= 0) & (place < len(votes.splits))
    if not inside.all() or not set(votes.splits[place].tolist()) <= carved:
        raise BadInput(
            f"--ferplus {job.request.ferplus}: its rows are not those of this data set's table; "
            "expected FER+'s fer2013new.csv, unsorted, for fer2013.csv"
        )
