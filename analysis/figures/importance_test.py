import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from analysis.figures import importance
from analysis.figures.sample_sweeps import epoch, frames, trial
from analysis.figures.sweep_tables import SweepTables

pytestmark = pytest.mark.long


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


def test_caption_says_why_the_dashboard_differs():
    caption = importance.caption(importance.data(rated(10, 3)))
    assert "of its 10 trials it counts the 3 that ended by themselves" in caption
    assert "the best tenth of them, here 1," in caption
    assert "With one alone, a continuous setting" in caption
    caption = importance.caption(importance.data(rated(24, 21)))
    assert "the best tenth of them, here 3," in caption
    assert "With one alone" not in caption
    assert "of 10 trials, 1 ended by itself" in importance.caption(importance.data(rated(10, 1)))


def test_alone_among_few_a_continuous_setting_comes_first_whichever_trial_was_best():
    """What the caption says of optuna-dashboard, which takes this evaluator's defaults."""
    rates, nets = (0.01, 0.02, 0.04, 0.08, 0.16), ("a", "b", "a", "b", "b")
    distributions = {
        "net": CategoricalDistribution(("a", "b", "c")),
        "rate": FloatDistribution(0.003, 0.3, log=True),
    }
    for best in range(5):
        study = optuna.create_study(direction="maximize")
        for i, params in enumerate(zip(nets, rates, strict=True)):
            values = dict(zip(("net", "rate"), params, strict=True))
            study.add_trial(
                optuna.trial.create_trial(
                    params=values, distributions=distributions, value=float(i == best) + i / 100
                )
            )
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
        assert shares["rate"] > 0.9
