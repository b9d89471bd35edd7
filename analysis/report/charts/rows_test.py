import math
from xml.etree import ElementTree

import pytest

from analysis.report.charts import scale, svg
from analysis.report.charts.rows import KEY_ROW, RowLayout, RowMark, draw_rows, key_lines
from analysis.report.charts.rows import rows_plot as plot_of

TEN = "x" * 10  # 67 pixels


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (500, [[12, 109]]),  # after a mark of 9, 67 of words, 21 free: 12 + 97; ends at 109 + 76
        (185, [[12, 109]]),
        (184, [[12], [12]]),
        (10, [[12], [12]]),  # a line has one entry at least
    ],
)
def test_a_key_goes_on_in_the_next_line_where_it_does_not_fit(width, lines):
    made = key_lines([("dot", TEN), ("dot hollow", TEN)], width)
    assert [[x for x, _, _ in line] for line in made] == [pytest.approx(line) for line in lines]


def test_each_line_of_a_key_moves_the_rows_down():
    marks = [RowMark(0, 0.5, math.nan, math.nan, "dot", "a")]
    key = {"dot": TEN, "dot hollow": TEN}
    drawn = [draw_rows(["a"], marks, key, "x", "", RowLayout(width)) for width in (500, 184)]
    usual, narrow = (float(ElementTree.fromstring(str(svg)).get("height")) for svg in drawn)
    assert narrow - usual == KEY_ROW


def test_names_of_rows_are_cut_to_what_the_drawing_has_room_for():
    axis, long = scale.linear([0, 1]), "n" * 50
    usual = plot_of([long], axis, "x")
    narrow = plot_of([long], axis, "x", RowLayout(svg.NARROW))
    assert usual.indent == pytest.approx(14 + 6.7 * 38)
    assert narrow.indent == pytest.approx(14 + 6.7 * 20)
    assert plot_of([], axis, "x").indent == 14


def test_an_interval_is_drawn_where_it_is_one():
    def whiskers(low, high):
        marks = [RowMark(0, 0.5, low, high, "dot second", "a")]
        return str(draw_rows(["a"], marks, {}, "x", "", RowLayout())).count("whisker")

    assert whiskers(0.4, 0.6) == 1
    assert whiskers(math.nan, math.nan) == whiskers(0.5, 0.5) == 0
    assert whiskers(math.nan, 0.6) == 1  # from the value itself
