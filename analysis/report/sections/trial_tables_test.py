from analysis.report.conftest import TRIALS, parts, write
from analysis.report.sections.headline import headline
from analysis.report.sections.trial_tables import leaderboard_section, verdicts_section
from analysis.report.sweep_contents import read
from results.schema import PREDICTIONS, table


def answer_of(store):
    """The headline's sentences and its note, which come last."""
    return [text.words for text in headline(read(store))[-2:]]


def test_the_board_takes_the_accuracy_without_copies_from_predictions(full):
    rows = [
        {"label": 0, "probability": [0.9, 0.1], "also_in_training": True},
        {"label": 1, "probability": [0.9, 0.1], "also_in_training": False},
        {"label": 1, "probability": [0.1, 0.9], "also_in_training": False},
    ]
    full.write_table("predictions/aaa.parquet", table(PREDICTIONS, rows))
    (board, note) = leaderboard_section(read(full)).parts[0].blocks
    assert dict(zip(board.heads, board.rows[0], strict=True))["without copies"] == "0.500"
    assert note.words.startswith("Of 2 trials, 1 completed and 1 failed.")
    full.delete("scores.parquet")
    assert "Without exact copies of training images it is 0.500." in answer_of(full)[1]


def test_a_long_board_is_cut_and_says_so(full):
    rows = [TRIALS[0] | {"trial": f"t{i}", "number": i} for i in range(60)]
    write(full, "trials", rows)
    board = leaderboard_section(read(full)).parts[0].blocks[0]
    assert len(board.rows) == 50
    assert "the best 50 of 60, all are in leaderboard.md" in board.caption


def test_verdicts_with_their_evidence_and_failures(full):
    counts, judged = parts(verdicts_section(read(full)))[""]
    (failed,) = parts(verdicts_section(read(full)))["Failures"]
    assert counts.words == "1 \N{MULTIPLICATION SIGN} overfit."
    assert judged.rows[0][2:4] == ("overfit", "training 0.99 against 0.71")
    assert failed.rows[0][0] == "bbb"
