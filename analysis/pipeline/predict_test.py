"""A split's probabilities as a table, by hand."""

import numpy as np
import pytest

from analysis.pipeline.predict import SplitImages, prediction_table
from results.schema import PREDICTIONS

IMAGES = SplitImages(
    "test", np.array(["a", "b"]), np.array([1, 0], np.uint8), {"b"}, ("anger", "joy")
)


def test_a_row_an_image_as_the_sweep_writes_them():
    table = prediction_table(IMAGES, np.array([[0.25, 0.75], [0.5, 0.5]]), epoch=7)
    assert table.schema == PREDICTIONS
    first, second = table.to_pylist()
    assert (first["image_id"], first["split"], first["label_name"]) == ("a", "test", "joy")
    assert first["probability"] == pytest.approx([0.25, 0.75])
    assert (first["epoch"], first["also_in_training"]) == (7, False)
    assert second["also_in_training"] is True


def test_images_that_stand_in_training_are_not_clean():
    assert IMAGES.clean.tolist() == [True, False]
