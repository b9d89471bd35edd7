"""Which methods can be believed, and which of them leads, by hand."""

import pandas as pd

from analysis.pipeline.leading_method import judgement, leading_method

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


REFERENCES = (*judged("random", 0.6, 0.2), *judged("centre", 0.5, 0.3))


def leads(rows, *methods):
    return leading_method(pd.DataFrame([*REFERENCES, *rows]), methods)


def test_the_cheapest_method_that_passed_leads_and_of_equal_cost_the_better_one():
    rows = [
        *judged("gradcam", 0.49, 0.31),  # does not pass
        *judged("hirescam", 0.2, 0.7),
        *judged("layercam", 0.2, 0.8),
        *judged("gradient", 0.1, 0.9),  # better, at twice the cost
        *judged("integrated", 0.05, 0.95),  # too costly for every image
    ]
    one = leads(rows, "gradcam", "hirescam", "layercam", "gradient", "integrated")
    assert (one.method, one.passes, one.images) == ("layercam", 1, 3)
    assert one.beat == ("random", "centre")
    assert one.reason.startswith("LayerCAM leads: of the methods that are cheap enough")
    assert "about 1 pass through the net an image, 3 images judged" in one.reason
    assert one.reason.endswith("of those, the one with the best insertion.")
    alone = leads(rows[:3] + rows[-6:], "gradcam", "gradient", "integrated")
    assert (alone.method, alone.passes) == ("gradient", 2)
    assert "best insertion" not in alone.reason


def test_grad_cam_leads_where_it_passes_best_too():
    rows = [*judged("gradcam", 0.1, 0.9), *judged("hirescam", 0.2, 0.8)]
    assert leads(rows, "hirescam", "gradcam").method == "gradcam"


def test_where_none_passed_grad_cam_leads_and_the_reason_says_so():
    rows = [*judged("gradcam", 0.9, 0.1), *judged("layercam", 0.8, 0.1)]
    rows += judged("integrated", 0.05, 0.95)
    one = leads(rows, "layercam", "gradcam", "integrated")
    assert (one.method, one.beat, one.images) == ("gradcam", (), 3)
    assert "on 3 images no method that is cheap enough to explain every image beat" in one.reason
    assert leads(rows, "layercam", "integrated").method == "layercam"


def test_what_was_not_judged_leads_by_default():
    one = leading_method(pd.DataFrame(judged("gradcam", 0.1, 0.9)), ["hirescam", "gradcam"])
    assert (one.method, one.images) == ("gradcam", 0)
    assert one.reason == "Grad-CAM leads: the maps were not judged."
    one = leads(judged("occlusion", 0.1, 0.9), "occlusion", "integrated")
    assert (one.method, one.passes, one.beat) == ("occlusion", None, ())
    assert "was asked for" in one.reason
