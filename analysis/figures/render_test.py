import dataclasses

import pandas as pd

from analysis.figures import render as render_module
from analysis.figures.figure_catalogue import Figure
from analysis.figures.render import render
from analysis.figures.sample_sweeps import frames, trial
from analysis.figures.style import shown
from analysis.figures.sweep_tables import SweepTables


def one_bar(frame, canvas):
    canvas.set_size_inches(3.0, 2.0)
    canvas.subplots().bar(["a"], frame["height"])


HEIGHTS = Figure(
    data=lambda tables: pd.DataFrame({"height": tables.trials["validation_accuracy"].dropna()}),
    draw=one_bar,
    caption=lambda frame: f"{len(frame)} bar.",
    title="Heights",
    needs=("trials",),
    empty="nothing was high",
)


def test_a_frame_with_rows_becomes_a_picture_of_the_size_that_was_drawn(monkeypatch):
    monkeypatch.setattr(render_module, "DPI", 110)  # others draw smaller, to be sooner done
    tables = SweepTables(**frames(trials=[trial("a", accuracy=0.5)]))
    picture, reason = render("heights", HEIGHTS, tables)
    assert reason == ""
    assert (picture.file, picture.kind, picture.title) == ("heights.png", "figure", "Heights")
    assert picture.caption == "1 bar."
    assert (picture.width, picture.height) == (330, 220)


def test_without_a_needed_table_or_without_rows_the_reason_is_given():
    assert render("heights", HEIGHTS, SweepTables()) == (None, "nothing in trials")
    unmeasured = SweepTables(**frames(trials=[trial("a", "failed", None)]))
    assert render("heights", HEIGHTS, unmeasured) == (None, "nothing was high")


def test_what_the_font_lacks_stands_in_the_caption_by_number():
    def named_bar(frame, canvas):
        canvas.subplots().bar([shown("愤怒")], frame["height"])

    tables = SweepTables(**frames(trials=[trial("a", accuracy=0.5)]))
    figure = dataclasses.replace(HEIGHTS, draw=named_bar)
    picture, _ = render("heights", figure, tables)
    expected = "1 bar. Numbers stand for what the chart's font lacks: [1] 愤怒."
    assert picture.caption == expected
    assert picture.content == render("heights", figure, tables)[0].content
