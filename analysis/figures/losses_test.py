from analysis.figures import losses
from analysis.figures.sample_sweeps import CASES


def test_losses_are_those_of_the_six_best_trials_best_first():
    frame = losses.data(CASES["200 trials"])
    best = frame.drop_duplicates("trial")
    assert len(best) == 6
    assert best["accuracy"].is_monotonic_decreasing
    assert frame.groupby("trial")["epoch"].count().min() >= 2


def test_losses_that_are_not_finite_are_gaps():
    frame = losses.data(CASES["diverged"])
    assert frame["validation_loss"].isna().all()
    assert "not finite" in losses.caption(frame)
