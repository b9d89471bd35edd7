"""Which methods' maps can be believed in this run, and whose are shown first.

Judged by the ensemble's maps in `faithfulness.parquet`: image by image, lower deletion and higher
insertion than both maps that know nothing, each by more than two standard errors of the mean
difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.explain.methods.names import PASSES, REFERENCES, TITLES
from analysis.pipeline.task import ENSEMBLE

BASELINES = "random cells and a spot at the centre"

EXPECTED = "gradcam"
"""The method that readers expect: it explains every image too, and leads where none has passed."""


@dataclass(frozen=True)
class LeadingMethod:
    """The method whose maps galleries, class means and tables show first.

    Attributes:
        method: name in `analysis.explain.methods.names.NAMES`.
        beat: baselines that its maps of the ensemble beat; () where it leads for another reason.
        images: that it was judged on.
        passes: what a map costs, in passes through the net; None for a costly method.
        reason: a sentence.
    """

    method: str
    beat: tuple[str, ...]
    images: int
    passes: int | None
    reason: str


def leading_method(rows: pd.DataFrame, methods: Sequence[str]) -> LeadingMethod:
    """The cheapest method that passed; of equally cheap ones the best by insertion.

    Only methods that are cheap enough to explain every image can lead.

    Args:
        rows: of `results.schema.FAITHFULNESS`.
        methods: that were asked for, one or more.
    """
    wide = _by_image(rows)
    cheap = [method for method in methods if method in PASSES]
    passed = [method for method in cheap if wide is not None and beats(wide, method)]
    if wide is None or not passed:
        return _by_default(cheap or methods, cheap, 0 if wide is None else len(wide))
    insertion = wide["insertion"].mean()
    method, *others = sorted(passed, key=lambda name: (PASSES[name], -insertion[name]))
    equal = [other for other in others if PASSES[other] == PASSES[method]]
    best = " and, of those, the one with the best insertion" if equal else ""
    reason = (
        f"{TITLES[method]} leads: of the methods that are cheap enough to explain every image it "
        f"is the cheapest whose maps of the ensemble beat {BASELINES} in deletion and insertion "
        f"({_cost(method)} an image, {len(wide)} images judged){best}."
    )
    return LeadingMethod(method, REFERENCES, len(wide), PASSES[method], reason)


def _by_default(choices: Sequence[str], cheap: Sequence[str], judged: int) -> LeadingMethod:
    method = EXPECTED if EXPECTED in choices else choices[0]
    if not cheap:
        why = "no method that is cheap enough to explain every image was asked for"
    elif not judged:
        why = "the maps were not judged"
    else:
        why = (
            f"on {judged} images no method that is cheap enough to explain every image beat "
            f"{BASELINES} in deletion and insertion beyond chance, so do not lean on its maps"
        )
    return LeadingMethod(method, (), judged, PASSES.get(method), f"{TITLES[method]} leads: {why}.")


def _cost(method: str) -> str:
    passes = PASSES[method]
    return f"about {passes} {'pass' if passes == 1 else 'passes'} through the net"


def judgement(rows: pd.DataFrame) -> str:
    """Which methods' maps of the ensemble do better than maps that know nothing, in a sentence."""
    wide = _by_image(rows)
    if wide is None:
        return ""
    insertion = wide["insertion"].mean()
    methods = [name for name in insertion.index if name not in REFERENCES]
    order = sorted(methods, key=lambda name: -insertion[name])
    good = [TITLES[name] for name in order if beats(wide, name)]
    bad = [TITLES[name] for name in order if TITLES[name] not in good]
    beat = f"{BASELINES} in deletion and insertion"
    images = f"On {len(wide)} images, half of them answered wrongly where there are as many, "
    if not good:
        return f"{images}no method's maps of the ensemble beat {beat} beyond chance."
    verdict = f"the maps of the ensemble by {', '.join(good)} beat {beat} beyond chance"
    rest = f"; those by {', '.join(bad)} did not: do not lean on them alone here" if bad else ""
    return f"{images}{verdict} (best insertion first){rest}."


def _by_image(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Deletion and insertion of the ensemble's maps, a row an image; None if nothing is judged."""
    own = rows[rows["member"] == ENSEMBLE]
    methods = set(own["method"])
    if not methods - set(REFERENCES) or not set(REFERENCES) <= methods:
        return None
    return own.pivot_table(index="image_id", columns="method", values=["deletion", "insertion"])


def beats(wide: pd.DataFrame, method: str) -> bool:
    """Whether a method beats both references in both measures beyond chance; not if not judged."""
    if method not in wide["insertion"].columns:
        return False
    pairs: list[tuple[Any, Any]] = []
    for measure, sign in (("deletion", -1), ("insertion", 1)):
        for reference in REFERENCES:
            gain = (sign * (wide[measure, method] - wide[measure, reference])).dropna()
            error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
            pairs.append((gain.mean(), error))
    return all(mean > 2 * error for mean, error in pairs)
