import math

import pytest
from scipy import stats

from analysis.comparison.configurations import COUNTS, IMAGES, SEEDS, Evidence, configurations
from analysis.made_up_sweeps import MadeUpSweep, N
from analysis.statistics import holm
from results.leaderboard import leaderboard
from results.schema import TRIALS, table


def test_seeds_of_one_configuration_stand_together_and_the_best_mean_comes_first():
    sweep = MadeUpSweep()
    for seed, (low, high) in enumerate([(0.50, 0.60), (0.52, 0.66)]):
        sweep.add([low], optimizer="sgd", seed=seed)
        sweep.add([high], optimizer="adam", seed=seed)
    first, second = configurations(sweep.trials, ("optimizer", "seed"))
    assert first.settings == {"optimizer": "adam"}
    assert first.accuracies == {0: 0.60, 1: 0.66}
    assert first.accuracy == pytest.approx(0.63)
    assert first.trial == first.trials[1]
    assert second.accuracy == pytest.approx(0.51)


def test_a_trial_that_was_stopped_comes_after_those_that_were_not_and_a_failed_one_nowhere():
    sweep = MadeUpSweep()
    sweep.add([0.9], status="pruned", optimizer="adam")
    sweep.add([0.5, 0.6], optimizer="sgd")
    sweep.add([0.99], status="failed", optimizer="muon")
    ranking = configurations(sweep.trials, ("optimizer",))
    assert [c.settings["optimizer"] for c in ranking] == ["sgd", "adam"]
    assert [c.finished for c in ranking] == [True, False]


def test_equals_stand_in_the_order_of_the_leaderboard():
    trials = table(
        TRIALS,
        [
            {"trial": name, "number": i, "optimizer": name, "seed": 0, "status": "completed"}
            | {"validation_accuracy": 0.9, "validation_loss": loss}
            for i, (name, loss) in enumerate((("sgd", 0.4), ("adam", 0.3), ("muon", 0.3)))
        ],
    ).to_pandas()
    ranking = configurations(trials, ("optimizer",))
    assert [c.trial for c in ranking] == ["adam", "muon", "sgd"]
    assert [row["trial"] for row in leaderboard(trials.to_dict("records")).rows] == [
        c.trial for c in ranking
    ]


def evidence(sweep, right=True):
    return Evidence(sweep.epochs, sweep.right if right else {}, N)


def test_two_nets_are_compared_image_by_image():
    sweep = MadeUpSweep()
    sweep.add([0.60], optimizer="sgd")
    sweep.add([0.61], optimizer="adam")
    comparison = evidence(sweep).compare(*configurations(sweep.trials, ("optimizer",)))
    assert (comparison.test, comparison.n, comparison.epoch) == (IMAGES, 1000, None)
    assert comparison.difference == pytest.approx(0.01)
    assert comparison.p == pytest.approx(2 * 0.5**10)  # ten images, all for one of them


def test_without_stored_answers_counts_are_compared():
    sweep = MadeUpSweep()
    sweep.add([0.60], optimizer="sgd")
    sweep.add([0.61], optimizer="adam")
    comparison = evidence(sweep, right=False).compare(*configurations(sweep.trials, ("optimizer",)))
    assert comparison.test == COUNTS
    assert comparison.p == pytest.approx(stats.fisher_exact([[610, 600], [390, 400]]).pvalue)


def test_three_shared_seeds_decide_by_their_differences():
    sweep = MadeUpSweep()
    for seed, (low, high) in enumerate([(0.50, 0.51), (0.52, 0.54), (0.54, 0.57)]):
        sweep.add([low], optimizer="sgd", seed=seed)
        sweep.add([high], optimizer="adam", seed=seed)
    comparison = evidence(sweep).compare(*configurations(sweep.trials, ("optimizer", "seed")))
    assert (comparison.test, comparison.n) == (SEEDS, 3)
    assert comparison.difference == pytest.approx(0.02)
    # t = 0.02 / (0.01 / sqrt(3)) with two degrees of freedom
    assert comparison.p == pytest.approx(2 * stats.t.sf(0.02 / (0.01 / math.sqrt(3)), 2))


def test_who_was_stopped_is_compared_where_it_stopped():
    sweep = MadeUpSweep()
    sweep.add([0.3, 0.5, 0.9], optimizer="sgd")
    sweep.add([0.35, 0.40], status="pruned", optimizer="adam")
    comparison = evidence(sweep).compare(*configurations(sweep.trials, ("optimizer",)))
    assert (comparison.test, comparison.epoch) == (COUNTS, 2)
    assert (comparison.first, comparison.second) == (0.5, 0.4)


def test_an_epoch_that_was_not_recorded_decides_nothing():
    sweep = MadeUpSweep()
    sweep.add([0.3, 0.5], optimizer="sgd")
    sweep.add([0.4], status="pruned", optimizer="adam")
    ranking = configurations(sweep.trials, ("optimizer",))
    assert math.isnan(Evidence(sweep.epochs.head(0), {}, N).compare(*ranking).p)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, math.nan, 0.6])[0] == 1.0
    assert math.isnan(holm([0.9, math.nan, 0.6])[1])
    assert holm([]) == []
