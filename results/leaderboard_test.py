from results.leaderboard import common, leaderboard, markdown

SGD = {
    "architecture": "cnn5",
    "preprocessing": "plain",
    "optimizer": "sgd",
    "momentum": 0.9,
    "dropout": 0.3,
    "schedule": "cosine",
    "epochs": 9,
    "augmentation": "flip",
    "augmentation_strength": 0.0,
    "weights": "imagenet",
    "data": "d1",
}


def trial(name, accuracy, **more):
    row = {"trial": name, "number": 0, "validation_accuracy": accuracy, "status": "completed"}
    return SGD | row | {"validation_loss": 1.0, "best_epoch": 2, "epochs_trained": 3} | more


def rows_of(board):
    return [dict(zip(board.headings, row, strict=True)) for row in board.table()]


def test_what_varied_stands_between_rank_and_accuracy():
    board = leaderboard(
        [trial("a", 0.5), trial("b", 0.7, optimizer="adam", dropout=0.51234), trial("c", None)]
    )
    assert board.headings[:5] == ("rank", "optimizer", "dropout", "accuracy", "trial")
    assert [row[:5] for row in board.table()] == [
        ("1", "adam", "0.512", "0.7000", "b"),
        ("2", "sgd", "0.3", "0.5000", "a"),
    ]
    assert board.wordy >= {"optimizer", "trial", "status"}
    assert not board.wordy & {"dropout", "accuracy", "rank"}


def test_of_equals_the_lower_loss_comes_first_then_the_earlier():
    rows = [
        trial("late", 0.5, number=3),
        trial("early", 0.5, number=1),
        trial("sure", 0.5, number=4, validation_loss=0.9),
        trial("unmeasured loss", 0.5, number=0, validation_loss=None),
    ]
    order = [row["trial"] for row in leaderboard(rows).rows]
    assert order == ["sure", "early", "late", "unmeasured loss"]


def test_a_setting_that_changes_nothing_in_a_trial_has_a_dash():
    rows = [trial("a", 0.9), trial("b", 0.8, momentum=0.5), trial("c", 0.7, optimizer="adam")]
    board = rows_of(leaderboard(rows))
    assert [row["momentum"] for row in board] == ["0.9", "0.5", "\N{EN DASH}"]


def test_the_settings_that_all_share_are_said_once_and_only_where_they_count():
    rows = [trial("a", 0.5), trial("b", 0.7, optimizer="adam")]
    assert common(rows, ("optimizer",)) == (
        "All trials: cnn5, plain, cosine, epochs 9. At their defaults: momentum 0.9 (with sgd), "
        "dropout 0.3, augmentation strength 0."
    )
    strong = [trial("a", 0.5, augmentation_strength=s) for s in (0.0, 0.5)]
    shared = common(strong, ("augmentation_strength",), defaults=False)
    assert shared == (
        "All trials: cnn5, plain, cosine, epochs 9, augmentation flip (where augmentation strength "
        "is above 0)."
    )
    assert common(rows[:1], ()).startswith("The trial: cnn5, plain, cosine, epochs 9.")
    assert common([], ()) == ""


def test_copies_have_a_column_where_there_are_some():
    rows = [trial("a", 0.5), trial("b", 0.7)]
    assert "without copies" not in leaderboard(rows, {"a": float("nan")}).headings
    board = rows_of(leaderboard(rows, {"a": 0.25, "b": float("nan")}))
    assert [row["without copies"] for row in board] == ["\N{EN DASH}", "0.2500"]


def test_markdown_has_the_common_line_a_row_a_trial_and_escapes():
    row = trial("a", 0.69876, architecture="odd|name", parameters=2439463)
    other = trial("b", 0.5, validation_accuracy_low=0.4, validation_accuracy_high=0.6)
    first, blank, head, rule, best, second = markdown(leaderboard([row, other])).splitlines()
    assert first.startswith("All trials: plain, cosine, epochs 9.")
    assert blank == ""
    assert head.count("|") == rule.count("|") == best.replace("\\|", "").count("|")
    assert best.startswith("| 1 | odd\\|name | 0.6988 | a |")
    assert "2,439,463" in best
    assert second.startswith("| 2 | cnn5 | 0.5000 [0.4000, 0.6000] | b |")
    assert len(markdown(leaderboard([row, other]), most=1).splitlines()) == 5
