import dataclasses
import io
import pickle
import re
import warnings
from functools import cache

import pandas as pd
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text
from PIL import Image

from analysis.figures import importance
from analysis.figures import render as render_module
from analysis.figures.figure_catalogue import FIGURES, SweepTables
from analysis.figures.render import render
from analysis.figures.sample_sweeps import CASES

EVERYTHING = CASES["everything"]


UNNAMED = {"reliability", "rungs", "faithfulness", "importance"}
"""Figures that write no name from a file."""


@pytest.fixture(autouse=True)
def quicker(monkeypatch):
    monkeypatch.setattr(importance, "SHUFFLES", 5)
    monkeypatch.setattr(render_module, "DPI", 50)


pictures = {}
"""Of a figure's name and frame: a picture is made of nothing else, and cases share frames."""


@cache
def drawn(name, case):
    figure, tables = FIGURES[name], CASES[case]
    if tables.missing(figure.needs):
        return render(name, figure, tables)
    frame = figure.data(tables)
    key = name, pickle.dumps(frame)
    if key not in pictures:
        same = dataclasses.replace(figure, data=lambda _: frame)
        pictures[key] = render(name, same, tables)
    return pictures[key]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_every_sweep_or_says_why_not(name, case):
    picture, reason = drawn(name, case)
    if picture is None:
        assert reason
        return
    assert not reason
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.format == "PNG"
        assert image.size == (picture.width, picture.height)
        assert len(image.convert("RGB").getcolors(1 << 16)) > 5
    assert picture.file == f"{name}.png"
    assert picture.kind == "figure"
    assert re.search(r"\d", picture.caption)
    assert picture.caption.endswith(".")
    assert "nan" not in picture.caption.lower()


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_where_everything_is_there(name):
    assert drawn(name, "everything")[0] is not None


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_a_frame_then_a_labelled_drawing_and_the_same_each_time(name):
    figure, canvases = FIGURES[name], []
    frame = figure.data(EVERYTHING)
    before = frame.copy()

    def draw(frame, canvas):
        figure.draw(frame, canvas)
        canvases.append(canvas)

    seen = dataclasses.replace(figure, data=lambda _: frame, draw=draw)
    again = render(name, seen, EVERYTHING)[0]
    assert again.content == drawn(name, "everything")[0].content
    pd.testing.assert_frame_equal(frame, before)
    assert any(ax.get_xlabel() for ax in canvases[0].axes)
    assert figure.needs


@pytest.mark.parametrize("name", FIGURES)
def test_no_name_is_read_as_a_formula(name):
    tables, canvas = CASES["hostile"], Canvas(layout="constrained")
    frame = FIGURES[name].data(tables)
    if frame.empty:
        pytest.skip("not drawn of these")
    FIGURES[name].draw(frame, canvas)
    texts = [text.get_text() for text in canvas.findobj(Text)]
    assert any("$" in text for text in texts) or name in UNNAMED
    assert [text for text in texts if is_math_text(text)] == []
    assert [text for text in texts if len(max(text.split("\n"), key=len)) > 120] == []


def test_a_missing_table_is_named():
    picture, reason = render("confusion", FIGURES["confusion"], SweepTables())
    assert picture is None
    assert reason == "nothing in answers"
    only_trials = SweepTables(trials=EVERYTHING.trials)
    reason = render("rungs", FIGURES["rungs"], only_trials)[1]
    assert reason == "nothing in epochs and record"


def test_a_picture_has_the_size_that_was_drawn_and_stays_small(monkeypatch):
    monkeypatch.setattr(render_module, "DPI", 110)
    figure = FIGURES["accuracy_by_architecture"]
    picture = render("accuracy_by_architecture", figure, CASES["200 trials"])[0]
    assert picture.width == 990
    assert len(picture.content) < 100_000


def test_a_script_that_the_font_lacks_warns_nobody():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert render("recall", FIGURES["recall"], CASES["hostile"])[0]
