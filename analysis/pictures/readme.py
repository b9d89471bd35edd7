"""The two pictures of the repository's README: small, and never made from FER2013.

From a post-processed sweep on embedded faces, with its tables at hand:

    for picture in readme_pictures(evidence, class_means_table):
        (folder / Path(picture.file).name).write_bytes(picture.content)
"""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from analysis.pictures.class_means import class_means
from analysis.pictures.evidence import Evidence
from analysis.pictures.galleries import wrong
from analysis.pictures.picture import Picture
from orchestrator.errors import BadInput

EXPRESSIVE = ("angry", "disgust", "surprise")
"""Classes whose parts of the face (brows, nose, mouth) lie furthest apart."""


def readme_pictures(
    evidence: Evidence,
    means: pd.DataFrame,
    names: Sequence[str] = EXPRESSIVE,
    pair: tuple[int, int] | None = None,
) -> list[Picture]:
    """Three faces of one confusion, and class means of three classes; < 140 kB each.

    Args:
        evidence: answers and maps on embedded faces.
        means: columns of `results.schema.CLASS_MEANS`.
        names: classes of the second picture.
        pair: (true class, prediction) of the first one; the commonest confusion if None.

    Raises:
        BadInput: for faces that are not embedded ones, or if no face was confused.
    """
    strange = [str(name) for name in evidence.ids if not str(name).startswith("drawn-")]
    if strange:
        raise BadInput(
            f"image {strange[0]} is no embedded face; the README shows only embedded ones: "
            "post-process a sweep without --data and draw from that"
        )
    pairs = Counter((c.label, c.prediction) for c in evidence.cases if not c.right)
    if not pairs:
        raise BadInput("no face was confused, so there is no confusion to show in the README")
    label, prediction = pair or max(sorted(pairs), key=lambda one: pairs[one])
    chosen = [k for k, name in enumerate(evidence.classes) if name in names]
    return [
        wrong(evidence, label, prediction, shown=3),
        class_means(means, evidence, labels=chosen),
    ]
