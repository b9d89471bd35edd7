"""Each sentence of a picture's caption only where it is true of what is drawn."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.pictures.class_mean_grid import class_mean_grid
from analysis.pictures.contact_sheet import contact_sheet
from analysis.pictures.feature_map_grid import feature_map_grid
from analysis.pictures.filter_grid import filter_grid
from analysis.pictures.galleries import right, wrong, wrongs
from analysis.pictures.ideal_images import ideal_images
from analysis.pictures.method_comparison import method_comparison
from analysis.pictures.overview import overview
from analysis.pictures.scenes_test import (
    ANSWERS,
    SCENES,
    answer,
    cam,
    evidence_of,
    mean_row,
    usual_cams,
)

USUAL, BARE, ONE = (SCENES[name]() for name in ("usual", "no maps", "one member"))
ALONE = dataclasses.replace(USUAL, averaged=False)
ONCE = evidence_of([*ANSWERS, answer("c1", 2, 0, 0.9)], [])
TWO = evidence_of(ANSWERS, [*usual_cams(), *usual_cams(method="two")])
HALF = [[0.0, 0.5], [0.25, 0.0]]
JUDGED = pd.DataFrame(
    [
        {"member": "ensemble", "method": "gradcam", "image_id": "a0"}
        | {"deletion": 0.2, "insertion": 1}
    ]
)


def means(*n, std=0.1):
    rows = [mean_row(place, True, count, HALF, std) for place, count in enumerate(n)]
    return class_mean_grid(pd.DataFrame(rows, columns=list(mean_row(0, True, 1, HALF))), USUAL)


def features(count, maps=3):
    layers = {f"c{place}": np.ones((4, 4, maps)) for place in range(count)}
    return feature_map_grid(USUAL.face(USUAL.cases[0]), layers, USUAL.cases[0], USUAL.classes)


def ideal(*images):
    return ideal_images(
        np.asarray(images, float), {f"filter {i}": 1.0 for i in range(len(images))}, "filters"
    )


RAMP, EVEN = [[0.0, 1.0]], [[0.5, 0.5]]

CAPTIONS = {
    "overview": (
        lambda: overview(USUAL),
        ("Beside each face: the evidence", "7 validation images (4"),
        (),
    ),
    "overview without maps": (
        lambda: overview(BARE),
        ("No maps: gradcam was not computed", "Below: how many images"),
        ("Beside each face", "and why", "Each map"),
    ),
    "overview of all classes": (lambda: overview(USUAL), (), ("largest of",)),
    "overview of some": (
        lambda: overview(SCENES["thirty classes"]()),
        ("Only the 8 largest of 30 classes are shown.", "(0 right, 30 wrong)"),
        (),
    ),
    "maps of an ensemble": (
        lambda: overview(USUAL),
        ("mean of its members' maps",),
        ("of member",),
    ),
    "maps of an ensemble of one": (
        lambda: overview(ALONE),
        ("of the single model, ",),
        ("ensemble", "layer of", "mean of its"),
    ),
    "maps of a member": (lambda: overview(ONE), ("of member abc",), ("The ensemble's map",)),
    "faces at random": (lambda: contact_sheet(USUAL), ("7 of 7", "4 right, 3 wrong"), ()),
    "faces at random, no maps": (lambda: contact_sheet(BARE), ("No maps",), ("evidence for what",)),
    "recognised": (
        lambda: right(USUAL, 1),
        ("beside the map of what spoke for happy",),
        ("evenly",),
    ),
    "recognised, no maps": (lambda: right(BARE, 1), ("2 of 2 shown",), ("beside the map",)),
    "mistakes": (
        lambda: wrong(USUAL, 0, 1),
        ("the evidence for happy (the prediction)", "happy (red) against angry (blue)"),
        (),
    ),
    "mistakes, no maps": (
        lambda: wrong(BARE, 0, 1),
        ("Each row: the face.",),
        ("the evidence", "(red)"),
    ),
    "confused once": (lambda: wrongs(ONCE)[-1], ("1 face, the only one of its",), ("faces, each",)),
    "two confused once": (
        lambda: wrongs(
            evidence_of([*ANSWERS, answer("c1", 2, 0, 0.9), answer("b2", 1, 0, 0.9)], [])
        )[-1],
        ("2 faces, each the only one",),
        (),
    ),
    "several methods": (
        lambda: method_comparison(TWO, ["gradcam", "two"]),
        ("Where methods disagree", "3 recognised and 3 not"),
        ("Not computed", "del and ins"),
    ),
    "one method": (
        lambda: method_comparison(USUAL, ["gradcam"], JUDGED),
        ("divided by its own largest", "del and ins"),
        ("disagree",),
    ),
    "no method": (
        lambda: method_comparison(BARE, ["gradcam", "two"], JUDGED),
        ("by no method", "Not computed: gradcam, two."),
        ("Each map", "disagree", "del and ins"),
    ),
    "means of many images": (
        lambda: means(12, 20, 30),
        ("on 62 validation images",),
        ("noise", "shown"),
    ),
    "means of few images": (lambda: means(12, 9), ("Means of fewer than 10 images",), ()),
    "means that do not vary": (
        lambda: means(12, std=0.0),
        ("share one scale",),
        ("deviations share",),
    ),
    "means that vary": (lambda: means(12), ("standard deviations share one over all",), ()),
    "no means": (lambda: means(), ("No maps",), ("share one scale", "averaging")),
    "layers": (
        lambda: features(2),
        ("its strongest maps for this face, at most 8",),
        ("left out",),
    ),
    "more layers than fit": (lambda: features(10), ("2 of 10 layers are left out.",), ()),
    "filters of one channel": (
        lambda: filter_grid(np.ones((3, 3, 1, 16)), "c1"),
        ("all 16 filters",),
        ("summed", "first", "of trial"),
    ),
    "filters of many channels": (
        lambda: filter_grid(np.ones((3, 3, 2, 16)), "c1", "abc", shown=4),
        ("first 4 of 16 filters", "summed over 2 input channels", "of trial abc"),
        ("all 16",),
    ),
    "an ideal image": (
        lambda: ideal(RAMP),
        ("1 image made", "it is nobody's face."),
        ("gray", "faces"),
    ),
    "ideal images": (lambda: ideal(RAMP, RAMP), ("2 images made", "they are nobody's faces."), ()),
    "an even ideal image": (
        lambda: ideal(RAMP, EVEN),
        ("gray all over where all pixels are alike",),
        (),
    ),
}
"""Situation -> what draws the picture, what its caption or title says, what not."""


@pytest.mark.parametrize("situation", CAPTIONS)
def test_a_caption_says_what_holds_here_and_nothing_else(situation):
    draw, printed, absent = CAPTIONS[situation]
    picture = draw()
    text = f"{picture.title}: {picture.caption}"
    assert [words for words in printed if words not in text] == []
    assert [words for words in absent if words in text] == []


def test_every_map_that_is_shown_is_divided_by_its_own_largest_value():
    twice = evidence_of(ANSWERS, usual_cams(values=[[0.0, 1.0], [0.5, 0.25]]))
    small = evidence_of(ANSWERS, [cam("a0", 0, 0, values=[[0.0, 1.0], [0.5, 0.25]], raw_max=0.1)])
    first, second = (one.layers(one.cases[0]).map for one in (twice, small))
    assert first == second  # 3.0 and 0.1 were their largest values
