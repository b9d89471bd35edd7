"""Mean maps of a class, by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.explain.class_means import ClassMeans
from results.schema import CLASS_MEANS, table


def cams(*rows, side=2):
    """(member, label, prediction, map) as rows of CAMS."""
    return pd.DataFrame(
        [
            {
                "image_id": str(i),
                "member": member,
                "method": "gradcam",
                "rule": "prediction",
                "label": np.uint8(label),
                "prediction": np.uint8(prediction),
                "cam_h": side,
                "cam_w": len(cam) // side,
                "cam": np.asarray(cam, np.float16),
            }
            for i, (member, label, prediction, cam) in enumerate(rows)
        ]
    )


def class_mean_rows(*pieces):
    means = ClassMeans()
    for piece in pieces:
        means.add(piece)
    return means.rows()


def test_mean_and_deviation_cell_by_cell():
    (row,) = class_mean_rows(cams(("a", 3, 3, [1, 0, 0, 0.5]), ("a", 3, 3, [0, 0, 1, 0.5])))
    assert (row["label"], row["correct"], row["n"]) == (3, True, 2)
    assert (row["cam_h"], row["cam_w"]) == (2, 2)
    np.testing.assert_allclose(row["mean"], [0.5, 0, 0.5, 0.5])
    np.testing.assert_allclose(row["std"], [0.5, 0, 0.5, 0])


def test_zero_maps_count_and_contrasts_stay_signed():
    (row,) = class_mean_rows(cams(("a", 3, 4, [-1, 1, 0.5, 0]), ("a", 3, 4, [0, 0, 0, 0])))
    assert (row["correct"], row["n"]) == (False, 2)
    np.testing.assert_allclose(row["mean"], [-0.5, 0.5, 0.25, 0])


def test_members_classes_right_and_wrong_stand_apart():
    rows = class_mean_rows(
        cams(
            ("b", 0, 0, [1, 1, 1, 1]),
            ("a", 0, 0, [1, 0, 0, 0]),
            ("a", 0, 1, [0, 1, 0, 0]),
            ("a", 1, 1, [0, 0, 1, 0]),
        )
    )
    means_by_group = {(r["member"], r["label"], r["correct"]): r["mean"].tolist() for r in rows}
    assert means_by_group == {
        ("a", 0, False): [0, 1, 0, 0],
        ("a", 0, True): [1, 0, 0, 0],
        ("a", 1, True): [0, 0, 1, 0],
        ("b", 0, True): [1, 1, 1, 1],
    }


def test_half_precision_does_not_add_up_to_a_wrong_mean():
    # 5,000 ones are 2,048 where float16 adds them up
    (row,) = class_mean_rows(cams(*[("a", 0, 0, [1, 1, 1, 0.1])] * 5000))
    np.testing.assert_allclose(row["mean"], [1, 1, 1, np.float16(0.1)], rtol=1e-6)
    np.testing.assert_allclose(row["std"], 0, atol=1e-6)


def test_lists_do_as_well_as_arrays_and_maps_need_not_be_square():
    frame = cams(("a", 0, 0, [1, 0, 0, 0, 0, 0]), side=2)
    frame["cam"] = [list(map(float, cam)) for cam in frame["cam"]]
    (row,) = class_mean_rows(frame)
    assert (row["cam_h"], row["cam_w"], len(row["mean"])) == (2, 3, 6)


@pytest.mark.parametrize("n", [0, 3])
def test_rows_fit_their_table(n):
    frame = cams(*[("a", i, i, [1, 0, 0, 0]) for i in range(3)])[:n]
    written = table(CLASS_MEANS, class_mean_rows(frame))
    assert written.num_rows == n


def test_pieces_add_up_to_the_whole():
    maps = np.random.default_rng(0).random((7, 4)).astype(np.float16)
    frame = cams(*[("a", 3, 3, cam) for cam in maps])
    (at_once,), (in_pieces,) = class_mean_rows(frame), class_mean_rows(frame[:2], frame[2:])
    assert in_pieces["n"] == 7
    np.testing.assert_allclose(in_pieces["mean"], at_once["mean"], rtol=1e-6)
    np.testing.assert_allclose(in_pieces["std"], at_once["std"], rtol=1e-6)
    np.testing.assert_allclose(at_once["std"], maps.astype(float).std(axis=0), rtol=1e-6)
