import pandas as pd

from analysis.report.conftest import score, write
from analysis.report.score_lookup import Scores, best
from analysis.report.sweep_contents import read

DASH = "\N{EN DASH}"


def scores(store, rows, split="test"):
    write(store, "scores", rows)
    return Scores(read(store), split)


def test_a_number_is_found_by_who_metric_and_images(empty):
    table = scores(empty, [score("a", "ece", 0.1), score("a", "ece", 0.2, images="clean", n=7)])
    assert table.get("a", "ece").value == 0.1
    assert (table.get("a", "ece", "clean").value, table.get("a", "ece", "clean").n) == (0.2, 7)
    assert table.get("b", "ece") is None


def test_other_splits_do_not_count(empty):
    assert scores(empty, [score("a", "ece", 0.1)], "validation").get("a", "ece") is None


def test_a_number_is_shown_with_its_interval_or_as_a_dash(empty):
    table = scores(empty, [score("a", "gain", 0.1, ends=(-0.05, 0.25)), score("a", "p", 0.5)])
    minus = "\N{MINUS SIGN}"
    assert table.shown("a", "gain", sign=True) == f"+0.100 [{minus}0.050, +0.250]"
    assert table.shown("a", "p") == "0.500"
    assert table.shown("a", "other") == DASH


def test_metrics_come_in_the_table_s_order(empty):
    rows = [score("a", "z", 1.0), score("b", "y", 1.0), score("a", "x", 1.0)]
    assert scores(empty, rows).metrics("a") == ["z", "x"]


def test_the_best_trial_has_the_highest_accuracy_and_of_equals_the_lower_loss():
    names = ["trial", "number", "validation_accuracy", "validation_loss"]
    rows = [("a", 0, 0.7, 0.9), ("b", 1, 0.8, 0.9), ("c", 2, 0.8, 0.6), ("d", 3, None, 0.1)]
    trials = pd.DataFrame(rows, columns=names)
    assert best(trials)["trial"] == "c"
    assert best(trials[trials["trial"] == "d"]) is None
