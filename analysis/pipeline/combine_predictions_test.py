"""What the ensemble answers, as rows, by hand."""

import math

import numpy as np
import pytest

from analysis.ensemble.choose import Answers
from analysis.ensemble.stored_predictions import StoredPredictions
from analysis.pipeline.combine_predictions import CombinedPredictions, _in_order, answer_table
from analysis.pipeline.predict import SplitImages
from orchestrator.errors import BadInput
from results.schema import ANSWERS

IMAGES = SplitImages(
    "test", np.array(["x", "y"]), np.array([0, 1], np.uint8), {"y"}, ("anger", "joy", "fear")
)
MEMBERS = np.array(
    [[[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]], [[0.4, 0.5, 0.1], [0.2, 0.2, 0.6]]], np.float32
)


def stored(ids):
    return StoredPredictions(
        ("a", "b"), MEMBERS, np.array([1, 0]), np.array(ids), np.array([True, False])
    )


def both(probabilities):
    return Answers(probabilities, probabilities)


def test_a_row_an_image_with_confidence_margin_entropy_and_agreement():
    ensemble = both(MEMBERS.mean(axis=0))
    combined = CombinedPredictions(IMAGES, stored(["x", "y"]), ensemble, both(MEMBERS[1]))
    assert combined.classes.tolist() == [0, 2]
    table = answer_table(combined, MEMBERS)
    assert table.schema == ANSWERS
    first, second = table.to_pylist()
    assert (first["prediction_name"], first["correct"], first["best_single"]) == ("anger", True, 1)
    assert (second["prediction_name"], second["correct"]) == ("fear", False)
    assert first["confidence"] == pytest.approx(0.6)
    assert first["margin"] == pytest.approx(0.3)
    entropy = -sum(p * math.log(p) for p in (0.6, 0.3, 0.1))
    assert first["entropy"] == pytest.approx(entropy, rel=1e-5)
    assert (first["agreement"], second["agreement"]) == (0.5, 1)
    assert (first["also_in_training"], second["also_in_training"]) == (False, True)


def test_stored_probabilities_are_put_in_the_order_of_the_split():
    ordered = _in_order(stored(["y", "x"]), IMAGES)
    assert ordered.ids.tolist() == ["x", "y"]
    assert ordered.labels.tolist() == [0, 1]
    np.testing.assert_array_equal(ordered.probabilities, MEMBERS[:, ::-1])
    with pytest.raises(BadInput, match="the data set has 2 others"):
        _in_order(stored(["x", "z"]), IMAGES)
