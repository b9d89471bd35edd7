import math

import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas

from analysis.figures import faithfulness
from analysis.figures.sample_sweeps import explained
from analysis.figures.sweep_tables import SweepTables


def test_faithfulness_is_a_mean_over_images_not_over_members():
    frame = faithfulness.data(SweepTables(**explained()))
    deletion = frame[(frame["measure"] == "deletion") & (frame["method"] == "gradcam")].iloc[0]
    assert deletion["value"] == pytest.approx(0.1)
    assert deletion["n"] == 3  # images, each asked of two members
    assert deletion["high"] - deletion["value"] == pytest.approx(1.96 * 0.1 / 3**0.5, rel=1e-3)
    assert deletion["whose"] == "2 members"
    assert set(frame["measure"]) == {"deletion", "insertion", "increase", "randomised"}
    assert frame.set_index("method")["place"].loc["gradcam"].max() == 2  # above both baselines


@pytest.mark.parametrize(
    ("sizes", "split_size", "wrong", "words"),
    [
        ((9, 9), 9, 0.2, "Means are over all 9 images of the split."),
        ((4, 8), 9, 0.5, "Means are over a sample"),
        ((4, 8), 9, 0.5, "(50 % of them wrong, by design), not over the split."),
        ((4, 8), 9, math.nan, "(about half of them wrong, by design)"),
        ((4, 9), 9, 0.2, "Where n is below 9, the means are over a sample"),
        ((4, 9), 9, 0.2, "(about half of them wrong, by design)"),
        ((4, 9), 0, 0.2, "Means are over a sample"),
    ],
)
def test_which_images_the_means_are_over(sizes, split_size, wrong, words):
    assert words in faithfulness.sampled(sizes, split_size, wrong)


def test_the_share_of_wrong_answers_counts_an_image_once():
    images = [("a", 0, 1), ("a", 0, 1), ("b", 1, 1), ("c", 1, 0), ("d", 2, 2), ("e", None, 1)]
    rows = pd.DataFrame(images, columns=["image_id", "label", "prediction"])
    assert faithfulness.wrong_share(rows) == 0.5
    assert math.isnan(faithfulness.wrong_share(rows[-1:]))


def test_picture_and_caption_say_that_it_is_a_sample():
    frame = faithfulness.data(SweepTables(**explained()))
    assert "not over the split." in faithfulness.caption(frame)
    canvas = Canvas()
    faithfulness.draw(frame, canvas)
    assert "not over" in canvas.legends[0].get_title().get_text().replace("\n", " ")
