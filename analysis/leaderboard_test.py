import math

import pandas as pd

from analysis.leaderboard import clean_accuracy, in_order, leaderboard
from results.schema import TRIALS, table

PREDICTIONS = pd.DataFrame(
    {
        "label": [0, 1, 1, 0],
        "probability": [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]],
        "also_in_training": [True, False, False, False],
    }
)


def test_a_table_of_trials_makes_a_board_nulls_and_all():
    rows = [
        {"trial": "a", "number": 0, "validation_accuracy": 0.5, "dropout": 0.1},
        {"trial": "b", "number": 1, "validation_accuracy": 0.7, "dropout": 0.2},
        {"trial": "d", "number": 3, "status": "failed", "parameters": 3},
    ]
    board = leaderboard(table(TRIALS, rows).to_pandas(), {"b": 0.25})
    assert board.headings[:5] == ("rank", "dropout", "accuracy", "without copies", "trial")
    first, second = board.table(digits=2)
    assert first[:5] == ("1", "0.2", "0.70", "0.25", "b")
    assert second[:5] == ("2", "0.1", "0.50", "\N{EN DASH}", "a")


def test_copies_of_training_images_are_left_out_of_the_clean_accuracy():
    assert clean_accuracy(PREDICTIONS) == 2 / 3


def test_without_copies_or_with_nothing_else_there_is_no_clean_accuracy():
    assert math.isnan(clean_accuracy(PREDICTIONS[:1]))
    assert math.isnan(clean_accuracy(PREDICTIONS[1:]))


def test_rows_in_order_are_those_of_the_leaderboard():
    rows = [
        {"trial": trial, "number": number, "validation_accuracy": a, "validation_loss": loss}
        for number, (trial, a, loss) in enumerate(
            [("x", None, None), ("c", 0.5, 0.9), ("b", 0.5, 0.4), ("d", 0.5, 0.9), ("a", 0.6, 2.0)]
        )
    ]
    frame = pd.DataFrame(rows)
    assert in_order(frame)["trial"].tolist() == ["a", "b", "c", "d", "x"]
    assert [row["trial"] for row in leaderboard(frame).rows] == ["a", "b", "c", "d"]
