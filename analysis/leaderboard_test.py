from analysis.leaderboard import leaderboard, markdown
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
