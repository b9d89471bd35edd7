import numpy as np
import pytest

from analysis.figures import importance
from analysis.figures.sample_sweeps import epoch, frames, trial
from analysis.figures.sweep_tables import SweepTables


@pytest.fixture(autouse=True)
def quicker(monkeypatch):
    monkeypatch.setattr(importance, "SHUFFLES", 5)


def rated(n, finished):
    """Accuracy is a function of the learning rate alone."""
    rng = np.random.default_rng(3)
    rates = 10 ** rng.uniform(-3, -1, n)
    trials = [
        trial(
            f"{i}",
            "completed" if i < finished else "pruned",
            0.5 + 0.1 * np.log10(rate),
            learning_rate=float(rate),
            dropout=float(rng.choice([0.1, 0.2])),
        )
        for i, rate in enumerate(rates)
    ]
    late = [epoch(f"{i}", 2, 0.9) for i in range(finished)]
    epochs = [epoch(row["trial"], 1, row["validation_accuracy"]) for row in trials]
    return SweepTables(**frames(trials=trials, epochs=epochs + late))


def test_importance_finds_the_setting_that_decides():
    frame = importance.data(rated(24, 24)).set_index("setting")
    assert frame["importance"].idxmax() == "learning_rate"
    assert frame.loc["learning_rate", "importance"] > 0.7
    assert frame["beyond"].to_dict() == {"learning_rate": True, "dropout": False}
    assert frame["importance"].between(0, 1).all()


def test_nothing_is_beyond_chance_where_accuracy_is_luck():
    made = rated(24, 24)
    luck = np.random.default_rng(7).permutation(made.trials["validation_accuracy"])
    frame = importance.data(SweepTables(trials=made.trials.assign(validation_accuracy=luck)))
    assert not frame["beyond"].any()
    assert "none of them" in importance.caption(frame)


def test_pruned_trials_are_compared_where_all_of_them_were():
    points, measure = importance.measured(rated(10, 3))
    assert len(points) == 10
    assert "after epoch 1" in measure
    assert points["accuracy"].max() < 0.5  # not the 0.9 of epoch 2
    points, measure = importance.measured(rated(30, 20))
    assert len(points) == 20
    assert measure == "best accuracy"


def test_few_trials_are_said_to_say_little():
    assert importance.data(rated(3, 3)).empty
    assert "says little" in importance.caption(importance.data(rated(6, 6)))
    assert "says little" not in importance.caption(importance.data(rated(20, 20)))
