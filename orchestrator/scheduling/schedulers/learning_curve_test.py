import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestrator.scheduling.schedulers.learning_curve import (
    DRIFT,
    Forecast,
    forecasts,
    outlook,
)

RECORDED_CURVES = Path(__file__).parents[3] / "results/backtest/recorded_curves.parquet"


def curve(values):
    return dict(enumerate(values, 1))


def forecast(values, epochs, *finished):
    """What is expected after these values, where trials with such curves have finished."""
    lesson = sum(outlook(curve(c), len(c)).evidence for c in finished)
    return forecasts([outlook(curve(values), epochs)], lesson)[0]


def rising(start, a_fold, epochs):
    """Gains so much each time that the epochs grow e-fold."""
    return [start + a_fold * math.log(t) for t in range(1, epochs + 1)]


def test_a_curve_that_rises_with_the_logarithm_is_continued():
    values = rising(0.3, 0.06, 27)
    assert values[-1] == pytest.approx(0.498, abs=0.001)
    after_9 = forecast(values[:9], 27)
    assert after_9.mean == pytest.approx(0.498, abs=0.02)
    assert after_9.spread < 0.045


def test_one_that_has_levelled_off_stays_where_it_is():
    after_9 = forecast([0.30, 0.38, 0.399, 0.40, 0.40, 0.40, 0.40, 0.40, 0.40], 27)
    assert after_9.mean == pytest.approx(0.41, abs=0.015)
    assert after_9.mean >= 0.40


def test_each_epoch_makes_it_surer():
    values = rising(0.3, 0.06, 27)
    spreads = [forecast(values[:n], 27).spread for n in (1, 3, 9, 18, 26)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 0.1, "one epoch says next to nothing"
    assert spreads[-1] < 0.01


def test_a_dip_misleads_nobody():
    assert forecast([0.3, 0.36, 0.36, 0.38], 27) == forecast([0.3, 0.36, 0.2, 0.38], 27)


def test_what_is_not_finite_is_passed_over():
    assert outlook({}, 9) is None
    assert outlook(curve([-math.inf, math.nan]), 9) is None
    gap = {1: 0.3, 2: math.nan, 3: 0.4}
    np.testing.assert_array_equal(outlook(gap, 9).means, outlook({1: 0.3, 3: 0.4}, 9).means)


def test_no_accuracy_is_expected_above_1_nor_below_what_was_reached():
    assert forecast([0.6, 0.8, 0.98], 27).mean <= 1
    assert forecast([0.5, 0.5, 0.5, 0.5], 27).mean >= 0.5


def test_trials_that_have_finished_teach_how_much_there_is_to_gain():
    """Drawn faces: 0.18 an e-fold, so 0.32 in 6 epochs; a net on photographs gains a quarter."""
    drawn = [rising(start, 0.18, 6) for start in (0.3, 0.35, 0.4)]
    photographs = [rising(start, 0.045, 6) for start in (0.3, 0.35, 0.4)]
    alone = forecast([0.45], 6)
    assert forecast([0.45], 6, *drawn).mean == pytest.approx(0.77, abs=0.06)
    assert forecast([0.45], 6, *photographs).mean == pytest.approx(0.53, abs=0.04)
    assert forecast([0.45], 6, *photographs).spread < 0.55 * alone.spread


def test_a_sweep_with_trials_of_several_lengths_learns_one_thing():
    """What is learnt counts an e-fold of epochs: twice as much from 1 to 9 as from 1 to 3."""
    taught = [rising(0.3, 0.06, 9), rising(0.35, 0.06, 9), rising(0.4, 0.06, 9)]
    short, long = forecast([0.3], 3, *taught), forecast([0.3], 81, *taught)
    assert (long.mean - 0.3) / (short.mean - 0.3) == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize(
    ("value", "probability"), [(0.5, 0.5), (0.6282, 0.1), (0.3718, 0.9), (0.4, 0.8413)]
)
def test_probabilities_are_of_the_normal_table(value, probability):
    assert Forecast(0.5, 0.1).probability(value) == pytest.approx(probability, abs=1e-4)


def test_what_has_been_reached_is_certain():
    assert Forecast(0.5).probability(0.5) == 1
    assert Forecast(0.5).probability(0.5001) == 0


def made_up(rng, epochs=27):
    """A curve as the model has them: any c, noise 0.01, a sweep of 0.04 an e-fold, and drift."""
    t, c = np.arange(1, epochs + 1), rng.choice([1e-6, 0.3, 0.6, 1.0, 2.0])
    rise = (1 - t**-c) / (1 - epochs**-c)
    gain = rng.normal(0.04, 0.02) * math.log(epochs)
    folds = np.diff(np.log(t), prepend=0)
    drift = np.cumsum(rng.normal(0, DRIFT * np.sqrt(folds)))
    return np.maximum.accumulate(0.3 + gain * rise + drift) + rng.normal(0, 0.01, epochs)


@pytest.mark.parametrize("seen", [1, 3, 9])
def test_four_of_five_ends_lie_within_the_interval_of_80_percent(seen):
    rng = np.random.default_rng(1)
    teachers = [made_up(rng) for _ in range(4)]
    curves = [made_up(rng) for _ in range(200)]
    expected = [forecast(values[:seen], 27, *teachers) for values in curves]
    within = [
        abs(values.max() - e.mean) < 1.2816 * e.spread
        for values, e in zip(curves, expected, strict=True)
    ]
    assert 0.72 <= np.mean(within) <= 0.95


@pytest.mark.parametrize("seen", [1, 3, 9])
@pytest.mark.parametrize("slow_start", ["augmentation_strength", "schedule"])
def test_what_starts_slowly_seldom_ends_higher_than_9_of_10_forecasts_allow(slow_start, seen):
    """Trials of FER2013 whose gain comes late; 1 in 10 is asked for, DRIFT was chosen on them."""
    rows = pd.read_parquet(RECORDED_CURVES).sort_values("epoch")
    slow = rows[rows[slow_start].isin([0.5, "cosine"])].trial.unique()
    curves = {t: curve(own.validation_accuracy) for t, own in rows.groupby("trial", observed=True)}
    ends = [outlook(values, 27).evidence for values in curves.values()]
    rng = np.random.default_rng(0)
    above = []
    for trial in slow:
        so_far = {t: v for t, v in curves[trial].items() if t <= seen}
        taught = sum(ends[i] for i in rng.choice(len(ends), 4, replace=False))
        expected = forecasts([outlook(so_far, 27)], taught)[0]
        above.append(max(curves[trial].values()) > expected.mean + 1.2816 * expected.spread)
    assert len(above) == 36
    assert np.mean(above) <= 0.15
