import pytest
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Canvas

from analysis.figures import confusion, recall, reliability
from analysis.figures.sample_sweeps import CASES, frames, record
from analysis.figures.style import AMOUNTS
from analysis.figures.sweep_tables import SweepTables
from orchestrator.metrics import interval


def test_confusion_counts_and_shares_by_hand():
    # Labels 0 0 0 0 1 1; said 0 0 0 1 1 0; best single always 0.
    labels, predictions = [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0]
    rows = [
        {"image_id": str(i), "split": "test", "label": a, "prediction": b, "best_single": 0}
        for i, (a, b) in enumerate(zip(labels, predictions, strict=True))
    ]
    frame = confusion.data(SweepTables(**frames(answers=rows), record=record(("x", "y"))))
    ensemble = frame[frame["who"] == "ensemble"]
    assert ensemble["count"].tolist() == [3, 1, 1, 1]
    assert ensemble["share"].tolist() == [0.75, 0.25, 0.5, 0.5]
    assert ensemble["right"].unique().tolist() == [4 / 6]
    assert (ensemble["low"].iloc[0], ensemble["high"].iloc[0]) == interval(4, 6)
    single = frame[frame["who"] == "best single"]
    assert single["count"].tolist() == [4, 0, 2, 0]
    assert "y as x 1" in confusion.caption(frame)


def test_a_cell_s_text_can_be_read_on_its_colour():
    canvas = Canvas()
    confusion.draw(confusion.data(CASES["everything"]), canvas)
    shades = colormaps[AMOUNTS]
    for ax in canvas.axes[:2]:
        cells = ax.images[0].get_array()
        for text in ax.texts:
            column, row = text.get_position()
            pair = sorted(
                confusion.luminance(c)
                for c in (shades(cells[row, column]), to_rgb(text.get_color()))
            )
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5  # WCAG 2.1, AA


@pytest.mark.parametrize(
    ("split", "how", "accuracy", "words"),
    [
        ("test", "measured", 0.5, "test split"),
        ("validation", "cross-validated", 0.5, "validation split (cross-validated)"),
        ("validation", "measured", 0.5, "validation split"),
        ("validation", "cross-validated", 0.75, "validation split"),  # of other answers
    ],
)
@pytest.mark.parametrize("figure", [confusion, recall, reliability])
def test_captions_say_which_answers_are_cross_validated(figure, split, how, accuracy, words):
    rows = [
        {"image_id": str(i), "split": split, "label": 0, "prediction": i, "correct": i == 0}
        | {"confidence": 0.6}
        for i in range(2)
    ]
    score = {"who": "ensemble", "split": split, "images": "all", "metric": "accuracy", "how": how}
    made = frames(answers=rows, scores=[score | {"value": accuracy}])
    caption = figure.caption(figure.data(SweepTables(**made, record=record(("x", "y")))))
    assert words in caption
    assert ("cross-validated" in caption) is ("cross-validated" in words)
