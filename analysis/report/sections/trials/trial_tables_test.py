import pytest

from analysis.report.conftest import ERROR, TRIALS, parts, write
from analysis.report.sections.headline import headline
from analysis.report.sections.trials.trial_tables import (
    clean_accuracies,
    leaderboard_section,
    verdicts_section,
)
from analysis.report.sweep_contents import read
from analysis.stored_answer import stored_answer
from results.schema import PREDICTIONS, table


def answer_of(store):
    """The headline's sentences and its note, which come last."""
    return [
        block.words
        for block in headline(read(store), stored_answer(store)[0])
        if block.kind == "text"
    ][-2:]


def test_the_board_takes_the_accuracy_without_copies_from_predictions(full):
    rows = [
        {"label": 0, "probability": [0.9, 0.1], "also_in_training": True},
        {"label": 1, "probability": [0.9, 0.1], "also_in_training": False},
        {"label": 1, "probability": [0.1, 0.9], "also_in_training": False},
    ]
    full.write_table("predictions/aaa.parquet", table(PREDICTIONS, rows))
    (_, board, note) = leaderboard_section(read(full)).parts[0].blocks
    assert dict(zip(board.heads, board.rows[0], strict=True))["without copies"] == "0.500"
    assert note.words.startswith("Of 2 trials, 1 completed and 1 failed.")
    full.delete("scores.parquet")
    assert "Without exact copies of training images it is 0.500." in answer_of(full)[1]


def test_a_damaged_prediction_costs_its_own_accuracy_alone_and_is_a_problem_of_the_page(full):
    full.write_bytes("predictions/aaa.parquet", b"no table")
    contents = read(full)
    assert "aaa" not in clean_accuracies(contents, ["aaa"])
    (problem,) = contents.problems
    assert f"{full.root}/predictions/aaa.parquet" in problem


def test_a_long_board_is_cut_and_says_so(full):
    rows = [TRIALS[0] | {"trial": f"t{i}", "number": i} for i in range(60)]
    write(full, "trials", rows)
    board = leaderboard_section(read(full)).parts[0].blocks[1]
    assert len(board.rows) == 50
    assert "the best 50 of 60, all are in leaderboard.md" in board.caption


def test_verdicts_with_their_evidence_and_failures(full):
    counts, judged = parts(verdicts_section(read(full)))[""]
    (failed,) = parts(verdicts_section(read(full)))["Failures"]
    assert counts.words == "1 \N{MULTIPLICATION SIGN} overfit."
    assert judged.heads[:3] == ("settings", "verdict", "evidence")
    assert judged.rows[0][:3] == ("cnn5", "overfit", "training 0.99 against 0.71")
    assert failed.rows[0] == (ERROR, "failed", ERROR, "bbb")


def test_a_sweep_over_optimizer_and_dropout_shows_them_first_and_the_rest_in_a_line(full):
    base = TRIALS[0] | {"schedule": "cosine", "optimizer": "sgd", "momentum": 0.9, "dropout": 0.1}
    rows = [base, base | {"trial": "ccc", "optimizer": "adam", "validation_accuracy": 0.8}]
    write(full, "trials", [*rows, base | {"trial": "ddd", "dropout": 0.4, "status": "running"}])
    shared, board, _ = leaderboard_section(read(full)).parts[0].blocks
    assert board.heads[:4] == ("rank", "optimizer", "dropout", "accuracy")
    assert [row[:4] for row in board.rows] == [
        ("1", "adam", "0.1", "0.800 [0.690, 0.730]"),
        ("2", "sgd", "0.1", "0.712 [0.690, 0.730]"),
        ("3", "sgd", "0.4", "0.712 [0.690, 0.730]"),
    ]
    assert shared.words.startswith("All trials: cnn5, clahe, cosine. At their defaults: momentum ")
    _, judged = parts(verdicts_section(read(full)))[""]
    assert judged.rows[0][0] == "adam, dropout 0.1"


WILSON, LISTED = "Wilson", "Trials that failed"

STANDING = {
    "all failed": (
        [{"status": "failed", "error": "no memory"}],
        ("all failed, see Verdicts", LISTED),
        ("trains them", WILSON),
    ),
    "none begun": ([{"status": "running"}], ("trains them",), ("all failed", LISTED)),
    "one, no interval": (
        [{"status": "completed", "validation_accuracy": 0.5}],
        ("Of 1 trial, 1 completed.",),
        (WILSON, LISTED),
    ),
    "one failed without an error": (
        [TRIALS[0], {"status": "failed", "reason": "interrupted"}],
        (WILSON, LISTED, "interrupted"),
        ("all failed",),
    ),
}
"""Trials -> what leaderboard and verdicts say, and what not."""


@pytest.mark.parametrize("situation", STANDING)
def test_leaderboard_and_verdicts_say_what_holds_for_these_trials(empty, situation):
    rows, printed, absent = STANDING[situation]
    write(empty, "trials", [row | {"trial": f"t{i}", "number": i} for i, row in enumerate(rows)])
    contents = read(empty)
    sections = (leaderboard_section(contents), verdicts_section(contents))
    text = str([block for section in sections for part in section.parts for block in part.blocks])
    assert [words for words in printed if words not in text] == []
    assert [words for words in absent if words in text] == []
