import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas

from analysis.figures import accuracy, learning_curves
from analysis.figures.catalogue import FIGURES, Tables
from results.schema import EPOCHS, TRIALS, table


def trial(name, status="completed", accuracy=0.5, architecture="cnn5"):
    return {
        "trial": name,
        "architecture": architecture,
        "preprocessing": "plain",
        "status": status,
        "validation_accuracy": accuracy,
        "validation_accuracy_low": None if accuracy is None else accuracy - 0.1,
        "validation_accuracy_high": None if accuracy is None else accuracy + 0.1,
        "validation_n": 100,
    }


def tables(trials, epochs):
    return Tables(table(TRIALS, trials).to_pandas(), table(EPOCHS, epochs).to_pandas())


def epoch(name, number, value):
    return {"trial": name, "epoch": number, "validation_accuracy": value}


CASES = {
    "empty": tables([], []),
    "one trial": tables([trial("a")], [epoch("a", 1, 0.4), epoch("a", 2, 0.5)]),
    "all stopped": tables(
        [trial("a", "pruned"), trial("b", "pruned", 0.3)],
        [epoch("a", 1, 0.5), epoch("b", 1, 0.3)],
    ),
    "nothing measured": tables([trial("a", "failed", None)], []),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_every_sweep(name, case):
    figure = FIGURES[name]
    ax = Canvas().subplots()
    frame = figure.data(CASES[case])
    figure.draw(frame, ax)
    assert ax.get_xlabel()
    assert isinstance(frame, pd.DataFrame)


def test_curves_hold_each_epoch_and_the_trial_s_best():
    made = CASES["one trial"]
    frame = learning_curves.data(made.trials, made.epochs)
    assert frame["epoch"].tolist() == [1, 2]
    assert frame["accuracy"].tolist() == [0.4, 0.5]
    assert frame["best"].tolist() == [0.5, 0.5]


def test_a_pruned_trial_competes_only_where_nothing_finished():
    trials = tables(
        [
            trial("a", "completed", 0.5),
            trial("b", "pruned", 0.9),
            trial("c", "pruned", 0.3, architecture="vgg"),
        ],
        [],
    ).trials
    frame = accuracy.data(trials, "architecture")
    assert frame["value"].tolist() == ["vgg (pruned)", "cnn5"]
    assert frame["accuracy"].tolist() == [0.3, 0.5]
    assert frame["trials"].tolist() == [1, 2]
