from analysis.report.conftest import TRIALS, write
from analysis.report.sections.trials.binary_accuracy import binary_accuracy
from analysis.report.sections.trials.trial_tables import leaderboard_section
from analysis.report.sweep_contents import read


def test_both_measures_of_a_trial_and_what_is_between_them(full):
    """Three classes: 3 x 0.8 - 2 = 0.4 more images have the right class above 0.5 than a wrong."""
    rows = [{**TRIALS[0], "validation_binary_accuracy": 0.8, "validation_loss": 0.75}, *TRIALS[1:]]
    write(full, "trials", rows)
    (folded,) = binary_accuracy(read(full))
    words, table = folded.blocks
    assert "(3 \N{MINUS SIGN} 1)/3" in words.words
    assert "never far from 0.667" in words.words
    assert table.heads[1:] == ("accuracy", "loss (nats)", "binary accuracy", "c \N{MINUS SIGN} w")
    (row,) = table.rows
    assert row[0] == "aaa"
    assert row[2:] == ("0.75", "0.8000", "0.400")
    assert table.caption.endswith("; 1 of 2 trials")
    assert folded in leaderboard_section(read(full)).parts[0].blocks


def test_without_the_figure_nothing_is_said(full):
    rows = [row | {"validation_binary_accuracy": None} for row in TRIALS]
    write(full, "trials", rows)
    assert binary_accuracy(read(full)) == ()
