import numpy as np
import pytest
from threadpoolctl import threadpool_info

from analysis.statistics import bootstrap, mcnemar, one_thread
from orchestrator import metrics


def test_mcnemar_by_hand():
    # 10 against 2: twice the binomial tail 2 * (1 + 12 + 66) / 4096
    first = [1] * 10 + [0] * 2 + [1] * 50 + [0] * 20
    second = [0] * 10 + [1] * 2 + [1] * 50 + [0] * 20
    test = mcnemar(first, second)
    assert (test.only_first, test.only_second) == (10, 2)
    assert test.p == pytest.approx(158 / 4096)
    assert mcnemar(second, first).p == test.p


def test_mcnemar_of_equals_says_nothing():
    assert mcnemar([1, 0, 1], [1, 0, 1]).p == 1
    assert mcnemar([], []).p == 1
    assert mcnemar([1, 0], [0, 1]).p == 1


def test_the_interval_of_a_share_is_the_binomial_s():
    right = np.arange(2000) % 10 < 7
    interval = bootstrap(right)
    low, high = metrics.interval(1400, 2000)
    assert interval.value == pytest.approx([0.7])
    assert interval.low == pytest.approx([low], abs=0.003)
    assert interval.high == pytest.approx([high], abs=0.003)


def test_a_difference_of_rows_is_paired():
    rng = np.random.default_rng(1)
    one = rng.random(500)
    two = one + 0.01  # always better by the same: nothing is left to chance
    apart = bootstrap(np.column_stack([one, two]), lambda means: means[:, 1:] - means[:, :1])
    assert (apart.low[0], apart.high[0]) == pytest.approx((0.01, 0.01))
    assert np.ptp(bootstrap(two).high - bootstrap(two).low) < 0.1


def test_the_interval_covers_19_of_20_truths():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(200):
        interval = bootstrap(rng.random(150) < 0.6)
        inside += interval.low[0] <= 0.6 <= interval.high[0]
    assert 182 <= inside <= 198  # 190 with standard deviation 3


def test_an_inflated_statistic_keeps_its_interval_around_it():
    # The absolute mean of pure noise: nearly every sample's is larger than the value.
    noise = np.random.default_rng(3).normal(size=(400, 30))
    noise -= noise.mean(axis=0) * 0.9
    interval = bootstrap(noise, lambda means: np.abs(means).sum(axis=1, keepdims=True))
    assert interval.low[0] < interval.value[0] < interval.high[0]


def test_samples_that_lack_a_class_do_not_spoil_the_others():
    rows = np.zeros((40, 2))
    rows[:3, 1] = 1
    rows[:2, 0] = 1
    with np.errstate(invalid="ignore"):
        interval = bootstrap(rows, lambda means: means[:, :1] / means[:, 1:])
    assert interval.value == pytest.approx([2 / 3])
    assert np.isfinite([interval.low, interval.high]).all()


def test_nothing_gives_nothing():
    interval = bootstrap(np.empty((0, 3)))
    assert np.isnan(interval.value).all()
    assert len(interval.low) == 3
    assert np.isnan(bootstrap([0.1, np.nan]).low).all()


def test_the_same_seed_gives_the_same_and_another_another():
    values = np.arange(100.0)
    assert bootstrap(values).low == bootstrap(values).low
    assert bootstrap(values, seed=1).low != bootstrap(values).low


def test_one_thread_is_one_thread_and_only_for_a_while():
    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before = threads()
    with one_thread():
        assert threads() == {1}
    assert threads() == before
