import math
from xml.etree import ElementTree

import pandas as pd

from analysis.report.charts import svg
from analysis.report.charts.figures.parallel_coordinates import _pieces, draw


def lines(axes, trials=2):
    """So many trials, each through all of these axes; the last one is the accuracy's."""
    rows = [
        {
            "trial": str(trial),
            "finished": True,
            "best": trial == 0,
            "accuracy": 0.5 + 0.1 * trial,
            "axis": axis,
            "setting": "validation accuracy" if axis == axes - 1 else f"setting {axis}",
            "scale": "linear",
            "value": str(trial),
            "height": float(trial),
        }
        for trial in range(trials)
        for axis in range(axes)
    ]
    return pd.DataFrame(rows)


def test_a_line_is_interrupted_where_its_trial_lacks_a_setting():
    line = pd.DataFrame({"axis": [0, 1, 2, 3, 4], "height": [1.0, math.nan, 0.0, 1.0, math.nan]})
    pieces = _pieces(line, 100.0)
    assert [[x for x, _ in piece] for piece in pieces] == [[30], [230, 330]]
    assert _pieces(line.assign(height=math.nan), 100.0) == []


def widths(axes):
    frame = lines(axes)
    drawn = (draw(frame, "", width) for width in (svg.USUAL, svg.NARROW))
    return tuple(float(ElementTree.fromstring(str(each)).get("width")) for each in drawn)


def test_axes_stand_150_pixels_apart_or_as_close_as_a_narrow_screen_asks():
    assert widths(3) == (30 + 2 * 150 + 140, 360)
    assert widths(6) == (30 + 5 * 150 + 140, 360)
    assert widths(8) == (30 + 7 * 150 + 140, 30 + 7 * 54 + 52)  # closer nobody could read them


def test_on_a_narrow_screen_the_last_axis_is_called_accuracy_and_stays_inside():
    for axes in (2, 5):
        drawn = ElementTree.fromstring(str(draw(lines(axes), "", svg.NARROW)))
        last = [e for e in drawn.iter() if (e.text or "").strip() == "accuracy"]
        assert [(e.get("text-anchor"), float(e.get("x"))) for e in last] == [("end", 356.0)]
