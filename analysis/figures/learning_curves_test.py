from analysis.figures import learning_curves
from analysis.figures.sample_sweeps import CASES


def test_curves_hold_each_epoch_the_trial_s_best_and_the_rungs():
    frame = learning_curves.data(CASES["one trial"])
    assert frame["epoch"].tolist() == [1, 2]
    assert frame["accuracy"].tolist() == [0.4, 0.5]
    assert frame["best"].tolist() == [0.5, 0.5]
    assert frame["rung"].tolist() == [True, False]
