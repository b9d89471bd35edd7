"""Baselines and the table of regions, on maps and rows that can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.explain.evaluation.baselines import (
    canonical_baselines,
    centre,
    drawn_baselines,
    hits,
    region_rows,
)
from analysis.explain.face_regions import REGIONS, canonical, shares
from results.schema import REGIONS as SCHEMA
from results.schema import table

MOUTH = REGIONS.index("mouth")


def cams(*rows):
    """Rows of CAMS: (image, label, prediction, shares or None), of one member and method."""
    return pd.DataFrame(
        [
            {
                "image_id": image,
                "label": np.uint8(label),
                "prediction": np.uint8(prediction),
                "member": "ensemble",
                "method": "gradcam",
                "rule": "prediction",
                **dict(zip(REGIONS, [np.nan] * 5 if given is None else given, strict=True)),
            }
            for image, label, prediction, given in rows
        ]
    )


def of_region(rows, region, **wanted):
    (row,) = [
        row
        for row in rows
        if row["region"] == region and all(row[k] == v for k, v in wanted.items())
    ]
    return row


def test_baselines_are_the_shares_of_an_even_map_and_of_a_spot_in_the_middle():
    baselines = canonical_baselines()
    area = np.bincount(canonical().ravel(), minlength=5) / 48**2
    np.testing.assert_allclose(baselines.uniform[0], area, atol=1e-6)
    np.testing.assert_allclose(baselines.centre, shares(centre(48, 48)[None]), atol=1e-6)
    # the nose is in the middle: 8 % of the area and 25 % of the spot
    nose = REGIONS.index("nose")
    assert baselines.uniform[0, nose] == pytest.approx(0.076, abs=0.001)
    assert baselines.centre[0, nose] == pytest.approx(0.248, abs=0.001)


def test_the_spot_has_a_standard_deviation_of_ten_pixels_of_48():
    row = centre(480, 480)[240]  # ten times finer: 100 pixels from the middle is one sigma
    assert row[340] / row[240] == pytest.approx(np.exp(-0.5), abs=0.01)
    np.testing.assert_allclose(centre(48, 96), centre(48, 96)[::-1, ::-1], rtol=1e-6)


def test_drawn_baselines_are_each_images_own():
    masks = np.zeros((2, 4, 4), np.uint8)
    masks[0, :2] = MOUTH
    baselines = drawn_baselines(masks, np.array(["a", "b"]))
    np.testing.assert_allclose(baselines.uniform, [[0.5, 0, 0, 0, 0.5], [1, 0, 0, 0, 0]])
    np.testing.assert_allclose(baselines.centre, baselines.uniform)  # by symmetry


def test_rows_are_means_with_normal_intervals():
    given = [("a", 3, 3, (0.8, 0, 0, 0, 0.2)), ("b", 3, 3, (0.4, 0, 0, 0, 0.6))]
    rows = region_rows(cams(*given), canonical_baselines())
    assert [row["region"] for row in rows] == list(REGIONS)
    mouth = of_region(rows, "mouth")
    assert (mouth["n"], mouth["correct"], mouth["masks"]) == (2, True, "canonical")
    assert mouth["share"] == pytest.approx(0.4)
    # deviation 0.2828, standard error 0.2, both ends cut to [0, 1]
    assert mouth["high"] == pytest.approx(0.4 + 1.96 * 0.2, abs=1e-4)
    assert mouth["low"] == pytest.approx(0.4 - 1.96 * 0.2, abs=1e-4)
    assert of_region(rows, "rest")["high"] == pytest.approx(0.6 + 1.96 * 0.2, abs=1e-4)
    assert of_region(rows, "nose")["high"] == 0


def test_right_and_wrong_answers_and_classes_stand_apart():
    given = [
        ("a", 3, 3, (0, 0, 0, 0, 1)),
        ("b", 3, 5, (0, 0, 1, 0, 0)),
        ("c", 4, 4, (1, 0, 0, 0, 0)),
    ]
    rows = region_rows(cams(*given), canonical_baselines())
    assert len(rows) == 15
    assert of_region(rows, "mouth", label=3, correct=True)["share"] == 1
    assert of_region(rows, "mouth", label=3, correct=False)["share"] == 0
    assert of_region(rows, "rest", label=4, correct=True)["share"] == 1
    assert np.isnan(of_region(rows, "rest", label=4, correct=True)["low"])  # of one image


def test_baselines_are_averaged_over_the_images_of_a_row_that_have_a_map():
    masks = np.zeros((3, 4, 4), np.uint8)
    masks[0] = MOUTH
    masks[2] = MOUTH
    baselines = drawn_baselines(masks, np.array(["a", "b", "c"]))
    half = (0.5, 0, 0, 0, 0.5)
    given = [("a", 0, 0, half), ("b", 0, 0, half), ("c", 0, 0, None), ("c", 1, 1, half)]
    rows = region_rows(cams(*given), baselines)
    mouth = of_region(rows, "mouth", label=0)
    assert (mouth["n"], mouth["uniform"], mouth["masks"]) == (2, 0.5, "drawn")
    assert of_region(rows, "mouth", label=1)["centre"] == pytest.approx(1)


def test_a_group_without_any_map_says_so():
    rows = region_rows(cams(("a", 0, 0, None)), canonical_baselines())
    assert [row["n"] for row in rows] == [0] * 5
    assert all(np.isnan(row[c]) for row in rows for c in ("share", "low", "high", "uniform"))


def test_rows_fit_their_table():
    given = cams(("a", 0, 0, (1, 0, 0, 0, 0)), ("b", 1, 0, None))
    assert table(SCHEMA, region_rows(given, canonical_baselines())).num_rows == 10
    assert region_rows(given[:0], canonical_baselines()) == []


def test_an_image_without_masks_is_named():
    baselines = drawn_baselines(np.zeros((1, 4, 4), np.uint8), np.array(["a"]))
    with pytest.raises(KeyError, match="no masks of image b"):
        region_rows(cams(("b", 0, 0, (1, 0, 0, 0, 0))), baselines)


def test_pointing_hits_where_the_largest_value_lies_on_a_wanted_region():
    masks = np.zeros((4, 8, 8), np.uint8)
    masks[:, :, :4] = MOUTH
    maps = np.zeros((4, 2, 2), np.float32)
    maps[0, 0, 0] = 1  # left: the mouth
    maps[1, 0, 1] = 1  # right: the rest
    maps[2, 0, 0], maps[2, 1, 1] = 1, 2
    wanted = np.zeros((4, 5), bool)
    wanted[:, MOUTH] = True
    assert hits(maps, masks, wanted).tolist() == [True, False, False, False]
    wanted[1] = [True, False, False, False, False]
    assert hits(maps, masks, wanted).tolist() == [True, True, False, False]
