import math

import pandas as pd

from analysis.leaderboard import clean_accuracy, leaderboard, markdown
from results.schema import TRIALS, table


def frame(*rows):
    return table(TRIALS, rows).to_pandas()


def test_best_accuracy_first_then_lower_loss_and_unmeasured_left_out():
    trials = frame(
        {"trial": "a", "number": 0, "validation_accuracy": 0.5, "validation_loss": 1.2},
        {"trial": "b", "number": 1, "validation_accuracy": 0.7, "validation_loss": 1.0},
        {"trial": "c", "number": 2, "validation_accuracy": 0.5, "validation_loss": 1.1},
        {"trial": "d", "number": 3, "status": "failed"},
    )
    assert leaderboard(trials)["trial"].tolist() == ["b", "c", "a"]


def test_markdown_rounds_and_escapes():
    trials = frame(
        {
            "trial": "a",
            "architecture": "odd|name",
            "validation_accuracy": 0.69876,
            "parameters": 2439463,
        }
    )
    row = markdown(leaderboard(trials)).splitlines()[2]
    assert "odd\\|name" in row
    assert "0.6988" in row
    assert "2,439,463" in row


def test_copies_of_training_images_are_left_out_of_the_clean_accuracy():
    predictions = pd.DataFrame(
        {
            "label": [0, 1, 1, 0],
            "probability": [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]],
            "also_in_training": [True, False, False, False],
        }
    )
    assert clean_accuracy(predictions) == 2 / 3
    assert math.isnan(clean_accuracy(predictions[:1]))


def test_the_clean_accuracy_stands_beside_the_other():
    board = leaderboard(frame({"trial": "a", "validation_accuracy": 0.5}), {"a": 0.25})
    assert board.loc[0, ["accuracy", "without copies"]].tolist() == [0.5, 0.25]
