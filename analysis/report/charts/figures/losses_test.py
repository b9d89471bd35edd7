import math

import pandas as pd

from analysis.report.charts.figures.losses import _pieces


def test_a_curve_is_interrupted_where_it_leaves_the_frame_or_is_not_recorded():
    rows = pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4, 5, 6, 7],
            "train_loss": [9.0, 1.0, 2.0, math.nan, 1.5, 2.5, 2.0],
            "ceiling": 2.0,
        }
    )
    assert list(_pieces(rows, "train_loss")) == [[(2, 1.0), (3, 2.0)], [(5, 1.5)], [(7, 2.0)]]


def test_a_curve_that_is_nowhere_inside_has_no_piece():
    rows = pd.DataFrame({"epoch": [1], "train_loss": [9.0], "ceiling": 2.0})
    assert list(_pieces(rows, "train_loss")) == []
