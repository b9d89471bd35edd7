import dataclasses
import math

import pytest

from orchestrator.backtest.orders import ASCENDING, DESCENDING, RANDOM
from orchestrator.backtest.summary import Goals, median_interval, spread, summaries


def test_a_spread_by_hand():
    made = spread([3.0, 1.0, 2.0, 9.0, 5.0], [RANDOM, RANDOM, RANDOM, ASCENDING, DESCENDING])
    assert (made.median, made.worst, made.ascending, made.descending) == (3, 9, 9, 5)
    assert made.tenth == pytest.approx(1.4)  # between 1 and 2, 0.4 of the way: 0.1 x 4 steps
    assert made.ninetieth == pytest.approx(7.4)
    assert (made.low, made.high) == (1, 9)
    assert math.isnan(spread([1.0], [RANDOM]).ascending)


def test_the_median_s_interval_is_of_order_statistics():
    # Of 32 values fewer than 10 lie below the median with 2.5 %: binomial, one half.
    assert median_interval([float(i) for i in range(1, 33)]) == (10, 23)
    assert median_interval([7.0] * 32) == (7, 7)
    assert median_interval([1.0, 5.0, 2.0]) == (1, 5)


def row(scheduler, epochs, regret, order=RANDOM, **more):
    return {
        "scheduler": scheduler,
        "trials": 8,
        "slots": 2,
        "order": order,
        "epochs": epochs,
        "all_epochs": 80,
        "seconds": 2.0 * epochs,
        "regret": regret,
        "seen_regret": 0.0,
        **more,
    }


def test_each_scheduler_size_and_slot_number_has_a_summary():
    rows = [row("a", 10, 0.0), row("a", 20, 1.0), row("b", 40, 2.0), row("a", 5, 0.0, slots=4)]
    made = summaries(rows)
    assert list(made) == [("a", 8, 2), ("b", 8, 2), ("a", 8, 4)]
    first = made["a", 8, 2]
    assert (first.orders, first.epochs.median, first.share.median) == (2, 15, 0.1875)
    assert (first.seconds.worst, first.regret.worst) == (40, 1)


@pytest.mark.parametrize(
    ("epochs", "worst", "regret", "missed"),
    [
        (10, 20, 0.3, set()),  # an eighth of 80, 2/3 of 15, twice 10: each goal just met
        (11, 20, 0.3, {"epochs", "Ray"}),
        (10, 21, 0.3, {"order"}),
        (10, 20, 0.31, {"regret"}),
    ],
)
def test_goals_are_met_up_to_their_limits(epochs, worst, regret, missed):
    made = summaries([row("ours", epochs, regret), row("ray_asha", 15, 0.0)])
    ours = made["ours", 8, 2]
    ours = dataclasses.replace(ours, epochs=dataclasses.replace(ours.epochs, worst=worst))
    met = Goals().met(ours, made["ray_asha", 8, 2])
    assert {goal for goal, is_met in met.items() if not is_met} == missed
    assert "Ray" not in Goals().met(ours, None)
