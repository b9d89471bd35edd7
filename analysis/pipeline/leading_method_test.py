"""Which methods can be believed, by hand."""

import pandas as pd

from analysis.pipeline.leading_method import judgement

SPREAD = (-0.02, 0.0, 0.02)
"""Added to the numbers of three images: a standard error of 0.012 a method."""


def judged(method, deletion, insertion):
    row = {"member": "ensemble", "method": method}
    return [
        row | {"image_id": str(i), "deletion": deletion + shift, "insertion": insertion - shift}
        for i, shift in enumerate(SPREAD if method not in ("random", "centre") else (0, 0, 0))
    ]


def test_only_methods_that_beat_both_references_beyond_chance_are_recommended():
    rows = [
        *judged("random", 0.6, 0.2),
        *judged("centre", 0.5, 0.3),
        *judged("integrated", 0.1, 0.9),
        *judged("occlusion", 0.2, 0.8),
        *judged("gradcam", 0.49, 0.31),  # better by less than two standard errors
        *judged("layercam", 0.55, 0.6),  # deletion no better than the spot at the centre
    ]
    sentence = judgement(pd.DataFrame(rows))
    assert "by Integrated gradients, Occlusion beat random cells" in sentence
    assert "those by LayerCAM, Grad-CAM did not" in sentence
    assert judgement(pd.DataFrame(rows[6:])) == ""
    assert "no method's maps" in judgement(pd.DataFrame([*rows[:6], *judged("gradcam", 0.9, 0.1)]))
